//! The whole pipeline at volume: 100,000 events from two members through Kinesis, Firehose and the real Lambda to S3.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests stop if their setup fails, and use files, processes and clocks"
)]

#[path = "support/batch.rs"]
mod batch;
#[path = "pipeline/columns.rs"]
mod columns;
#[path = "pipeline/mended.rs"]
mod mended;
mod support;
#[path = "pipeline/verify.rs"]
mod verify;

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use support::emulator::Emulator;
use support::repository;

const REGION: &str = "us-west-2";
const LOGGING: &str = "999988887777";
/// Profile, account, flow log group, CloudTrail log group.
const MEMBERS: [(&str, &str, &str, &str); 2] = [
    (
        "dev1",
        "111122223333",
        "cwl_vpc_fl_member_account_1",
        "CloudTrail/member_account_1",
    ),
    (
        "dev2",
        "444455556666",
        "cwl_vpc_fl_member_account_2",
        "CloudTrail/member_account_2",
    ),
];
/// The numbers of events in successive PutLogEvents calls; 2,000 in total.
const BATCH_SIZES: [usize; 5] = [1, 99, 400, 500, 1_000];
/// For each of the four log groups.
const EVENTS_PER_GROUP: usize = 25_000;
const ARRIVAL_SECONDS_MAX: u64 = 120;

/// A delivered event: account, source, log group, log stream, id, message.
type Event = [String; 6];

#[test]
fn a_hundred_thousand_events_arrive_unchanged_as_often_as_delivered() {
    // some messages are delivered twice, as CloudWatch Logs may do
    let emulator = Emulator::start_with(&json!({ "deliver": true, "deliver_twice_every": 10 }));
    set_up_fleet(&emulator);
    run(
        &emulator,
        env!("CARGO_BIN_EXE_catchment"),
        &["apply", "--logging", "--yes"],
    );
    let bucket = deploy(&emulator, &[]);
    run(
        &emulator,
        env!("CARGO_BIN_EXE_catchment"),
        &["apply", "--yes"],
    );

    thread::scope(|scope| {
        for member in MEMBERS {
            let emulator = &emulator;
            scope.spawn(move || write_events(emulator, member));
        }
    });

    let delivered = emulator.delivered();
    let messages = delivered["messages"].as_array().unwrap();
    let sent = count(messages.iter().flat_map(events_delivered));
    assert_eq!(sent.len(), 100_000, "distinct events");
    assert!(
        sent.values().any(|times| *times == 2),
        "some events are delivered twice"
    );

    let keys = wait_for_objects(&emulator, &bucket, messages.len());
    let received = count(
        keys.iter()
            .flat_map(|key| events_in(&emulator, &bucket, key)),
    );
    for (event, times) in &sent {
        assert_eq!(
            received.get(event),
            Some(times),
            "{event:?} was delivered {times} times"
        );
    }
    assert_eq!(
        received.len(),
        sent.len(),
        "events that were never delivered"
    );
}

fn set_up_fleet(emulator: &Emulator) {
    let mut file = logging_account(emulator);
    for (profile, account, flow_logs, cloudtrail) in MEMBERS {
        emulator.profile(profile, account);
        for group in [flow_logs, cloudtrail] {
            let params = json!({ "logGroupName": group });
            emulator.call(account, REGION, "logs", "CreateLogGroup", &params);
        }
        file += &format!(
            r#"
[[members]]
profile = "{profile}"
account = "{account}"
vpc_flow_logs = ["{flow_logs}"]
cloudtrail = ["{cloudtrail}"]
"#
        );
    }
    emulator.write("catchment.toml", &file);
}

/// Sets up its profile, and returns its part of the fleet file.
fn logging_account(emulator: &Emulator) -> String {
    emulator.profile("logging", LOGGING);
    format!(
        r#"[logging]
profile = "logging"
account = "{LOGGING}"
regions = ["{REGION}"]
destination = "kinesisDest"
role = "cwrole"

[logging.stream]
name = "Demo_Kinesis_Stream"
shards = 4
retention_hours = 168
"#
    )
}

/// Deploys `infra/logging.yaml` with SAM, with these parameters besides those of the fleet; returns the name of its bucket.
fn deploy(emulator: &Emulator, chosen: &[&str]) -> String {
    let zip = repository().join("target/lambda/transformer.zip");
    assert!(zip.exists(), "{}: `make lambda` builds it", zip.display());
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    let parameters = run(
        emulator,
        env!("CARGO_BIN_EXE_catchment"),
        &["infra", "parameters", "--output", "json"],
    );
    emulator.write("parameters.yaml", &parameters);
    let template = repository().join("infra/logging.yaml");
    let architecture = format!("Architecture={architecture}");
    let deploy = [
        "deploy",
        "--profile",
        "logging",
        "--region",
        REGION,
        "--resolve-s3",
        "--stack-name",
        "catchment",
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--template-file",
        template.to_str().unwrap(),
        "--parameter-overrides",
        "file://parameters.yaml",
        &architecture,
        "Emulator=true",
    ];
    run(
        emulator,
        repository().join(".venv/bin/sam").to_str().unwrap(),
        &[&deploy[..], chosen].concat(),
    );
    let params = json!({ "StackName": "catchment" });
    let stacks = emulator.call(LOGGING, REGION, "cloudformation", "DescribeStacks", &params);
    let outputs = stacks["Stacks"][0]["Outputs"].as_array().unwrap();
    let bucket = outputs
        .iter()
        .find(|output| output["OutputKey"] == "LogBucket");
    text(&bucket.unwrap()["OutputValue"])
}

/// Runs a program against the emulator and returns its standard output.
fn run(emulator: &Emulator, program: &str, arguments: &[&str]) -> String {
    let output = emulator
        .command(program)
        .args(arguments)
        .env("SAM_CLI_TELEMETRY", "0")
        .env("SAM_CLI_POLL_DELAY", "0.2")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

/// Writes a member's flow logs and CloudTrail records, in batches of several sizes and from several log streams.
fn write_events(
    emulator: &Emulator,
    (_, account, flow_logs, cloudtrail): (&str, &str, &str, &str),
) {
    for (group, message) in [
        (flow_logs, flow as fn(&str, usize) -> String),
        (cloudtrail, call),
    ] {
        let mut numbers = 0..EVENTS_PER_GROUP;
        let mut batch_number = 0;
        for size in BATCH_SIZES.iter().cycle() {
            let batch: Vec<_> = numbers.by_ref().take(*size).collect();
            if batch.is_empty() {
                break;
            }
            let stream = format!("stream-{}", batch_number % 4);
            batch_number += 1;
            if batch_number <= 4 {
                let params = json!({ "logGroupName": group, "logStreamName": stream });
                emulator.call(account, REGION, "logs", "CreateLogStream", &params);
            }
            let now = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
            let events: Vec<_> = batch
                .into_iter()
                .map(|number| json!({ "timestamp": now, "message": message(account, number) }))
                .collect();
            let params =
                json!({ "logGroupName": group, "logStreamName": stream, "logEvents": events });
            emulator.call(account, REGION, "logs", "PutLogEvents", &params);
        }
    }
}

fn flow(account: &str, number: usize) -> String {
    let (a, b, c) = (number / 65_536, number / 256 % 256, number % 256);
    format!(
        "2 {account} eni-0123456789abcdef0 10.{a}.{b}.{c} 10.0.0.1 {} 443 6 10 840 1790000000 1790000060 ACCEPT OK",
        number % 60_000 + 1_024,
    )
}

/// A record with text that JSON parsers and log shippers are known to get wrong.
fn call(account: &str, number: usize) -> String {
    let awkward = [
        "plain",
        "quotes \" and \\ and \\u0022",
        "tab\tnewline\nreturn\r\u{1b}[0m\u{7f}",
        "é, \u{65e5}\u{672c}, \u{1f600}, \u{2028}, \u{feff}",
        "</script> %s ${x} {{y}} \u{fffd}",
    ];
    let record = json!({
        "eventVersion": "1.11", "eventName": format!("Call{number}"), "eventID": format!("{account}-{number}"),
        "requestParameters": { "": null, "a.b": awkward[number % awkward.len()] },
    });
    match number % 10 {
        // not every message is JSON, or on one line
        0 => format!("{record:#}"),
        1 => format!("{} {number}", awkward[number / 10 % awkward.len()]),
        _ => record.to_string(),
    }
}

fn events_delivered(message: &Value) -> Vec<Event> {
    let log_group = text(&message["log_group"]);
    let source = match log_group.starts_with("CloudTrail/") {
        true => "cloudtrail",
        false => "vpc-flow-logs",
    };
    let events = message["events"].as_array().unwrap().iter();
    events
        .map(|event| {
            [
                text(&message["owner"]),
                source.to_owned(),
                log_group.clone(),
                text(&message["log_stream"]),
                text(&event["id"]),
                text(&event["message"]),
            ]
        })
        .collect()
}

/// Waits for one object per delivered record; returns their keys.
fn wait_for_objects(emulator: &Emulator, bucket: &str, count: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(ARRIVAL_SECONDS_MAX);
    loop {
        let params = json!({ "Bucket": bucket });
        let listed = emulator.call(LOGGING, REGION, "s3", "ListObjectsV2", &params);
        assert_eq!(listed["IsTruncated"], false, "all objects are on one page");
        let objects = listed["Contents"].as_array().cloned().unwrap_or_default();
        if objects.len() >= count {
            return objects.iter().map(|object| text(&object["Key"])).collect();
        }
        assert!(
            Instant::now() < deadline,
            "{} of {count} objects arrived within {ARRIVAL_SECONDS_MAX} seconds",
            objects.len()
        );
        thread::sleep(Duration::from_millis(200));
    }
}

/// The events of an object, whose partition must be the one in its key.
fn events_in(emulator: &Emulator, bucket: &str, key: &str) -> Vec<Event> {
    let params = json!({ "Bucket": bucket, "Key": key });
    let object = emulator.call(LOGGING, REGION, "s3", "GetObject", &params);
    let base64 = object["Body"]["$base64"].as_str().unwrap();
    let gzip = base64_simd::STANDARD.decode_to_vec(base64).unwrap();
    let mut lines = String::new();
    MultiGzDecoder::new(gzip.as_slice())
        .read_to_string(&mut lines)
        .unwrap_or_else(|error| panic!("{key}: {error}"));
    assert!(lines.ends_with('\n'), "{key} ends with a newline");
    lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let [account, source] = ["account", "source"].map(|member| text(&line[member]));
            let partition = format!("logs/account={account}/source={source}/year=");
            assert!(key.starts_with(&partition), "{key} holds {line}");
            let [log_group, log_stream, id, message] =
                ["log_group", "log_stream", "id", "message"].map(|member| text(&line[member]));
            [account, source, log_group, log_stream, id, message]
        })
        .collect()
}

fn count(events: impl Iterator<Item = Event>) -> BTreeMap<Event, usize> {
    let mut counted = BTreeMap::new();
    for event in events {
        *counted.entry(event).or_default() += 1;
    }
    counted
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
