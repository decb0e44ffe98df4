//! Tests of the emulator harness: separate accounts, rules, faults, journal, breakpoint, delivery.

#![allow(clippy::unwrap_used, reason = "tests stop if their setup fails")]

mod support;

use std::process::Command;

use serde_json::json;
use support::emulator::Emulator;

const REGION: &str = "us-west-2";

/// The AWS CLI, as profile `dev1`.
fn create_log_group(emulator: &Emulator, name: &str) -> Command {
    let line =
        format!("--profile dev1 --region {REGION} logs create-log-group --log-group-name {name}");
    let mut command = emulator.command(support::repository().join(".venv/bin/aws"));
    command.args(line.split(' '));
    command
}

#[test]
fn accounts_are_separate_and_profiles_work() {
    let emulator = Emulator::start();
    emulator.profile("dev1", "111122223333");
    let group = json!({"logGroupName": "flow"});
    emulator.call("111122223333", REGION, "logs", "CreateLogGroup", &group);

    let identity = emulator.aws("dev1", &["sts", "get-caller-identity", "--region", REGION]);
    assert_eq!(identity["Account"], "111122223333");
    let names = |account| {
        emulator.call(account, REGION, "logs", "DescribeLogGroups", &json!({}))["logGroups"].clone()
    };
    assert_eq!(names("111122223333")[0]["logGroupName"], "flow");
    assert_eq!(names("444455556666"), json!([]));

    let calls = emulator.calls();
    assert_eq!(
        calls.len(),
        1,
        "direct calls are not in the journal: {calls:?}"
    );
    assert_eq!(calls[0]["operation"], "GetCallerIdentity");
    assert_eq!(calls[0]["outcome"], "forwarded");
}

#[test]
fn errors_have_a_code_and_a_message() {
    let emulator = Emulator::start();
    let absent = json!({"logGroupName": "nowhere"});
    let (code, message) = emulator
        .try_call("111122223333", REGION, "logs", "DeleteLogGroup", &absent)
        .unwrap_err();
    assert_eq!(code, "ResourceNotFoundException");
    assert!(message.contains("nowhere"), "{message}");
}

#[test]
fn a_held_write_is_not_carried_out() {
    let emulator = Emulator::start();
    emulator.profile("dev1", "111122223333");
    emulator.break_before(1);
    let mut caller = create_log_group(&emulator, "flow").spawn().unwrap();
    assert!(emulator.wait_for_breakpoint(60.0));
    caller.kill().unwrap();
    caller.wait().unwrap();
    let groups = emulator.call(
        "111122223333",
        REGION,
        "logs",
        "DescribeLogGroups",
        &json!({}),
    );
    assert_eq!(groups["logGroups"], json!([]));
    assert_eq!(emulator.calls()[0]["outcome"], "held");
}

#[test]
fn rules_and_faults_can_be_changed() {
    let emulator = Emulator::start();
    emulator.profile("dev1", "111122223333");
    let create = |name| {
        let output = create_log_group(&emulator, name)
            .env("AWS_MAX_ATTEMPTS", "1")
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(create("aws/flow").contains("(InvalidParameterException)"));
    emulator.rules(&json!({"reserved_names": false}));
    assert_eq!(create("aws/flow"), "");
    emulator.faults(&json!({"rate": 1.0, "kinds": ["throttle"], "accounts": ["111122223333"]}));
    assert!(create("flow").contains("(ThrottlingException)"));
    emulator.faults(&json!({}));
    assert_eq!(create("flow"), "");
    let outcomes: Vec<_> = emulator
        .calls()
        .iter()
        .map(|call| call["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["refused", "forwarded", "injected", "forwarded"]);
}

#[test]
fn log_events_reach_the_stream_behind_a_destination() {
    let (logging, member) = ("999988887777", "111122223333");
    // the role does not exist, so its rule would refuse the delivery
    let options = json!({"deliver": true, "rules": {"destination_role": false}});
    let emulator = Emulator::start_with(&options);
    let stream = format!("arn:aws:kinesis:{REGION}:{logging}:stream/stream");
    emulator.call(
        logging,
        REGION,
        "kinesis",
        "CreateStream",
        &json!({"StreamName": "stream", "ShardCount": 1}),
    );
    let role = format!("arn:aws:iam::{logging}:role/cwrole");
    let destination =
        json!({"destinationName": "kinesisDest", "targetArn": stream, "roleArn": role});
    let created = emulator.call(logging, REGION, "logs", "PutDestination", &destination);
    let call = |operation, params| emulator.call(member, REGION, "logs", operation, &params);
    call("CreateLogGroup", json!({"logGroupName": "flow"}));
    call(
        "CreateLogStream",
        json!({"logGroupName": "flow", "logStreamName": "eni"}),
    );
    call(
        "PutSubscriptionFilter",
        json!({
            "logGroupName": "flow", "filterName": "f", "filterPattern": "",
            "destinationArn": created["destination"]["arn"],
        }),
    );
    let event = json!({"timestamp": 1_700_000_000_000_i64, "message": "one"});
    call(
        "PutLogEvents",
        json!({"logGroupName": "flow", "logStreamName": "eni", "logEvents": [event]}),
    );
    let delivered = emulator.delivered();
    assert_eq!(delivered["control_messages"], json!([stream]));
    assert_eq!(delivered["messages"][0]["events"][0]["message"], "one");
    assert_eq!(delivered["messages"][0]["owner"], member);
}
