//! Messages of sources, with anything in any place.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::batch::Case;
use crate::support;

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(NUMBERS.to_vec()).prop_map(Value::from),
        prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

/// A record with the names that a source uses, and values of any type.
pub(crate) fn any_record(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(names.to_vec());
    let value = leaf().prop_recursive(4, 40, 6, move |inner| {
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
pub(crate) fn any_query() -> impl Strategy<Value = Value> {
    let answers = prop::collection::vec(any_record(&["Rdata", "Type", "Class", "a.b"]), 0..3);
    let answers = prop::option::of(answers);
    (any_record(QUERY_NAMES), answers).prop_map(|(mut record, answers)| {
        if let Some(answers) = answers {
            record["answers"] = Value::from(answers);
        }
        record
    })
}

/// A source, and a message of it from the golden batches with other values in some places.
pub(crate) fn any_change() -> impl Strategy<Value = (&'static str, Value)> {
    let place = (any::<prop::sample::Index>(), any_record(NAMES), leaf());
    let changes = prop::collection::vec((place, any::<bool>()), 1..8);
    (prop::sample::select(&**MESSAGES), changes).prop_map(|((group, mut message), changes)| {
        for ((index, record, leaf), is_leaf) in changes {
            let mut pointers = Vec::new();
            each_pointer(&message, String::new(), &mut pointers);
            let pointer = index.get(&pointers);
            *message.pointer_mut(pointer).unwrap() = if is_leaf { leaf } else { record };
        }
        (group, message)
    })
}

/// Gathers the JSON pointers to `value` and to all in it.
fn each_pointer(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                each_pointer(value, format!("{at}/{name}"), pointers);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                each_pointer(value, format!("{at}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(at);
}

/// The log groups of JSON sources, and the messages that their golden batches have.
static MESSAGES: LazyLock<Vec<(&str, Value)>> = LazyLock::new(|| {
    let sources = [
        ("CloudTrail/a", "cloudtrail"),
        ("findings", "guardduty"),
        ("dns", "route53-resolver-query-logs"),
    ];
    let mut found = Vec::new();
    for (group, source) in sources {
        let folder = format!("tests/batches/ocsf-1.1-{source}");
        let case = Case::read(&support::repository().join(folder));
        for text in case.texts() {
            let message: Value = serde_json::from_str(text).unwrap();
            for event in message["logEvents"].as_array().unwrap() {
                let text = event["message"].as_str().unwrap();
                let message = serde_json::from_str(text).ok();
                found.extend(
                    message
                        .filter(Value::is_object)
                        .map(|message| (group, message)),
                );
            }
        }
    }
    found
});

/// Names in CloudTrail's records that the tables read, and some that they do not.
pub(crate) const NAMES: &[&str] = &[
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

const NUMBERS: &[i64] = &[0, -1, 1, 99, 65_535, 65_536, 1_696_086_922, 1 << 53];

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

pub(crate) const WORDS: &[&str] = &[
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
