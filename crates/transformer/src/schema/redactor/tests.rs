//! What becomes of messages that hold something redacted.

use serde_json::{Value as Json, json};

use super::*;
use crate::limits::SCRATCH_BYTES_MAX;

const KEY: &str = "0123456789abcdef0123456789abcdef";
/// The hash of 203.0.113.7 under the key.
const HASH: &str = "55a7c9ba39c762e973ffcf294361c78f";
const LINE: &str = "2 123456789010 eni-1235b8ca123456789 203.0.113.7 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

fn redactor(format: &str) -> Redactor {
    let redact = json!([
        {"source": "vpc-flow-logs", "fields": ["srcaddr", "instance-tag"], "action": "hash"},
        {"source": "vpc-flow-logs", "fields": ["dstaddr", "srcport"], "action": "mask"},
        {"source": "cloudtrail", "fields": ["sourceIPAddress", "requestParameters.ips"], "action": "hash"},
        {"source": "cloudtrail", "fields": ["userIdentity.userName", "resources.ARN", "responseElements", "addendum.n"], "action": "mask"},
        {"source": "guardduty", "fields": ["detail.service.ip"], "action": "hash"},
        {"source": "route53-resolver-query-logs", "fields": ["answers.Rdata"], "action": "hash"},
        {"source": "route53-resolver-query-logs", "fields": ["query_name"], "action": "mask"},
    ]);
    let sources = r#"{"tags":{"source":"vpc-flow-logs","format":"${bytes} ${instance-tag} ${dstaddr}"},"trail":"cloudtrail","find":"guardduty","dns":"route53-resolver-query-logs","any":"other"}"#;
    let settings = Settings::from_pairs([
        ("CATCHMENT_REDACT", redact.to_string().as_str()),
        ("CATCHMENT_REDACT_KEY", KEY),
        ("CATCHMENT_SOURCES", sources),
        ("CATCHMENT_FORMAT", format),
    ]);
    Redactor::new(&settings.unwrap()).unwrap()
}

/// A record with these messages, each as a JSON string.
fn record(group: &str, literals: &[&str]) -> String {
    let stream = if group == "flow" { "eni-1-all" } else { "s" };
    let events: Vec<_> = literals
        .iter()
        .map(|literal| format!(r#"{{"id":"1", "timestamp":1,"message":{literal}}}"#))
        .collect();
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"{group}","logStream":"{stream}","logEvents":[{}]}}"#,
        events.join(",")
    )
}

/// What becomes of a message that is given as a JSON string.
fn literal(group: &str, literal: &str) -> Result<String, Source> {
    let before = record(group, &[literal]);
    let mut redactor = redactor("events");
    match redactor.redact(before.as_bytes()) {
        Ok(redacted) => {
            let after = std::str::from_utf8(redacted.text).unwrap();
            assert_eq!(redacted.is_changed, before != after);
            assert_eq!(redacted.events, usize::from(before != after));
            assert!(after.len() <= before.len() + redacted.growth_bytes);
            let frame = before.split_once(literal).unwrap();
            let inner = after.strip_prefix(frame.0).unwrap();
            Ok(inner.strip_suffix(frame.1).unwrap().to_owned())
        }
        Err(Fault::Misfit(source)) => Err(source),
        Err(Fault::Message(error)) => panic!("{error}"),
    }
}

fn message(group: &str, text: &str) -> Result<String, Source> {
    let redacted = literal(group, &Json::from(text).to_string())?;
    Ok(serde_json::from_str(&redacted).unwrap())
}

#[test]
fn the_fields_of_a_flow_log_line_are_masked_or_hashed() {
    let expected = LINE
        .replace("203.0.113.7", HASH)
        .replace("172.31.16.21", "-")
        .replace("20641", "-");
    assert_eq!(message("flow", LINE).unwrap(), expected);
    // In a log group whose content says what it is, too.
    assert_eq!(message("g", LINE).unwrap(), expected);
    assert_eq!(message("any", LINE).unwrap(), expected);
    let ended = message("flow", &format!("{LINE}\n \n")).unwrap();
    assert_eq!(ended, format!("{expected}\n \n"));
    let spelled = format!("\"{}\"", LINE.replace("203", r"2\u00303"));
    assert_eq!(
        literal("flow", &spelled).unwrap(),
        format!("\"{expected}\"")
    );
}

#[test]
fn what_is_absent_of_a_line_stays_absent() {
    let line = "2 unknown eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA";
    assert_eq!(message("flow", line).unwrap(), line);
    assert_eq!(message("tags", "7 - -").unwrap(), "7 - -");
}

/// What `parseVPC` makes of the line.
const PARSED: &str = r#"{"version":2,"accountId":"123456789010","interfaceId":"eni-1235b8ca123456789","srcAddr":"203.0.113.7","dstAddr":"172.31.16.21","srcPort":20641,"dstPort":22,"protocol":6,"packets":20,"bytes":4249,"start":1418530010,"end":1418530070,"action":"ACCEPT","logStatus":"OK"}"#;

#[test]
fn the_fields_of_a_flow_log_that_was_parsed_are_masked_or_hashed() {
    let object = |source: &str, destination: &str, port: &str| {
        let object = PARSED.replace("\"203.0.113.7\"", source);
        let object = object.replace("\"172.31.16.21\"", destination);
        object.replace("20641", port)
    };
    let hash = &format!("\"{HASH}\"");
    let of_seven = Key::new(KEY).unwrap().hash(b"7");
    let of_seven = &format!("\"{}\"", String::from_utf8_lossy(&of_seven));
    for (before, after) in [
        (
            [r#""203.0.113.7""#, r#""172.31.16.21""#, "20641"],
            [hash, r#""-""#, "null"],
        ),
        (
            [r#""203.0.113.7""#, r#""a\"b\\u""#, r#""20641""#],
            [hash, r#""-""#, r#""-""#],
        ),
        (["7", "true", "0"], [of_seven, "null", "null"]),
        // What is absent stays it.
        ([r#""-""#, "null", "null"], [r#""-""#, "null", "null"]),
        (["null", r#""-""#, r#""-""#], ["null", r#""-""#, r#""-""#]),
    ] {
        let [source, destination, port] = before;
        let text = object(source, destination, port);
        let [source, destination, port] = after;
        let expected = object(source, destination, port);
        // `parseVPC` knows the default format alone, so that it is that in a log group of another one, too.
        for group in ["flow", "tags"] {
            assert_eq!(message(group, &text).unwrap(), expected);
        }
        let spaced = |text: &str| format!("\n {}\n", text.replace(',', " ,\n"));
        assert_eq!(message("flow", &spaced(&text)).unwrap(), spaced(&expected));
    }
    let few = r#"{"version":2,"logStatus":"NODATA"}"#;
    assert_eq!(message("flow", few).unwrap(), few);
}

#[test]
fn a_member_of_a_parsed_flow_log_is_redacted_however_it_is_spelled_and_as_often_as_it_occurs() {
    let spelled = PARSED.replace("srcAddr", r"src\u0041ddr");
    let redacted = message("flow", &spelled).unwrap();
    assert_eq!(
        redacted,
        message("flow", PARSED)
            .unwrap()
            .replace("srcAddr", r"src\u0041ddr")
    );
    let often = |value: &str, last: &str| {
        let values = format!(
            r#""srcAddr":[{value},"-",{{}}],"srcAddr":null,"srcAddr":{value},"srcAddr":{last}"#
        );
        PARSED.replace(r#""srcAddr":"203.0.113.7""#, &values)
    };
    let redacted = message("flow", &often("\"203.0.113.7\"", "\"-\"")).unwrap();
    let expected = often(&format!("\"{HASH}\""), "\"-\"").replace("{}", "null");
    assert_eq!(
        redacted,
        expected
            .replace("172.31.16.21", "-")
            .replace("20641", "null")
    );
}

#[test]
fn an_object_that_is_not_of_parse_vpc_is_no_message_to_deliver() {
    for (from, to) in [
        ("\"version\":2,", ""),
        ("\"version\":2", "\"version\":3"),
        (",\"logStatus\":\"OK\"", ""),
        ("20641", "65536"),
        ("20641", "{}"),
        ("\"203.0.113.7\"", "[\"203.0.113.7\"]"),
        ("\"203.0.113.7\"", "\"\""),
        ("203.0.113.7", "203.0.113.7 "),
        ("203.0.113.7", "203.0.113\\u002e7"),
        ("\"OK\"", "\"OK\",\"client\":\"203.0.113.7\""),
        ("\"OK\"", "\"OK\",\"srcaddr\":\"203.0.113.7\""),
        ("\"OK\"}", "\"OK\"}{}"),
        ("\"OK\"}", "\"OK\""),
    ] {
        let text = PARSED.replace(from, to);
        let found = message("flow", &text);
        assert_eq!(found, Err(Source::VpcFlowLogs), "{text}");
    }
    let ocsf =
        r#"{"class_uid":4001,"metadata":{"version":"1.1.0"},"src_endpoint":{"ip":"203.0.113.7"}}"#;
    assert_eq!(message("flow", ocsf), Err(Source::VpcFlowLogs));
    let no_text = Json::from(PARSED).to_string();
    let no_text = no_text.replace("ACCEPT", r"ACCEPT\ud800");
    assert_eq!(literal("flow", &no_text), Err(Source::VpcFlowLogs));
    let before = record("flow", &[&Json::from(PARSED).to_string()]);
    let bytes = before.replace("ACCEPT", "A#").into_bytes();
    let broken = bytes
        .iter()
        .map(|byte| if *byte == b'#' { 0xff } else { *byte });
    let broken: Vec<u8> = broken.collect();
    assert!(redactor("events").redact(before.as_bytes()).is_ok());
    assert!(matches!(
        redactor("events").redact(&broken),
        Err(Fault::Misfit(Source::VpcFlowLogs))
    ));
}

#[test]
fn the_same_value_has_the_same_hash_however_it_is_spelled() {
    for tag in ["203.0.113.7", "203%2E0.113.7", "20%33.0.113.7"] {
        let line = format!("7 {tag} -");
        assert_eq!(message("tags", &line).unwrap(), format!("7 {HASH} -"));
    }
    for text in [
        r#"{"eventVersion":"1.08","sourceIPAddress":"203.0.113.7"}"#,
        r#"{"eventVersion":"1.08","sourceIPAddress":"203.0.113\u002e7"}"#,
        r#"{"eventVersion":"1.08","sourceIPAddre\u0073s":"203.0.113.7"}"#,
    ] {
        let redacted = message("trail", text).unwrap();
        let redacted: Json = serde_json::from_str(&redacted).unwrap();
        assert_eq!(redacted["sourceIPAddress"], HASH);
    }
}

#[test]
fn values_at_a_path_are_redacted_in_any_depth_of_arrays_and_as_often_as_they_occur() {
    let text = r#" {"eventVersion":"1.08", "resources":[{"ARN":"a","n":1},[[{"ARN":["b",["c",3,null,{"d":"e"}]]}]],"f"],
        "userIdentity":{"userName":"g","arn":"h"},"userIdentity":{"userName":true},
        "requestParameters":{"ips":["203.0.113.7",7,{}],"userName":"i"},"responseElements":{"j":"k"},"addendum":{"n":7}} "#;
    let seven = Key::new(KEY).unwrap().hash(b"7");
    let seven = String::from_utf8_lossy(&seven);
    let expected = format!(
        r#" {{"eventVersion":"1.08", "resources":[{{"ARN":"[REDACTED]","n":1}},[[{{"ARN":["[REDACTED]",["[REDACTED]",null,null,null]]}}]],"f"],
        "userIdentity":{{"userName":"[REDACTED]","arn":"h"}},"userIdentity":{{"userName":null}},
        "requestParameters":{{"ips":["{HASH}","{seven}",null],"userName":"i"}},"responseElements":null,"addendum":{{"n":null}}}} "#
    );
    assert_eq!(message("trail", text).unwrap(), expected);
    // Told by its content.
    let told = text.replace(
        "\"1.08\",",
        r#""1.08","eventSource":"s","eventName":"n","awsRegion":"r","#,
    );
    assert!(message("g", &told).unwrap().contains("[REDACTED]"));
}

#[test]
fn the_keys_of_a_finding_may_begin_with_a_capital_letter() {
    for text in [
        r#"{"detail":{"service":{"ip":"203.0.113.7"}}}"#,
        r#"{"detail":{"Service":{"Ip":"203.0.113.7"}}}"#,
    ] {
        let expected = text.replace("203.0.113.7", HASH);
        assert_eq!(message("find", text).unwrap(), expected);
    }
}

#[test]
fn the_fields_of_a_query_log_are_masked_or_hashed() {
    let text = r#"{"query_timestamp":"t","query_name":"a.","query_type":"A","vpc_id":"v","answers":[{"Rdata":"203.0.113.7"}]}"#;
    let expected = text.replace("203.0.113.7", HASH);
    let expected = expected.replace("\"a.\"", "\"[REDACTED]\"");
    // In a log group whose content says what it is, too.
    for group in ["dns", "g", "any"] {
        assert_eq!(message(group, text).unwrap(), expected);
    }
    let other = r#"{"answers":[{"Rdata":"203.0.113.7"}]}"#;
    assert_eq!(
        message("dns", other).unwrap_err(),
        Source::Route53ResolverQueryLogs
    );
}

#[test]
fn what_is_not_as_its_source_writes_it_is_no_message_to_deliver() {
    for (group, text) in [
        ("flow", "Trail stopped"),
        ("flow", ""),
        ("flow", &*LINE.replace(" OK", "")),
        // A line of another format, and an object that is not of `parseVPC`.
        ("flow", &LINE.replace("20641", "eni-1")),
        ("flow", r#"{"srcaddr":"203.0.113.7"}"#),
        ("tags", LINE),
        ("trail", LINE),
        ("trail", "[]"),
        (
            "trail",
            r#"{"eventVersion":"1.08","sourceIPAddress":"203.0.113.7""#,
        ),
        ("trail", r#"{"eventVersion":"1.08"} {}"#),
        // OCSF
        (
            "trail",
            r#"{"class_uid":6003,"src_endpoint":{"ip":"203.0.113.7"}}"#,
        ),
        ("find", r#"{"service":{"ip":"203.0.113.7"}}"#),
    ] {
        assert!(message(group, text).is_err(), "{group}: {text}");
    }
    let deep = format!(
        r#"{{"eventVersion":"1.08","resources":{}{}}}"#,
        "[".repeat(128),
        "]".repeat(128)
    );
    assert_eq!(message("trail", &deep), Err(Source::CloudTrail));
    // No text can hold a line with half of a pair.
    let line = format!("\"{}\\ud800\"", LINE.replace("ACCEPT", "A"));
    assert_eq!(literal("flow", &line), Err(Source::VpcFlowLogs));
    // Nothing is redacted of other sources.
    for text in ["Trail stopped", "", "{"] {
        assert_eq!(message("any", text).unwrap(), text);
        assert_eq!(message("g", text).unwrap(), text);
    }
}

#[test]
fn one_event_that_cannot_be_redacted_fails_the_record_wherever_it_stands() {
    let good = Json::from(LINE).to_string();
    for events in [[&*good, "\"\""], ["\"\"", &*good]] {
        let before = record("flow", &events);
        assert!(matches!(
            redactor("events").redact(before.as_bytes()),
            Err(Fault::Misfit(Source::VpcFlowLogs))
        ));
        // Here, the first one says what the log group carries.
        let before = record("g", &events);
        assert_eq!(
            redactor("events").redact(before.as_bytes()).is_ok(),
            events[0] != good
        );
    }
}

#[test]
fn a_document_says_no_more_of_an_event_than_its_message_and_system_fields() {
    let literal = Json::from(LINE).to_string();
    let before = record("flow", &[&literal]).replace(
        "}]}",
        r#","extractedFields":{"@aws.account":"1","srcaddr":"203.0.113.7","\u0040aws.region":"r"},"other":["203.0.113.7"],"later":{"@aws.account":"203.0.113.7"}}],"n":1}"#,
    );
    let mut documents = redactor("document");
    let redacted = documents.redact(before.as_bytes()).ok().unwrap();
    let redacted: Json = serde_json::from_slice(redacted.text).unwrap();
    let event = &redacted["logEvents"][0];
    assert_eq!(
        event["extractedFields"],
        json!({"@aws.account": "1", "@aws.region": "r"})
    );
    assert_eq!(event["other"], Json::Null);
    assert_eq!(event["later"], Json::Null);
    assert_eq!(event["timestamp"], 1);
    assert_eq!(redacted["n"], 1);
    // Of another source, all of it.
    let other = before
        .replace("\"flow\"", "\"any\"")
        .replace("eni-1", "x")
        .replace(&literal, "\"\"");
    let redacted = documents.redact(other.as_bytes()).ok().unwrap();
    assert_eq!(redacted.text, other.as_bytes());
}

#[test]
fn the_keys_of_other_sources_are_as_they_are() {
    let text = r#"{"eventVersion":"1.08","SourceIPAddress":"203.0.113.7"}"#;
    assert_eq!(message("trail", text).unwrap(), text);
}

#[test]
fn what_is_stepped_over_may_be_as_deep_as_any_json() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"eventVersion":"1.08","a":{open}{close}}}"#)
    };
    assert_eq!(message("trail", &deep(127)), Ok(deep(127)));
    assert_eq!(message("trail", &deep(128)), Err(Source::CloudTrail));
}

#[test]
fn nothing_is_rewritten_if_nothing_is_redacted_and_a_large_records_memory_is_freed() {
    assert!(Redactor::new(&Settings::default()).is_none());
    let mut redactor = redactor("events");
    let large = vec![b'x'; 2 * SCRATCH_BYTES_MAX];
    redactor.text.extend(&large);
    redactor.splices.push(0, 0, &large);
    assert!(redactor.splices.apply(b""));
    redactor.trim();
    assert_eq!(redactor.text.room(0).len(), SCRATCH_BYTES_MAX);
    assert_eq!(redactor.splices.room(), [SCRATCH_BYTES_MAX; 2]);
}
