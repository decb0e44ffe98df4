//! `capture`: what is in the stream comes into a file that `replay` takes, as it is or masked, and nothing is left behind.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::batch::{gzip, message};
use crate::fleet::{Fleet, REGION};
use crate::interrupt::press_ctrl_c;
use crate::permissions::{actions, emulator_with_iam, grant, operator, without};
use crate::support::emulator::Emulator;

const STREAM: &str = "Demo_Kinesis_Stream";
const FLOW: &str = "2 111122223333 eni-0a1b2c3d4e5f60718 10.20.30.40 2a05:d018::ab 443 49152 6 10 840 1790000000 1790000060 ACCEPT OK";

fn create(fleet: &Fleet<'_>) {
    let params = json!({ "StreamName": STREAM, "ShardCount": 4 });
    fleet.call(&fleet.logging, "kinesis", "CreateStream", &params);
}

fn put(fleet: &Fleet<'_>, records: &[Vec<u8>]) {
    let records: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(number, data)| {
            let data = base64_simd::STANDARD.encode_to_string(data);
            json!({ "PartitionKey": number.to_string(), "Data": { "$base64": data } })
        })
        .collect();
    for records in records.chunks(500) {
        let params = json!({ "StreamName": STREAM, "Records": records });
        fleet.call(&fleet.logging, "kinesis", "PutRecords", &params);
    }
}

/// Ten records of each member, and one that is damaged.
fn fill(fleet: &Fleet<'_>) {
    let cloudtrail = json!({
        "eventVersion": "1.11", "eventSource": "iam.amazonaws.com", "eventName": "GetUser", "awsRegion": REGION,
        "userIdentity": { "accessKeyId": "AKIAQ7YWZK3JXNPLMR5T", "arn": "arn:aws:iam::444455556666:user/alexandra" },
    });
    let cloudtrail = cloudtrail.to_string();
    let mut records = Vec::new();
    for number in 0..10 {
        let stream = format!("stream-{number}");
        let (a, b) = ("cwl_vpc_fl_member_account_1", "CloudTrail/member_account_2");
        records.push(message("111122223333", a, &stream, &[(7, FLOW)]));
        records.push(message(
            "444455556666",
            b,
            &stream,
            &[(7, &cloudtrail), (8, "asked by alexandra")],
        ));
    }
    let mut records: Vec<_> = records
        .iter()
        .map(|record| gzip(record.as_bytes()))
        .collect();
    records.push(b"damaged by alexandra".to_vec());
    put(fleet, &records);
}

/// The events of a captured file.
fn events(fleet: &Fleet<'_>, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(fleet.emulator.home().join(file)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn records(events: &[Value]) -> Vec<Value> {
    events
        .iter()
        .flat_map(|event| event["records"].as_array().unwrap().clone())
        .collect()
}

/// The data of a record, decoded, and opened if it is gzip.
fn opened(record: &Value) -> String {
    let data = base64_simd::STANDARD
        .decode_to_vec(record["data"].as_str().unwrap())
        .unwrap();
    let mut text = String::new();
    match GzDecoder::new(data.as_slice()).read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::from_utf8(data).unwrap(),
    }
}

#[test]
fn all_of_the_last_hour_comes_into_a_file_of_mine_alone_that_replay_takes() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    fill(&fleet);
    let run = fleet.expect(0, "capture --since 1h captured.json");
    assert!(run.stdout.is_empty());
    run.says("captured 21 records, 0.0 MiB in captured.json\nit holds log data: treat it like the logs themselves\n");
    let about = std::fs::metadata(emulator.home().join("captured.json")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let events = events(&fleet, "captured.json");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(
        events[0]["sourceKinesisStreamArn"],
        format!("arn:aws:kinesis:{REGION}:999988887777:stream/{STREAM}")
    );
    assert!(text(&events[0]["about"]).contains("holds log data"));
    let records = records(&events);
    let ids: BTreeSet<_> = records
        .iter()
        .map(|record| text(&record["recordId"]))
        .collect();
    let shards: BTreeSet<_> = records
        .iter()
        .map(|record| text(&record["kinesisRecordMetadata"]["shardId"]))
        .collect();
    assert_eq!((ids.len(), shards.len()), (21, 4));
    let run = fleet.expect(1, "replay captured.json");
    run.says("21 records: 20 Ok, 0 Dropped, 1 ProcessingFailed");
    assert_eq!(run.stdout.lines().count(), 30);
    assert_eq!(run.stdout.matches("asked by alexandra").count(), 10);

    let again = fleet.expect(1, "capture --since 1h captured.json");
    again.says("captured.json already exists");
    let params = json!({ "StreamARN": events[0]["sourceKinesisStreamArn"] });
    let left = fleet.call(&fleet.logging, "kinesis", "ListStreamConsumers", &params);
    assert_eq!(left["Consumers"], json!([]));
    let names: Vec<_> = std::fs::read_dir(emulator.home())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_str().unwrap().starts_with(".tmp")),
        "{names:?}"
    );
}

#[test]
fn one_member_one_log_group_or_one_source_is_captured() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    fill(&fleet);
    for (number, (flags, captured)) in [
        ("--member dev1", 10),
        ("--account 444455556666", 10),
        ("--log-group CloudTrail/member_account_2", 10),
        ("--source vpc-flow-logs", 10),
        ("--source cloudtrail --member dev2", 10),
        ("--source other", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("{number}.json");
        let run = fleet.run(&format!("capture --since 1h {flags} {file}"));
        if captured == 0 {
            assert_eq!(run.code, Some(1));
            run.says("error: nothing was captured: no record of the kind arrived in stream Demo_Kinesis_Stream");
            assert!(!emulator.home().join(file).exists());
            continue;
        }
        assert_eq!(run.code, Some(0), "{run:?}");
        let found = records(&events(&fleet, &file));
        assert_eq!(found.len(), captured, "{flags}");
        let owners: BTreeSet<_> = found
            .iter()
            .map(|one| opened(one)[..60].to_owned())
            .collect();
        assert_eq!(owners.len(), 1, "{owners:?}");
    }
    let by_flags = format!(
        "capture --since 1h --stream {STREAM} --region {REGION} --profile logging flags.json"
    );
    fleet.expect(0, &by_flags);
    assert_eq!(records(&events(&fleet, "flags.json")).len(), 21);
    for (flags, says) in [
        ("--member dev9", "the fleet file has no member dev9"),
        (
            "--source flow",
            "--source: expected one of: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs, other",
        ),
        (
            "--region eu-west-1",
            "the fleet has no stream in eu-west-1; it has one in: us-west-2",
        ),
        ("--since 1w", "expected a whole number with s, m, h or d"),
        ("--since 1h --seconds 3", "cannot be used with"),
        ("--stream s", "--region"),
    ] {
        fleet
            .expect(2, &format!("capture {flags} wrong.json"))
            .says(says);
    }
    assert!(!emulator.home().join("wrong.json").exists());
}

#[test]
fn what_arrives_meanwhile_is_captured_and_ctrl_c_keeps_what_came_before() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    put(
        &fleet,
        &[gzip(
            message("111122223333", "g", "s", &[(7, "before")]).as_bytes(),
        )],
    );
    let meanwhile = |line: &str, ends: bool| {
        let mut command = fleet.command(line);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs(2));
        put(
            &fleet,
            &[gzip(
                message("111122223333", "g", "s", &[(7, "meanwhile")]).as_bytes(),
            )],
        );
        std::thread::sleep(Duration::from_secs(2));
        if !ends {
            press_ctrl_c(&child);
        }
        child.wait_with_output().unwrap()
    };
    for (file, line, code) in [
        ("a.json", "capture --seconds 5 a.json", 0),
        ("b.json", "capture --seconds 600 b.json", 130),
        ("c.json", "capture --seconds 600 --mask c.json", 130),
    ] {
        let output = meanwhile(line, code == 0);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains("captured 1 record, "), "{told}");
        let [record] = &records(&events(&fleet, file))[..] else {
            panic!("{told}")
        };
        assert!(opened(record).contains("meanwhile"), "{record}");
    }
}

#[test]
fn a_masked_capture_holds_none_of_the_originals_and_is_masked_alike_in_every_place() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    fill(&fleet);
    let run = fleet.expect(0, "capture --since 1h --mask masked.json");
    run.says("captured 20 records, 0.0 MiB in masked.json; 1 that cannot be read are left out");
    let events = events(&fleet, "masked.json");
    let records = records(&events);
    let inside: Vec<_> = records.iter().map(opened).collect();
    let all = format!("{events:?}{inside:?}");
    for original in [
        "111122223333",
        "444455556666",
        "999988887777",
        "10.20.30.40",
        "2a05:d018::ab",
        "member_account",
        "alexandra",
        "Q7YWZK3JXNPLMR5T",
        "0a1b2c3d4e5f60718",
        "Demo_Kinesis",
    ] {
        assert!(!all.contains(original), "{original} is left in {all}");
    }
    // what stood alike stands alike
    let owners: BTreeSet<_> = inside
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["owner"].to_string())
        .collect();
    assert_eq!(owners.len(), 2);
    let asked: BTreeSet<_> = inside
        .iter()
        .filter_map(|text| {
            let user = text.split(":user/").nth(1)?.split('\\').next()?.to_owned();
            assert!(text.contains(&format!("asked by {user}")), "{user}: {text}");
            Some(user)
        })
        .collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let replayed = fleet.expect(0, "replay masked.json");
    replayed.says("20 records: 20 Ok");
    assert_eq!(
        replayed
            .stdout
            .matches(r#""source":"vpc-flow-logs""#)
            .count(),
        10
    );
    assert_eq!(
        replayed.stdout.matches(r#""source":"cloudtrail""#).count(),
        20
    );
    let other = fleet.expect(0, "capture --since 1h --mask other.json");
    assert_eq!(other.code, Some(0));
    let one = std::fs::read_to_string(emulator.home().join("masked.json")).unwrap();
    assert_ne!(
        one,
        std::fs::read_to_string(emulator.home().join("other.json")).unwrap(),
        "each has a secret of its own"
    );
}

#[test]
fn the_printed_policy_suffices_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    fill(&fleet);
    let documents = fleet.json(0, "policies --logging");
    let is_ours = |one: &&Value| one["title"].as_str().unwrap().contains("catchment capture");
    let documents = documents["policies"].as_array().unwrap();
    let policy = &documents.iter().find(is_ours).unwrap()["document"];
    operator(&fleet, "logging", &fleet.logging, policy);
    fleet.expect(0, "capture --since 1h captured.json");
    let needed = actions(policy);
    assert_eq!(needed.len(), 3);
    for action in needed {
        grant(&fleet, &fleet.logging, &without(policy, &action));
        let run = fleet.expect(1, "capture --since 1h refused.json");
        run.says(&format!(
            "{action} failed on stream {STREAM} in account 999988887777"
        ));
        assert!(!emulator.home().join("refused.json").exists());
    }
}

#[test]
fn a_stream_that_throttles_or_fails_now_and_then_is_read_whole() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    create(&fleet);
    fill(&fleet);
    emulator.faults(&json!({ "seed": 7, "rate": 0.2 }));
    fleet.expect(0, "capture --since 1h captured.json");
    let ids: Vec<_> = records(&events(&fleet, "captured.json"))
        .iter()
        .map(|one| one["recordId"].to_string())
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 21);
    assert_eq!(ids.len(), 21);
}
