//! What the schemas `ocsf-1.1` and `ocsf-1.5` write is OCSF, whatever arrives.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
#[path = "ocsf/messages.rs"]
mod messages;
mod support;
#[path = "ocsf/validator.rs"]
mod validator;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use batch::Case;
use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::{Settings, Transformer};
use messages::{NAMES, WORDS, any_change, any_query, any_record};
use proptest::prelude::*;
use serde_json::{Value, json};
use validator::Definitions;

#[test]
fn what_becomes_of_every_golden_batch_is_valid() {
    for (schema, definitions) in &*VERSIONS {
        let (mut classes, mut passed_on) = (BTreeSet::new(), 0);
        for entry in std::fs::read_dir(support::repository().join("tests/batches")).unwrap() {
            let folder = entry.unwrap().path();
            let mut case = Case::read(&folder);
            case.settings.remove("CATCHMENT_FORMAT");
            case.settings.remove("CATCHMENT_COMPRESSION");
            case.settings
                .insert("CATCHMENT_SCHEMA".to_owned(), (*schema).to_owned());
            for line in lines(case.parsed_settings(), &case.event()) {
                // What is passed on is as others made it.
                if line["metadata"].get("log_name").is_none() {
                    passed_on += 1;
                    continue;
                }
                let faults = definitions.faults(&line);
                assert_eq!(faults, [""; 0], "{} {schema}: {line}", folder.display());
                classes.insert(line["class_uid"].as_u64().unwrap());
            }
        }
        assert!(
            classes
                .into_iter()
                .eq([0, 2004, 3001, 3002, 4001, 4003, 6003])
        );
        assert!(passed_on > 0);
    }
}

#[test]
fn what_sources_leave_out_or_get_wrong_is_left_out_or_named() {
    let signin = json!({
        "eventSource": "signin.amazonaws.com",
        "eventName": "CredentialVerification",
        "userIdentity": {"principalId": []},
    });
    let sequence = json!({"resources": [{"accountId": "111122223333"}]});
    let connection = json!({"remotePortDetails": {"port": 65_536}});
    let action = json!({"networkConnectionAction": connection});
    let nameless = json!({
        "connectionDirection": "OUTBOUND",
        "remoteIpDetails": {"city": {"cityName": "Sydney"}, "organization": {"asn": "64496"}},
        "remotePortDetails": {"port": 22},
        "localPortDetails": {"port": 41_022},
    });
    for (group, message) in [
        ("CloudTrail/a", signin),
        (
            "findings",
            json!({"detail": {"service": {"detection": {"sequence": sequence}}}}),
        ),
        (
            "findings",
            json!({"detail": {"service": {"action": action}}}),
        ),
        (
            "findings",
            json!({"detail": {"service": {"action": {"networkConnectionAction": nameless}}}}),
        ),
        (
            "findings",
            json!({"detail": {"service": {"action": {"awsApiCallAction": nameless}}}}),
        ),
        ("dns", json!({"firewall_rule_action": ""})),
        ("dns", json!({"srcport": 65_536})),
    ] {
        let data = batch::message("111122223333", group, "s", &[(0, &message.to_string())]);
        for (schema, definitions) in &*VERSIONS {
            let line = &lines_of(schema, &data)[0];
            assert_eq!(definitions.faults(line), [""; 0], "{line}");
            assert_ne!(line["class_uid"], 0);
        }
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let definitions = &VERSIONS[0].1;
    let folder = support::repository().join("tests/batches/ocsf-1.1-vpc-flow-logs");
    let case = Case::read(&folder);
    let good = lines(case.parsed_settings(), &case.event()).remove(0);
    assert_eq!(definitions.faults(&good), [""; 0]);
    for (pointer, wrong) in [
        ("/class_uid", json!(4002)),
        ("/activity_id", json!(60)),
        ("/activity_name", json!("Refused")),
        ("/class_name", json!("Network")),
        ("/category_name", json!("Network")),
        ("/type_name", json!("Network Activity")),
        ("/severity", json!("Low")),
        ("/disposition", json!("Denied")),
        ("/connection_info/direction", json!("inbound")),
        ("/cloud/account/type", json!("AWS")),
        ("/metadata/product", json!({"name": "Amazon VPC"})),
        ("/type_uid", json!(400_101)),
        ("/time", json!("2023-09-30T15:15:22Z")),
        ("/src_endpoint", json!({"port": 1})),
        ("/src_endpoint/ip", json!("a")),
        ("/src_endpoint/port", json!(65_536)),
        ("/observables", json!({})),
        ("/observables/0/type_id", json!(1000)),
        ("/observables/0/name", json!("dst_endpoint.ip")),
        ("/observables/0/value", json!("192.0.2.1")),
        (
            "/observables/0",
            json!({"name": "metadata.version", "type_id": 2, "value": "1.1.0"}),
        ),
        ("/metadata/version", json!("1.5.0")),
        ("/metadata/profiles", json!(["cloud"])),
        (
            "/metadata/profiles",
            json!(["cloud", "security_control", "trace"]),
        ),
        ("/unmapped", json!({"a": 1})),
        ("/cloud", json!({"provider": "AWS", "vendor": "AWS"})),
        ("/cloud", json!({"region": "us-west-2"})),
    ] {
        let mut event = good.clone();
        event["unmapped"] = json!({});
        *event.pointer_mut(pointer).unwrap() = wrong;
        assert_ne!(definitions.faults(&event), [""; 0], "{pointer}");
    }
}

proptest! {
    /// As every attribute has one type in OCSF, no two lines give one of them two.
    #[test]
    fn any_record_of_cloudtrail_has_attributes_of_ocsfs_types(record in any_record(NAMES)) {
        let message = batch::message("111122223333", "CloudTrail/a", "s", &[(0, &record.to_string())]);
        for (schema, definitions) in &*VERSIONS {
            for line in lines_of(schema, &message) {
                prop_assert_eq!(definitions.faults(&line), [""; 0], "{}", line);
                prop_assert_ne!(&line["class_uid"], &json!(0));
                prop_assert_eq!(line["raw_data"].as_str(), Some(&*record.to_string()));
            }
        }
    }

    #[test]
    fn any_record_of_the_resolver_has_attributes_of_ocsfs_types(record in any_query()) {
        let message = batch::message("111122223333", "dns", "s", &[(0, &record.to_string())]);
        for (schema, definitions) in &*VERSIONS {
            let written = lines_of(schema, &message);
            prop_assert_eq!(written.len(), 1);
            prop_assert_eq!(definitions.faults(&written[0]), [""; 0], "{}", written[0]);
            prop_assert_eq!(&written[0]["class_uid"], &json!(4003));
            prop_assert_eq!(written[0]["raw_data"].as_str(), Some(&*record.to_string()));
        }
    }

    #[test]
    fn any_change_of_a_message_leaves_attributes_of_ocsfs_types((group, message) in any_change()) {
        let text = message.to_string();
        let data = batch::message("111122223333", group, "s", &[(0, &text)]);
        for (schema, definitions) in &*VERSIONS {
            let written = lines_of(schema, &data);
            prop_assert_eq!(written.len(), 1);
            prop_assert_eq!(definitions.faults(&written[0]), [""; 0], "{}", written[0]);
        }
    }

    #[test]
    fn any_line_of_a_flow_log_has_fields_or_stays_as_it_is(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 12..16),
        text in any::<String>(),
        is_text in any::<bool>(),
    ) {
        let line = if is_text { text } else { format!("2 {}", words.join(" ")) };
        let message = batch::message("111122223333", "flow", "eni-1-all", &[(0, &line)]);
        for (schema, definitions) in &*VERSIONS {
            let written = lines_of(schema, &message);
            prop_assert_eq!(written.len(), 1);
            prop_assert_eq!(definitions.faults(&written[0]), [""; 0], "{}", written[0]);
            if written[0]["class_uid"] == 0 {
                prop_assert_eq!(written[0]["message"].as_str(), Some(&*line));
                prop_assert!(written[0]["unmapped"]["error"].is_string());
            } else {
                prop_assert_eq!(written[0]["raw_data"].as_str(), Some(&*line));
            }
        }
    }
}

/// The names of the schemas, and their versions of OCSF.
static VERSIONS: LazyLock<[(&str, Definitions); 2]> = LazyLock::new(|| {
    [("ocsf-1.1", "1.1.0"), ("ocsf-1.5", "1.5.0")].map(|(schema, version)| {
        let path = format!("tests/ocsf/ocsf-{version}.json");
        let text = std::fs::read_to_string(support::repository().join(path)).unwrap();
        (schema, serde_json::from_str(&text).unwrap())
    })
});

fn lines_of(schema: &str, message: &str) -> Vec<Value> {
    let settings = Settings::from_pairs([
        ("CATCHMENT_SCHEMA", schema),
        (
            "CATCHMENT_SOURCES",
            r#"{"flow":"vpc-flow-logs","CloudTrail/*":"cloudtrail","dns":"route53-resolver-query-logs","findings":"guardduty"}"#,
        ),
    ])
    .unwrap();
    let data = base64_simd::STANDARD.encode_to_string(batch::gzip(message.as_bytes()));
    lines(settings, &batch::event([data]))
}

fn lines(settings: Settings, event: &[u8]) -> Vec<Value> {
    let response = Transformer::new(settings)
        .transform(event)
        .unwrap()
        .response;
    let response: Response = serde_json::from_slice(&response).unwrap();
    let answers = response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok);
    answers
        .flat_map(|answer| {
            let opened = String::from_utf8(answer.opened().unwrap()).unwrap();
            // Lone surrogates stay as they are; serde_json refuses them.
            let surrogate = |line: &str| serde_json::from_str(&line.replace("\\ud", "\\\\ud"));
            let lines = opened.lines().map(|line| {
                serde_json::from_str(line)
                    .or_else(|_| surrogate(line))
                    .unwrap()
            });
            lines.collect::<Vec<_>>()
        })
        .collect()
}
