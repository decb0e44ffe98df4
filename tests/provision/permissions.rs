//! With IAM enforced: what `catchment policies` prints is enough, and each action that is missing is named.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

const USER: &str = "operator";

fn world() -> Emulator {
    Emulator::start_with(
        &json!({ "auth": true, "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.0 } }),
    )
}

/// The policy of a party's operator, as `catchment policies` prints it.
fn policy(fleet: &Fleet<'_>, scope: &str) -> Value {
    let documents = fleet.json(0, &format!("policies {scope}"));
    let is_operator = |one: &&Value| one["title"].as_str().unwrap().contains("operator");
    documents
        .as_array()
        .unwrap()
        .iter()
        .find(is_operator)
        .unwrap()["document"]
        .clone()
}

/// Gives an account an operator with this policy, and the profile of that name to them alone.
fn operator(fleet: &Fleet<'_>, profile: &str, account: &str, policy: &Value) {
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

fn grant(fleet: &Fleet<'_>, account: &str, policy: &Value) {
    let params = json!({ "UserName": USER, "PolicyName": "catchment", "PolicyDocument": policy.to_string() });
    fleet.call(account, "iam", "PutUserPolicy", &params);
}

/// Every action that a policy allows.
fn actions(policy: &Value) -> Vec<String> {
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

fn without(policy: &Value, action: &str) -> Value {
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

#[test]
fn an_operator_with_the_printed_policy_can_do_everything() {
    let emulator = world();
    let fleet = Fleet::new(&emulator);
    fleet.write("encryption = \"aws/kinesis\"");
    for (scope, profile, account) in [
        ("--logging", "logging", &fleet.logging),
        ("--member dev1", "dev1", &fleet.dev1),
        ("--member dev2", "dev2", &fleet.dev2),
    ] {
        operator(&fleet, profile, account, &policy(&fleet, scope));
    }
    fleet.expect(3, "plan --exit-code");
    fleet.expect(0, "apply --yes");
    fleet.expect(0, "status");
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "destroy --yes --delete-stream");
}
