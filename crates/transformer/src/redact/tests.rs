//! What can be redacted, and what a mistake is called.

use serde_json::json;

use super::*;
use crate::settings::Settings;

#[test]
fn a_mistake_is_named_with_its_entry_and_field() {
    for (redact, expected) in [
        (
            "{}",
            "not a list; expected a JSON list of fields, such as [{",
        ),
        ("[1]", "entry 1: expected an object"),
        (
            r#"[{"source":"other"}]"#,
            "entry 1: source: expected a source whose fields are known, one of: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs",
        ),
        (
            r#"[{"source":"cloudtrail","name":"x"}]"#,
            "entry 1: unknown key `name`; expected one of: source, fields, action",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["userAgent"]}]"#,
            "entry 1: action: missing",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["userAgent"],"action":"drop"}]"#,
            "entry 1: action: expected one of: mask, hash",
        ),
        (
            r#"[{"source":"cloudtrail","fields":[],"action":"mask"}]"#,
            "entry 1: fields: expected a list of fields",
        ),
        (
            r#"[{"source":"cloudtrail","fields":[7],"action":"mask"}]"#,
            "entry 1: fields: expected texts",
        ),
        (
            r#"[{"source":"vpc-flow-logs","fields":["scraddr"],"action":"mask"}]"#,
            "entry 1: fields: scraddr: not a field of flow logs; expected one such as srcaddr",
        ),
        (
            r#"[{"source":"vpc-flow-logs","fields":["version"],"action":"mask"}]"#,
            "entry 1: fields: version: flow logs are recognised by it, so it has to stay",
        ),
        (
            r#"[{"source":"vpc-flow-logs","fields":["srcport"],"action":"hash"}]"#,
            "entry 1: fields: srcport: it is an integer, and a hash is none; expected the action `mask`",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["whoever.arn"],"action":"mask"}]"#,
            "entry 1: fields: whoever.arn: there is no `whoever`; expected one of: additionalEventData, ",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["eventVersion"],"action":"mask"}]"#,
            "entry 1: fields: eventVersion: messages of this source are recognised by it, so it has to stay",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["resources..ARN"],"action":"mask"}]"#,
            "entry 1: fields: resources..ARN: not a path",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["resources.0.ARN"],"action":"mask"}]"#,
            "entry 1: fields: resources.0.ARN: leave out `0`: a path leads to every value of an array",
        ),
        (
            r#"[{"source":"guardduty","fields":["detail"],"action":"mask"}]"#,
            "entry 1: fields: detail: messages of this source are recognised by it, so it has to stay",
        ),
        (
            r#"[{"source":"route53-resolver-query-logs","fields":["queryName"],"action":"mask"}]"#,
            "entry 1: fields: queryName: there is no `queryName`; expected one of: account_id, ",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["userAgent"],"action":"mask"},{"source":"cloudtrail","fields":["userAgent"],"action":"hash"}]"#,
            "entry 2: fields: userAgent: it is redacted already",
        ),
        (
            r#"[{"source":"cloudtrail","fields":["userIdentity","userIdentity.arn"],"action":"mask"}]"#,
            "entry 1: fields: userIdentity and userIdentity.arn overlap",
        ),
    ] {
        let error = Redactions::parse(redact).unwrap_err();
        assert!(error.starts_with(expected), "{redact}: {error}");
    }
    let of = |count: usize| {
        let fields = (0..count).map(|n| format!("requestParameters.a{n}"));
        let fields: Vec<_> = fields.collect();
        let redact = json!([{"source": "cloudtrail", "fields": fields, "action": "mask"}]);
        Redactions::parse(&redact.to_string())
    };
    assert!(of(256).is_ok());
    assert_eq!(of(257).unwrap_err(), "257 fields; expected at most 256");
}

#[test]
fn keys_of_two_cases_overlap_if_those_of_the_source_have_no_case() {
    for (source, fields, overlap) in [
        ("guardduty", ["detail.service.ip", "detail.Service"], true),
        ("guardduty", ["detail.service.ip", "detail.title"], false),
        (
            "cloudtrail",
            ["requestParameters.a", "requestParameters.A"],
            false,
        ),
    ] {
        let redact = json!([{"source": source, "fields": fields, "action": "mask"}]);
        let redact = Redactions::parse(&redact.to_string());
        assert_eq!(redact.is_err(), overlap, "{source} {fields:?}");
    }
}

#[test]
fn a_flow_logs_field_has_awss_name_or_the_one_in_native() {
    for name in ["pkt-srcaddr", "pkt_srcaddr"] {
        let redact = json!([{"source": "vpc-flow-logs", "fields": [name], "action": "hash"}]);
        let redact = Redactions::parse(&redact.to_string()).unwrap();
        assert_eq!(redact.all().next().unwrap().field, "pkt-srcaddr");
    }
}

#[test]
fn a_hash_takes_a_key_and_no_rule_looks_at_what_is_redacted() {
    let settings = |pairs: &[(&str, &str)]| {
        let error = Settings::from_pairs(pairs.iter().copied()).map_err(|error| error.to_string());
        error.map(|settings| settings.redact.all().count())
    };
    let redact = |fields: &str, action: &str| {
        format!(r#"[{{"source":"cloudtrail","fields":{fields},"action":"{action}"}}]"#)
    };
    let rule = r#"[{"name":"root","source":"cloudtrail","action":"drop","detection":{"s":{"userIdentity.type":"Root","resources.0.ARN":"*"},"condition":"s"}}]"#;
    let hash = redact(r#"["userIdentity.arn"]"#, "hash");
    assert_eq!(
        settings(&[("CATCHMENT_REDACT", &hash)]).unwrap_err(),
        "CATCHMENT_REDACT_KEY: missing, but the action `hash` takes a key; expected a secret of 32 bytes or more"
    );
    assert_eq!(
        settings(&[
            ("CATCHMENT_REDACT", &hash),
            ("CATCHMENT_REDACT_KEY", "hunter2")
        ])
        .unwrap_err(),
        "CATCHMENT_REDACT_KEY: 7 bytes; expected a secret of 32 bytes or more"
    );
    let key = "k".repeat(32);
    for (redact, seen) in [
        (redact(r#"["userIdentity.arn"]"#, "mask"), None),
        (redact(r#"["userIdentity"]"#, "mask"), Some("userIdentity")),
        (
            redact(r#"["userIdentity.type"]"#, "hash"),
            Some("userIdentity.type"),
        ),
        (
            redact(r#"["resources.ARN"]"#, "mask"),
            Some("resources.ARN"),
        ),
    ] {
        let pairs = [
            ("CATCHMENT_REDACT", &*redact),
            ("CATCHMENT_REDACT_KEY", &key),
            ("CATCHMENT_RULES", rule),
        ];
        match (settings(&pairs), seen) {
            (Ok(_), None) => {}
            (Err(error), Some(field)) => {
                let expected = format!(
                    "CATCHMENT_RULES: rule `root` looks at `{field}`, which is redacted before rules see it; expected one or the other"
                );
                assert_eq!(error, expected);
            }
            (other, _) => panic!("{redact}: {other:?}"),
        }
    }
}

#[test]
fn the_settings_file_holds_what_is_redacted_but_not_the_key() {
    let file = r#"{"redact":[{"source":"cloudtrail","fields":["userAgent"],"action":"mask"}]}"#;
    let none: [(&str, &str); 0] = [];
    let settings = Settings::from_file_and_pairs(Some(file), none).unwrap();
    assert!(!settings.redact.is_empty());
    let file = format!(r#"{{"redact_key":"{}"}}"#, "k".repeat(32));
    assert_eq!(
        Settings::from_file_and_pairs(Some(&file), none)
            .unwrap_err()
            .to_string(),
        "the settings file: `redact_key`: a secret; expected it in the variable CATCHMENT_REDACT_KEY only"
    );
}
