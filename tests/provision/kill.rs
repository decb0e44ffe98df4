//! `apply` killed before or after any write: the next run completes.

use std::process::Stdio;

use serde_json::json;

use crate::fleet::{Fleet, Run};
use crate::support::emulator::Emulator;

#[derive(Clone, Copy)]
enum At {
    Before,
    After,
}

/// Kills `apply` at its first write, in the next fleet at its second, and so on until a run ends by itself.
fn check(at: At) {
    let quick = json!({ "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.2 } });
    let emulator = Emulator::start_with(&quick);
    for number in 1.. {
        let fleet = Fleet::numbered(&emulator, number);
        match at {
            At::Before => emulator.break_before(number),
            At::After => emulator.break_after(number),
        }
        let mut command = fleet.command("apply --yes");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let is_held = loop {
            if emulator.wait_for_breakpoint(0.2) {
                break true;
            }
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break false;
            }
        };
        if is_held {
            // on Unix this is SIGKILL
            child.kill().unwrap();
            child.wait().unwrap();
            emulator.clear_breakpoint();
            let run: Run = fleet.run("apply --yes");
            assert_eq!(run.code, Some(0), "after write {number}: {run:#?}");
        }
        emulator.clear_breakpoint();
        fleet.expect(0, "plan --exit-code");
        if !is_held {
            assert!(
                number > 10,
                "apply makes at least ten writes, and ended after {number}"
            );
            return;
        }
    }
}

/// Runs the program, and kills it after so many writes. Returns false if it ended before.
pub(crate) fn killed_after(
    fleet: &Fleet<'_>,
    writes: usize,
    line: &str,
    then: impl FnOnce(),
) -> bool {
    let emulator = fleet.emulator;
    emulator.break_after(writes);
    let mut command = fleet.command(line);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let is_held = loop {
        if emulator.wait_for_breakpoint(0.1) {
            break true;
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break false;
        }
    };
    if is_held {
        then();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    emulator.clear_breakpoint();
    is_held
}

#[test]
fn killed_before_any_write_the_next_run_completes() {
    check(At::Before);
}

#[test]
fn killed_after_any_write_the_next_run_completes() {
    check(At::After);
}
