//! The roles of members' filters: each stays while a filter or an account-level policy of its member may name it.

use super::organization::{ACCOUNTS, ONE, ORGANIZATION, PRUNE, fleet, run, seen, world};
use super::seed::{known, other_filter};
use super::{Action, Desired, Observed, Plan, RoleAction, State, destroy};
use crate::provision::desired::AccountLevel;
use crate::provision::name::Arn;
use crate::provision::observed::{LogGroup, Member};
use crate::provision::plan::AccountPolicyAction;
use crate::provision::resource::{AccountPolicy, SubscriptionFilter};

/// The fleet, which asks for no account-level policy.
fn of(access: &str) -> Desired {
    let mut fleet = fleet(access, &["1", "2"], ONE);
    let members = fleet.members.values_mut();
    for filters in members.flat_map(|member| member.regions.values_mut()) {
        let filter = filters.by_name.values().next().unwrap().clone();
        let is_wanted = false;
        filters.account = Some(AccountLevel { filter, is_wanted });
    }
    fleet
}

fn m1(world: &mut Observed) -> &mut Member {
    world.members.values_mut().next().unwrap()
}

fn group(member: &mut Member) -> &mut State<LogGroup> {
    let mut groups = member.regions.values_mut().flat_map(|one| one.values_mut());
    groups.next().unwrap()
}

fn role(number: &str) -> Arn {
    let account = number.repeat(12);
    let arn = format!("arn:aws:iam::{account}:role/catchment-kinesisDest");
    arn.parse().unwrap()
}

fn naming(role: Option<Arn>) -> SubscriptionFilter {
    SubscriptionFilter {
        role,
        ..other_filter("theirs")
    }
}

fn put(member: &mut Member, filter: SubscriptionFilter) {
    let left_out = Some([].into());
    let policy = member.policies.values_mut().next().unwrap();
    *policy = State::Present(AccountPolicy { filter, left_out });
}

/// What happened to the first member.
type Drift = fn(&mut Member);

/// The members whose roles a plan deletes, and whose account-level policies.
fn deleted(plan: &Plan) -> Vec<String> {
    let deleted = plan.changes.iter().filter_map(|one| match &one.action {
        Action::MemberRole(member, _, RoleAction::Delete) => Some(format!("role of {member}")),
        Action::AccountPolicy(member, AccountPolicyAction::Delete { .. }) => {
            Some(format!("policy of {member}"))
        }
        _ => None,
    });
    let mut deleted: Vec<_> = deleted.collect();
    deleted.sort();
    deleted
}

#[test]
fn a_role_goes_once_nothing_of_its_member_names_it() {
    let both = ["role of m1", "role of m2"];
    let changes: [(Drift, &[&str]); 8] = [
        (|_| {}, &both),
        (
            |one| known(group(one)).filters.push(naming(Some(role("1")))),
            &both[1..],
        ),
        (
            |one| known(group(one)).filters.push(naming(Some(role("2")))),
            &both,
        ),
        (|one| known(group(one)).filters.push(naming(None)), &both),
        (|one| put(one, naming(Some(role("1")))), &both[1..]),
        (|one| put(one, naming(None)), &both),
        (
            |one| {
                let ours = known(group(one)).filters[0].clone();
                put(one, ours);
            },
            &["policy of m1", "role of m1", "role of m2"],
        ),
        (
            |one| *group(one) = State::Unknown("AccessDenied".to_owned()),
            &both[1..],
        ),
    ];
    let (asked, unasked) = (of(ORGANIZATION), of(ACCOUNTS));
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        let mut world = world(&asked, &asked);
        change(m1(&mut world));
        let pruned = run(&unasked, &world, PRUNE);
        assert_eq!(
            deleted(&pruned),
            expected,
            "{number}: {:#?}",
            pruned.declined
        );
        let destroyed = destroy(&asked, &seen(&world, &asked, true), false);
        assert_eq!(
            deleted(&destroyed),
            expected,
            "{number}: {:#?}",
            destroyed.declined
        );
    }
}
