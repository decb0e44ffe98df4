//! With IAM enforced, the policies that `catchment policies` prints for `verify` suffice, and each of their actions is needed.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::permissions::{assert_all_actions, assert_needed, operator, policy_of};
use crate::support::emulator::Emulator;
use crate::verify::{BUCKET, FLOW_LOGS, create_firehose, log_streams};

const WHOSE: &str = "catchment verify";

fn emulator() -> Emulator {
    Emulator::start_with(&json!({
        "auth": true, "deliver": true, "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.0 },
    }))
}

/// A fleet that delivers, one log group of which has a filter pattern.
fn fleet(emulator: &Emulator) -> Fleet<'_> {
    let fleet = Fleet::new(emulator);
    let group = format!("{{ name = \"{FLOW_LOGS}\", pattern = \"verify\" }}");
    let text = fleet.text("shards = 4", "");
    fleet.write_file(&text.replace(&format!("\"{FLOW_LOGS}\""), &group));
    fleet.expect(0, "apply --yes");
    let params = json!({ "Bucket": BUCKET, "CreateBucketConfiguration": { "LocationConstraint": "us-west-2" } });
    fleet.call(&fleet.logging, "s3", "CreateBucket", &params);
    create_firehose(&fleet, BUCKET);
    fleet
}

fn policy(fleet: &Fleet<'_>, scope: &str) -> Value {
    policy_of(fleet, &format!("{scope} --bucket {BUCKET}"), WHOSE)
}

/// Each action of the logging account, with a command that needs it.
const LOGGING: [(&str, &str); 14] = [
    ("kinesis:DescribeStreamSummary", "status"),
    ("kinesis:ListTagsForStream", "status"),
    ("kinesis:ListShards", "verify"),
    ("kinesis:GetShardIterator", "verify"),
    ("kinesis:GetRecords", "verify"),
    ("iam:GetRole", "status"),
    ("iam:GetRolePolicy", "status"),
    ("iam:ListRolePolicies", "status"),
    ("logs:DescribeDestinations", "status"),
    ("logs:ListTagsForResource", "status"),
    ("firehose:ListDeliveryStreams", "verify --destination"),
    ("firehose:DescribeDeliveryStream", "verify --destination"),
    ("s3:ListBucket", "verify --destination"),
    ("s3:GetObject", "verify --destination"),
];

const MEMBER: [(&str, &str); 5] = [
    ("logs:DescribeSubscriptionFilters", "status"),
    ("logs:TestMetricFilter", "verify"),
    ("logs:CreateLogStream", "verify"),
    ("logs:PutLogEvents", "verify"),
    ("logs:DeleteLogStream", "verify"),
];

/// What both need.
const METRICS: (&str, &str) = ("cloudwatch:GetMetricData", "status --health");

/// Runs a command for each action without it, and expects it to be named.
fn assert_each_is_needed(
    fleet: &Fleet<'_>,
    account: &str,
    whole: &Value,
    table: &[(&str, &str)],
    scope: &str,
) {
    let table: Vec<_> = table.iter().chain([&METRICS]).collect();
    assert_all_actions(table.iter().map(|(action, _)| *action), whole);
    for (action, command) in table {
        let line = format!("{command} {scope}");
        assert_needed(fleet, account, whole, action, &line);
        // what could not be deleted is deleted now
        fleet.expect(0, "verify");
        assert_eq!(log_streams(fleet), Vec::<String>::new());
    }
}

#[test]
fn operators_with_the_printed_policies_prove_every_path_and_each_missing_action_is_named() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    let logging = policy(&fleet, "--logging");
    let members = ["--member dev1", "--member dev2"].map(|scope| policy(&fleet, scope));
    operator(&fleet, "logging", &fleet.logging, &logging);
    operator(&fleet, "dev1", &fleet.dev1, &members[0]);
    operator(&fleet, "dev2", &fleet.dev2, &members[1]);
    let verification = fleet.json(0, "verify --destination");
    let mut paths = verification["paths"].as_array().unwrap().iter();
    assert!(
        paths.all(|path| path["state"] == "proven"),
        "{verification:#}"
    );
    fleet.expect(0, "status --health");

    assert_each_is_needed(&fleet, &fleet.logging, &logging, &LOGGING, "");
    assert_each_is_needed(&fleet, &fleet.dev1, &members[0], &MEMBER, "--member dev1");
}
