//! Roles with a permissions boundary, roles that others make, and the role that members are entered by: what operators may do, and need not.

use std::process::Command;

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::permissions::{
    actions, assert_all_actions, assert_needed, emulator_with_iam, operator, policy,
};
use crate::support::emulator::Emulator;
use crate::support::repository;

/// The fleet file with the organization subscribing, and more under `[logging]`.
fn text(fleet: &Fleet<'_>, more: &str) -> String {
    let access = "[logging]\naccess = \"organization\"\norganization = \"o-catchment0\"";
    let text = fleet.text("shards = 1", "");
    text.replacen("[logging]", &format!("{access}\n{more}"), 1)
}

const BOUNDARY: &str = "permissions_boundary = \"arn:{partition}:iam::{account}:policy/Bound\"";

fn parties<'f>(fleet: &'f Fleet<'_>) -> [(&'static str, &'static str, &'f str); 3] {
    [
        ("--logging", "logging", &fleet.logging),
        ("--member dev1", "dev1", &fleet.dev1),
        ("--member dev2", "dev2", &fleet.dev2),
    ]
}

/// Creates the managed policy in each account.
fn create_boundaries(fleet: &Fleet<'_>) {
    let document = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["kinesis:PutRecord", "logs:PutLogEvents"], "Resource": "*",
    }] });
    for (_, _, account) in parties(fleet) {
        let params = json!({ "PolicyName": "Bound", "PolicyDocument": document.to_string() });
        fleet.call(account, "iam", "CreatePolicy", &params);
    }
}

fn role(fleet: &Fleet<'_>, account: &str, name: &str) -> Value {
    fleet.call(account, "iam", "GetRole", &json!({ "RoleName": name }))
}

#[test]
fn operators_make_roles_with_the_boundary_and_no_others() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    create_boundaries(&fleet);
    let bounded = text(&fleet, BOUNDARY);
    fleet.write_file(&bounded);
    for (scope, profile, account) in parties(&fleet) {
        operator(&fleet, profile, account, &policy(&fleet, scope));
    }
    fleet.expect(0, "apply --yes");
    for (account, name) in [
        (&fleet.logging, "cwrole"),
        (&fleet.dev1, "catchment-kinesisDest"),
    ] {
        let boundary = &role(&fleet, account, name)["Role"]["PermissionsBoundary"];
        assert_eq!(
            boundary["PermissionsBoundaryArn"],
            format!("arn:aws:iam::{account}:policy/Bound")
        );
    }
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "destroy --yes --delete-stream");

    fleet.write_file(&text(&fleet, ""));
    let run = fleet.expect(1, "apply --yes");
    run.says("iam:CreateRole failed on role cwrole");
    run.says("iam:CreateRole failed on role catchment-kinesisDest");
}

/// Each action that is allowed with the boundary only, whether the role is there without it, and a command that needs the action.
const BOUNDED: [(&str, Option<bool>, &str); 4] = [
    ("iam:CreateRole", None, "apply --yes"),
    ("iam:PutRolePolicy", None, "apply --yes"),
    ("iam:PutRolePermissionsBoundary", Some(false), "apply --yes"),
    (
        "iam:DeleteRolePolicy",
        Some(true),
        "destroy --yes --delete-stream",
    ),
];

#[test]
fn each_action_of_a_bounded_operator_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    create_boundaries(&fleet);
    let bounded = text(&fleet, BOUNDARY);
    fleet.write_file(&bounded);
    let whole = policy(&fleet, "--logging");
    operator(&fleet, "logging", &fleet.logging, &whole);
    let statements = whole["Statement"].as_array().unwrap();
    let of_boundary = statements
        .iter()
        .find(|one| one["Sid"] == "CatchmentBoundedRolePolicy");
    let statement = json!({ "Statement": [of_boundary.unwrap()] });
    assert_all_actions(BOUNDED.map(|(action, ..)| action), &statement);
    for (action, before, command) in BOUNDED {
        fleet.write_file(&bounded);
        fleet.expect(0, "destroy --yes --logging --delete-stream");
        if before.is_some() {
            fleet.expect(0, "apply --yes --logging");
        }
        if before == Some(false) {
            let name = json!({ "RoleName": "cwrole" });
            fleet.call(
                &fleet.logging,
                "iam",
                "DeleteRolePermissionsBoundary",
                &name,
            );
        }
        let line = format!("{command} --logging");
        assert_needed(&fleet, &fleet.logging, &whole, action, &line);
    }
}

/// Makes the roles of the fleet as `catchment policies` prints them.
fn make_roles(fleet: &Fleet<'_>) {
    for (scope, _, account) in parties(fleet) {
        let documents = fleet.json(0, &format!("policies {scope}"));
        let documents = documents["policies"].as_array().unwrap();
        let find = |beginning: &str| {
            let mut titles = documents
                .iter()
                .map(|one| (one["title"].as_str().unwrap(), one));
            let (title, one) = titles
                .find(|(title, _)| title.starts_with(beginning))
                .unwrap();
            (title.to_owned(), one["document"].to_string())
        };
        let (title, trust) = find("trust policy of role ");
        let role = title.rsplit(' ').next().unwrap().to_owned();
        let params = json!({ "RoleName": role, "AssumeRolePolicyDocument": trust });
        fleet.call(account, "iam", "CreateRole", &params);
        let (title, document) = find("inline policy ");
        let name = title.split(' ').nth(2).unwrap();
        let params = json!({ "RoleName": role, "PolicyName": name, "PolicyDocument": document });
        fleet.call(account, "iam", "PutRolePolicy", &params);
    }
}

#[test]
fn with_ready_made_roles_nothing_is_written_to_iam() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, "ready_made = [\"role\", \"member_role\"]"));
    let reads = ["iam:Get", "iam:List", "iam:PassRole"];
    for (scope, profile, account) in parties(&fleet) {
        let policy = policy(&fleet, scope);
        let actions = actions(&policy);
        let mut of_iam = actions.iter().filter(|one| one.starts_with("iam:"));
        assert!(
            of_iam.all(|one| reads.iter().any(|read| one.starts_with(read))),
            "{actions:?}"
        );
        operator(&fleet, profile, account, &policy);
    }
    let run = fleet.expect(1, "apply --yes");
    run.says("it is ready-made, says the fleet file, and it is not there");
    make_roles(&fleet);
    fleet.expect(0, "apply --yes");
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "status --exit-code");
    let narrow = json!({ "RoleName": "catchment-kinesisDest", "PolicyName": "catchment-filters" });
    fleet.call(&fleet.dev1, "iam", "DeleteRolePolicy", &narrow);
    let run = fleet.expect(1, "plan --exit-code");
    run.says("its inline policy catchment-filters will not do: it is not there");
    fleet.expect(0, "destroy --yes --delete-stream");
    role(&fleet, &fleet.logging, "cwrole");
    role(&fleet, &fleet.dev2, "catchment-kinesisDest");
    let writes = fleet.writes();
    let of_iam = writes.iter().filter(|call| call["service"] == "iam");
    let of_iam: Vec<_> = of_iam.map(|call| &call["operation"]).collect();
    assert_eq!(of_iam, [] as [&Value; 0]);
}

#[test]
fn the_template_with_the_members_role_is_one_that_cloudformation_takes() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let run = fleet.expect(1, "policies --stackset");
    run.says("no member is entered by a role");
    let defaults = "[defaults]\nassume_role = \"arn:{partition}:iam::{account}:role/Catchment\"\nprofile = \"logging\"\nexternal_id = \"fleet-1\"\n";
    let members = text(&fleet, BOUNDARY);
    let members = members.replace("profile = \"dev1\"\n", "");
    let members = members.replace("profile = \"dev2\"\n", "");
    fleet.write_file(&format!("{members}\n{defaults}"));
    let template = fleet.expect(0, "policies --stackset").stdout;
    assert_eq!(template.matches("\"RoleName\"").count(), 1);
    emulator.write("role.json", &template);
    let lint = Command::new(repository().join(".venv/bin/cfn-lint"))
        .arg(emulator.home().join("role.json"))
        .output()
        .unwrap();
    assert!(lint.status.success(), "{lint:?}");
}
