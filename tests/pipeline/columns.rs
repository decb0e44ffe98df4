//! A fleet delivered in a schema: each event arrives, in the partition of its class, and columns have the types that the tables say.

use std::collections::BTreeSet;
use std::fs;

use super::batch::Case;
use super::*;

const SCHEMA: &str = "ocsf-1.1";
const MEMBER: &str = MEMBERS[0].1;
/// The log groups of the golden batches whose events are sent.
const DEFAULT_FORMAT: &str = "flow-v2";
const ALL_FIELDS: &str = "flow-all-1";
const CLOUDTRAIL: &str = "CloudTrail/member_account_1";
const GUARDDUTY: &str = "/aws/events/guardduty-demo";

/// The golden batch of a source in the schema.
fn golden(source: &str) -> Case {
    Case::read(&repository().join(format!("tests/batches/{SCHEMA}-{source}")))
}

/// The messages of a log group in its first record. Later ones repeat GuardDuty's findings with keys in the other case, as EventBridge
/// never sends them; DuckDB takes such keys for the same column.
fn messages(case: &Case, log_group: &str) -> Vec<String> {
    let mut messages = case
        .texts()
        .map(|text| serde_json::from_str::<Value>(text).unwrap());
    let of_group = messages.find(|message| message["logGroup"] == log_group);
    let events = of_group.unwrap()["logEvents"].as_array().unwrap().clone();
    events.iter().map(|event| text(&event["message"])).collect()
}

fn set_up(emulator: &Emulator, flow_logs: &Case) {
    let sources: Value = serde_json::from_str(&flow_logs.settings["CATCHMENT_SOURCES"]).unwrap();
    let format = text(&sources["flow-all*"]["format"]);
    let logging = logging_account(emulator);
    let (profile, ..) = MEMBERS[0];
    emulator.profile(profile, MEMBER);
    for (account, group) in [
        (MEMBER, DEFAULT_FORMAT),
        (MEMBER, ALL_FIELDS),
        (MEMBER, CLOUDTRAIL),
        (LOGGING, GUARDDUTY),
    ] {
        let params = json!({ "logGroupName": group });
        emulator.call(account, REGION, "logs", "CreateLogGroup", &params);
    }
    let file = format!(
        r#"{logging}
[[members]]
profile = "{profile}"
account = "{MEMBER}"
vpc_flow_logs = ["{DEFAULT_FORMAT}", {{ name = "{ALL_FIELDS}", format = "{format}" }}]
cloudtrail = ["{CLOUDTRAIL}"]

[[members]]
profile = "logging"
account = "{LOGGING}"
guardduty = ["{GUARDDUTY}"]
"#
    );
    emulator.write("catchment.toml", &file);
}

/// Puts each batch of messages in a call of its own, so that it becomes a record.
fn put(emulator: &Emulator, account: &str, group: &str, batches: &[Vec<String>]) {
    let params = json!({ "logGroupName": group, "logStreamName": "s" });
    emulator.call(account, REGION, "logs", "CreateLogStream", &params);
    for batch in batches {
        let now = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        let events = batch
            .iter()
            .map(|message| json!({ "timestamp": now, "message": message }));
        let params = json!({
            "logGroupName": group, "logStreamName": "s", "logEvents": events.collect::<Vec<_>>(),
        });
        emulator.call(account, REGION, "logs", "PutLogEvents", &params);
    }
}

/// What `columns.py` says of the objects in the emulator's home.
fn columns(emulator: &Emulator) -> Value {
    let script = repository().join("tests/pipeline/columns.py");
    let python = repository().join(".venv/bin/python");
    let home = emulator.home().to_str().unwrap();
    let said = run(
        emulator,
        python.to_str().unwrap(),
        &[script.to_str().unwrap(), home, SCHEMA],
    );
    serde_json::from_str(&said).unwrap()
}

/// Writes a delivered object into the emulator's home, under its key.
fn save(emulator: &Emulator, bucket: &str, key: &str) {
    let params = json!({ "Bucket": bucket, "Key": key });
    let object = emulator.call(LOGGING, REGION, "s3", "GetObject", &params);
    let base64 = object["Body"]["$base64"].as_str().unwrap();
    let path = emulator.home().join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, base64_simd::STANDARD.decode_to_vec(base64).unwrap()).unwrap();
}

#[test]
fn what_is_delivered_in_ocsf_opens_as_a_table_with_the_types_and_classes_that_the_page_says() {
    let emulator = Emulator::start_with(&json!({ "deliver": true }));
    let flow_logs = golden("vpc-flow-logs");
    set_up(&emulator, &flow_logs);
    let binary = env!("CARGO_BIN_EXE_catchment");
    run(&emulator, binary, &["apply", "--logging", "--yes"]);
    let schema = format!("Schema={SCHEMA}");
    let bucket = deploy(&emulator, &[&schema, "PartitionKeys=account-class-date"]);
    run(&emulator, binary, &["apply", "--yes"]);

    for group in [DEFAULT_FORMAT, ALL_FIELDS] {
        put(&emulator, MEMBER, group, &[messages(&flow_logs, group)]);
    }
    // The first event of a record decides on its partition: each has its own.
    let calls = messages(&golden("cloudtrail"), CLOUDTRAIL);
    let calls: Vec<_> = calls.into_iter().map(|call| vec![call]).collect();
    put(&emulator, MEMBER, CLOUDTRAIL, &calls);
    let findings = messages(&golden("guardduty"), GUARDDUTY);
    put(&emulator, LOGGING, GUARDDUTY, &[findings]);
    let delivered = emulator.delivered();
    let delivered = delivered["messages"].as_array().unwrap();
    let keys = wait_for_objects(&emulator, &bucket, delivered.len());
    for key in &keys {
        save(&emulator, &bucket, key);
    }

    let said = columns(&emulator);
    assert_eq!(said["wrong"], json!([]));
    let partitions = said["partitions"].as_object().unwrap();
    let flows = format!("{MEMBER}/4001");
    let findings = format!("{LOGGING}/2004");
    let changes = ["3001", "3002", "6003"].map(|class| format!("{MEMBER}/{class}"));
    let expected: BTreeSet<_> = [flows, findings].into_iter().chain(changes).collect();
    assert_eq!(
        partitions.keys().cloned().collect::<BTreeSet<_>>(),
        expected
    );
    let ids = |account: &str| {
        let of = partitions
            .iter()
            .filter(|(name, _)| name.starts_with(account));
        let mut ids: Vec<_> = of
            .flat_map(|(_, ids)| ids.as_array().unwrap())
            .map(text)
            .collect();
        ids.sort();
        ids
    };
    for account in [MEMBER, LOGGING] {
        let of = delivered
            .iter()
            .filter(|message| message["owner"] == account);
        let events = of.flat_map(|message| message["events"].as_array().unwrap());
        let mut sent: Vec<_> = events.map(|event| text(&event["id"])).collect();
        sent.sort();
        assert_eq!(ids(account), sent, "the events of {account}");
    }

    // a wrong type in one event of many is seen
    let key = keys
        .iter()
        .find(|key| key.contains("/class=4001/"))
        .unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let wrong = br#"{"class_uid":4001,"metadata":{"uid":"1"},"src_endpoint":{"port":"443"}}"#;
    std::io::Write::write_all(&mut gzip, wrong).unwrap();
    let path = emulator.home().join(key).with_file_name("wrong.jsonl.gz");
    fs::write(path, gzip.finish().unwrap()).unwrap();
    let said = text(&columns(&emulator)["wrong"][0]);
    let expected = "class 4001: src_endpoint.port is of type varchar, and the table says integer";
    assert_eq!(said, expected);
}
