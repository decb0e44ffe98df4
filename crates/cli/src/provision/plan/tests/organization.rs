//! From a list of accounts to their organization and back: at no moment does a filter deliver without a permission that covers it.

mod access;

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::generated::nothing_yet;
use super::halfway::{assert_goes_on, left};
use super::simulate::{may_send, simulate};
use super::{Consent, Desired, Observed, Plan, Reason, State, destroy, plan};
use crate::output::{self, Detail};
use crate::provision::desired::Scope;
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::name::{AccountId, Arn, LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, Member};
use crate::provision::policy::List;
use crate::provision::resource::Tags;
use crate::provision::status::status;

pub(super) const PRUNE: Consent = Consent {
    prune: true,
    take_over: false,
};

pub(super) const ACCOUNTS: &str = "";
pub(super) const ORGANIZATION: &str =
    "access = \"organization\"\norganization = \"o-a1b2c3d4e5\"\n";
const OTHER: &str = "access = \"organization\"\norganization = \"o-zzzzzzzzzz\"\n";

/// A fleet of these members, in one Region or two.
pub(super) fn fleet(access: &str, members: &[&str], regions: &str) -> Desired {
    let (head, _) = TEMPLATE.split_once("[[members]]").unwrap();
    let mut text = head.replacen("[logging]\n", &format!("[logging]\n{access}"), 1);
    text = text.replacen("[\"us-west-2\"]", regions, 1);
    for member in members {
        let account = member.repeat(12);
        text += &format!(
            "[[members]]\nname = \"m{member}\"\naccount = \"{account}\"\ncloudtrail = [\"trail\"]\nother = [\"other\"]\n"
        );
    }
    Desired::of_fleet(&Fleet::parse(&text).unwrap()).unwrap()
}

pub(super) const ONE: &str = "[\"us-west-2\"]";
const BOTH: &str = "[\"us-west-2\", \"eu-west-1\"]";

/// Fleets of one logging account, which stays in its Regions.
fn fleets() -> impl Strategy<Value = Vec<Desired>> {
    let access = select(vec![ACCOUNTS, ORGANIZATION, OTHER]);
    let members = select(vec![&["1", "2"][..], &["1", "2", "3"], &["2", "3"]]);
    let fleets = vec((access, members), 2..4);
    (select(vec![ONE, BOTH]), fleets).prop_map(|(regions, fleets)| {
        let fleets = fleets.into_iter();
        let fleets = fleets.map(|(access, members)| fleet(access, members, regions));
        fleets.collect()
    })
}

/// A world in which the accounts have their log groups, and nothing of ours.
fn nothing(fleets: &[&Desired]) -> Observed {
    let mut world = nothing_yet(fleets[0]);
    for fleet in fleets {
        let more = nothing_yet(fleet);
        let regions = more.logging.unwrap().regions;
        world.logging.as_mut().unwrap().regions.extend(regions);
        for (name, member) in more.members {
            let there = world.members.entry(name).or_default();
            there.regions.extend(member.regions);
            there.listed.extend(member.listed);
            there.role = Some(State::Absent);
        }
    }
    world
}

/// What `desired` looks at: the roles of members too, if filters name them, or if the run removes what is left behind.
pub(super) fn seen(world: &Observed, desired: &Desired, removes: bool) -> Observed {
    let mut seen = world.clone();
    for (name, member) in &mut seen.members {
        let asked = desired.members.get(name);
        let names_role = |group: &State<LogGroup>| matches!(group, State::Present(group) if group.filters.iter().any(|one| one.role.is_some()));
        let mut groups = member.regions.values().flat_map(BTreeMap::values);
        let is_needed = asked.is_some_and(crate::provision::desired::Member::needs_role);
        if !is_needed && !removes && !groups.any(names_role) {
            member.role = None;
        }
    }
    seen
}

/// What is there after `seen` was changed: what was not looked at is as before.
fn back(before: &Observed, mut after: Observed) -> Observed {
    for (name, member) in &mut after.members {
        if member.role.is_none() {
            member.role.clone_from(&before.members[name].role);
        }
    }
    after
}

pub(super) fn run(desired: &Desired, world: &Observed, consent: Consent) -> Plan {
    super::super::plan(desired, &seen(world, desired, consent.prune), consent)
}

/// The filters that deliver: their account is listed, or of the organization and the filter's role lets its events be sent.
fn delivering(world: &Observed) -> Groups {
    let logging = world.logging.as_ref().unwrap();
    let mut found = BTreeSet::new();
    for (name, member) in &world.members {
        let account: &AccountId = &name.as_str()[1..].repeat(12).parse().unwrap();
        for (region, groups) in &member.regions {
            let State::Present(destination) = &logging.regions[region].destination else {
                continue;
            };
            let (State::Present(policy), State::Present(delivery)) =
                (&destination.policy, &logging.role)
            else {
                continue;
            };
            let State::Present(trust) = &delivery.trust else {
                continue;
            };
            let mut sources = List::SOURCES.of(trust);
            sources.extend(List::SOURCES_OF_ORGANIZATION.of(trust));
            let is_trusted = sources.contains(Arn::logs_of(region, account).as_str())
                || sources.contains(Arn::logs_of_all(region).as_str());
            let is_listed = List::SUBSCRIBERS.of(policy).contains(account.as_str());
            let is_open = !List::ORGANIZATIONS.of(policy).is_empty();
            for (group, state) in groups {
                let State::Present(LogGroup { filters }) = state else {
                    continue;
                };
                let has_role = |arn: &Arn| match &member.role {
                    Some(State::Present(role)) => {
                        arn.resource_name() == "catchment-kinesisDest"
                            && matches!(&role.policy, State::Present(policy) if may_send(policy, region, account, group))
                    }
                    _ => false,
                };
                let may_deliver = |role: &Option<Arn>| match role {
                    Some(role) => has_role(role) && (is_listed || is_open),
                    None => is_listed,
                };
                if is_trusted && filters.iter().any(|one| may_deliver(&one.role)) {
                    found.insert((name.clone(), region.clone(), group.clone()));
                }
            }
        }
    }
    found
}

fn all(desired: &Desired) -> Groups {
    let members = desired.members.iter();
    let groups = members.flat_map(|(name, member)| {
        let regions = member.regions.iter();
        regions.flat_map(move |(region, groups)| {
            let groups = groups.by_name.keys();
            groups.map(move |group| (name.clone(), region.clone(), group.clone()))
        })
    });
    groups.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each fleet in turn takes over what the one before left; each plan is killed after each change, or fails at each, and made again.
    #[test]
    fn no_move_interrupts_a_delivery(fleets in fleets()) {
        let mut world = nothing(&fleets.iter().collect::<Vec<_>>());
        for fleet in &fleets {
            for consent in [Consent::default(), PRUNE] {
                let plan = run(fleet, &world, consent);
                let all = all(fleet);
                // what is pruned is cut off on request
                let delivering_of = |world: &Observed| {
                    let mut now = delivering(world);
                    now.retain(|one| !consent.prune || all.contains(one));
                    now
                };
                assert_goes_on(&plan, &world, delivering_of);
                for half in left(&plan, &world) {
                    let next = run(fleet, &half, consent);
                    assert_goes_on(&next, &half, delivering_of);
                    let end = back(&half, simulate(&next, &half));
                    prop_assert_eq!(run(fleet, &end, consent).changes, []);
                    prop_assert!(all.is_subset(&delivering(&end)));
                }
                world = simulate(&plan, &world);
            }
            // what is pruned is gone
            prop_assert_eq!(run(fleet, &world, Consent::default()), Plan::default());
            for (name, member) in &world.members {
                let asked = fleet.members.get(name);
                let is_needed = asked.is_none_or(crate::provision::desired::Member::needs_role);
                prop_assert!(is_needed || member.role == Some(State::Absent));
            }
        }
    }

    #[test]
    fn a_destroyed_fleet_leaves_no_role(fleets in fleets()) {
        let old = &fleets[0];
        let empty = nothing(&[old]);
        let world = simulate(&run(old, &empty, PRUNE), &empty);
        let down = destroy(old, &seen(&world, old, true), true);
        for half in left(&down, &world) {
            let next = destroy(old, &seen(&half, old, true), true);
            prop_assert_eq!(simulate(&next, &half), empty.clone());
        }
    }
}

/// The world of a fleet in sync, as another fleet sees it.
pub(super) fn world(old: &Desired, new: &Desired) -> Observed {
    let empty = nothing(&[old, new]);
    simulate(&run(old, &empty, PRUNE), &empty)
}

fn text(plan: &Plan) -> String {
    output::plan::text(plan, Detail::Full)
}

#[test]
fn every_filter_has_its_role_before_the_policy_names_the_organization() {
    let (old, new) = (
        fleet(ACCOUNTS, &["1"], ONE),
        fleet(ORGANIZATION, &["1", "2"], ONE),
    );
    let plan = run(&new, &world(&old, &new), Consent::default());
    insta::assert_snapshot!(text(&plan));
    let keys: Vec<_> = plan
        .changes
        .iter()
        .map(|change| change.key.to_string())
        .collect();
    insta::assert_snapshot!(keys.join("\n"));
}

#[test]
fn an_organization_is_left_in_two_runs() {
    let (old, new) = (
        fleet(ORGANIZATION, &["1"], ONE),
        fleet(ACCOUNTS, &["1"], ONE),
    );
    let before = world(&old, &new);
    let plan = run(&new, &before, Consent::default());
    let after = simulate(&plan, &before);
    let shown = output::status::text(&status(&new, &seen(&after, &new, false)), Detail::Full);
    let pruned = run(&new, &after, PRUNE);
    insta::assert_snapshot!(format!("{}\n{shown}\n{}", text(&plan), text(&pruned)));
}

type Groups = BTreeSet<(MemberName, Region, LogGroupName)>;

/// The fleet with a pattern that selects what the named log groups begin with.
fn with_pattern(mut fleet: Desired) -> Desired {
    let members = fleet.members.values_mut();
    for filters in members.flat_map(|member| member.regions.values_mut()) {
        let filter = filters.by_name.values().next().unwrap().clone();
        let pattern = "app/*".parse().unwrap();
        filters.by_pattern.insert(pattern, filter);
    }
    fleet
}

/// What the plan declines if this happened to the world of an account list that an organization is to replace.
fn declined(drift: impl FnOnce(&mut Member), scope: &Scope) -> String {
    let new = fleet(ORGANIZATION, &["1", "2", "3"], ONE);
    declined_of(&new, "m2", drift, scope)
}

fn declined_of(
    new: &Desired,
    name: &str,
    drift: impl FnOnce(&mut Member),
    scope: &Scope,
) -> String {
    let old = fleet(ACCOUNTS, &["1", "2"], ONE);
    let mut world = world(&old, new);
    let name: MemberName = name.parse().unwrap();
    drift(world.members.get_mut(&name).unwrap());
    let new = new.clone().only(scope).unwrap();
    let plan = run(&new, &world, Consent::default());
    assert_goes_on(&plan, &world, delivering);
    let declined = plan.declined.iter();
    let lines = declined.map(|one| format!("{}: {} ({})", one.address, one.why, one.hint));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_policy_stays_until_every_member_is_ready_and_says_who_is_not() {
    let whole = Scope::default();
    let theirs = |member: &mut Member| {
        let role = world(
            &fleet(ORGANIZATION, &["2"], ONE),
            &fleet(ACCOUNTS, &["2"], ONE),
        );
        let Some(State::Present(mut role)) = role.members.into_values().next().unwrap().role else {
            panic!("no role")
        };
        role.tags = State::Present(Tags::new());
        member.role = Some(State::Present(role));
    };
    insta::assert_snapshot!(declined(theirs, &whole));
    let unread = |member: &mut Member| {
        let groups = member.regions.values_mut().flat_map(BTreeMap::values_mut);
        groups.for_each(|group| *group = State::Unknown("AccessDenied".to_owned()));
    };
    insta::assert_snapshot!(declined(unread, &whole));
    let alone = Scope {
        logging: true,
        members: BTreeSet::new(),
    };
    insta::assert_snapshot!(declined(|_| {}, &alone));
    let unlisted = |member: &mut Member| {
        let listed = member.listed.values_mut();
        listed.for_each(|listed| *listed = State::Unknown("AccessDenied".to_owned()));
    };
    let of_policy = "filters without a role would deliver no more";
    let new = with_pattern(fleet(ORGANIZATION, &["1", "2", "3"], ONE));
    for (name, is_held) in [("m1", true), ("m2", true), ("m3", false)] {
        let why = declined_of(&new, name, unlisted, &whole);
        assert!(why.contains("the log groups could not be read"), "{why}");
        let held = format!("{of_policy}, and these members are not ready: {name} (");
        assert_eq!(why.contains(&held), is_held, "{why}");
        assert_eq!(why.contains(of_policy), is_held, "{why}");
    }
    // one that was never listed need not be looked at
    let members = ["m1", "m2"].map(|name| name.parse().unwrap());
    let without_new = Scope {
        logging: true,
        members: members.into(),
    };
    assert_eq!(declined_of(&new, "m1", |_| {}, &without_new), "");
}

#[test]
fn a_foreign_role_is_reported_and_never_changed() {
    let new = fleet(ORGANIZATION, &["2"], ONE);
    let mut world = world(&new, &new);
    let name: MemberName = "m2".parse().unwrap();
    let Some(State::Present(role)) = &mut world.members.get_mut(&name).unwrap().role else {
        panic!("no role")
    };
    role.tags = State::Present(Tags::new());
    for plan in [run(&new, &world, PRUNE), destroy(&new, &world, true)] {
        let of_role = |one: &&crate::provision::plan::Change| {
            one.key.to_string().contains("member/m2/global")
        };
        assert!(plan.changes.iter().find(of_role).is_none());
    }
    let plan = run(&new, &world, Consent::default());
    assert!(
        plan.declined
            .iter()
            .any(|one| one.reason == Reason::Foreign)
    );
}

#[test]
fn a_log_group_that_the_file_no_longer_names_delivers_until_it_is_pruned() {
    let old = fleet(ORGANIZATION, &["1"], ONE);
    let mut new = old.clone();
    for member in new.members.values_mut() {
        let groups = member.regions.values_mut();
        groups.for_each(|groups| groups.by_name.retain(|group, _| group.as_str() == "trail"));
    }
    let world = world(&old, &old);
    let kept = plan(&new, &world);
    let pruned = run(&new, &world, PRUNE);
    insta::assert_snapshot!(format!("{}\n{}", text(&kept), text(&pruned)));
}
