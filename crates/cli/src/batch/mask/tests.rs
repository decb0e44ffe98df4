//! What is masked, that it is masked alike in every place, and that nothing of it is left.

use std::net::Ipv6Addr;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The documents with everything replaced.
fn masked(documents: &[String]) -> Vec<String> {
    let mut masker = Masker::new([7; 32]);
    documents.iter().for_each(|document| masker.learn(document));
    documents
        .iter()
        .map(|document| masker.mask(document))
        .collect()
}

fn message(account: &str, group: &str, stream: &str, messages: &[&str]) -> String {
    let events: Vec<_> = messages
        .iter()
        .map(
            |message| json!({ "id": "37", "timestamp": 1_696_086_922_000_i64, "message": message }),
        )
        .collect();
    json!({
        "messageType": "DATA_MESSAGE", "owner": account, "logGroup": group, "logStream": stream,
        "subscriptionFilters": ["catchment-kinesisDest"], "logEvents": events,
    })
    .to_string()
}

const ACCOUNT: &str = "482950137264";

fn record() -> String {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole", "principalId": "AROAQ7YWZK3JXNPLMR5T2:alice.smith", "accountId": ACCOUNT,
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/PayrollAdmin/alice.smith"),
            "accessKeyId": "ASIAQ7YWZK3JXNPLMR5T",
            "sessionContext": { "attributes": { "creationDate": "2026-11-21T08:00:00Z", "mfaAuthenticated": "false" } },
        },
        "eventTime": "2026-11-21T09:10:11Z", "eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy",
        "awsRegion": "eu-central-1", "sourceIPAddress": "10.20.30.40", "userAgent": "aws-cli/2.17.0",
        "errorMessage": format!("User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized"),
        "requestParameters": {
            "bucketName": "payroll-exports", "Host": "payroll-exports.s3.eu-central-1.amazonaws.com",
            "bucketPolicy": json!({ "Statement": [{ "Effect": "Allow", "Resource": "arn:aws:s3:::payroll-exports/*" }] }).to_string(),
            "tags": { "Name": "web-frontend", "costcentre": "4711" },
            "vpcId": "vpc-0a1b2c3d4e5f60718",
        },
        "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT,
    })
    .to_string()
}

fn documents() -> Vec<String> {
    let group = "/corp/payroll/production";
    let stream = format!("{ACCOUNT}_CloudTrail_eu-central-1");
    let flow = format!(
        "2 {ACCOUNT} eni-0a1b2c3d4e5f60718 10.20.30.40 2a05:d018::ab 443 49152 6 10 840 1790000000 1790000060 ACCEPT OK"
    );
    vec![
        // the free text stands before what makes its words names
        message(
            ACCOUNT,
            group,
            "eni-0a1b2c3d4e5f60718-all",
            &[
                &flow,
                "alice asked payroll for web-frontend (from 2A05:D018:0::AB)",
            ],
        ),
        message(
            ACCOUNT,
            group,
            &stream,
            &[
                &record(),
                "host=ip-10-20-30-40.eu-central-1.compute.internal owner=carol",
            ],
        ),
        message(
            "CloudwatchLogs",
            "",
            "",
            &["CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."],
        ),
    ]
}

const ORIGINALS: [&str; 17] = [
    ACCOUNT,
    "10.20.30.40",
    "10-20-30-40",
    "2a05:d018",
    "alice",
    "smith",
    "payroll",
    "production",
    "bob",
    "carol",
    "frontend",
    "corp",
    "q7ywzk3jxnplmr5t",
    "0a1b2c3d4e5f60718",
    "exports",
    "costcentre",
    "kinesisdest",
];

#[test]
fn none_of_the_originals_is_left_and_what_says_nothing_of_anybody_stays() {
    let documents = documents();
    let all = masked(&documents).join("\n");
    let lower = all.to_lowercase();
    for original in ORIGINALS {
        assert!(
            documents.concat().to_lowercase().contains(original),
            "{original} was there"
        );
        assert!(!lower.contains(original), "{original} is left in {all}");
    }
    for kept in [
        "DATA_MESSAGE",
        "CloudwatchLogs",
        "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.",
        "PutBucketPolicy",
        "s3.amazonaws.com",
        "eu-central-1",
        "2026-11-21T08:00:00Z",
        "AssumedRole",
        "443 49152 6 10 840 1790000000 1790000060 ACCEPT OK",
        "aws-cli/2.17.0",
        "_CloudTrail_eu-central-1",
        "-all\"",
        "1696086922000",
        ".eu-central-1.compute.internal",
        "AwsApiCall",
    ] {
        assert!(all.contains(kept), "{kept} is gone from {all}");
    }
}

#[test]
fn the_same_value_is_masked_alike_in_every_place_and_keeps_its_shape() {
    let all: Vec<Value> = masked(&documents())
        .iter()
        .map(|document| serde_json::from_str(document).unwrap())
        .collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let inner = text(&all[1]["logEvents"][0]["message"]);
    let record: Value = serde_json::from_str(&inner).unwrap();
    let account = text(&all[0]["owner"]);
    assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    let stream = text(&all[1]["logStream"]);
    assert_eq!(stream, format!("{account}_CloudTrail_eu-central-1"));
    let identity = &record["userIdentity"];
    assert_eq!(identity["accountId"], json!(account));
    let session = text(&identity["principalId"]);
    let session = session.split_once(':').unwrap().1;
    let arn = text(&identity["arn"]);
    assert!(
        arn.starts_with(&format!("arn:aws:sts::{account}:assumed-role/")),
        "{arn}"
    );
    assert!(arn.ends_with(&format!("/{session}")), "{arn} {session}");
    let key = text(&identity["accessKeyId"]);
    assert!(
        key.len() == 20 && key.starts_with("ASIA") && key.ends_with("EXAMPLE"),
        "{key}"
    );

    let flow = text(&all[0]["logEvents"][0]["message"]);
    let fields: Vec<_> = flow.split(' ').collect();
    assert_eq!(fields[1], account);
    assert_eq!(record["sourceIPAddress"], json!(fields[3]));
    assert!(fields[3].parse::<Ipv4Addr>().unwrap().is_documentation());
    let six: Ipv6Addr = fields[4].parse().unwrap();
    assert_eq!(six.segments()[..2], [0x2001, 0x0db8]);
    let stream = text(&all[0]["logStream"]);
    assert_eq!(stream, format!("{}-all", fields[2]));
    let id = text(&record["requestParameters"]["vpcId"]);
    assert_eq!(id.strip_prefix("vpc-"), fields[2].strip_prefix("eni-"));

    let free = text(&all[0]["logEvents"][1]["message"]);
    let [first, _] = session.split('.').collect::<Vec<_>>()[..] else {
        panic!("{session}")
    };
    assert!(free.starts_with(&format!("{first} asked ")), "{free}");
    assert!(free.contains(&format!("(from {six})")), "{free}");
    let bucket = text(&record["requestParameters"]["bucketName"]);
    let policy = text(&record["requestParameters"]["bucketPolicy"]);
    assert!(
        policy.contains(&format!("arn:aws:s3:::{bucket}/*")),
        "{policy}"
    );
    let host = text(&all[1]["logEvents"][1]["message"]);
    assert!(
        host.contains(&format!("host=ip-{}.", fields[3].replace('.', "-"))),
        "{host}"
    );
}

#[test]
fn a_mask_is_no_original_and_ranges_that_run_out_go_on_elsewhere() {
    let used = json!({ "a": "192.0.2.1", "b": "198.51.100.7" }).to_string();
    let many: Vec<_> = (0..2_000_u32)
        .map(|number| Ipv4Addr::from(0x0a00_0000 + number).to_string())
        .collect();
    let all = masked(&[used, json!(many).to_string()]);
    let masks: Vec<Ipv4Addr> = serde_json::from_str(&all[1]).unwrap();
    let distinct: BTreeSet<_> = masks.iter().collect();
    assert_eq!(distinct.len(), 2_000);
    assert!(masks[..700].iter().all(Ipv4Addr::is_documentation));
    assert!(
        masks[800..]
            .iter()
            .all(|mask| mask.octets()[0] >= 240 && !mask.is_broadcast())
    );
    for original in [[192, 0, 2, 1], [198, 51, 100, 7]].map(Ipv4Addr::from) {
        assert!(!distinct.contains(&original) && !all[0].contains(&original.to_string()));
    }
}

#[test]
fn addresses_of_nobody_and_what_only_looks_like_one_stay() {
    for same in [
        "127.0.0.1 0.0.0.0 169.254.169.254 255.255.255.255 ::1 ::",
        "1.2.3 1.2.3.4.5 1.2.3.256 12:34:56 std::fmt",
        "x10.0.0.1y",
        "1234567890123 12345678901",
        "2026-11-21T09:10:11Z",
    ] {
        let document = json!({ "message": same }).to_string();
        assert_eq!(masked(std::slice::from_ref(&document)), [document]);
    }
}

#[test]
fn another_secret_makes_other_masks() {
    let document = message(ACCOUNT, "payroll", "s", &["x"]);
    let other = Masker::new([8; 32]).mask(&document);
    assert_ne!(masked(&[document]), [other]);
}

/// Each takes minutes if any step is not linear.
#[test]
fn hostile_documents_take_linear_time() {
    let key = "k".repeat(1 << 17);
    for document in [
        format!(
            "{{\"{key}\":{}1{}}}",
            "[".repeat(1 << 17),
            "]".repeat(1 << 17)
        ),
        json!({ "message": "a.".repeat(1 << 16) }).to_string(),
        json!({ "message": "1:".repeat(1 << 16) }).to_string(),
        json!({ "message": "ip-1-".repeat(1 << 15) }).to_string(),
        json!({ "name": "arn:".repeat(1 << 15), "message": "arn:a ".repeat(1 << 15) }).to_string(),
        json!({ "message": format!("{}x", "12345678901".repeat(1 << 14)) }).to_string(),
    ] {
        assert!(masked(&[document])[0].len() > 1 << 17);
    }
}

/// Any JSON, with names that are odd and values that are nested.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        "[a-z]{3,8}|10\\.0\\.[0-9]{1,3}\\.1|[0-9]{12}|::[0-9a-f]{1,4}|arn:aws:iam::[0-9]{12}:user/[a-z]{3,6}|AKIA[A-Z2-7]{16}"
            .prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,8}|tags|message|.{0,4}", inner.clone(), 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    })
}

/// The shape of a value: all but its strings and numbers, and the names of its members.
fn shape(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(map) => format!("{{{}}}", map.len()),
        Value::String(_) => "s".to_owned(),
        Value::Number(_) => "n".to_owned(),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn any_document_stays_json_of_the_same_shape_and_is_masked_alike_twice(value in any_json()) {
        let text = value.to_string();
        let all = masked(&[text.clone(), text]);
        prop_assert_eq!(&all[0], &all[1]);
        let read: Value = serde_json::from_str(&all[0]).unwrap();
        prop_assert_eq!(shape(&read), shape(&value));
    }

    #[test]
    fn a_name_is_found_in_any_text_that_names_it(
        name in "[b-df-hj-np-tv-xz]{5,9}",
        before in "([ -/:-@\\[-`]{1,3}|[a-z ]{0,9} )",
        after in "([ -/:-@\\[-`]{1,3}| [a-z ]{0,9})",
        place in 0..6,
    ) {
        let named = match place {
            0 => message("482950137264", &name, "s", &[]),
            1 => message("482950137264", "g", &format!("a/{name}"), &[]),
            2 => message("482950137264", "g", "s", &[&json!({ "userName": name }).to_string()]),
            3 => message("482950137264", "g", "s", &[&format!("by arn:aws:iam::482950137264:role/{name}.")]),
            4 => message("482950137264", "g", "s", &[&format!("{name}@example.com")]),
            _ => message("482950137264", "g", "s", &[&json!({ "tags": { &name: 1 } }).to_string()]),
        };
        let text = format!("{before}{}{after}", name.to_uppercase());
        let all = masked(&[message("482950137264", "g", "s", &[&text]), named]);
        prop_assert!(!all.concat().to_lowercase().contains(&name), "{:?}", all);
    }

    #[test]
    fn any_text_is_masked_without_a_panic(text in any::<String>()) {
        let mut masker = Masker::new([7; 32]);
        masker.mask(&text);
        masker.mask_name(&text);
    }
}
