//! `catchment discover --organization`: finds the accounts of an organization, enters them by role, and adds them to the fleet file.

use std::fs;

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::permissions::{
    actions, assert_all_actions, assert_needed, emulator_with_iam, operator, policy_of,
};
use crate::support::emulator::Emulator;

const MANAGEMENT: &str = "100000000001";
const ROLE: &str = "Catchment";

/// The accounts `Team 1`, `Team 2`, …: the even ones in unit Workloads/Prod, the others in Workloads.
fn team(number: usize) -> String {
    format!("{}", 222_200_000_000_usize + number)
}

fn account(id: &str, name: &str, more: &Value) -> Value {
    let mut account = json!({ "id": id, "name": name });
    let more = more.as_object().unwrap().clone();
    account.as_object_mut().unwrap().extend(more);
    account
}

/// An organization with so many teams, all of which the logging account can enter, and that have the same log groups.
fn organization(emulator: &Emulator, teams: usize) -> Fleet<'_> {
    let fleet = Fleet::new(emulator);
    let mut accounts = vec![
        account(MANAGEMENT, "Management", &json!({})),
        account(&fleet.logging, "Log Archive", &json!({})),
        account(&fleet.dev1, "dev1", &json!({ "state": "PENDING_CLOSURE" })),
        account(
            "333300000001",
            "Old",
            &json!({ "unit": "ou-root-workload", "state": "SUSPENDED" }),
        ),
    ];
    make_role(&fleet, MANAGEMENT);
    for number in 1..=teams {
        let (unit, tags) = match number % 2 {
            0 => (
                "ou-root-prodprod",
                json!({ "logs": "on", "team": number.to_string() }),
            ),
            _ => ("ou-root-workload", json!({})),
        };
        let more = json!({ "unit": unit, "tags": tags });
        accounts.push(account(&team(number), &format!("Team {number}"), &more));
        make_role(&fleet, &team(number));
        fleet.create_log_group(&team(number), "aws-controltower/CloudTrailLogs");
        fleet.create_log_group(&team(number), &format!("/aws/vpc/vpc-0a{number:04x}"));
        fleet.create_log_group(&team(number), "/aws/lambda/web");
    }
    emulator.organization(&json!({
        "management": MANAGEMENT,
        "units": [
            { "id": "ou-root-workload", "name": "Workloads" },
            { "id": "ou-root-sandboxs", "name": "Sandbox" },
            { "id": "ou-root-prodprod", "name": "Prod", "parent": "ou-root-workload" },
        ],
        "accounts": accounts,
    }));
    emulator.profile("org", MANAGEMENT);
    fleet.write_file(&text(&fleet));
    fleet
}

fn text(fleet: &Fleet<'_>) -> String {
    format!(
        "{}# keep this\n\n[defaults]\nassume_role = \"arn:{{partition}}:iam::{{account}}:role/{ROLE}\"\nprofile = \"logging\"\n",
        fleet.text("shards = 4", "")
    )
}

fn make_role(fleet: &Fleet<'_>, account: &str) {
    let allow = |more: Value| {
        let mut statement = json!({ "Effect": "Allow" });
        let more = more.as_object().unwrap().clone();
        statement.as_object_mut().unwrap().extend(more);
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let root = format!("arn:aws:iam::{}:root", fleet.logging);
    let trust = allow(json!({ "Action": "sts:AssumeRole", "Principal": { "AWS": root } }));
    let role = json!({ "RoleName": ROLE, "AssumeRolePolicyDocument": trust });
    fleet.call(account, "iam", "CreateRole", &role);
    let policy = allow(json!({ "Action": "logs:*", "Resource": "*" }));
    let params = json!({ "RoleName": ROLE, "PolicyName": "all", "PolicyDocument": policy });
    fleet.call(account, "iam", "PutRolePolicy", &params);
}

fn fleet_file(fleet: &Fleet<'_>) -> String {
    fs::read_to_string(fleet.emulator.home().join("catchment.toml")).unwrap()
}

const DISCOVER: &str = "discover --organization --management-profile org";

#[test]
fn accounts_that_are_alike_become_one_table_which_a_second_run_leaves_as_it_is() {
    let emulator = Emulator::start();
    let fleet = organization(&emulator, 23);
    let before = fleet_file(&fleet);

    let shown = fleet.expect(0, DISCOVER);
    insta::assert_snapshot!("discover_organization", shown.stdout);
    assert_eq!(fleet_file(&fleet), before);

    fleet.expect(0, &format!("{DISCOVER} --write"));
    let written = fleet_file(&fleet);
    let accounts: String = (1..=23)
        .map(|number| format!("team-{number} = \"{}\"\n", team(number)))
        .collect();
    let table = format!(
        "\n[[members]]\ncloudtrail = [\"aws-controltower/CloudTrailLogs\"]\nvpc_flow_logs = [\"/aws/vpc/vpc-*\"]\n\n[members.accounts]\n{accounts}"
    );
    let expected = before.replace("# keep this", &format!("{table}# keep this"));
    assert_eq!(written, expected);

    let again = fleet.json(0, &format!("{DISCOVER} --write"));
    assert_eq!(again["proposals"], json!([]));
    assert_eq!(fleet_file(&fleet), written);
    let gone = &again["organization"]["gone"];
    assert_eq!(gone[0]["member"], "dev1");
    assert_eq!(gone[0]["why"], "its state is PENDING_CLOSURE");
    assert_eq!(gone[1]["why"], "it is not in the organization");

    // and they can be set up
    let members = (1..=23).map(|number| format!("--member team-{number}"));
    fleet.expect(
        0,
        &format!(
            "apply --yes --logging {}",
            members.collect::<Vec<_>>().join(" ")
        ),
    );
    assert_eq!(fleet.filters(&team(23), "/aws/vpc/vpc-0a0017").len(), 1);
}

#[test]
fn units_and_tags_select_accounts() {
    let emulator = Emulator::start();
    let fleet = organization(&emulator, 4);
    let found = |flags: &str| -> Vec<String> {
        let discovery = fleet.json(0, &format!("{DISCOVER} {flags}"));
        let proposals = discovery["proposals"].as_array().unwrap().clone();
        let names = proposals.iter().map(|one| one["member"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    let all = ["team-1", "team-2", "team-3", "team-4"];
    assert_eq!(found("--unit Workloads"), all);
    assert_eq!(found("--unit r-root"), all);
    assert_eq!(found("--unit Workloads/Prod"), ["team-2", "team-4"]);
    assert_eq!(
        found("--unit Sandbox --unit ou-root-prodprod"),
        ["team-2", "team-4"]
    );
    emulator.faults(&json!({ "seed": 7, "rate": 0.3, "kinds": ["throttle"] }));
    assert_eq!(found("--tag logs=on"), ["team-2", "team-4"]);
    emulator.faults(&json!({}));
    assert_eq!(
        found("--unit Workloads --tag logs=on --tag team=4"),
        ["team-4"]
    );
    assert!(found("--unit Sandbox").is_empty());

    let wrong = fleet.expect(1, &format!("{DISCOVER} --unit Workloads/Test"));
    wrong.says("the organization has no unit Workloads/Test; at that place there are: Prod");
    fleet
        .expect(1, &format!("{DISCOVER} --unit ou-root-nonsense"))
        .says("the organization has no unit ou-root-nonsense");
    fleet.expect(2, "discover --unit Workloads");
    fleet.expect(2, &format!("{DISCOVER} --member dev1"));
}

#[test]
fn an_account_that_cannot_be_entered_is_named_and_the_rest_is_found() {
    let emulator = emulator_with_iam();
    let fleet = organization(&emulator, 3);
    let params = json!({ "RoleName": ROLE, "PolicyName": "all" });
    fleet.call(&team(2), "iam", "DeleteRolePolicy", &params);
    fleet.call(&team(2), "iam", "DeleteRole", &json!({ "RoleName": ROLE }));
    // the emulator lets an account's root key assume what is not there
    let whole = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "NotResource": format!("arn:aws:iam::{}:role/*", team(2)),
    }] });
    operator(&fleet, "logging", &fleet.logging, &whole);
    let run = fleet.expect(1, &format!("{DISCOVER} --write"));
    run.says(&format!("account Team 2 {}, us-west-2\n  ! could not be read: the role arn:aws:iam::{}:role/Catchment cannot be assumed", team(2), team(2)));
    assert!(fleet_file(&fleet).contains("team-1 = ") && fleet_file(&fleet).contains("team-3 = "));
}

#[test]
fn whoever_may_not_list_is_told_who_may() {
    let emulator = Emulator::start();
    let fleet = organization(&emulator, 1);
    fleet
        .expect(1, "discover --organization")
        .says("only the management account and delegated administrators may list the accounts");
    emulator.organization(&json!({
        "management": MANAGEMENT, "delegated": [fleet.logging],
        "accounts": [account(&fleet.logging, "Log Archive", &json!({})), account(&team(1), "Team 1", &json!({}))],
    }));
    fleet.expect(0, "discover --organization").says("team-1");
    emulator.organization(&json!({}));
    fleet
        .expect(1, "discover --organization")
        .says("its account is in no organization");
    fleet.write("");
    fleet
        .expect(1, "discover --organization")
        .says("add assume_role = ");
}

#[test]
fn a_file_without_members_gets_its_first() {
    let emulator = Emulator::start();
    let fleet = organization(&emulator, 2);
    let text = text(&fleet);
    let (logging, _) = text.split_once("[[members]]").unwrap();
    let (_, defaults) = text.split_once("# keep this\n").unwrap();
    fleet.write_file(&format!("{logging}{defaults}"));
    fleet.expect(0, &format!("{DISCOVER} --write"));
    fleet.expect(0, "apply --yes");
}

#[test]
fn the_printed_policy_suffices_to_list_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = organization(&emulator, 2);
    let whole = policy_of(&fleet, "--logging", "discover --organization");
    operator(&fleet, "org", MANAGEMENT, &whole);
    let line = format!("{DISCOVER} --unit Workloads --tag logs=on");
    fleet.expect(0, &line);
    let needed = [
        "organizations:ListAccounts",
        "organizations:ListRoots",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListTagsForResource",
    ];
    assert_all_actions(needed, &whole);
    for action in actions(&whole) {
        assert_needed(&fleet, MANAGEMENT, &whole, &action, &line);
    }
}
