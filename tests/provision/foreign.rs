//! Foreign resources are left alone, and reported if they are in the way.

use serde_json::json;

use crate::drift::{foreign_statement, policy, put_policy};
use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

#[test]
fn two_foreign_filters_reach_the_limit_and_are_named() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let group = "CloudTrail/member_account_1";
    fleet.put_filter(&fleet.dev1, group, "to-splunk");
    fleet.put_filter(&fleet.dev1, group, "to-lambda");
    let before = fleet.filters(&fleet.dev1, group);

    let run = fleet.expect(1, "apply --yes");
    run.says("to-lambda, to-splunk");
    run.says("as many subscription filters as AWS allows");
    assert_eq!(
        fleet.filters(&fleet.dev1, group),
        before,
        "foreign filters are unchanged"
    );
    assert_eq!(
        fleet
            .filters(&fleet.dev1, "cwl_vpc_fl_member_account_1")
            .len(),
        1,
        "the other log groups are subscribed"
    );
    assert_eq!(
        fleet
            .filters(&fleet.dev2, "CloudTrail/member_account_2")
            .len(),
        1
    );
    let refused = fleet
        .writes()
        .into_iter()
        .filter(|call| call["code"] == "LimitExceededException")
        .count();
    assert_eq!(refused, 1, "a limit is not retried");

    fleet.expect(0, "destroy --yes");
    assert_eq!(fleet.filters(&fleet.dev1, group), before);
}

#[test]
fn a_foreign_role_of_the_same_name_is_left_alone() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let params = json!({
        "RoleName": "cwrole", "AssumeRolePolicyDocument": trust.to_string(),
        "Tags": [{ "Key": "catchment:fleet", "Value": "another/fleet" }],
    });
    fleet.call(&fleet.logging, "iam", "CreateRole", &params);

    fleet.expect(1, "apply --yes").says("cwrole");
    fleet.expect(0, "destroy --yes --delete-stream");
    let role = fleet.call(
        &fleet.logging,
        "iam",
        "GetRole",
        &json!({ "RoleName": "cwrole" }),
    );
    assert_eq!(role["Role"]["AssumeRolePolicyDocument"], trust);
    let writes = fleet.writes();
    assert!(
        writes.iter().all(|call| call["service"] != "iam"),
        "{writes:?}"
    );
}

#[test]
fn destroy_fails_if_something_is_left_unless_others_use_it() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let mut shared = policy(&fleet);
    let statements = shared["Statement"].as_array_mut().unwrap();
    statements.push(foreign_statement(&fleet));
    put_policy(&fleet, &shared);
    let run = fleet.expect(0, "destroy --yes --delete-stream");
    run.says("kept: logs::Destination kinesisDest in us-west-2 is used by others");

    let params = json!({
        "resourceArn": fleet.destination_arn(), "tags": { "catchment:fleet": "another/fleet" },
    });
    fleet.call(&fleet.logging, "logs", "TagResource", &params);
    let run = fleet.expect(1, "destroy --yes --delete-stream");
    run.says("blocked: logs::Destination kinesisDest in us-west-2 is foreign and uses it");
    assert_eq!(fleet.destinations().len(), 1);
}
