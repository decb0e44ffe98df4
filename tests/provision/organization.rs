//! An organization that subscribes in the place of accounts, and back, while log events flow.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fleet::{Fleet, REGION};
use crate::kill::killed_after;
use crate::live::{create_log_streams, emulator, log};
use crate::many::{LOGGING, Many, account};
use crate::permissions::{
    Before, actions, assert_all_actions, assert_needed, emulator_with_iam, operator, policy,
};
use crate::support::emulator::Emulator;

const ROLE: &str = "catchment-kinesisDest";

/// The fleet file, with a list of accounts.
fn accounts(fleet: &Fleet<'_>) -> String {
    fleet.text("shards = 1", "")
}

/// The fleet file, with the organization of the emulator.
fn organization(fleet: &Fleet<'_>) -> String {
    let access = "[logging]\naccess = \"organization\"\norganization = \"o-catchment0\"";
    accounts(fleet).replacen("[logging]", access, 1)
}

/// The names of an account's roles.
fn roles(fleet: &Fleet<'_>, account: &str) -> Vec<Value> {
    let roles = fleet.call(account, "iam", "ListRoles", &json!({}));
    let roles = roles["Roles"].as_array().unwrap().iter();
    roles.map(|role| role["RoleName"].clone()).collect()
}

/// The operations and accounts of the writes of `run`, in order.
fn writes(fleet: &Fleet<'_>, run: impl FnOnce()) -> Vec<(String, String)> {
    fleet.emulator.clear_calls();
    run();
    let text = |call: &Value, key: &str| call[key].as_str().unwrap().to_owned();
    let writes = fleet.writes();
    let writes = writes.iter();
    writes
        .map(|call| (text(call, "operation"), text(call, "account")))
        .collect()
}

#[test]
fn every_role_and_filter_comes_before_the_policy_and_goes_after_it() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&accounts(&fleet));
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);

    fleet.write_file(&organization(&fleet));
    let to = writes(&fleet, || drop(fleet.expect(0, "apply --yes")));
    let position = |all: &[(String, String)], name: &str| {
        all.iter().position(|(operation, _)| operation == name)
    };
    assert_eq!(
        position(&to, "PutDestinationPolicy"),
        Some(to.len() - 1),
        "{to:?}"
    );
    log(&fleet, "with the organization");
    let filter = &fleet.filters(&fleet.dev1, "CloudTrail/member_account_1")[0];
    let role = format!("arn:aws:iam::{}:role/{ROLE}", fleet.dev1);
    assert_eq!(filter["roleArn"], role);
    let tags = fleet.call(&fleet.dev1, "iam", "GetRole", &json!({ "RoleName": ROLE }));
    assert!(tags["Role"]["Tags"].to_string().contains("catchment:fleet"));
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "status --exit-code");

    fleet.write_file(&accounts(&fleet));
    fleet.expect(0, "apply --yes");
    log(&fleet, "with the accounts beside the organization");
    let run = fleet.expect(0, "plan --exit-code");
    run.says(
        "orphan: organization o-catchment0 may subscribe, which the fleet file does not ask for",
    );
    let back = writes(&fleet, || drop(fleet.expect(0, "apply --prune --yes")));
    let last_filter = back
        .iter()
        .rposition(|(one, _)| one == "PutSubscriptionFilter");
    assert!(position(&back, "PutDestinationPolicy") < position(&back, "PutSubscriptionFilter"));
    assert!(last_filter < back.iter().rposition(|(one, _)| one == "DeleteRole"));
    log(&fleet, "with the accounts");
    assert_eq!(roles(&fleet, &fleet.dev1), [] as [Value; 0]);
    let left = fleet.json(0, "plan --prune --exit-code");
    assert_eq!(
        (&left["changes"], &left["orphans"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn killed_at_any_write_the_next_run_completes_and_no_event_is_refused() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&accounts(&fleet));
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    for number in 1.. {
        let moved = |text: &str, line: &str| {
            fleet.write_file(text);
            let is_held = killed_after(&fleet, number, line, || {
                log(&fleet, &format!("after write {number} of {line}"));
            });
            if is_held {
                fleet.expect(0, line);
            }
            log(
                &fleet,
                &format!("once completed after write {number} of {line}"),
            );
            fleet.expect(0, "plan --exit-code");
            is_held
        };
        let to = moved(&organization(&fleet), "apply --yes");
        let back = moved(&accounts(&fleet), "apply --prune --yes");
        if !to && !back {
            assert!(number > 8, "only {number} writes");
            return;
        }
    }
}

#[test]
fn half_way_the_policy_stays_and_says_who_is_not_ready() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&accounts(&fleet));
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    let theirs = json!({
        "RoleName": ROLE,
        "AssumeRolePolicyDocument": json!({ "Version": "2012-10-17", "Statement": [] }).to_string(),
    });
    fleet.call(&fleet.dev2, "iam", "CreateRole", &theirs);
    fleet.write_file(&organization(&fleet));
    let run = fleet.expect(1, "apply --yes");
    run.says("a role of this name exists that catchment did not create");
    run.says("these members are not ready: dev2");
    assert!(
        fleet.destinations()[0]["accessPolicy"]
            .to_string()
            .contains(&fleet.dev2)
    );
    log(&fleet, "half-way");
    let role = fleet.call(&fleet.dev2, "iam", "GetRole", &json!({ "RoleName": ROLE }));
    assert!(role["Role"]["Tags"].as_array().is_none_or(Vec::is_empty));

    // without a look at the members, it is not known whether they are ready
    let run = fleet.expect(1, "apply --yes --logging");
    run.says("these members are not ready: dev1, dev2");
    log(&fleet, "after a run without the members");

    fleet.call(
        &fleet.dev2,
        "iam",
        "DeleteRole",
        &json!({ "RoleName": ROLE }),
    );
    fleet.expect(0, "apply --yes");
    log(&fleet, "once dev2 is ready");
    fleet.expect(0, "plan --exit-code");
}

#[test]
fn a_members_operator_makes_its_role_and_a_destroyed_member_has_none() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&organization(&fleet));
    fleet.expect(0, "apply --yes --logging");
    fleet.expect(0, "apply --yes --member dev1");
    assert_eq!(roles(&fleet, &fleet.dev1), [json!(ROLE)]);
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");
    let gone = writes(&fleet, || {
        drop(fleet.expect(0, "destroy --yes --member dev1"));
    });
    let gone: Vec<_> = gone
        .iter()
        .map(|(operation, _)| operation.as_str())
        .collect();
    assert_eq!(
        gone,
        [
            "DeleteSubscriptionFilter",
            "DeleteSubscriptionFilter",
            "DeleteRolePolicy",
            "DeleteRole"
        ]
    );
    assert_eq!(roles(&fleet, &fleet.dev1), [] as [Value; 0]);
    assert_eq!(roles(&fleet, &fleet.dev2), [json!(ROLE)]);
    fleet.expect(0, "destroy --yes");
    assert_eq!(roles(&fleet, &fleet.dev2), [] as [Value; 0]);
}

/// Moves this many members to the organization and back, with an event in each member's log group before, between and after.
fn check_many(members: usize) {
    let rules = json!({ "propagation_seconds": 0.0, "stream_seconds": 0.0, "quotas": false, "organisation": "o-abcdefghij" });
    let emulator = Emulator::start_with(&json!({ "deliver": true, "rules": rules }));
    let many = Many::new(&emulator, members, &["trail"]);
    let list = std::fs::read_to_string(emulator.home().join("catchment.toml")).unwrap();
    for member in 0..members {
        let params = json!({ "logGroupName": "trail", "logStreamName": "s" });
        emulator.call(&account(member), REGION, "logs", "CreateLogStream", &params);
    }
    let log = |when: &str| {
        let count = |delivered: &Value| delivered["messages"].as_array().unwrap().len();
        let before = count(&emulator.delivered());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let event = json!({ "timestamp": u64::try_from(now.as_millis()).unwrap(), "message": "m" });
        let params = json!({ "logGroupName": "trail", "logStreamName": "s", "logEvents": [event] });
        for member in 0..members {
            emulator.call(&account(member), REGION, "logs", "PutLogEvents", &params);
        }
        let delivered = emulator.delivered();
        assert_eq!(delivered["refused"], json!([]), "{when}");
        assert_eq!(count(&delivered) - before, members, "{when}");
    };
    // more accounts than a destination policy takes begin with the organization
    let has_list = members <= 300;
    if has_list {
        many.expect(0, "apply --yes");
        log("with the list");
    }
    let organization = list.replacen("[logging]", "[logging]\naccess = \"organization\"", 1);
    emulator.write("catchment.toml", &organization);
    many.expect(0, "apply --yes");
    log("with the organization");
    many.expect(0, "plan --exit-code");
    if has_list {
        emulator.write("catchment.toml", &list);
        many.expect(0, "apply --yes");
        log("with both");
        many.expect(0, "apply --yes --prune");
        log("with the list again");
        many.expect(0, "plan --exit-code");
    }
    many.expect(0, "destroy --yes --delete-stream");
    for account in (0..members).map(account).chain([LOGGING.to_owned()]) {
        let roles = emulator.call(&account, REGION, "iam", "ListRoles", &json!({}));
        assert_eq!(roles["Roles"], json!([]), "{account}");
    }
}

#[test]
fn many_members_move_to_the_organization_and_back() {
    check_many(24);
}

#[test]
#[ignore = "takes minutes; run by hand"]
fn hundreds_of_members_move_to_the_organization_and_back() {
    check_many(300);
    check_many(400);
}

/// Each action of a member's operator beyond those for filters, with the state before and a command that needs it.
const ROLE_ACTIONS: [(&str, Before, &str); 11] = [
    ("iam:GetRole", Before::InSync, "plan"),
    ("iam:GetRolePolicy", Before::InSync, "status"),
    ("iam:ListRolePolicies", Before::InSync, "plan"),
    (
        "iam:ListAttachedRolePolicies",
        Before::InSync,
        "destroy --yes",
    ),
    ("iam:CreateRole", Before::Nothing, "apply --yes"),
    ("iam:PutRolePolicy", Before::Nothing, "apply --yes"),
    ("iam:PassRole", Before::Nothing, "apply --yes"),
    ("iam:TagRole", Before::MoreTags, "apply --yes"),
    (
        "iam:UpdateAssumeRolePolicy",
        Before::OtherTrust,
        "apply --yes",
    ),
    ("iam:DeleteRolePolicy", Before::InSync, "destroy --yes"),
    ("iam:DeleteRole", Before::InSync, "destroy --yes"),
];

#[test]
fn each_action_on_the_role_missing_to_a_members_operator_is_named() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    let text = organization(&fleet);
    fleet.write_file(&text);
    fleet.expect(0, "apply --yes --logging");
    let scope = "--member dev1";
    let whole = policy(&fleet, scope);
    operator(&fleet, "dev1", &fleet.dev1, &whole);
    let others = actions(&whole).into_iter();
    let others: Vec<_> = others.filter(|one| !one.starts_with("iam:")).collect();
    let of_role = ROLE_ACTIONS.map(|(action, ..)| action);
    assert_all_actions(others.iter().map(String::as_str).chain(of_role), &whole);
    for (action, before, command) in ROLE_ACTIONS {
        fleet.write_file(&text);
        fleet.expect(0, &format!("destroy --yes {scope}"));
        if before != Before::Nothing {
            fleet.expect(0, &format!("apply --yes {scope}"));
        }
        match before {
            Before::MoreTags => fleet.write_file(&format!("{text}\n[tags]\nteam = \"x\"\n")),
            Before::OtherTrust => {
                let trust = json!({ "Version": "2012-10-17", "Statement": [{
                    "Sid": "CatchmentFilters", "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole",
                }] });
                let params = json!({ "RoleName": ROLE, "PolicyDocument": trust.to_string() });
                fleet.call(&fleet.dev1, "iam", "UpdateAssumeRolePolicy", &params);
            }
            _ => {}
        }
        let line = format!("{command} {scope}");
        assert_needed(&fleet, &fleet.dev1, &whole, action, &line);
    }
}
