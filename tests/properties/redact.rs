//! No output says what is redacted, and all else is as it would be without it.

use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::{Settings, Transformer};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{FORMS, batch};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Part of each value that is planted, and of nothing else.
const PLANTED: &str = "planted";

fn settings(pairs: &[(&'static str, &'static str)], redact: bool) -> Settings {
    let list = json!([
        {"source": "cloudtrail", "fields": ["userIdentity.userName", "requestParameters.a.b"], "action": "mask"},
        {"source": "cloudtrail", "fields": ["sourceIPAddress", "resources.ARN", "userIdentity.arn"], "action": "hash"},
        {"source": "vpc-flow-logs", "fields": ["instance-tag", "next-hop-az-id", "account-id"], "action": "hash"},
        {"source": "vpc-flow-logs", "fields": ["srcaddr", "srcport"], "action": "mask"},
    ]);
    let sources = r#"{"trail":"cloudtrail","flow":{"source":"vpc-flow-logs","format":"${srcaddr} ${bytes} ${instance-tag} ${srcport} ${next-hop-az-id}"}}"#;
    let list = list.to_string();
    let mut all = vec![("CATCHMENT_SOURCES", sources)];
    all.extend(pairs);
    if redact {
        all.push(("CATCHMENT_REDACT", &list));
        all.push(("CATCHMENT_REDACT_KEY", KEY));
    }
    Settings::from_pairs(all).expect("good settings")
}

fn every_form() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let compressions = vec!["none", "gzip"];
    (
        prop::sample::select(FORMS.to_vec()),
        prop::sample::select(compressions),
    )
        .prop_map(|((format, schema), compression)| {
            vec![
                ("CATCHMENT_FORMAT", format),
                ("CATCHMENT_SCHEMA", schema),
                ("CATCHMENT_COMPRESSION", compression),
            ]
        })
}

fn hash(text: &str) -> Value {
    let mut hmac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key");
    hmac.update(text.as_bytes());
    let bytes = hmac.finalize().into_bytes();
    let digits: String = bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digits.into()
}

/// What stands in the place of a value at a path, by the words of the README.
fn redacted(value: &Value, action: &str) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| redacted(value, action)).collect(),
        Value::Object(_) | Value::Null => Value::Null,
        Value::String(text) if action == "hash" => hash(text),
        Value::String(_) => "[REDACTED]".into(),
        scalar if action == "hash" => hash(&scalar.to_string()),
        _ => Value::Null,
    }
}

fn redact_at(value: &mut Value, path: &[&str], action: &str) {
    match (value, path) {
        (Value::Array(values), _) => {
            for value in values {
                redact_at(value, path, action);
            }
        }
        (Value::Object(members), [key, rest @ ..]) => {
            if let Some(member) = members.get_mut(*key) {
                match rest {
                    [] => *member = redacted(member, action),
                    _ => redact_at(member, rest, action),
                }
            }
        }
        _ => {}
    }
}

/// Values with something planted in them, in any depth of arrays.
fn planted() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => "[a-z\"\\\\é/😀\n]{0,4}".prop_map(|more| format!("{PLANTED}{more}").into()),
        1 => "[a-z]{1,3}".prop_map(|key| json!({format!("{PLANTED}{key}"): PLANTED})),
        1 => any::<i32>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(Value::from)
    })
}

/// A CloudTrail record that has something planted at each path that is redacted, and nowhere else.
fn trail_record() -> impl Strategy<Value = Value> {
    let other = prop::collection::btree_map("[a-z\"\\\\]{1,3}", "[a-z\"\\\\é😀\n]{0,3}", 0..3);
    (prop::collection::vec(planted(), 5), other, any::<bool>()).prop_map(
        |(values, other, in_array)| {
            let [name, b, ip, arn, own] = <[Value; 5]>::try_from(values).expect("five");
            let other: Map<String, Value> =
                other.into_iter().map(|(key, value)| (key, value.into())).collect();
            let identity = json!({"type": "IAMUser", "userName": name, "arn": own, "other": other});
            let resources = json!([{"ARN": arn, "type": "T"}, [[{"ARN": [PLANTED]}], "x"]]);
            json!({
                "eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "us-east-1",
                "eventTime": "2023-09-30T15:15:22Z", "eventID": "1", "userIdentity": if in_array { json!([identity]) } else { identity },
                "sourceIPAddress": ip, "resources": resources, "requestParameters": {"a": [{"b": b}], "b": other},
            })
        },
    )
}

fn redacted_record(record: &Value) -> Value {
    let mut record = record.clone();
    for (path, action) in [
        ("userIdentity.userName", "mask"),
        ("requestParameters.a.b", "mask"),
        ("sourceIPAddress", "hash"),
        ("resources.ARN", "hash"),
        ("userIdentity.arn", "hash"),
    ] {
        let path: Vec<_> = path.split('.').collect();
        redact_at(&mut record, &path, action);
    }
    record
}

/// The delivered data of a record, opened.
fn delivered(settings: Settings, group: &str, messages: &[String]) -> Vec<u8> {
    let events: Vec<_> = messages.iter().map(|text| (1, text.as_str())).collect();
    delivered_of(
        settings,
        &batch::message("111122223333", group, "s", &events),
    )
}

fn delivered_of(settings: Settings, text: &str) -> Vec<u8> {
    let data = base64_simd::STANDARD.encode_to_string(batch::gzip(text.as_bytes()));
    let transformed = Transformer::new(settings)
        .transform(&batch::event([data]))
        .expect("an event");
    let response: Response = serde_json::from_slice(&transformed.response).expect("a response");
    assert_eq!(response.records[0].result, RecordResult::Ok);
    response.records[0].opened().expect("data that opens")
}

/// A JSON text with any of its strings' characters escaped.
fn spelled(text: &str, escaped: &[bool]) -> String {
    let mut escaped = escaped.iter().cycle();
    let (mut spelled, mut is_inside, mut is_escaped) = (String::new(), false, false);
    for char in text.chars() {
        if is_inside && !is_escaped && !matches!(char, '"' | '\\') && escaped.next() == Some(&true)
        {
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                spelled += &format!("\\u{unit:04x}");
            }
            continue;
        }
        spelled.push(char);
        is_inside = if is_inside {
            is_escaped || char != '"'
        } else {
            char == '"'
        };
        is_escaped = is_inside && !is_escaped && char == '\\';
    }
    spelled
}

/// Whether a JSON value, or JSON in a text of it, says what was planted.
fn says_planted(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let inner = serde_json::from_str::<Value>(text);
            text.contains(PLANTED)
                || inner.is_ok_and(|inner| !inner.is_string() && says_planted(&inner))
        }
        Value::Array(values) => values.iter().any(says_planted),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains(PLANTED) || says_planted(value)),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_redacted_record_is_delivered_as_one_that_never_said_it(
        records in prop::collection::vec(trail_record(), 1..4),
        form in every_form(),
    ) {
        let texts: Vec<_> = records.iter().map(Value::to_string).collect();
        let never: Vec<_> = records.iter().map(|record| redacted_record(record).to_string()).collect();
        // Neither group says what it carries, nor does the content if it is redacted.
        for group in ["trail", "g"] {
            let redacted = delivered(settings(&form, true), group, &texts);
            prop_assert!(memchr::memmem::find(&redacted, PLANTED.as_bytes()).is_none());
            let never = delivered(settings(&form, false), group, &never);
            prop_assert_eq!(String::from_utf8_lossy(&redacted), String::from_utf8_lossy(&never));
        }
    }

    #[test]
    fn any_data_is_answered_if_fields_are_redacted(
        records in prop::collection::vec(super::any_data(), 0..8),
        form in every_form(),
    ) {
        let records: Vec<_> = records.iter().map(|data| json!({"recordId": "1", "data": data})).collect();
        let event = json!({"records": records}).to_string().into_bytes();
        let transformed = Transformer::new(settings(&form, true)).transform(&event).expect("an event");
        super::check(&event, &transformed);
    }

    #[test]
    fn nothing_is_said_however_it_is_spelled(
        records in prop::collection::vec(trail_record(), 1..3),
        inner in prop::collection::vec(any::<bool>(), 1..9),
        outer in prop::collection::vec(any::<bool>(), 1..9),
        form in every_form(),
    ) {
        let events: Vec<_> = records
            .iter()
            .map(|record| {
                let message = spelled(&record.to_string(), &inner);
                let message = spelled(&Value::from(message).to_string(), &outer);
                format!(r#"{{"id":"1","timestamp":1,"message":{message}}}"#)
            })
            .collect();
        let text = format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"trail","logStream":"s","logEvents":[{}]}}"#,
            events.join(",")
        );
        let redacted = delivered_of(settings(&form, true), &text);
        let redacted = String::from_utf8(redacted).expect("UTF-8 in, UTF-8 out");
        let mut lines = 0;
        for line in serde_json::Deserializer::from_str(&redacted).into_iter::<Value>() {
            let line = line.expect("lines are JSON");
            prop_assert!(!says_planted(&line), "{line}");
            lines += 1;
        }
        prop_assert!(lines > 0);
    }

    #[test]
    fn a_redacted_flow_log_line_is_delivered_as_one_that_never_said_it(
        lines in prop::collection::vec(("(-|planted[a-f:.]{0,9})", any::<u32>(), "(-|planted([a-z]|%20|%22|%5C){0,5})", "(-|[1-9][0-9]{0,3})", r#"(-|planted["\\é]{0,3})"#), 1..4),
        form in every_form(),
    ) {
        let line = |fields: [&str; 5]| fields.join(" ");
        let hashed = |text: &str| match text {
            "-" => "-".to_owned(),
            text => {
                let text = text.replace("%20", " ").replace("%22", "\"").replace("%5C", "\\");
                hash(&text).as_str().unwrap_or_default().to_owned()
            }
        };
        let texts: Vec<_> = lines.iter().map(|(a, b, c, d, e)| line([a, &b.to_string(), c, d, e])).collect();
        let never: Vec<_> = lines.iter().map(|(_, b, c, _, e)| line(["-", &b.to_string(), &hashed(c), "-", &hashed(e)])).collect();
        let redacted = delivered(settings(&form, true), "flow", &texts);
        prop_assert!(memchr::memmem::find(&redacted, PLANTED.as_bytes()).is_none());
        let never = delivered(settings(&form, false), "flow", &never);
        prop_assert_eq!(String::from_utf8_lossy(&redacted), String::from_utf8_lossy(&never));
    }

    #[test]
    fn a_redacted_flow_log_that_was_parsed_is_delivered_as_one_that_never_said_it(
        flows in prop::collection::vec((
            prop::collection::vec(prop_oneof![Just(Value::Null), Just("-".into()), r#"planted["\\é😀\n]{0,4}"#.prop_map(Value::from)], 2),
            any::<u32>(),
            prop::sample::select(vec![Value::Null, json!("-"), json!(22), json!("22")]),
        ), 1..4),
        form in every_form(),
    ) {
        let object = |account: &Value, address: &Value, bytes: u32, port: &Value| {
            let object = json!({"version": 2, "accountId": account, "srcAddr": address, "bytes": bytes, "srcPort": port, "logStatus": "OK"});
            object.to_string()
        };
        let masked = |value: &Value| match value {
            Value::String(_) => json!("-"),
            _ => Value::Null,
        };
        let hashed = |value: &Value| match value {
            Value::String(text) if text != "-" => hash(text),
            absent => absent.clone(),
        };
        let texts: Vec<_> = flows.iter().map(|(texts, b, port)| object(&texts[0], &texts[1], *b, port)).collect();
        let never: Vec<_> = flows.iter().map(|(texts, b, port)| object(&hashed(&texts[0]), &masked(&texts[1]), *b, &masked(port))).collect();
        let redacted = delivered(settings(&form, true), "flow", &texts);
        prop_assert!(memchr::memmem::find(&redacted, PLANTED.as_bytes()).is_none());
        let never = delivered(settings(&form, false), "flow", &never);
        prop_assert_eq!(String::from_utf8_lossy(&redacted), String::from_utf8_lossy(&never));
    }
}
