//! Faults in a fifth of all calls, by fifty seeds: a few runs of `apply` end in sync, and no write is repeated for nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

const SEEDS: usize = 50;
/// The runs wait far more than they compute: on two cores this many go well together.
const WORLDS: usize = 16;
const RERUNS_MAX: usize = 3;

#[test]
fn with_faults_in_a_fifth_of_the_calls_apply_ends_in_sync() {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..WORLDS {
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
    emulator.forget_calls();
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
    assert_none_for_nothing(seed, &writes);
}

/// Once a write was carried out and its answer came, nobody sends it again.
fn assert_none_for_nothing(seed: usize, writes: &[Value]) {
    let mut answered: BTreeMap<String, &Value> = BTreeMap::new();
    for call in writes {
        let what = format!(
            "{} {} {}",
            call["account"], call["operation"], call["resource"]
        );
        if let Some(before) = answered.get(&what) {
            panic!("seed {seed}: {what} was answered and sent again: {before} {call}");
        }
        let is_answered = call["outcome"] == "forwarded"
            && call["status"].as_u64().is_some_and(|status| status < 300);
        if is_answered {
            answered.insert(what, call);
        }
    }
}
