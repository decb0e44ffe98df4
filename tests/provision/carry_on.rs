//! Some accounts fail: the others are done, each cause is told once, and the exit code tells the truth.

use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fleet::{Fleet, REGION, Run};
use crate::many::{Many, account};
use crate::support::emulator::Emulator;
use crate::terminal::{answer, on_terminal, read_prompt};

#[test]
fn what_changes_is_read_again_and_nothing_else() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let filter = json!({ "logGroupName": "CloudTrail/member_account_2", "filterName": "catchment-kinesisDest" });
    fleet.call(&fleet.dev2, "logs", "DeleteSubscriptionFilter", &filter);
    emulator.clear_calls();
    fleet.expect(0, "apply --yes");
    let calls = emulator.calls();
    let of = |account: &str| {
        let reads = calls
            .iter()
            .filter(|call| call["account"] == account && call["operation"] != "GetCallerIdentity");
        reads.filter(|call| call["write"] == false).count()
    };
    let logging = of(&fleet.logging);
    fleet.expect(0, "plan --exit-code");
    let read_once = of(&fleet.logging);
    assert_eq!((of(&fleet.dev1), of(&fleet.dev2)), (2, 2), "{calls:?}");
    assert_eq!(logging, read_once);
    let destinations = calls
        .iter()
        .filter(|call| call["operation"] == "DescribeDestinations");
    assert_eq!(destinations.count(), 1);
}

#[test]
fn an_account_that_cannot_be_read_again_is_left_out_and_the_others_are_done() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    let mut child = on_terminal(&fleet, "apply --timeout 3");
    read_prompt(&mut child);
    let hang =
        json!({ "rate": 1.0, "kinds": ["hang"], "hang_seconds": 60.0, "accounts": [fleet.dev2] });
    emulator.faults(&hang);
    let (code, told) = answer(child, "y");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("2 done, 1 failed, 0 not tried"), "{told}");
    let why = "it has changed since the plan was made: the log group's filters could not be read";
    assert!(told.contains(why), "{told}");
    assert!(told.contains("3 seconds of silence (--timeout)"), "{told}");
}

#[test]
fn what_vanished_since_the_plan_is_a_failure_with_its_reason() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    let mut child = on_terminal(&fleet, "apply");
    read_prompt(&mut child);
    let group = json!({ "logGroupName": "CloudTrail/member_account_2" });
    fleet.call(&fleet.dev2, "logs", "DeleteLogGroup", &group);
    let (code, told) = answer(child, "y");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("2 done, 1 failed, 0 not tried"), "{told}");
    assert!(
        told.contains("log group CloudTrail/member_account_2 is not there"),
        "{told}"
    );
}

#[test]
fn after_three_members_that_fail_of_one_cause_the_others_are_not_tried() {
    let emulator = Emulator::start();
    let many = Many::new(&emulator, 12, &["a", "b"]);
    many.expect(0, "apply --yes --logging");
    let operations = ["PutSubscriptionFilter"];
    let hang =
        json!({ "rate": 1.0, "kinds": ["hang"], "hang_seconds": 60.0, "operations": operations });
    emulator.faults(&hang);
    emulator.clear_calls();
    let run = many.expect(1, "apply --yes --timeout 6");
    run.says("0 done, 3 failed, 21 not tried");
    run.says("failed: 3 changes in 3 members: ");
    assert_eq!(run.stdout.matches("seconds of silence").count(), 1);
    assert_eq!(many.calls("PutSubscriptionFilter"), (3, 3));
    emulator.faults(&json!({}));
    many.expect(0, "apply --yes");
}

#[test]
fn a_hanging_account_is_named_given_up_and_holds_up_no_other() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let hang =
        json!({ "rate": 1.0, "kinds": ["hang"], "hang_seconds": 90.0, "accounts": [fleet.dev2] });
    emulator.faults(&hang);
    let began = Instant::now();
    let run = fleet.expect(1, "apply --yes --timeout 12");
    assert!(began.elapsed() < Duration::from_secs(30), "{began:?}");
    run.says("profile dev2 gave no credentials within 12 seconds (--timeout)");
    run.says("reading accounts: 2 of 3");
    run.says(&format!("s member dev2 {}, us-west-2", fleet.dev2));
    run.says("done, 0 failed, 0 not tried; 1 not as the fleet file says");
    assert_eq!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .len(),
        1
    );
}

#[test]
fn causes_are_told_once_with_their_members() {
    let emulator = Emulator::start();
    let many = Many::new(&emulator, 24, &["a"]);
    for member in 0..8 {
        for name in ["one", "two"] {
            let params = json!({
                "logGroupName": "a", "filterName": name, "filterPattern": "",
                "destinationArn": format!("arn:aws:lambda:us-west-2:{}:function:{name}", account(member)),
            });
            emulator.call(
                &account(member),
                REGION,
                "logs",
                "PutSubscriptionFilter",
                &params,
            );
        }
    }
    let credentials = fs::read_to_string(emulator.home().join("credentials")).unwrap();
    let credentials = (8..12).fold(credentials, |text, member| {
        let [found, wanted] = [member + 100, member].map(account);
        text.replace(&wanted, &found)
    });
    emulator.write("credentials", &credentials);
    let run = many.expect(1, "apply --yes");
    let report = run.stdout.split_once(" done, ").unwrap().1;
    assert!(report.lines().count() < 20, "{report}");
    run.says("8 failed, 0 not tried; 4 not as the fleet file says");
    run.says("failed: 8 changes in 8 members: m0, m1, m2, m3, m4, m5, m6, m7");
    run.says("not planned: 4 resources in 4 members: m10, m11, m8, m9");
    assert_eq!(
        report
            .matches("as many subscription filters as AWS allows")
            .count(),
        1
    );
    assert_eq!(report.matches("but the fleet file says").count(), 1);
    assert_eq!(many.subscribed(), 20);
}

#[test]
fn if_no_account_could_be_read_the_last_line_says_so() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    emulator.write("credentials", "");
    emulator.write("config", "");
    for line in ["plan", "apply --yes"] {
        let run = fleet.expect(1, line);
        let last = run.stdout.lines().last().unwrap();
        assert!(last.starts_with("No change is planned, but "), "{last}");
    }
}

/// Runs with standard output closed after the first byte, as by `| head -c1`.
fn with_a_reader_that_leaves(fleet: &Fleet<'_>, line: &str) -> Run {
    let mut child = fleet
        .command(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    Run {
        code: child.wait().unwrap().code(),
        stdout: String::new(),
        stderr,
    }
}

#[test]
fn a_reader_that_leaves_stops_no_work_and_changes_no_exit_code() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let code = |line: &str| with_a_reader_that_leaves(&fleet, line).code;
    assert_eq!(code("plan --exit-code"), Some(3));
    assert_eq!(code("apply --yes --logging"), Some(0));
    assert_eq!(code("status --exit-code --logging"), Some(0));
    assert_eq!(code("plan --exit-code --logging --output json"), Some(0));
    for name in ["one", "two"] {
        fleet.put_filter(&fleet.dev2, "CloudTrail/member_account_2", name);
    }
    let run = with_a_reader_that_leaves(&fleet, "apply --yes");
    assert_eq!(run.code, Some(1), "{run:#?}");
    run.says("2 done, 1 failed, 0 not tried");
    fleet.expect(0, "plan --exit-code --logging --member dev1");
}

#[test]
fn a_full_disk_is_an_error() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    for line in [
        "plan",
        "status",
        "--help",
        "--version",
        "policies",
        "man",
        "apply --yes",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let run = Run::of(&fleet.command(line).stdout(full).output().unwrap());
        assert_eq!(run.code, Some(1), "{line}: {run:?}");
        run.says("No space left on device");
    }
    assert!(fleet.writes().is_empty());
}

#[test]
fn status_can_say_by_its_exit_code_that_something_is_not_in_sync() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "status");
    fleet.expect(3, "status --exit-code");
    fleet.expect(0, "apply --yes");
    fleet.expect(0, "status --exit-code");
    emulator.write("credentials", "");
    fleet.expect(1, "status --exit-code");
}
