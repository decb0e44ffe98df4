//! Conservation: whatever overflows and whatever fails, every log event is delivered or stands in the error output.
//!
//! Events of random sizes go through the transformer in batches of every shape. What it puts back comes round again through a
//! simulated stream, under put failures, lost answers and kills by seed. `make conserve` runs a million events from 200 seeds;
//! `CONSERVE_SEEDS` and `CONSERVE_EVENTS` (per seed) change that.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reads its environment, says what it did, and stops if something is wrong"
)]

#[path = "conserve/events.rs"]
mod events;
#[path = "conserve/stream.rs"]
mod stream;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use catchment_transformer::Settings;

use events::{Kind, Sent};
use stream::{Faults, Run, Totals};

#[test]
fn every_event_is_delivered_or_in_the_error_output() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
    };
    let (seeds, events) = (number("CONSERVE_SEEDS", 4), number("CONSERVE_EVENTS", 400));
    let (next, totals) = (AtomicU64::new(0), Mutex::new(Totals::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let of_seed = conserve(seed, events);
                    totals.lock().unwrap().add(&of_seed);
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap();
    println!("{seeds} seeds: {totals}");
    assert_eq!(totals.events, seeds * events);
    // A few seeds do not show every fault.
    let is_everything_shown = totals.kills > 0 && totals.not_put > 0 && totals.hops == 3;
    assert!(
        totals.pieces > 0 && (seeds < 20 || is_everything_shown),
        "{totals}"
    );
}

/// Runs one seed. Every fourth is without faults.
fn conserve(seed: u64, events: u64) -> Totals {
    let mut rng = fastrand::Rng::with_seed(seed);
    let format = rng.choice(["events", "document"]).unwrap();
    let faults = if seed.is_multiple_of(4) {
        Faults::default()
    } else {
        Faults {
            fails: rng.f64() * 0.6,
            is_lost: rng.f64() * 0.1,
            kills: rng.f64() * 0.4,
        }
    };
    let mut sent = Sent::default();
    let records = events::records(&mut rng, events, &mut sent);
    let mut run = Run::new(settings(format), faults, rng, &sent);
    let what = format!("seed {seed}, {format}");
    run.all(records);
    for (id, event) in sent.events.iter().enumerate() {
        let times = run.delivered[id] + run.in_error_output[id];
        assert!(
            times > 0,
            "{what}: event {id} of {} bytes is lost",
            event.bytes
        );
        assert!(
            !faults.is_none() || times == 1,
            "{what}: event {id} comes {times} times"
        );
    }
    let totals = run.totals();
    assert!(totals.hops <= 3, "{what}: {totals}");
    assert!(
        !faults.is_none() || totals.bytes_put * 10 <= totals.bytes * 11,
        "{what}: more than 1.1 times the events' bytes are put: {totals}"
    );
    totals
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes unless optimised: `make conserve` runs it"
)]
fn sixty_records_of_five_megabytes_drain_in_two_rounds() {
    let mut sent = Sent::default();
    let mut rng = fastrand::Rng::with_seed(1);
    let records: Vec<_> = (0..60)
        .map(|_| events::record(&mut rng, Kind::Constant, &[20_000; 250], &mut sent))
        .collect();
    let mut run = Run::new(settings("events"), Faults::default(), rng, &sent);
    let back = run.round(records);
    assert!(!back.is_empty());
    let back = run.round(back);
    assert!(back.is_empty(), "{} pieces are put back again", back.len());
    assert!(run.delivered.iter().all(|times| *times == 1));
    println!("60 records: {}", run.totals());
}

fn settings(format: &str) -> Settings {
    Settings::from_pairs([
        ("CATCHMENT_FORMAT", format),
        ("CATCHMENT_OVERFLOW", "reingest"),
    ])
    .unwrap()
}
