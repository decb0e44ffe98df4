//! `replay --put`: what passes comes back into the stream, nothing that was acknowledged comes twice, and killed, it goes on.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::batch::{gzip, message};
use crate::fleet::{Fleet, REGION, Run};
use crate::permissions::{emulator_with_iam, operator};
use crate::support::emulator::Emulator;

const STREAM: &str = "Demo_Kinesis_Stream";
/// Three calls: 500 records each, and the rest.
const RECORDS: usize = 1_200;

/// The data of the `number`-th record.
fn record(number: usize) -> Vec<u8> {
    let text = format!("event {number}");
    gzip(message("111122223333", "g", "s", &[(1_696_086_922_000, &text)]).as_bytes())
}

fn create(fleet: &Fleet<'_>, stream: &str) {
    let params = json!({ "StreamName": stream, "ShardCount": 1 });
    fleet.call(&fleet.logging, "kinesis", "CreateStream", &params);
}

/// A stream in the logging account, and a file with error output: `RECORDS` that pass, and one that does not.
fn fleet(emulator: &Emulator) -> Fleet<'_> {
    let fleet = Fleet::new(emulator);
    create(&fleet, STREAM);
    let line = |data: &[u8]| {
        let data = base64_simd::STANDARD.encode_to_string(data);
        json!({ "errorCode": "Lambda.FunctionError", "rawData": data, "lambdaArn": "arn" })
            .to_string()
    };
    let mut lines: Vec<_> = (0..RECORDS).map(|number| line(&record(number))).collect();
    lines.insert(700, line(b"damaged"));
    emulator.write("failed.jsonl", &lines.join("\n"));
    fleet
}

/// How often each record is in a stream.
fn found(fleet: &Fleet<'_>, stream: &str) -> BTreeMap<String, usize> {
    let call =
        |operation: &str, params: &Value| fleet.call(&fleet.logging, "kinesis", operation, params);
    let shard =
        call("ListShards", &json!({ "StreamName": stream }))["Shards"][0]["ShardId"].clone();
    let params =
        json!({ "StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = call("GetShardIterator", &params)["ShardIterator"].clone();
    let mut times = BTreeMap::new();
    loop {
        let answer = call("GetRecords", &json!({ "ShardIterator": iterator }));
        let records = answer["Records"].as_array().unwrap();
        if records.is_empty() {
            return times;
        }
        for record in records {
            let data = record["Data"]["$base64"].as_str().unwrap().to_owned();
            *times.entry(data).or_default() += 1;
        }
        iterator = answer["NextShardIterator"].clone();
    }
}

/// The command line that puts into a stream.
fn line(stream: &str, flags: &str) -> String {
    let stream =
        format!("--put kinesis:{stream} --region {REGION} --profile logging --mib-per-second 64");
    format!("replay {stream} {flags} failed.jsonl")
}

fn put(fleet: &Fleet<'_>, flags: &str) -> Run {
    fleet.run(&line(STREAM, flags))
}

#[test]
fn it_is_dry_by_default_then_sends_what_passes_and_nothing_twice() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    let last = |run: &Run| run.stderr.lines().last().unwrap_or_default().to_owned();

    let dry = put(&fleet, "");
    assert_eq!(dry.code, Some(1), "one record does not pass: {dry:#?}");
    assert_eq!(
        last(&dry),
        "1200 records would be sent to kinesis:Demo_Kinesis_Stream in us-west-2, 0 were sent before; add --yes to send them"
    );
    assert!(found(&fleet, STREAM).is_empty());
    assert!(!emulator.home().join("catchment-replay.ledger").exists());

    let sent = put(&fleet, "--yes");
    assert_eq!(
        last(&sent),
        "1200 records were sent to kinesis:Demo_Kinesis_Stream in us-west-2, 0 were sent before"
    );
    let first = found(&fleet, STREAM);
    let one = base64_simd::STANDARD.encode_to_string(record(7));
    assert_eq!((first.len(), first.get(&one)), (RECORDS, Some(&1)));
    assert_eq!(first.values().max(), Some(&1));

    let again = put(&fleet, "--yes");
    assert_eq!(
        last(&again),
        "0 records were sent to kinesis:Demo_Kinesis_Stream in us-west-2, 1200 were sent before"
    );
    assert_eq!(found(&fleet, STREAM), first);
}

#[test]
fn killed_at_any_call_and_run_again_nothing_acknowledged_is_sent_twice() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    for (call, after) in [
        (1, false),
        (1, true),
        (2, false),
        (2, true),
        (3, false),
        (3, true),
    ] {
        let stream = format!("stream-{call}-{after}");
        create(&fleet, &stream);
        let line = line(&stream, &format!("--yes --ledger {stream}.ledger"));
        if after {
            emulator.break_after(call);
        } else {
            emulator.break_before(call);
        }
        let mut command = fleet.command(&line);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        assert!(emulator.wait_for_breakpoint(60.0), "call {call}");
        // on Unix this is SIGKILL
        child.kill().unwrap();
        child.wait().unwrap();
        emulator.clear_breakpoint();

        let acknowledged = (call - 1) * 500;
        let run = fleet.run(&line);
        let expected = format!(
            "{} records were sent to kinesis:{stream} in {REGION}, {acknowledged} were sent before",
            RECORDS - acknowledged
        );
        assert!(run.stderr.ends_with(&format!("{expected}\n")), "{run:#?}");
        let found = found(&fleet, &stream);
        assert_eq!(found.len(), RECORDS);
        // the call that was carried out and never answered
        let twice = found.values().filter(|times| **times == 2).count();
        let unanswered = if after {
            500.min(RECORDS - acknowledged)
        } else {
            0
        };
        assert_eq!(twice, unanswered, "call {call}");
        assert!(found.values().all(|times| *times <= 2));
    }
}

#[test]
fn the_printed_policy_suffices_and_its_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = fleet(&emulator);
    let documents = fleet.json(0, "policies --logging");
    let is_ours = |one: &&Value| one["title"].as_str().unwrap().contains("replay --put");
    let documents = documents["policies"].as_array().unwrap();
    let policy = &documents.iter().find(is_ours).unwrap()["document"];
    let other = policy.to_string().replace("PutRecords", "PutRecord");
    let other: Value = serde_json::from_str(&other).unwrap();
    operator(&fleet, "logging", &fleet.logging, &other);
    let refused = put(&fleet, "--yes");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("kinesis:PutRecords failed on stream"),
        "{refused:#?}"
    );
    assert!(
        refused.stderr.contains("0 records were sent"),
        "{refused:#?}"
    );
    let params = json!({ "UserName": "operator", "PolicyName": "catchment", "PolicyDocument": policy.to_string() });
    fleet.call(&fleet.logging, "iam", "PutUserPolicy", &params);
    let sent = put(&fleet, "--yes");
    assert!(sent.stderr.contains("1200 records were sent"), "{sent:#?}");
}

#[test]
fn a_ledger_of_another_stream_is_refused_before_anything_is_sent() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    emulator.write(
        "other.ledger",
        "catchment replay, acknowledged by kinesis:other in us-west-2\n",
    );
    let run = put(&fleet, "--yes --ledger other.ledger");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .contains("it is the ledger of kinesis:other in us-west-2"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("hint: pass --ledger"), "{run:#?}");
    assert!(found(&fleet, STREAM).is_empty());
}
