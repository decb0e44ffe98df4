//! A fleet file that changes while log events flow: no delivery is refused, and none is doubled.

use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

/// Rules without delays, so that what is refused is refused for its permissions.
fn emulator() -> Emulator {
    let rules = json!({ "propagation_seconds": 0.0, "stream_seconds": 0.0, "quotas": false });
    Emulator::start_with(&json!({ "deliver": true, "rules": rules }))
}

fn groups<'f>(fleet: &'f Fleet<'_>) -> [(&'f str, &'static str); 3] {
    [
        (&fleet.dev1, "cwl_vpc_fl_member_account_1"),
        (&fleet.dev1, "CloudTrail/member_account_1"),
        (&fleet.dev2, "CloudTrail/member_account_2"),
    ]
}

/// Creates the log streams that [`log`] writes to.
fn create_log_streams(fleet: &Fleet<'_>) {
    for (account, group) in groups(fleet) {
        let params = json!({ "logGroupName": group, "logStreamName": "s" });
        fleet.call(account, "logs", "CreateLogStream", &params);
    }
}

/// Writes an event to each log group, and checks that each is delivered once.
#[track_caller]
fn log(fleet: &Fleet<'_>, when: &str) {
    let count = |delivered: &Value| delivered["messages"].as_array().unwrap().len();
    let before = count(&fleet.emulator.delivered());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let event = json!({ "timestamp": u64::try_from(now.as_millis()).unwrap(), "message": "m" });
    for (account, group) in groups(fleet) {
        let params = json!({ "logGroupName": group, "logStreamName": "s", "logEvents": [event] });
        fleet.call(account, "logs", "PutLogEvents", &params);
    }
    let delivered = fleet.emulator.delivered();
    assert_eq!(delivered["refused"], json!([]), "{when}");
    assert_eq!(count(&delivered) - before, groups(fleet).len(), "{when}");
}

/// Sets up the file `text(0)`, then applies `text(1)` killed after its first write, `text(2)` killed after its second, and so on until a run ends by
/// itself. Events flow at each of these moments, and after each run that completes.
fn check(text: impl Fn(&Fleet<'_>, usize) -> String, writes: usize) {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, 0));
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");
    for number in 1.. {
        fleet.write_file(&text(&fleet, number));
        emulator.break_after(number);
        let mut command = fleet.command("apply --yes");
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
            log(&fleet, &format!("after write {number}"));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        emulator.clear_breakpoint();
        if is_held {
            fleet.expect(0, "apply --yes");
        }
        log(&fleet, &format!("once completed after write {number}"));
        fleet.expect(0, "plan --exit-code");
        if !is_held {
            assert!(number > writes, "only {number} writes");
            return;
        }
    }
}

#[test]
fn a_renamed_stream_interrupts_no_delivery() {
    check(
        |fleet, number| {
            let text = fleet.text("shards = 1", "retention_hours = 48");
            text.replace("Demo_Kinesis_Stream", &format!("stream-{number}"))
        },
        4,
    );
}

#[test]
fn a_renamed_role_and_another_key_interrupt_no_delivery() {
    check(
        |fleet, number| {
            let text = fleet.text("shards = 4", &key(fleet, number));
            text.replace("\"cwrole\"", &format!("\"role-{number}\""))
        },
        5,
    );
}

#[test]
fn another_key_interrupts_no_delivery() {
    check(
        |fleet, number| fleet.text("shards = 4", &key(fleet, number)),
        3,
    );
}

#[test]
fn a_renamed_destination_doubles_no_delivery() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let old = fleet.text("shards = 4", "");
    let new = old
        .replace("\"kinesisDest\"", "\"renamed\"")
        .replace("\"cwrole\"", "\"renamed\"");
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");

    fleet.write_file(&new);
    let run = fleet.run("apply --yes");
    log(&fleet, "once renamed");
    assert_eq!(run.code, Some(1), "{run:?}");
    run.says("would deliver twice: filter catchment-kinesisDest delivers this log group");

    // the next step that the hint names
    fleet.write_file(&old);
    fleet.expect(0, "destroy --yes --member dev1 --member dev2");
    fleet.write_file(&new);
    fleet.expect(0, "apply --yes");
    log(&fleet, "once subscribed anew");
    fleet.expect(0, "plan --exit-code");
}

fn key(fleet: &Fleet<'_>, number: usize) -> String {
    let account = &fleet.logging;
    format!("encryption = \"arn:aws:kms:us-west-2:{account}:key/k{number}\"")
}
