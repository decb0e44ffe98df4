//! Golden batches: each folder of `tests/batches` holds an event, its settings and the right response.
//!
//! `make bless` rewrites the responses: review the difference like code.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
mod support;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::Utf8Chunk;

use aws_lambda_events::firehose::{KinesisFirehoseEvent, KinesisFirehoseResponse};
use base64_simd::STANDARD;
use batch::Case;
use catchment_transformer::firehose::{Batch, RecordResult, Response};
use catchment_transformer::{Transformed, Transformer};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

#[test]
fn every_batch_is_answered_as_recorded() {
    let mut differing = Vec::new();
    for folder in cases() {
        let case = Case::read(&folder);
        let transformed = Transformer::new(case.parsed_settings())
            .transform(&case.event())
            .expect("a Firehose event");
        let given = readable(&case, &transformed);
        let golden = folder.join("response.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &given).unwrap();
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        if recorded != given {
            differing.push(format!(
                "{}\nrecorded: {recorded}\ngiven: {given}",
                folder.display()
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_finding_in_the_schema_native_is_the_message_that_it_came_from() {
    let folder = support::repository().join("tests/batches/native-guardduty");
    let case = Case::read(&folder);
    let response = Transformer::new(case.parsed_settings())
        .transform(&case.event())
        .unwrap()
        .response;
    let response: Response = serde_json::from_slice(&response).unwrap();
    let (mut types, mut sequences) = (Vec::new(), 0);
    for (answer, data) in response.records.iter().zip(case.data()) {
        let mut text = String::new();
        let data = STANDARD.decode_to_vec(data.unwrap()).unwrap();
        GzDecoder::new(&data[..]).read_to_string(&mut text).unwrap();
        let message: Value = serde_json::from_str(&text).unwrap();
        let lines = String::from_utf8(answer.opened().unwrap()).unwrap();
        let events = message["logEvents"].as_array().unwrap();
        assert_eq!(lines.lines().count(), events.len());
        for (line, event) in lines.lines().zip(events) {
            let message = event["message"].as_str().unwrap();
            assert!(
                line.ends_with(&format!(r#","event":{message}}}"#)),
                "{line}"
            );
            let detail = serde_json::from_str::<Value>(message).unwrap()["detail"].take();
            let kind = detail
                .get("type")
                .or(detail.get("Type"))
                .unwrap()
                .to_string();
            sequences += usize::from(kind.contains("AttackSequence:"));
            types.push(kind);
        }
    }
    types.sort();
    types.dedup();
    // AWS documents five attack sequences: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-attack-sequence-finding-types.html
    assert_eq!((types.len(), sequences), (32, 2 * 5));
}

#[test]
fn the_page_of_the_schemas_is_what_their_tables_say() {
    let page = support::repository().join("crates/transformer/src/schema/README.md");
    let documentation = catchment_transformer::schema::documentation().unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, &documentation).unwrap();
    }
    let recorded = std::fs::read_to_string(&page).unwrap_or_default();
    let pairs = recorded.lines().zip(documentation.lines());
    let differing = pairs.enumerate().find(|(_, (one, other))| one != other);
    let again = "`make bless` writes the page again";
    assert_eq!(differing, None, "{again}");
    assert_eq!(recorded.len(), documentation.len(), "{again}");
}

#[test]
fn every_outcome_occurs() {
    let mut seen = Vec::new();
    for folder in cases() {
        let case = Case::read(&folder);
        let report = Transformer::new(case.parsed_settings())
            .transform(&case.event())
            .unwrap()
            .report;
        seen.extend(report.dropped.keys().map(|why| why.name()));
        seen.extend(report.failed.iter().map(|failure| failure.error.name()));
    }
    // `no-room` needs megabytes: see tests/properties.rs.
    for name in [
        "control-message",
        "no-events",
        "no-data",
        "not-base64",
        "unknown-encoding",
        "damaged",
        "over-cap",
        "not-json",
        "not-a-subscription-message",
        "unknown-message-type",
    ] {
        assert!(seen.contains(&name), "{name} is in no batch");
    }
}

#[test]
fn awss_own_types_read_the_same_in_every_event() {
    for folder in cases() {
        // AWS's types refuse a whole event for one record whose data is not base64, or whose metadata is of an older shape.
        let mut event: Value = serde_json::from_slice(&Case::read(&folder).event()).unwrap();
        let records = event["records"].as_array_mut().unwrap();
        records.retain(|record| is_base64(&record["data"]));
        for record in records {
            record["kinesisRecordMetadata"].take();
        }
        let event = event.to_string();
        let theirs: KinesisFirehoseEvent = serde_json::from_str(&event).unwrap();
        let ours = Batch::parse(event.as_bytes()).unwrap();
        assert_eq!(theirs.records.len(), ours.records.len());
        for (theirs, ours) in theirs.records.iter().zip(&ours.records) {
            assert_eq!(theirs.record_id.as_deref(), Some(&*ours.id()));
            let data = STANDARD.decode_to_vec(&*ours.data().unwrap()).unwrap();
            assert_eq!(theirs.data.0, data);
        }
    }
}

#[test]
fn awss_own_types_read_the_same_in_every_response() {
    for folder in cases() {
        let case = Case::read(&folder);
        let response = Transformer::new(case.parsed_settings())
            .transform(&case.event())
            .unwrap()
            .response;
        let ours: Response = serde_json::from_slice(&response).unwrap();
        // AWS's types want every member; those that a result does not need are filled in. An original may be anything.
        let mut response: Value = serde_json::from_slice(&response).unwrap();
        for record in response["records"].as_array_mut().unwrap() {
            if !is_base64(&record["data"]) {
                assert_ne!(record["result"], "Ok");
                record["data"] = json!("");
            }
            if record.get("metadata").is_none() {
                record["metadata"] = json!({});
            }
        }
        let theirs: KinesisFirehoseResponse = serde_json::from_value(response).unwrap();
        assert_eq!(theirs.records.len(), ours.records.len());
        for (theirs, ours) in theirs.records.iter().zip(&ours.records) {
            assert_eq!(theirs.record_id.as_deref(), ours.id.as_str());
            let result = format!("{:?}", ours.result);
            assert_eq!(theirs.result.as_deref(), Some(result.as_str()));
            assert_eq!(theirs.data.0, ours.bytes().unwrap_or_default());
            let keys = ours.metadata.as_ref().map(|all| &all["partitionKeys"]);
            let keys: Value = keys.cloned().unwrap_or_else(|| json!({}));
            assert_eq!(json!(theirs.metadata.partition_keys), keys);
        }
    }
}

fn is_base64(data: &Value) -> bool {
    data.as_str()
        .is_some_and(|data| STANDARD.decode_to_vec(data).is_ok())
}

fn cases() -> Vec<PathBuf> {
    let root: &Path = &support::repository().join("tests/batches");
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// A response that a person can read: a line per answer, and below it the decompressed data.
fn readable(case: &Case, transformed: &Transformed) -> String {
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    let mut failures = transformed.report.failed.iter();
    assert_eq!(response.records.len(), case.data().len());
    let mut text = String::new();
    for (answer, original) in response.records.iter().zip(case.data()) {
        text += &format!("record {}: {:?}\n", answer.id, answer.result);
        if let Some(metadata) = &answer.metadata {
            text += &format!("  metadata {metadata}\n");
        }
        if answer.result == RecordResult::ProcessingFailed {
            assert_eq!(
                answer.data, original,
                "a failed record carries its original"
            );
            let error = failures.next().unwrap().error;
            let what = original.map_or("no data", |_| "the original data");
            text += &format!("  {what}; {}: {error}\n", error.name());
        } else if let Some(bytes) = answer.opened() {
            let opened: String = bytes.utf8_chunks().map(|chunk| visible(&chunk)).collect();
            for line in opened.split('\n') {
                text += &format!("  | {line}\n");
            }
        }
    }
    text
}

/// Text as it is, and bytes that are not UTF-8 as escapes.
fn visible(chunk: &Utf8Chunk<'_>) -> String {
    format!("{}{}", chunk.valid(), chunk.invalid().escape_ascii())
}
