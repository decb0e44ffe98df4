//! Faults in a fifth of all calls, with fifty seeds: a few runs of `apply` reach sync, and no write is repeated needlessly.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

const SEEDS: usize = 50;
/// The runs mostly wait, so that many can share two cores.
const EMULATORS: usize = 16;
const RERUNS_MAX: usize = 3;

#[test]
fn with_faults_in_a_fifth_of_the_calls_apply_ends_in_sync() {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..EMULATORS {
            scope.spawn(|| {
                let emulator = Emulator::start();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        break;
                    }
                    check(&emulator, seed);
                }
            });
        }
    });
}

fn check(emulator: &Emulator, seed: usize) {
    let fleet = Fleet::numbered(emulator, seed);
    emulator.clear_calls();
    emulator.faults(&json!({ "seed": seed, "rate": 0.2, "hang_seconds": 0.5 }));
    let mut runs = Vec::new();
    while runs.len() <= RERUNS_MAX {
        let run = fleet.run("apply --yes");
        let is_done = run.code == Some(0);
        runs.push(run);
        if is_done {
            break;
        }
    }
    assert_eq!(runs.last().unwrap().code, Some(0), "seed {seed}: {runs:#?}");
    let writes = fleet.writes();
    emulator.faults(&json!({}));
    fleet.expect(0, "plan --exit-code");
    assert_no_needless_write(seed, &writes);
}

/// A write that succeeded must not be sent again.
fn assert_no_needless_write(seed: usize, writes: &[Value]) {
    let mut succeeded: BTreeMap<String, &Value> = BTreeMap::new();
    for call in writes {
        let what = format!(
            "{} {} {}",
            call["account"], call["operation"], call["resource"]
        );
        if let Some(before) = succeeded.get(&what) {
            panic!("seed {seed}: {what} succeeded and was sent again: {before} {call}");
        }
        let has_succeeded = call["outcome"] == "forwarded"
            && call["status"].as_u64().is_some_and(|status| status < 300);
        if has_succeeded {
            succeeded.insert(what, call);
        }
    }
}
