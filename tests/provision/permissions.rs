//! With IAM enforced, what `catchment policies` prints suffices, and each missing action is named.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::live::in_two_regions;
use crate::support::emulator::Emulator;

const USER: &str = "operator";
const ENCRYPTED: &str = "encryption = \"aws/kinesis\"";

pub(crate) fn emulator_with_iam() -> Emulator {
    Emulator::start_with(
        &json!({ "auth": true, "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.0 } }),
    )
}

/// The policy of a party's operator, as `catchment policies` prints it.
pub(crate) fn policy(fleet: &Fleet<'_>, scope: &str) -> Value {
    policy_of(fleet, scope, "operator")
}

/// The first policy of a party with this text in its title.
pub(crate) fn policy_of(fleet: &Fleet<'_>, scope: &str, whose: &str) -> Value {
    let documents = fleet.json(0, &format!("policies {scope}"));
    let is_operator = |one: &&Value| one["title"].as_str().unwrap().contains(whose);
    documents["policies"]
        .as_array()
        .unwrap()
        .iter()
        .find(is_operator)
        .unwrap()["document"]
        .clone()
}

/// Creates an operator with this policy in an account, and makes the profile theirs.
pub(crate) fn operator(fleet: &Fleet<'_>, profile: &str, account: &str, policy: &Value) {
    fleet.call(account, "iam", "CreateUser", &json!({ "UserName": USER }));
    grant(fleet, account, policy);
    let key = fleet.call(
        account,
        "iam",
        "CreateAccessKey",
        &json!({ "UserName": USER }),
    );
    let text = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();
    fleet
        .emulator
        .profile_with_key(profile, &text("AccessKeyId"), &text("SecretAccessKey"));
}

pub(crate) fn grant(fleet: &Fleet<'_>, account: &str, policy: &Value) {
    let params = json!({ "UserName": USER, "PolicyName": "catchment", "PolicyDocument": policy.to_string() });
    fleet.call(account, "iam", "PutUserPolicy", &params);
}

/// Every action that a policy allows.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let mut actions: Vec<String> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(many) => many.clone(),
            one => vec![one.clone()],
        })
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    actions.sort();
    actions.dedup();
    actions
}

pub(crate) fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in &mut *statements {
        let kept: Vec<Value> = match &statement["Action"] {
            Value::Array(many) => many.iter().filter(|one| *one != action).cloned().collect(),
            one => Some(one.clone())
                .filter(|one| one != action)
                .into_iter()
                .collect(),
        };
        statement["Action"] = Value::Array(kept);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    policy
}

/// Takes an action from an operator's `whole` policy for one run, which must fail and name it.
pub(crate) fn assert_needed(
    fleet: &Fleet<'_>,
    account: &str,
    whole: &Value,
    action: &str,
    line: &str,
) {
    grant(fleet, account, &without(whole, action));
    let run = fleet.run(line);
    assert_eq!(run.code, Some(1), "without {action}: {run:#?}");
    run.says(action);
    grant(fleet, account, whole);
}

/// Asserts that these are exactly the actions of the policy.
pub(crate) fn assert_all_actions<'a>(listed: impl IntoIterator<Item = &'a str>, policy: &Value) {
    let mut listed: Vec<_> = listed.into_iter().collect();
    listed.sort_unstable();
    assert_eq!(listed, actions(policy));
}

/// The flags, the profile and the account of each party.
fn parties<'f>(fleet: &'f Fleet<'_>) -> [(&'static str, &'static str, &'f str); 3] {
    [
        ("--logging", "logging", &fleet.logging),
        ("--member dev1", "dev1", &fleet.dev1),
        ("--member dev2", "dev2", &fleet.dev2),
    ]
}

#[test]
fn an_operator_with_the_printed_policy_can_do_everything() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write(ENCRYPTED);
    for (scope, profile, account) in parties(&fleet) {
        operator(&fleet, profile, account, &policy(&fleet, scope));
    }
    fleet.expect(3, "plan --exit-code");
    fleet.expect(0, "apply --yes");
    fleet.expect(0, "status");
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "destroy --yes --delete-stream");
}

#[test]
fn operators_with_the_printed_policies_prune_a_region_that_the_file_no_longer_names() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&in_two_regions(&fleet));
    fleet.expect(0, "apply --yes");
    fleet.write("");
    for (scope, profile, account) in parties(&fleet) {
        operator(&fleet, profile, account, &policy(&fleet, scope));
    }
    let plan = fleet.json(3, "plan --prune --exit-code");
    assert_eq!(plan["orphans"][0]["regions"], json!(["eu-west-1"]));
    fleet.expect(0, "apply --prune --yes");
    let plan = fleet.json(0, "plan --exit-code");
    assert_eq!(plan["orphans"], json!([]));
}

/// The state, relative to the fleet file, in which a run needs an action.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Before {
    Nothing,
    InSync,
    /// The fleet file asks for one more tag.
    MoreTags,
    /// The trust policy lets somebody else in.
    OtherTrust,
    /// The fleet file asks for more shards.
    MoreShards,
    /// The fleet file asks for an on-demand stream.
    OnDemand,
}

/// Each action of the logging account's operator, with a state and a command that need it.
const LOGGING: [(&str, Before, &str); 26] = [
    ("kinesis:DescribeStreamSummary", Before::InSync, "plan"),
    ("kinesis:ListTagsForStream", Before::InSync, "status"),
    ("iam:GetRole", Before::InSync, "plan"),
    ("iam:GetRolePolicy", Before::InSync, "status"),
    ("iam:ListRolePolicies", Before::InSync, "plan"),
    ("iam:ListAttachedRolePolicies", Before::InSync, "destroy"),
    ("logs:DescribeDestinations", Before::InSync, "status"),
    ("logs:ListTagsForResource", Before::InSync, "plan"),
    ("kinesis:CreateStream", Before::Nothing, "apply"),
    (
        "kinesis:IncreaseStreamRetentionPeriod",
        Before::Nothing,
        "apply",
    ),
    ("kinesis:StartStreamEncryption", Before::Nothing, "apply"),
    ("iam:CreateRole", Before::Nothing, "apply"),
    ("iam:PutRolePolicy", Before::Nothing, "apply"),
    ("iam:PassRole", Before::Nothing, "apply"),
    ("logs:PutDestination", Before::Nothing, "apply"),
    ("logs:PutDestinationPolicy", Before::Nothing, "apply"),
    ("logs:TagResource", Before::Nothing, "apply"),
    ("kinesis:AddTagsToStream", Before::MoreTags, "apply"),
    ("iam:TagRole", Before::MoreTags, "apply"),
    ("iam:UpdateAssumeRolePolicy", Before::OtherTrust, "apply"),
    ("kinesis:UpdateShardCount", Before::MoreShards, "apply"),
    ("kinesis:UpdateStreamMode", Before::OnDemand, "apply"),
    ("kinesis:DeleteStream", Before::InSync, "destroy"),
    ("iam:DeleteRolePolicy", Before::InSync, "destroy"),
    ("iam:DeleteRole", Before::InSync, "destroy"),
    ("logs:DeleteDestination", Before::InSync, "destroy"),
];

const MEMBER: [(&str, Before, &str); 3] = [
    ("logs:DescribeSubscriptionFilters", Before::Nothing, "plan"),
    ("logs:PutSubscriptionFilter", Before::Nothing, "apply"),
    ("logs:DeleteSubscriptionFilter", Before::InSync, "destroy"),
];

fn line(command: &str, scope: &str) -> String {
    let more = match command {
        "destroy" if scope == "--logging" => "--yes --delete-stream",
        "apply" | "destroy" => "--yes",
        _ => "",
    };
    format!("{command} {scope} {more}")
}

#[test]
fn each_action_missing_to_the_logging_operator_is_named() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write(ENCRYPTED);
    let whole = policy(&fleet, "--logging");
    operator(&fleet, "logging", &fleet.logging, &whole);
    assert_all_actions(LOGGING.map(|(action, ..)| action), &whole);

    for (action, before, command) in LOGGING {
        prepare(&fleet, before);
        let line = line(command, "--logging");
        assert_needed(&fleet, &fleet.logging, &whole, action, &line);
    }
}

/// Brings the logging account from any state into this one.
fn prepare(fleet: &Fleet<'_>, before: Before) {
    let account = &fleet.logging;
    fleet.write(ENCRYPTED);
    fleet.expect(0, "destroy --yes --logging --delete-stream");
    if before == Before::Nothing {
        return;
    }
    fleet.expect(0, "apply --yes --logging");
    match before {
        Before::OtherTrust => {
            let role = fleet.call(account, "iam", "GetRole", &json!({ "RoleName": "cwrole" }));
            let mut trust = role["Role"]["AssumeRolePolicyDocument"].clone();
            trust["Statement"][0]["Condition"]["StringLike"]["aws:SourceArn"] =
                json!(["arn:aws:logs:us-west-2:999988887777:*"]);
            let params = json!({ "RoleName": "cwrole", "PolicyDocument": trust.to_string() });
            fleet.call(account, "iam", "UpdateAssumeRolePolicy", &params);
        }
        Before::MoreShards => fleet.write_stream("shards = 8", ENCRYPTED),
        Before::OnDemand => fleet.write_stream("mode = \"on-demand\"", ENCRYPTED),
        Before::MoreTags => {
            let text = fleet.text("shards = 4", ENCRYPTED);
            fleet.write_file(&format!("{text}\n[tags]\nteam = \"security\"\n"));
        }
        Before::Nothing | Before::InSync => {}
    }
}

#[test]
fn each_action_missing_to_a_member_operator_is_named() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    let scope = "--member dev1";
    let whole = policy(&fleet, scope);
    operator(&fleet, "dev1", &fleet.dev1, &whole);
    assert_all_actions(MEMBER.map(|(action, ..)| action), &whole);

    for (action, before, command) in MEMBER {
        fleet.expect(0, &line("destroy", scope));
        // which took the member's permission too
        fleet.expect(0, "apply --yes --logging");
        if before == Before::InSync {
            fleet.expect(0, &line("apply", scope));
        }
        assert_needed(&fleet, &fleet.dev1, &whole, action, &line(command, scope));
    }

    // the action on the log group is not enough
    let mut half = whole;
    half["Statement"]
        .as_array_mut()
        .unwrap()
        .retain(|one| one["Sid"] != "CatchmentSubscribe");
    fleet.expect(0, &line("destroy", scope));
    fleet.expect(0, "apply --yes --logging");
    grant(&fleet, &fleet.dev1, &half);
    let run = fleet.expect(1, &line("apply", scope));
    run.says(&format!(
        "allow logs:PutSubscriptionFilter on the log group and on {}",
        fleet.destination_arn()
    ));

    // if the run has read the destination policy, which names the member, only one cause is left
    fleet
        .expect(1, "apply --yes")
        .says("the destination policy names this account, but the caller may not use");
}
