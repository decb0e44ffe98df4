//! `catchment verify`: proves the path, names the hop at which it ends, and leaves nothing behind.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fleet::{Fleet, REGION, Run};
use crate::interrupt::press_ctrl_c;
use crate::support::emulator::Emulator;

pub(crate) const BUCKET: &str = "logs";
pub(crate) const FLOW_LOGS: &str = "cwl_vpc_fl_member_account_1";
const TRAIL: &str = "CloudTrail/member_account_1";

/// An emulator that delivers, in which nothing takes time.
pub(crate) fn emulator() -> Emulator {
    Emulator::start_with(&json!({
        "deliver": true, "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.0 },
    }))
}

/// A fleet that is set up, with a Firehose stream and a bucket behind it.
pub(crate) fn fleet(emulator: &Emulator) -> Fleet<'_> {
    let fleet = Fleet::new(emulator);
    fleet.expect(0, "apply --yes");
    create_bucket(&fleet);
    create_firehose(&fleet, BUCKET);
    fleet
}

pub(crate) fn create_bucket(fleet: &Fleet<'_>) {
    let place = json!({ "LocationConstraint": REGION });
    let bucket = json!({ "Bucket": BUCKET, "CreateBucketConfiguration": place });
    fleet.call(&fleet.logging, "s3", "CreateBucket", &bucket);
}

/// A Firehose stream without a transformer: it delivers the records as they are.
pub(crate) fn create_firehose(fleet: &Fleet<'_>, bucket: &str) {
    create_firehose_to(fleet, bucket, "logs/!{timestamp:yyyy}/");
}

pub(crate) fn create_firehose_to(fleet: &Fleet<'_>, bucket: &str, prefix: &str) {
    let role = firehose_role(fleet);
    let stream = stream_arn(fleet);
    let params = json!({
        "DeliveryStreamName": "to-s3",
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": { "KinesisStreamARN": stream, "RoleARN": role },
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": role,
            "BucketARN": format!("arn:aws:s3:::{bucket}"),
            "Prefix": prefix,
            "ErrorOutputPrefix": "!{firehose:error-output-type}/",
            "BufferingHints": { "IntervalInSeconds": 1, "SizeInMBs": 1 },
            "CloudWatchLoggingOptions": { "Enabled": true, "LogGroupName": "/aws/kinesisfirehose/x", "LogStreamName": "y" },
        },
    });
    fleet.call(&fleet.logging, "firehose", "CreateDeliveryStream", &params);
}

/// The role of the Firehose stream, which ministack looks for if it enforces IAM.
fn firehose_role(fleet: &Fleet<'_>) -> String {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "firehose.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let params = json!({ "RoleName": "firehose", "AssumeRolePolicyDocument": trust.to_string() });
    // one may be left of an earlier Firehose stream
    let _ = fleet
        .emulator
        .try_call(&fleet.logging, REGION, "iam", "CreateRole", &params);
    let allowed = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let params = json!({ "RoleName": "firehose", "PolicyName": "all", "PolicyDocument": allowed.to_string() });
    fleet.call(&fleet.logging, "iam", "PutRolePolicy", &params);
    format!("arn:aws:iam::{}:role/firehose", fleet.logging)
}

fn stream_arn(fleet: &Fleet<'_>) -> String {
    format!(
        "arn:aws:kinesis:{REGION}:{}:stream/Demo_Kinesis_Stream",
        fleet.logging
    )
}

/// The log streams of all log groups.
pub(crate) fn log_streams(fleet: &Fleet<'_>) -> Vec<String> {
    let groups = [
        (&fleet.dev1, FLOW_LOGS),
        (&fleet.dev1, TRAIL),
        (&fleet.dev2, "CloudTrail/member_account_2"),
    ];
    let streams = groups.into_iter().flat_map(|(account, group)| {
        let params = json!({ "logGroupName": group });
        let answer = fleet.call(account, "logs", "DescribeLogStreams", &params);
        let streams = answer["logStreams"].as_array().unwrap().clone();
        streams
            .into_iter()
            .map(|one| one["logStreamName"].as_str().unwrap().to_owned())
    });
    streams.collect()
}

/// The path of dev1's flow logs.
pub(crate) fn flow_logs(verification: &Value) -> &Value {
    let paths = verification["paths"].as_array().unwrap();
    let is_it = |path: &&Value| path["subject"]["resource"]["log_group"] == FLOW_LOGS;
    paths.iter().find(is_it).unwrap()
}

#[test]
fn every_path_is_proven_and_nothing_is_left_behind() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    emulator.clear_calls();
    let verification = fleet.json(0, "verify --destination");
    for path in verification["paths"].as_array().unwrap() {
        assert_eq!(path["state"], "proven", "{path}");
        assert!(path["stream_ms"].as_u64().unwrap() < 10_000, "{path}");
        let object = &path["objects"][0];
        assert_eq!(object["firehose"], "to-s3");
        assert!(
            object["url"]
                .as_str()
                .unwrap()
                .starts_with("s3://logs/logs/2"),
            "{path}"
        );
        assert_eq!((&path["fault"], &path["notes"]), (&Value::Null, &json!([])));
    }
    assert_eq!(verification["paths"].as_array().unwrap().len(), 3);
    assert_eq!(log_streams(&fleet), Vec::<String>::new());

    // whoever reads the stream does not keep the only member waiting
    emulator.clear_calls();
    fleet.expect(0, "verify --concurrency 1");
    assert_eq!(log_streams(&fleet), Vec::<String>::new());

    // the stream is read once, whatever the number of members, and without a consumer
    let calls = emulator.calls();
    let count = |operation: &str| {
        calls
            .iter()
            .filter(|call| call["operation"] == operation)
            .count()
    };
    assert_eq!((count("ListShards"), count("GetShardIterator")), (1, 4));
    assert_eq!(count("RegisterStreamConsumer"), 0);
    let mut writes: Vec<_> = calls.iter().filter(|call| call["write"] == true).collect();
    writes.retain(|call| call["service"] != "kinesis");
    let kinds: std::collections::BTreeSet<_> = writes
        .iter()
        .map(|call| call["operation"].as_str().unwrap())
        .collect();
    assert_eq!(
        Vec::from_iter(kinds),
        ["CreateLogStream", "DeleteLogStream", "PutLogEvents"]
    );

    let delivered = emulator.delivered();
    let message: Value = serde_json::from_str(
        delivered["messages"][0]["events"][0]["message"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        (&message["catchment"], message.as_object().unwrap().len()),
        (&json!("verify"), 3)
    );
    assert!(
        message["id"]
            .as_str()
            .unwrap()
            .starts_with("catchment-verify-")
    );
}

#[test]
fn the_last_hour_shows_in_the_status_of_each_filter_and_stream() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    let count = |namespace: &str, name: &str, key: &str, value: &str, number: u32| {
        emulator.count(&json!({
            "account": fleet.logging, "region": REGION, "namespace": namespace, "name": name,
            "dimensions": { key: value }, "value": number,
        }));
    };
    count(
        "AWS/Kinesis",
        "GetRecords.IteratorAgeMilliseconds",
        "StreamName",
        "Demo_Kinesis_Stream",
        61_000,
    );
    count(
        "Catchment",
        "RecordsProcessingFailed",
        "DeliveryStreamName",
        "to-s3",
        3,
    );
    count(
        "AWS/Firehose",
        "FailedConversion.Records",
        "DeliveryStreamName",
        "to-s3",
        4,
    );
    emulator.rules(&json!({ "stream_full": true }));
    fleet.expect(1, "verify --wait 1 --member dev1");

    let status = fleet.json(0, "status --health");
    let of = |kind: &str, place: &str| {
        let health = status["health"].as_array().unwrap().iter();
        let found = health
            .filter(|one| one[kind].is_object() && one["subject"].to_string().contains(place));
        found.map(|one| one[kind].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        of("stream", "Demo"),
        [json!({ "refused": 2, "iterator_age_ms": 61_000, "failed": 7 })]
    );
    assert_eq!(
        of("filter", FLOW_LOGS),
        [json!({ "errors": 0, "throttled": 1 })]
    );
    assert_eq!(
        of("filter", "CloudTrail/member_account_2"),
        [json!({ "errors": 0, "throttled": 0 })]
    );
    let text = fleet.expect(0, "status --health");
    text.says("last hour: 2 records refused, read 61 s late at most, 7 failed");
    text.says("last hour: 0 delivery errors, 1 throttled");
    assert_eq!(fleet.json(0, "status")["health"], Value::Null);
}

#[test]
fn a_member_alone_proves_its_half() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    let text = fleet
        .text("shards = 4", "")
        .replace("profile = \"logging\"", "profile = \"nobody\"");
    fleet.write_file(&text);
    let half = fleet.json(0, "verify --member dev1");
    assert_eq!(flow_logs(&half)["state"], "sent");
    fleet
        .expect(0, "verify --member dev1")
        .says("for want of the logging account's credentials");
    // whoever asks for the whole fleet is told that it was not proven
    let whole = fleet.json(1, "verify");
    let path = flow_logs(&whole);
    assert_eq!(
        (&path["state"], &path["fault"]["hop"]),
        (&json!("unknown"), &json!("stream"))
    );
    let by_hand = format!(
        "verify --profile dev1 --destination-arn {} --cloudtrail {TRAIL}",
        fleet.destination_arn()
    );
    let by_hand = fleet.json(0, &by_hand);
    assert_eq!(
        (
            &by_hand["paths"][0]["state"],
            &by_hand["paths"][0]["source"]
        ),
        (&json!("sent"), &json!("cloudtrail"))
    );
    assert_eq!(log_streams(&fleet), Vec::<String>::new());
    fleet
        .expect(2, "verify --logging")
        .says("name members, or leave it out");
}

#[test]
fn a_pattern_of_the_fleet_file_that_holds_the_event_back_is_not_proven_and_one_that_lets_it_pass_is()
 {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    for (pattern, state) in [("REJECT", "not-proven"), ("verify", "proven")] {
        let group = format!("{{ name = \"{FLOW_LOGS}\", pattern = \"{pattern}\" }}");
        let text = fleet
            .text("shards = 4", "")
            .replace(&format!("\"{FLOW_LOGS}\""), &group);
        fleet.write_file(&text);
        fleet.expect(0, "apply --yes");
        let verification = fleet.json(0, "verify");
        assert_eq!(flow_logs(&verification)["state"], state, "{pattern}");
    }
}

/// Starts a run that is held before its n-th write.
fn held(fleet: &Fleet<'_>, number: usize) -> std::process::Child {
    fleet.emulator.break_before(number);
    let mut command = fleet.command("verify --member dev1");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(fleet.emulator.wait_for_breakpoint(20.0));
    child
}

#[test]
fn killed_at_any_write_the_next_run_deletes_what_is_left_and_says_so() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    let mut were_left = 0;
    // two log groups: two log streams made, two events put, two log streams deleted
    for number in 1..=6 {
        let mut child = held(&fleet, number);
        child.kill().unwrap();
        child.wait().unwrap();
        emulator.clear_breakpoint();
        // a call that was in flight when it was killed is still carried out
        thread::sleep(Duration::from_millis(500));
        let left = log_streams(&fleet).len();
        were_left += left;
        let run: Run = fleet.expect(0, "verify --member dev1");
        let told = run
            .stdout
            .matches("an earlier run had left its log stream catchment-verify")
            .count();
        assert_eq!(told, left, "after write {number}: {run:#?}");
        assert_eq!(log_streams(&fleet), Vec::<String>::new());
    }
    assert!(were_left > 3, "{were_left}");
}

#[test]
fn after_ctrl_c_the_log_streams_are_deleted() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    // nothing arrives, so that it waits
    emulator.rules(&json!({ "stream_full": true }));
    let mut command = fleet.command("verify");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while log_streams(&fleet).len() < 3 {
        assert!(began.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(50));
    }
    press_ctrl_c(&child);
    let output = child.wait_with_output().unwrap();
    let run = Run::of(&output);
    assert_eq!(run.code, Some(130), "{run:#?}");
    run.says("error: interrupted; the test events were deleted");
    assert_eq!(log_streams(&fleet), Vec::<String>::new());
}
