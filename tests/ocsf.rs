//! What the schemas `ocsf-1.1` and `ocsf-1.5` write is OCSF, whatever arrives.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
mod support;
#[path = "ocsf/validator.rs"]
mod validator;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use batch::Case;
use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::{Settings, Transformer};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
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
        ("/type_uid", json!(400_101)),
        ("/time", json!("2023-09-30T15:15:22Z")),
        ("/src_endpoint", json!({"port": 1})),
        ("/src_endpoint/ip", json!("a")),
        ("/src_endpoint/port", json!(65_536)),
        ("/observables", json!({})),
        ("/observables/0/type_id", json!(1000)),
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

/// A record with the names that a source uses, and values of any type.
fn any_record(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(names.to_vec());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 40, 6, move |inner| {
        let name = prop_oneof![
            prop::sample::select(names.to_vec()).prop_map(str::to_owned),
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    prop::collection::vec((name, value), 0..14).prop_map(|members| {
        let members = members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Value::from(members.collect::<Map<_, _>>())
    })
}

/// The same of a Resolver query log, mostly with answers.
fn any_query() -> impl Strategy<Value = Value> {
    let answers = prop::collection::vec(any_record(&["Rdata", "Type", "Class", "a.b"]), 0..3);
    let answers = prop::option::of(answers);
    (any_record(QUERY_NAMES), answers).prop_map(|(mut record, answers)| {
        if let Some(answers) = answers {
            record["answers"] = Value::from(answers);
        }
        record
    })
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
            r#"{"flow":"vpc-flow-logs","CloudTrail/*":"cloudtrail","dns":"route53-resolver-query-logs"}"#,
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

/// Names in CloudTrail's records that the tables read, and some that they do not.
const NAMES: &[&str] = &[
    "eventVersion",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "eventCategory",
    "recipientAccountId",
    "vpcEndpointId",
    "apiVersion",
    "serviceEventDetails",
    "resources",
    "userIdentity",
    "type",
    "principalId",
    "arn",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "sessionContext",
    "sessionIssuer",
    "attributes",
    "mfaAuthenticated",
    "creationDate",
    "ARN",
    "ARNPrefix",
    "roleArn",
    "roleSessionName",
    "policyArn",
    "policyName",
    "roleName",
    "user",
    "role",
    "credentials",
    "assumedRoleUser",
    "ConsoleLogin",
    "MFAUsed",
    "LoginTo",
    "UserName",
    "",
    "a.b",
];

/// The same of Resolver query logs.
const QUERY_NAMES: &[&str] = &[
    "version",
    "account_id",
    "region",
    "vpc_id",
    "query_timestamp",
    "query_name",
    "query_type",
    "query_class",
    "rcode",
    "answers",
    "Rdata",
    "Type",
    "Class",
    "srcaddr",
    "srcport",
    "transport",
    "srcids",
    "instance",
    "resolver_endpoint",
    "resolver_network_interface",
    "firewall_rule_action",
    "firewall_rule_group_id",
    "firewall_domain_list_id",
    "",
    "a.b",
];

const TEXTS: &[&str] = &[
    "NOERROR",
    "NXDOMAIN",
    "PTR",
    "A",
    "BLOCK",
    "UDP",
    "7.100.51.198.in-addr.arpa.",
    "iam.amazonaws.com",
    "sts.amazonaws.com",
    "signin.amazonaws.com",
    "ec2.amazonaws.com",
    "ConsoleLogin",
    "AssumeRole",
    "AssumeRoleWithSAML",
    "CreateUser",
    "AttachUserPolicy",
    "DescribeInstances",
    "RunInstances",
    "198.51.100.7",
    "2001:db8::7",
    "AWS Internal",
    "2023-09-30T15:15:22Z",
    "true",
    "false",
    "Yes",
    "Failure",
    "arn:aws:iam::111122223333:root",
    "-",
    "",
];

const WORDS: &[&str] = &[
    "-",
    "123456789010",
    "eni-1",
    "172.31.16.139",
    "2001:db8::7",
    "80",
    "6",
    "1418530010",
    "ACCEPT",
    "REJECT",
    "OK",
    "NODATA",
    "a\"b",
    "99999999999999999999",
];
