//! Rules decide on flow logs that `parseVPC` has made objects as on their lines.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::*;
use super::{LINE, filter, rule, verdict, verdict_on};

/// What `parseVPC` calls the fields of a line.
const MEMBERS: &str = "version accountId interfaceId srcAddr dstAddr srcPort dstPort protocol packets bytes start end action logStatus";

/// The object that `parseVPC` makes of a line.
fn object_of(line: &str) -> Json {
    let fields = line.split(' ').map(|field| match field.parse::<u32>() {
        Ok(number) => json!(number),
        Err(_) => json!(field),
    });
    let members = MEMBERS.split(' ').map(str::to_owned);
    Json::Object(members.zip(fields).collect())
}

#[test]
fn a_flow_log_that_was_parsed_is_judged_as_its_line() {
    let drop = json!({"action": "drop"});
    let small = json!({"action": "accept", "bytes|lt": 5000, "srcaddr|cidr": "172.31.0.0/16", "account_id": 123_456_789_010_u64});
    let rules = json!([
        rule("small", "vpc-flow-logs", &drop, &small),
        rule(
            "tag",
            "vpc-flow-logs",
            &drop,
            &json!({"instance_tag|exists": true})
        ),
        rule(
            "empty",
            "vpc-flow-logs",
            &drop,
            &json!({"bytes": null, "dstaddr|exists": false})
        ),
    ]);
    let mut filter = filter(&rules);
    let object = object_of(LINE);
    let with = |key: &str, value: &Json| {
        let mut object = object.clone();
        object[key] = value.clone();
        object.to_string()
    };
    let text = object.to_string();
    let no_data = "2 unknown eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA";
    let without = |keys: &[&str]| {
        let mut object = object.clone();
        let members = object.as_object_mut().unwrap();
        members.retain(|key, _| !keys.contains(&key.as_str()));
        object.to_string()
    };
    for (message, expected) in [
        (text.clone(), Verdict::Drop(0)),
        (format!(" \n{object:#}\n"), Verdict::Drop(0)),
        (with("bytes", &json!("4249")), Verdict::Drop(0)),
        (
            with("accountId", &json!(123_456_789_010_u64)),
            Verdict::Drop(0),
        ),
        (text.replace("action", "\\u0061ction"), Verdict::Drop(0)),
        (with("later", &Json::Null), Verdict::Drop(0)),
        (with("action", &json!("REJECT")), Verdict::Deliver),
        (with("bytes", &json!(5000)), Verdict::Deliver),
        (with("srcAddr", &json!("-")), Verdict::Deliver),
        (object_of(no_data).to_string(), Verdict::Drop(2)),
        (without(&["bytes", "dstAddr"]), Verdict::Drop(2)),
        (
            without(&["bytes", "dstAddr"]).replace("{", r#"{"bytes":null,"#),
            Verdict::Drop(2),
        ),
        // What is not of `parseVPC` is delivered.
        (with("later", &json!(1)), Verdict::Deliver),
        (with("bytes", &json!(60.5)), Verdict::Deliver),
        (with("dstPort", &json!(65_536)), Verdict::Deliver),
        (with("dstAddr", &json!("")), Verdict::Deliver),
        (with("dstAddr", &json!(["172.31.16.21"])), Verdict::Deliver),
        (with("interfaceId", &json!("eni-1 2")), Verdict::Deliver),
        (text.replace("ACCEPT", "\\u0041CCEPT"), Verdict::Deliver),
        (with("version", &json!(3)), Verdict::Deliver),
        (without(&["version"]), Verdict::Deliver),
        (without(&["logStatus"]), Verdict::Deliver),
        (
            r#"{"srcaddr":"172.31.16.139"}"#.to_owned(),
            Verdict::Deliver,
        ),
        (text.replacen('{', "", 1), Verdict::Deliver),
        (text.replacen('}', "}}", 1), Verdict::Deliver),
        (
            r#"{"class_uid":4001,"metadata":{"version":"1.1.0"}}"#.to_owned(),
            Verdict::Deliver,
        ),
    ] {
        // Whatever the format of the log group: `parseVPC` knows the default format alone.
        for format in [0, 1] {
            let found = verdict(&mut filter, Source::VpcFlowLogs, format, &message);
            assert_eq!(found, expected, "{message}");
        }
    }
    let literal = Json::from(text).to_string();
    let no_text = literal.replace("ACCEPT", r"ACCEPT\ud800");
    let id = JsonStr::from_literal("\"1\"");
    let of_no_text = verdict_on(&mut filter, Source::VpcFlowLogs, 0, id, &no_text);
    assert_eq!(of_no_text, Verdict::Deliver);
}

#[test]
fn an_object_is_no_line_of_a_format_with_as_many_spaces() {
    let drop = json!({"action": "drop"});
    let bytes = rule(
        "bytes",
        "vpc-flow-logs",
        &drop,
        &json!({"srcaddr|exists": true}),
    );
    let sources = r#"{"custom":{"source":"vpc-flow-logs","format":"${srcaddr} ${vpc-id}"}}"#;
    let rules = json!([bytes]).to_string();
    let pairs = [
        ("CATCHMENT_RULES", rules.as_str()),
        ("CATCHMENT_SOURCES", sources),
    ];
    let mut filter = Filter::new(&Settings::from_pairs(pairs).unwrap()).unwrap();
    let mut of = |message: &str| verdict(&mut filter, Source::VpcFlowLogs, 1, message);
    assert_eq!(of("10.0.0.1 vpc-1"), Verdict::Drop(0));
    assert_eq!(of(r#"{"a": 1}"#), Verdict::Deliver);
}

proptest! {
    #[test]
    fn a_flow_log_that_was_parsed_has_the_verdict_of_its_line(
        fields in prop::collection::vec(prop_oneof![Just("-"), Just("0"), Just("22"), Just("65536"), Just("10.0.0.1"), Just("a\"\\é")], 11),
        action in prop::sample::select(vec!["ACCEPT", "-"]),
        absent in prop::sample::select(vec![None, Some(Json::Null), Some(json!("-"))]),
    ) {
        let drop = json!({"action": "drop"});
        let rules = json!([
            rule("first", "vpc-flow-logs", &drop, &json!({"action": "accept", "srcport|gt": 0})),
            rule("second", "vpc-flow-logs", &drop, &json!({"srcaddr|contains": "é", "bytes": null})),
            rule("third", "vpc-flow-logs", &drop, &json!({"dstaddr|cidr": "10.0.0.0/8"})),
            rule("fourth", "vpc-flow-logs", &drop, &json!({"interface_id|exists": false})),
        ]);
        let mut filter = filter(&rules);
        let line = [&["2"], fields.as_slice(), &[action, "OK"]].concat().join(" ");
        let mut object = object_of(&line);
        let members = object.as_object_mut().unwrap();
        match absent {
            None => members.retain(|_, value| value != "-"),
            Some(absent) => {
                for value in members.values_mut().filter(|value| **value == json!("-")) {
                    *value = absent.clone();
                }
            }
        }
        let mut of = |message: &str| verdict(&mut filter, Source::VpcFlowLogs, 0, message);
        prop_assert_eq!(of(&line), of(&object.to_string()));
    }
}
