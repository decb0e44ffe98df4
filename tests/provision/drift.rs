//! Drift in each kind of resource: shown by `status`, planned, repaired, and foreign parts kept.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

/// Causes a drift and checks the response: `status` names `resource`, the plan has exactly `actions`, and after `apply`
/// nothing is left to do.
#[track_caller]
fn check(fleet: &Fleet<'_>, resource: &str, actions: &[&str], drift: impl Fn()) {
    drift();
    let run = fleet.expect(0, "status");
    let line = run.stdout.lines().find(|line| line.contains(resource));
    assert!(
        line.is_some_and(|line| line.contains("drifted")),
        "{resource}: {}",
        run.stdout
    );
    let plan = fleet.json(0, "plan");
    let planned: Vec<_> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["action"])
        .collect();
    assert_eq!(planned, actions, "{resource}");
    fleet.expect(0, "apply --yes");
    fleet.expect(0, "plan --exit-code");
}

#[test]
fn drift_in_each_kind_of_resource_is_shown_planned_and_repaired() {
    let emulator = Emulator::start_with(
        &json!({ "rules": { "propagation_seconds": 0.1, "stream_seconds": 0.1 } }),
    );
    let fleet = &Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let logging = &fleet.logging;

    check(
        fleet,
        "cwl_vpc_fl_member_account_1",
        &["put-filter"],
        || {
            let params = json!({
                "logGroupName": "cwl_vpc_fl_member_account_1", "filterName": "catchment-kinesisDest", "filterPattern": "REJECT",
                "destinationArn": fleet.destination_arn(), "distribution": "ByLogStream",
            });
            fleet.call(&fleet.dev1, "logs", "PutSubscriptionFilter", &params);
        },
    );

    check(fleet, "kinesisDest", &["put-destination"], || {
        let params = json!({
            "destinationName": "kinesisDest", "roleArn": format!("arn:aws:iam::{logging}:role/other"),
            "targetArn": format!("arn:aws:kinesis:us-west-2:{logging}:stream/Demo_Kinesis_Stream"),
        });
        fleet.call(logging, "logs", "PutDestination", &params);
    });

    let ours = policy(fleet);
    check(fleet, "kinesisDest", &["put-destination-policy"], || {
        put_policy(
            fleet,
            &json!({ "Version": "2012-10-17", "Statement": [foreign_statement(fleet)] }),
        );
    });
    let statements = policy(fleet)["Statement"].as_array().unwrap().clone();
    assert!(
        statements.contains(&foreign_statement(fleet)),
        "the foreign statement is kept: {statements:?}"
    );
    assert!(
        statements.contains(&ours["Statement"][0]),
        "ours is back: {statements:?}"
    );

    let run = fleet.expect(0, "status");
    assert!(
        run.stdout.contains("foreign"),
        "a foreign statement is shown: {}",
        run.stdout
    );

    check(fleet, "Demo_Kinesis_Stream", &["raise-retention"], || {
        let params = json!({ "StreamName": "Demo_Kinesis_Stream", "RetentionPeriodHours": 24 });
        fleet.call(logging, "kinesis", "DecreaseStreamRetentionPeriod", &params);
    });

    check(fleet, "cwrole", &["put-role-trust"], || {
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
        ] });
        let params = json!({ "RoleName": "cwrole", "PolicyDocument": trust.to_string() });
        fleet.call(logging, "iam", "UpdateAssumeRolePolicy", &params);
    });
    let role = fleet.call(logging, "iam", "GetRole", &json!({ "RoleName": "cwrole" }));
    let trust = role["Role"]["AssumeRolePolicyDocument"].to_string();
    assert!(
        trust.contains("ec2.amazonaws.com") && trust.contains("logs.amazonaws.com"),
        "{trust}"
    );
}

pub(crate) fn foreign_statement(fleet: &Fleet<'_>) -> Value {
    json!({
        "Sid": "theirs", "Effect": "Allow", "Principal": { "AWS": "123412341234" },
        "Action": "logs:PutSubscriptionFilter", "Resource": fleet.destination_arn(),
    })
}

pub(crate) fn policy(fleet: &Fleet<'_>) -> Value {
    serde_json::from_str(fleet.destinations()[0]["accessPolicy"].as_str().unwrap()).unwrap()
}

pub(crate) fn put_policy(fleet: &Fleet<'_>, policy: &Value) {
    let params = json!({ "destinationName": "kinesisDest", "accessPolicy": policy.to_string() });
    fleet.call(&fleet.logging, "logs", "PutDestinationPolicy", &params);
}
