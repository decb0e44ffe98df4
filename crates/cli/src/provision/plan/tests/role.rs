//! Roles with a permissions boundary, and roles that others make.

use super::generated::nothing_yet;
use super::seed::{known, place};
use super::simulate::simulate;
use super::{Desired, Observed, Plan, RoleAction, State, destroy, plan};
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::observed::Role;
use crate::provision::plan::Action;
use crate::provision::policy::{Document, List};
use crate::provision::resource::Tags;

const ORGANIZATION: &str = "access = \"organization\"\norganization = \"o-a1b2c3d4e5\"\n";

/// The seed fleet, whose organization subscribes, with more under `[logging]`.
fn fleet(more: &str) -> Desired {
    let text = TEMPLATE.replacen("[logging]", &format!("[logging]\n{ORGANIZATION}{more}"), 1);
    Desired::of_fleet(&Fleet::parse(&text).unwrap()).unwrap()
}

/// The world of a fleet in sync.
fn in_sync(desired: &Desired) -> Observed {
    let empty = nothing_yet(desired);
    simulate(&plan(desired, &empty), &empty)
}

fn roles(world: &mut Observed) -> Vec<&mut Role> {
    let members = world.members.values_mut();
    let members = members.map(|member| member.role.as_mut().unwrap());
    let roles = members.chain([&mut world.logging.as_mut().unwrap().role]);
    roles.map(known).collect()
}

/// The actions on roles.
fn actions(plan: &Plan) -> Vec<&RoleAction> {
    let changes = plan
        .changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::Role(_, action) | Action::MemberRole(_, _, action) => Some(action),
            _ => None,
        });
    changes.collect()
}

const BOUNDARY: &str = "permissions_boundary = \"arn:{partition}:iam::{account}:policy/B\"";

#[test]
fn every_role_that_is_made_has_the_boundary_of_its_account() {
    let desired = fleet(BOUNDARY);
    let mut world = in_sync(&desired);
    let bounds = roles(&mut world);
    let bounds = bounds.iter().map(|role| role.boundary.as_ref().unwrap());
    let accounts: Vec<_> = bounds.map(|one| one.account().unwrap()).collect();
    assert_eq!(
        accounts.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        ["111122223333", "999988887777", "999988887777"]
    );
    assert!(plan(&desired, &world).is_empty());
}

#[test]
fn a_role_gets_its_boundary_before_its_policy_is_written() {
    let desired = fleet(BOUNDARY);
    let mut world = in_sync(&desired);
    for role in roles(&mut world) {
        role.boundary = None;
        role.policy = State::Absent;
    }
    let plan = plan(&desired, &world);
    let puts = plan.changes.iter().filter(|change| {
        change.key.to_string().contains("/role/") && change.key.to_string().ends_with("/policy")
    });
    let mut count = 0;
    for put in puts {
        let needs = put.needs.iter();
        assert!(
            needs
                .map(ToString::to_string)
                .any(|key| key.ends_with("/boundary"))
        );
        count += 1;
    }
    assert_eq!(count, 3);
    // without one in the file, whatever a role has is left alone
    assert!(super::plan(&fleet(""), &in_sync(&desired)).is_empty());
}

const READY_MADE: &str = "ready_made = [\"role\", \"member_role\"]";

/// What is planned with ready-made roles, if others changed them so.
fn ready_made(change: impl Fn(&mut Role)) -> Plan {
    let mut world = in_sync(&fleet(""));
    for role in roles(&mut world) {
        role.tags = State::Present(Tags::new());
        change(role);
    }
    let desired = fleet(READY_MADE);
    let down = destroy(&desired, &world, true);
    assert_eq!(actions(&down), [] as [&RoleAction; 0]);
    let plan = plan(&desired, &world);
    assert_eq!(actions(&plan), [] as [&RoleAction; 0]);
    plan
}

fn why(plan: &Plan) -> String {
    let declined = plan.declined.iter();
    let lines = declined.map(|one| format!("{}: {}", one.address, one.why));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_ready_made_role_that_will_do_is_used_and_nothing_else() {
    assert_eq!(ready_made(|_| {}), Plan::default());
    let broad = |role: &mut Role| {
        let all =
            r#"{"Statement":{"Effect":"Allow","Action":["logs:*","kinesis:*"],"Resource":"*"}}"#;
        role.policy = State::Present(Document::parse(all).unwrap());
        let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":["logs.amazonaws.com","x.amazonaws.com"]},"Action":"sts:AssumeRole"}}"#;
        role.trust = State::Present(Document::parse(trust).unwrap());
    };
    assert_eq!(ready_made(broad), Plan::default());
    let of_others = |role: &mut Role| {
        role.policy = State::Absent;
        role.foreign_policies = State::Present(["team".to_owned()].into());
    };
    assert_eq!(ready_made(of_others), Plan::default());
    // what it trusts beside is for others to say
    let more = |role: &mut Role| {
        let sources = ["arn:aws:logs:eu-west-1:*:*".to_owned()].into();
        let trust = List::SOURCES_OF_ORGANIZATION.with(known(&mut role.trust), &sources);
        role.trust = State::Present(trust);
    };
    assert_eq!(ready_made(more), Plan::default());
}

#[test]
fn what_is_wrong_with_a_ready_made_role_is_said() {
    let no_policy = ready_made(|role| role.policy = State::Absent);
    insta::assert_snapshot!(why(&no_policy), @"
    role cwrole (logging account 999988887777): its inline policy catchment-delivery will not do: it is not there
    role catchment-kinesisDest (member dev1 111122223333): its inline policy catchment-filters will not do: it is not there
    role catchment-kinesisDest (member logging 999988887777): its inline policy catchment-filters will not do: it is not there
    ");
    let narrow = |role: &mut Role| {
        let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        role.trust = State::Present(Document::parse(trust).unwrap());
    };
    insta::assert_snapshot!(why(&ready_made(narrow)), @"
    role cwrole (logging account 999988887777): its trust policy will not do: it does not allow sts:AssumeRole to logs.amazonaws.com for o-a1b2c3d4e5 for arn:aws:logs:us-west-2:*:*
    role catchment-kinesisDest (member dev1 111122223333): its trust policy will not do: it does not allow sts:AssumeRole to logs.amazonaws.com
    role catchment-kinesisDest (member logging 999988887777): its trust policy will not do: it does not allow sts:AssumeRole to logs.amazonaws.com
    ");
    let desired = fleet(READY_MADE);
    let mut world = in_sync(&fleet(""));
    narrow(known(&mut world.logging.as_mut().unwrap().role));
    place(&mut world).destination = State::Absent;
    assert_eq!(plan(&desired, &world).changes, []);
    let mut nothing = nothing_yet(&desired);
    place(&mut nothing).stream = State::Unknown("AccessDenied".to_owned());
    let plan = plan(&desired, &nothing);
    assert_eq!(actions(&plan), [] as [&RoleAction; 0]);
    assert!(why(&plan).contains("it is ready-made, says the fleet file, and it is not there"));
}
