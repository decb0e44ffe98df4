//! `replay --put`: what passes comes back into the stream, nothing that was acknowledged comes twice, and killed, it goes on.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::batch::{gzip, message};
use crate::fleet::{Fleet, REGION, Run};
use crate::permissions::{actions, emulator_with_iam, grant, operator, without};
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
        "1200 records would be sent to kinesis:Demo_Kinesis_Stream in us-west-2, 0 sent before; add --yes to send"
    );
    assert!(found(&fleet, STREAM).is_empty());
    assert!(!emulator.home().join("catchment-replay.ledger").exists());

    let sent = put(&fleet, "--yes");
    assert_eq!(
        last(&sent),
        "1200 records sent to kinesis:Demo_Kinesis_Stream in us-west-2, 0 sent before"
    );
    let first = found(&fleet, STREAM);
    let one = base64_simd::STANDARD.encode_to_string(record(7));
    assert_eq!((first.len(), first.get(&one)), (RECORDS, Some(&1)));
    assert_eq!(first.values().max(), Some(&1));

    let again = put(&fleet, "--yes");
    assert_eq!(
        last(&again),
        "0 records sent to kinesis:Demo_Kinesis_Stream in us-west-2, 1200 sent before"
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
            "{} records sent to kinesis:{stream} in {REGION}, {acknowledged} sent before",
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

/// A bucket with these objects, and an empty one that stands for a folder.
fn bucket(fleet: &Fleet<'_>, objects: &[(String, Vec<u8>)]) {
    let call =
        |operation: &str, params: Value| fleet.call(&fleet.logging, "s3", operation, &params);
    let place = json!({ "LocationConstraint": REGION });
    call(
        "CreateBucket",
        json!({ "Bucket": "failed", "CreateBucketConfiguration": place }),
    );
    call(
        "PutObject",
        json!({ "Bucket": "failed", "Key": "processing-failed/" }),
    );
    for (key, body) in objects {
        let body = base64_simd::STANDARD.encode_to_string(body);
        call(
            "PutObject",
            json!({ "Bucket": "failed", "Key": key, "Body": { "$base64": body } }),
        );
    }
}

#[test]
fn objects_of_a_bucket_are_read_as_files_are_whatever_their_number_and_size() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    let text = std::fs::read_to_string(emulator.home().join("failed.jsonl")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let mut objects: Vec<_> = lines
        .chunks(100)
        .enumerate()
        .map(|(number, lines)| {
            let key = format!("processing-failed/2026/{number:04}");
            (key, lines.join("\n").into_bytes())
        })
        .collect();
    // one of them is large, and one is gzip; more than a page of empty ones stand for folders; what lies elsewhere is none of it
    objects[3].1 = text.repeat(3).into_bytes();
    objects[4].1 = gzip(&objects[4].1);
    objects
        .extend((0..1_001).map(|number| (format!("processing-failed/{number:04}/"), Vec::new())));
    objects.push(("logs/2026/x".to_owned(), b"other".to_vec()));
    bucket(&fleet, &objects);
    let line = line(STREAM, "--yes").replace("failed.jsonl", "s3://failed/processing-failed/");
    emulator.faults(&json!({ "seed": 3, "rate": 0.02, "kinds": ["reset"] }));
    let run = fleet.run(&line);
    assert!(
        run.stderr.contains("1200 records sent to kinesis:"),
        "{run:#?}"
    );
    assert_eq!(found(&fleet, STREAM).len(), RECORDS);
    emulator.faults(&json!({}));
    let explain = format!("replay --explain --region {REGION} --profile logging");
    let run = fleet.expect(1, &format!("{explain} s3://failed/logs/"));
    run.says("cannot replay s3://failed/logs/2026/x");
    let run = fleet.expect(1, &format!("{explain} s3://nowhere/"));
    run.says("s3:ListBucket failed on bucket nowhere in account 999988887777");
    fleet.expect(0, &format!("{explain} s3://failed/none/"));
}

#[test]
fn a_firehose_stream_that_takes_records_directly_gets_each_once() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    bucket(&fleet, &[]);
    let params = json!({
        "DeliveryStreamName": "direct", "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": "arn:aws:iam::999988887777:role/firehose", "BucketARN": "arn:aws:s3:::failed", "Prefix": "direct/",
        },
    });
    fleet.call(&fleet.logging, "firehose", "CreateDeliveryStream", &params);
    let put = line(STREAM, "--yes").replace(&format!("kinesis:{STREAM}"), "firehose:direct");
    emulator.faults(
        &json!({ "seed": 5, "rate": 0.3, "kinds": ["throttle"], "operations": ["PutRecordBatch"] }),
    );
    for (sent, before) in [(RECORDS, 0), (0, RECORDS)] {
        let run = fleet.run(&put);
        run.says(&format!(
            "{sent} records sent to firehose:direct in {REGION}, {before} sent before"
        ));
    }
    let mut keys = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut params = json!({ "Bucket": "failed", "Prefix": "direct/" });
        if token.is_string() {
            params["ContinuationToken"] = token;
        }
        let page = fleet.call(&fleet.logging, "s3", "ListObjectsV2", &params);
        keys.extend(
            page["Contents"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["Key"].clone()),
        );
        token = page["NextContinuationToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(keys.len(), RECORDS);
    fleet
        .expect(2, &put.replace("firehose:direct", "sqs:direct"))
        .says("expected kinesis:NAME or firehose:NAME");
}

/// What is put back for the third time, and fails then, may be put back again once a person sends it.
#[test]
fn a_piece_of_the_last_hop_is_sent_as_one_of_the_first() {
    let emulator = Emulator::start();
    let fleet = fleet(&emulator);
    let mark =
        |hops: usize| format!(r#"{{"catchment":{{"hops":{hops},"stream":"arn:aws:firehose:a"}},"#);
    let message = message("111122223333", "g", "s", &[(7, "x")]);
    let marked = |hops| message.replacen('{', &mark(hops), 1);
    emulator.write("failed.jsonl", &marked(3));
    let run = put(&fleet, "--yes");
    assert_eq!(run.code, Some(0), "{run:#?}");
    let found = found(&fleet, STREAM);
    let [data] = &found.keys().collect::<Vec<_>>()[..] else {
        panic!("{found:?}")
    };
    let data = base64_simd::STANDARD.decode_to_vec(data).unwrap();
    let mut text = String::new();
    GzDecoder::new(data.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, marked(1));
    put(&fleet, "--yes")
        .says("0 records sent to kinesis:Demo_Kinesis_Stream in us-west-2, 1 sent before");
}

#[test]
fn the_printed_policy_suffices_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = fleet(&emulator);
    let text = std::fs::read(emulator.home().join("failed.jsonl")).unwrap();
    bucket(&fleet, &[("processing-failed/a".to_owned(), text)]);
    let documents = fleet.json(0, "policies --logging --bucket failed");
    let is_ours = |one: &&Value| one["title"].as_str().unwrap().contains("replay --put");
    let documents = documents["policies"].as_array().unwrap();
    let policy = &documents.iter().find(is_ours).unwrap()["document"];
    let put = line(STREAM, "--yes").replace("failed.jsonl", "s3://failed/processing-failed/");
    operator(&fleet, "logging", &fleet.logging, policy);
    let needed = actions(policy);
    assert_eq!(
        needed,
        ["kinesis:PutRecords", "s3:GetObject", "s3:ListBucket"]
    );
    for action in needed {
        grant(&fleet, &fleet.logging, &without(policy, &action));
        let refused = fleet.expect(1, &put);
        refused.says(&format!("{action} failed on "));
        refused.says("0 records sent");
    }
    grant(&fleet, &fleet.logging, policy);
    fleet.run(&put).says("1200 records sent");
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
