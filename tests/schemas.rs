//! What holds of the documents of a schema, whatever was logged: types that never change, exact fields, or the message as it was.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
#[path = "schemas/flow_logs.rs"]
mod flow_logs;
#[path = "schemas/numbers.rs"]
mod numbers;
#[path = "schemas/rows.rs"]
mod rows;
mod support;

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64_simd::STANDARD;
use batch::Case;
use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::{Settings, Transformer};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const TRAIL: &str = "111122223333_CloudTrail_us-west-2";

/// The documents of log events with these messages.
fn documents(settings: &[(&str, &str)], stream: &str, messages: &[&str]) -> Vec<Value> {
    let events: Vec<_> = messages
        .iter()
        .map(|message| (1_696_086_922_000, *message))
        .collect();
    let data = STANDARD.encode_to_string(batch::message("111122223333", "g", stream, &events));
    let event = json!({"records": [{"recordId": "1", "data": data}]}).to_string();
    let settings = Settings::from_pairs(settings.iter().copied()).unwrap();
    let transformed = Transformer::new(settings)
        .transform(event.as_bytes())
        .unwrap();
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    assert_eq!(response.records[0].result, RecordResult::Ok);
    let lines = String::from_utf8(response.records[0].opened().unwrap()).unwrap();
    let documents: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert_eq!(documents.len(), messages.len());
    documents
}

/// Calls `see` with each path and value of a document that is neither an object nor an array.
fn each_value<'v>(value: &'v Value, path: &str, see: &mut impl FnMut(&str, &'v Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                assert!(
                    !name.is_empty() && !name.contains('.'),
                    "{path} has a member `{name}`"
                );
                let dot = if path.is_empty() { "" } else { "." };
                each_value(value, &format!("{path}{dot}{name}"), see);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| each_value(value, path, see)),
        _ => see(path, value),
    }
}

/// Whether a value is of a type of ECS.
fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "keyword" | "wildcard" | "match_only_text" => value.is_string(),
        "long" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "geo_point" => value.is_number(),
        "ip" => value
            .as_str()
            .is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "date" => value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        _ => false,
    }
}

/// Checks the values of a document against ECS's list of fields.
fn check_ecs(document: &Value) {
    let list = include_str!("schemas/ecs-fields.csv");
    let types: BTreeMap<_, _> = list.lines().filter_map(|row| row.split_once(',')).collect();
    each_value(document, "", &mut |path, value| {
        let point = path.strip_suffix(".lat").or(path.strip_suffix(".lon"));
        if path.starts_with("labels.") {
            // An object of "custom key/value pairs", each a keyword.
            assert!(is_of("keyword", value), "{path} is not a keyword");
        } else if !path.starts_with("aws.") {
            let kind = types
                .get(point.unwrap_or(path))
                .unwrap_or_else(|| panic!("ECS has no field {path}"));
            assert!(is_of(kind, value), "{path} is not of type {kind}");
        }
    });
    assert_eq!(document["ecs"]["version"], "9.4.0");
    assert!(document["@timestamp"].is_string());
}

#[test]
fn the_documents_of_all_batches_have_the_types_of_ecs() {
    let mut count = 0;
    for folder in std::fs::read_dir(support::repository().join("tests/batches")).unwrap() {
        let mut case = Case::read(&folder.unwrap().path());
        if case.settings.contains_key("CATCHMENT_FORMAT") {
            continue;
        }
        case.settings
            .insert("CATCHMENT_SCHEMA".to_owned(), "ecs".to_owned());
        let response = Transformer::new(case.parsed_settings())
            .transform(&case.event())
            .unwrap()
            .response;
        let response: Response = serde_json::from_slice(&response).unwrap();
        let answers = response
            .records
            .iter()
            .filter(|answer| answer.result == RecordResult::Ok);
        for answer in answers {
            let lines = String::from_utf8(answer.opened().unwrap()).unwrap();
            // A lone surrogate stays in a message as it was written, and no text can hold it.
            for line in lines.lines().filter(|line| !line.contains("\\ud800")) {
                check_ecs(&serde_json::from_str(line).unwrap());
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn a_term_that_is_too_long_for_an_index_is_cut_with_a_mark() {
    for (letter, length) in [
        ("a", 32_766),
        ("a", 32_767),
        ("é", 32_766),
        ("\\", 40_000),
        ("\u{1}", 40_000),
    ] {
        let text = letter.repeat(length);
        let record = json!({"eventName": text, "requestParameters": {"a": text}}).to_string();
        let document = &documents(&[("CATCHMENT_SCHEMA", "ecs")], TRAIL, &[&record])[0];
        let name = document["event"]["action"].as_str().unwrap();
        let is_cut = text.len() > 32_766;
        assert_eq!(name.ends_with("… (cut)"), is_cut, "{letter}");
        assert!(name.len() <= 32_766 && text.starts_with(name.trim_end_matches("… (cut)")));
        assert!(!is_cut || name.len() > 32_760);
        let parameters = document["aws"]["cloudtrail"]["request_parameters"]
            .as_str()
            .unwrap();
        assert!(parameters.len() <= 32_766 && parameters.ends_with("… (cut)"));
        assert_eq!(document["event"]["original"], record);
        check_ecs(document);
    }
}

#[test]
fn originals_are_left_out_if_the_settings_say_so() {
    let settings = [("CATCHMENT_SCHEMA", "ecs"), ("CATCHMENT_ORIGINAL", "drop")];
    let [record, other] = &documents(&settings, TRAIL, &["{}", "x"])[..] else {
        panic!("two documents");
    };
    assert_eq!(
        (record["event"].get("original"), record.get("message")),
        (None, None)
    );
    // What has no fields has its message alone.
    assert_eq!(other["message"], "x");
}

/// JSON as services put it into records, and worse.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "2023-09-30T15:15:22Z",
            "20230930T151522+01",
            "198.51.100.1",
            "::1",
            "true",
            "1",
            "-0",
            "Yes",
            "PTR",
            "A",
            "NOERROR",
            "1.0.0.127.in-addr.arpa."
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_key(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Names that sources have, and others.
fn any_key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "eventVersion",
        "eventTime",
        "eventName",
        "eventSource",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "userIdentity",
        "type",
        "accountId",
        "arn",
        "ARN",
        "userName",
        "principalId",
        "sessionContext",
        "attributes",
        "creationDate",
        "mfaAuthenticated",
        "sessionIssuer",
        "errorCode",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "MFAUsed",
        "resources",
        "readOnly",
        "managementEvent",
        "tlsDetails",
        "tlsVersion",
        "user",
        "userId",
        "group",
        "groupId",
        "detail",
        "severity",
        "service",
        "action",
        "count",
        "archived",
        "query_timestamp",
        "query_name",
        "query_type",
        "rcode",
        "answers",
        "Rdata",
        "Type",
        "srcaddr",
        "srcport",
        "transport",
        "srcids",
        "instance",
        "firewall_rule_action",
        "a.b",
        "",
        "0",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

/// An object with names that a source has on the top.
fn any_record() -> impl Strategy<Value = String> {
    let members = prop::collection::btree_map(any_key(), any_json(), 0..16);
    (members, any::<bool>()).prop_map(|(members, is_pretty)| {
        let record = Value::Object(members.into_iter().collect());
        if is_pretty {
            format!("{record:#}")
        } else {
            record.to_string()
        }
    })
}

#[derive(serde::Deserialize)]
struct Named {
    #[serde(rename = "eventName")]
    name: Option<String>,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        _ => "null",
    }
}

proptest! {
    #[test]
    fn no_two_documents_give_one_field_two_types(records in prop::collection::vec(any_record(), 2..5), source in prop::sample::select(vec!["cloudtrail", "guardduty", "route53-resolver-query-logs"])) {
        let records: Vec<_> = records
            .into_iter()
            .map(|record| if source == "guardduty" { format!(r#"{{"detail":{record}}}"#) } else { record })
            .collect();
        let messages: Vec<_> = records.iter().map(String::as_str).collect();
        let source = format!(r#"{{"g":"{source}"}}"#);
        let settings = [("CATCHMENT_SCHEMA", "ecs"), ("CATCHMENT_SOURCES", &source)];
        let mut kinds: BTreeMap<String, &str> = BTreeMap::new();
        for (document, record) in documents(&settings, "s", &messages).iter().zip(&records) {
            prop_assert_eq!(&document["event"]["original"], record);
            check_ecs(document);
            each_value(document, "", &mut |path, value| {
                let known = *kinds.entry(path.to_owned()).or_insert(kind(value));
                assert_eq!(known, kind(value), "{path}");
            });
        }
    }

    #[test]
    fn any_text_is_a_record_with_its_fields_or_the_message_that_it_was(text in r#"\{"eventName":"[a-z\\"é]{0,6}"(,"readOnly":[a-z0-9"]{0,5})?\}|[\{\}\[\]",:a1 \\]{0,12}"#) {
        let document = &documents(&[("CATCHMENT_SCHEMA", "ecs")], TRAIL, &[&text])[0];
        // Unlike `Value`, this takes numbers of any size.
        let is_record = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&text).is_ok();
        prop_assert_eq!(document["event"].get("original").cloned(), is_record.then(|| json!(text)));
        prop_assert_eq!(document.get("message").cloned(), (!is_record).then(|| json!(text)));
        prop_assert_eq!(document.get("error").is_some(), !is_record);
        if is_record {
            let Named { name } = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(document["event"].get("action").cloned(), name.map(Value::from));
        }
    }
}
