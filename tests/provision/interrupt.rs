//! Ctrl-C: once, and the calls in flight finish and are reported; twice, and the run ends at once.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fleet::Fleet;
use crate::many::Many;
use crate::support::emulator::Emulator;

/// As the terminal does for Ctrl-C.
pub(crate) fn press_ctrl_c(child: &Child) {
    let process = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &process]).status();
    assert!(kill.unwrap().success());
}

fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads standard error until a line contains `text`.
fn read_until(child: &mut Child, text: &str) -> String {
    let mut told = String::new();
    let mut reader = BufReader::new(child.stderr.as_mut().unwrap());
    while !told.contains(text) {
        assert!(reader.read_line(&mut told).unwrap() > 0, "{text}: {told}");
    }
    told
}

#[test]
fn calls_in_flight_finish_and_the_report_says_what_was_not_tried() {
    let rules = json!({ "rules": { "write_seconds": 0.6 } });
    let emulator = Emulator::start_with(&rules);
    let many = Many::new(&emulator, 4, &["a", "b", "c"]);
    many.expect(0, "apply --yes --logging");
    let members = "apply --yes --member m0 --member m1 --member m2 --member m3";
    let mut child = start(many.command(members));
    read_until(&mut child, "done: ");
    press_ctrl_c(&child);
    let output = child.wait_with_output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{report}");
    let done = many.subscribed();
    assert!(done < 12, "{report}");
    let counts = format!("\n{done} done, 0 failed, {} not tried\n", 12 - done);
    assert!(report.contains(&counts), "{counts} {report}");
    assert!(
        report.contains("because the run was interrupted"),
        "{report}"
    );
    many.expect(0, "apply --yes");
    many.expect(0, "plan --exit-code");
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    emulator.break_before(1);
    let mut child = start(fleet.command("apply --yes"));
    assert!(emulator.wait_for_breakpoint(20.0));
    press_ctrl_c(&child);
    read_until(&mut child, "press Ctrl-C again to end at once");
    assert_eq!(child.try_wait().unwrap(), None, "a call is in flight");
    press_ctrl_c(&child);
    let began = Instant::now();
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    assert!(began.elapsed() < Duration::from_secs(3), "{began:?}");
    let mut told = String::new();
    child.stderr.unwrap().read_to_string(&mut told).unwrap();
    assert!(
        told.contains("may or may not have been carried out"),
        "{told}"
    );
}

#[test]
fn while_accounts_are_read_the_run_ends_at_once() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    emulator.faults(&json!({ "rate": 1.0, "kinds": ["hang"], "hang_seconds": 30.0 }));
    let child = start(fleet.command("apply --yes"));
    while emulator.calls().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    press_ctrl_c(&child);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert_eq!(told, "error: interrupted; nothing was changed\n");
}

/// A filter is repeated for five minutes if its `logs::Destination` may be late.
#[test]
fn a_wait_for_aws_is_shown_is_left_to_few_members_and_ends_with_ctrl_c() {
    let emulator = Emulator::start();
    let many = Many::new(&emulator, 8, &["a"]);
    let members: String = (0..8)
        .map(|member| format!(" --member m{member}"))
        .collect();
    let mut child = start(many.command(&format!("apply --yes{members}")));
    let told = read_until(&mut child, "repeating for ");
    assert!(told.contains("making changes: 0 of 8"), "{told}");
    let waits = "at most 5 min: logs:PutSubscriptionFilter on log group a in account 2000000000";
    assert!(told.contains(waits), "{told}");
    press_ctrl_c(&child);
    let began = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{began:?}");
    assert_eq!(output.status.code(), Some(130));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        report.contains("\n0 done, 3 failed, 5 not tried\n"),
        "{report}"
    );
    assert!(
        report.contains("failed: 3 changes in 3 members: "),
        "{report}"
    );
    assert_eq!(many.calls("PutSubscriptionFilter").1, 3);
}
