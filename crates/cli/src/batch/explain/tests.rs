//! What is said of records that pass, fail, and could pass.

use std::io::Write;

use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn message(account: &str, log_group: &str, messages: &[&str]) -> String {
    let event =
        |message: &&str| json!({"id": "1", "timestamp": 1_696_086_922_000_i64, "message": message});
    let events: Vec<Value> = messages.iter().map(event).collect();
    // CloudWatch Logs writes the log events last
    let names = json!({"messageType": "DATA_MESSAGE", "owner": account, "logGroup": log_group, "logStream": "s", "subscriptionFilters": ["f"]});
    let names = names.to_string();
    format!(
        r#"{},"logEvents":{}}}"#,
        names.trim_end_matches('}'),
        json!(events)
    )
}

fn failed_line(data: &[u8], minute: i64) -> String {
    let data = base64_simd::STANDARD.encode_to_string(data);
    json!({
        "arrivalTimestamp": 1_696_086_923_000 + minute * 60_000, "errorCode": "Lambda.FunctionError",
        "rawData": data, "lambdaArn": "arn:aws:lambda:us-west-2:999988887777:function:t",
    })
    .to_string()
}

fn explained(settings: &[(&str, &str)], documents: &[String]) -> (Explainer, usize) {
    let mut explainer = Explainer::new(&Settings::from_pairs(settings.iter().copied()).unwrap());
    let mut passing = 0;
    for document in documents {
        let input = Input::of(document.clone()).unwrap();
        passing += explainer.explain(&input).unwrap().len();
    }
    (explainer, passing)
}

#[test]
fn records_are_grouped_by_what_becomes_of_them() {
    let good = gzip(&message("111122223333", "CloudTrail/a", &["x"]));
    let other = gzip(&message("444455556666", "evil\u{1b}[2J\u{7}", &["x"]));
    let large = message("111122223333", "large", &[&"x".repeat(3 << 20)]);
    let large = gzip(&large);
    let control = message("CloudwatchLogs", "", &["CWL"]).replace("DATA_", "CONTROL_");
    let data = base64_simd::STANDARD.encode_to_string(r#"{"timestamp":"t","message":"m"}"#);
    let (explainer, passing) = explained(
        &[("CATCHMENT_MAX_DECODED_MIB", "1")],
        &[
            failed_line(&good, 0),
            failed_line(&good, 90),
            failed_line(&other, 5),
            failed_line(&large, 6),
            failed_line(&good[..good.len() - 9], 7),
            failed_line(b"something else", 8),
            control,
            json!({"errorCode": "HttpEndpoint.DestinationException", "rawData": data}).to_string(),
        ],
    );
    assert_eq!(passing, 3);
    assert!(!explainer.is_clean());
    insta::assert_snapshot!(explainer);
}

#[test]
fn what_does_not_fit_says_whether_gzip_would() {
    let line = "x".repeat(1000);
    let lines = vec![line.as_str(); 8000];
    let large = failed_line(&gzip(&message("111122223333", "g", &lines)), 0);
    let (explainer, _) = explained(&[], std::slice::from_ref(&large));
    let text = explainer.to_string();
    assert!(text.contains("CATCHMENT_COMPRESSION=gzip"), "{text}");
    let (explainer, passing) = explained(&[("CATCHMENT_COMPRESSION", "gzip")], &[large]);
    assert_eq!(passing, 1);
    assert!(explainer.is_clean());
}

#[test]
fn a_cap_as_high_as_it_says_lets_a_record_pass() {
    let large = message("1", "g", &["x".repeat(5 << 20).as_str()]);
    let large = failed_line(&gzip(&large), 0);
    let (explainer, _) = explained(
        &[
            ("CATCHMENT_MAX_DECODED_MIB", "1"),
            ("CATCHMENT_COMPRESSION", "gzip"),
        ],
        std::slice::from_ref(&large),
    );
    let text = explainer.to_string();
    assert!(text.contains("CATCHMENT_MAX_DECODED_MIB=6 "), "{text}");
    let (_, passing) = explained(
        &[
            ("CATCHMENT_MAX_DECODED_MIB", "6"),
            ("CATCHMENT_COMPRESSION", "gzip"),
        ],
        &[large],
    );
    assert_eq!(passing, 1);
}
