//! Killed at any step, before a write is carried out or after, the next run completes.

use std::process::Stdio;

use serde_json::json;

use crate::fleet::{Fleet, Run};
use crate::support::emulator::Emulator;

#[derive(Clone, Copy)]
enum At {
    Before,
    After,
}

/// Kills `apply` at its first write, in the next fleet at its second, and so on until one ends by itself.
fn check(at: At) {
    let quick = json!({ "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.2 } });
    let emulator = Emulator::start_with(&quick);
    for number in 1.. {
        let fleet = Fleet::numbered(&emulator, number);
        match at {
            At::Before => emulator.halt_at(number),
            At::After => emulator.halt_after(number),
        }
        let mut command = fleet.command("apply --yes");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let is_halted = loop {
            if emulator.wait_halted(0.2) {
                break true;
            }
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break false;
            }
        };
        if is_halted {
            // on Unix this is SIGKILL
            child.kill().unwrap();
            child.wait().unwrap();
            emulator.halt_never();
            let run: Run = fleet.run("apply --yes");
            assert_eq!(run.code, Some(0), "after write {number}: {run:#?}");
        }
        emulator.halt_never();
        fleet.expect(0, "plan --exit-code");
        if !is_halted {
            assert!(
                number > 10,
                "apply makes at least ten writes, and ended after {number}"
            );
            return;
        }
    }
}

#[test]
fn killed_before_any_write_the_next_run_completes() {
    check(At::Before);
}

#[test]
fn killed_after_any_write_the_next_run_completes() {
    check(At::After);
}
