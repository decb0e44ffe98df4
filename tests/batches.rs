//! Golden batches: each folder of `tests/batches` holds an event, its settings, and the response that is right.
//!
//! `make bless` writes the responses anew; the difference is then to be read like code.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
mod support;

use std::path::{Path, PathBuf};

use batch::Case;
use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::{Transformed, Transformer};

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
    // `no-room` needs megabytes; tests/properties.rs has it.
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
        assert!(seen.contains(&name), "no batch shows {name}");
    }
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

/// A response for a person: a line per answer, and its data opened below it.
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
            let opened = String::from_utf8(bytes).expect("output is UTF-8");
            for line in opened.split('\n') {
                text += &format!("  | {line}\n");
            }
        }
    }
    text
}
