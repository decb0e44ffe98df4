//! Members without profiles of their own: one profile assumes a role in each.

use serde_json::json;

use crate::fleet::Fleet;
use crate::permissions::{emulator_with_iam, operator, policy};
use crate::support::emulator::Emulator;

/// The fleet file in which only the logging account has a profile.
fn by_role(fleet: &Fleet<'_>) -> String {
    let text = fleet.text("shards = 4", "");
    let text = text
        .replace("profile = \"dev1\"\n", "")
        .replace("profile = \"dev2\"\n", "");
    format!(
        "{text}\n[defaults]\nassume_role = \"arn:{{partition}}:iam::{{account}}:role/Catchment\"\nexternal_id = \"fleet-1\"\nprofile = \"logging\"\n"
    )
}

/// Creates the role in a member account, with the policy that its operator needs.
fn make_role(fleet: &Fleet<'_>, account: &str, scope: &str) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", fleet.logging) },
        "Condition": { "StringEquals": { "sts:ExternalId": "fleet-1" } },
    }] });
    let role = json!({ "RoleName": "Catchment", "AssumeRolePolicyDocument": trust.to_string() });
    fleet.call(account, "iam", "CreateRole", &role);
    let document = policy(fleet, scope).to_string();
    let params =
        json!({ "RoleName": "Catchment", "PolicyName": "catchment", "PolicyDocument": document });
    fleet.call(account, "iam", "PutRolePolicy", &params);
}

#[test]
fn members_without_a_profile_are_set_up_and_taken_down_by_their_role() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&by_role(&fleet));
    make_role(&fleet, &fleet.dev1, "--member dev1");
    make_role(&fleet, &fleet.dev2, "--member dev2");
    emulator.write(
        "credentials",
        &format!(
            "[logging]\naws_access_key_id = {}\naws_secret_access_key = test\n",
            fleet.logging
        ),
    );
    emulator.clear_calls();
    fleet.expect(0, "apply --yes");
    assert_eq!(fleet.trail_filters(), [1, 1]);
    let calls = emulator.calls();
    let count = |operation: &str| {
        let of = calls.iter().filter(|call| call["operation"] == operation);
        of.count()
    };
    assert_eq!(count("AssumeRole"), 2, "once for each member");
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "destroy --yes");
    assert!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .is_empty()
    );
}

#[test]
fn a_role_that_cannot_be_assumed_leaves_only_its_member_out() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&by_role(&fleet));
    make_role(&fleet, &fleet.dev1, "--member dev1");
    make_role(&fleet, &fleet.dev2, "--member dev2");
    let mut allowed = policy(&fleet, "--logging");
    let assume = json!({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": format!("arn:aws:iam::{}:role/Catchment", fleet.dev1),
    });
    allowed["Statement"].as_array_mut().unwrap().push(assume);
    operator(&fleet, "logging", &fleet.logging, &allowed);
    let run = fleet.expect(1, "apply --yes");
    let role = format!(
        "the role arn:aws:iam::{}:role/Catchment cannot be assumed: AccessDenied",
        fleet.dev2
    );
    run.says(&role);
    run.says(
        "allow sts:AssumeRole on it to the user or role whose credentials profile logging gives",
    );
    assert_eq!(fleet.trail_filters(), [1, 0]);
}
