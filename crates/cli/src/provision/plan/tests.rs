//! The planner on everything that may be observed: generated, and each kind of drift by hand.

mod account;
mod delivering;
mod edges;
mod fleets;
mod generated;
mod halfway;
mod leaving;
mod logging;
mod member;
mod organization;
mod orphan;
mod role;
mod seed;
mod sender;
mod simulate;
mod stream;
mod switch;
mod whole;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::generated::{THEIR_SID, desired_and_observed};
use self::simulate::simulate;
use super::*;
use crate::provision::policy::Document;
use crate::provision::resource::{OWNER_TAG, Tags};

/// The plan of an operator who consents to nothing more.
fn plan(desired: &Desired, observed: &Observed) -> Plan {
    super::plan(desired, observed, Consent::default())
}

/// Holds of every plan: each change comes once, after what it needs, and touches nothing unknown.
fn assert_sound(plan: &Plan, world: &Observed) {
    let mut made = BTreeSet::new();
    for change in &plan.changes {
        assert!(
            change.needs.is_subset(&made),
            "{} comes before what it needs",
            change.key
        );
        assert!(
            made.insert(change.key.clone()),
            "{} is planned twice",
            change.key
        );
        assert!(
            !is_unknown(change, world),
            "{} is planned from what is unknown",
            change.key
        );
    }
}

fn is_unknown(change: &Change, observed: &Observed) -> bool {
    let logging = || observed.logging.as_ref().unwrap();
    let place = || &logging().regions[&change.region];
    match &change.action {
        Action::Role(..) => matches!(logging().role, State::Unknown(_)),
        Action::MemberRole(member, ..) => {
            matches!(observed.members[member].role, Some(State::Unknown(_)))
        }
        Action::Stream(..) => matches!(place().stream, State::Unknown(_)),
        Action::Destination(..) => matches!(place().destination, State::Unknown(_)),
        Action::AccountPolicy(member, _) => matches!(
            observed.members[member].policies[&change.region],
            State::Unknown(_)
        ),
        Action::Filter(member, log_group, _) => matches!(
            observed.members[member].regions[&change.region][log_group],
            State::Unknown(_)
        ),
    }
}

/// All that others set up, as text: their statements, filters, tags, and whole resources of other fleets.
fn foreign_resources(world: &Observed, desired: &Desired, with_tags: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut document = |place: &str, document: &State<Document>| {
        if let State::Present(document) = document {
            let theirs = document
                .statements()
                .iter()
                .filter(|one| one.sid() == Some(THEIR_SID));
            found.extend(
                theirs.map(|one| format!("{place}: {}", serde_json::to_string(one).unwrap())),
            );
        }
    };
    let mut tagged = Vec::new();
    let mut tags = |place: &str, tags: &State<Tags>, whole: String| {
        if let State::Present(tags) = tags {
            tagged.extend(
                tags.get("their")
                    .filter(|_| with_tags)
                    .map(|tag| format!("{place}: {tag}")),
            );
            tagged.extend(
                tags.get(OWNER_TAG)
                    .filter(|owner| **owner != desired.logging.as_ref().unwrap().owner)
                    .map(|_| whole),
            );
        }
    };
    let logging = world.logging.as_ref().unwrap();
    if let State::Present(role) = &logging.role {
        document("trust", &role.trust);
        document("policy", &role.policy);
        tags("role", &role.tags, format!("{role:?}"));
    }
    for (region, place) in &logging.regions {
        if let State::Present(destination) = &place.destination {
            document(region.as_str(), &destination.policy);
            tags(
                region.as_str(),
                &destination.tags,
                format!("{destination:?}"),
            );
        }
        if let State::Present(stream) = &place.stream {
            tags(region.as_str(), &stream.tags, format!("{stream:?}"));
        }
    }
    found.extend(tagged);
    for (name, member) in &world.members {
        if let Some(State::Present(role)) = &member.role
            && !matches!(&role.tags, State::Present(tags) if tags.get(OWNER_TAG) == Some(&desired.logging.as_ref().unwrap().owner))
        {
            found.push(format!("{name}: {role:?}"));
        }
        for (region, groups) in &member.regions {
            for (group, seen) in groups {
                let ours = desired.members[name].regions.get(region);
                let ours = ours.and_then(|filters| filters.all().next());
                if let State::Present(seen) = seen {
                    found.extend(
                        seen.filters
                            .iter()
                            .filter(|one| ours.is_none_or(|ours| !one.is(ours)))
                            .map(|one| format!("{group}: {one:?}")),
                    );
                }
            }
        }
    }
    found
}

/// Carries out the plan: whole, killed at every step, failing at every step. Each time, the next run leaves nothing to do.
fn assert_ends(observed: &Observed, make: impl Fn(&Observed) -> Plan) {
    let plan = make(observed);
    assert_sound(&plan, observed);
    assert_eq!(plan, make(observed), "the same two sides, another plan");
    for world in halfway::left(&plan, observed) {
        let next = make(&world);
        assert_sound(&next, &world);
        let end = simulate(&next, &world);
        let left = make(&end);
        assert!(
            left.is_empty(),
            "planned again after it was done: {:#?}",
            left.changes
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_a_plan_there_is_nothing_to_do((desired, observed) in desired_and_observed()) {
        assert_ends(&observed, |world| plan(&desired, world));
    }

    #[test]
    fn after_a_destroy_there_is_nothing_to_do((desired, observed) in desired_and_observed(), delete_stream: bool) {
        assert_ends(&observed, |world| destroy(&desired, world, delete_stream));
    }

    #[test]
    fn what_is_foreign_stays((desired, observed) in desired_and_observed(), delete_stream: bool) {
        let after = simulate(&plan(&desired, &observed), &observed);
        prop_assert_eq!(foreign_resources(&after, &desired, true), foreign_resources(&observed, &desired, true));
        let after = simulate(&destroy(&desired, &observed, delete_stream), &observed);
        prop_assert_eq!(foreign_resources(&after, &desired, false), foreign_resources(&observed, &desired, false));
    }

    #[test]
    fn a_resource_is_in_sync_exactly_if_nothing_is_planned_or_declined_for_it((desired, observed) in desired_and_observed()) {
        let Plan { changes, declined, .. } = plan(&desired, &observed);
        let changed = changes.iter().map(Change::address);
        let touched: BTreeSet<_> = changed.chain(declined.into_iter().map(|one| one.address)).collect();
        let resources = resources(&desired, &observed);
        let out_of_sync = resources.iter().filter(|one| one.state != ResourceState::InSync);
        prop_assert_eq!(touched, out_of_sync.map(|one| one.address.clone()).collect());
        prop_assert!(resources.is_sorted_by(|a, b| a.address < b.address));
    }

    #[test]
    fn what_was_observed_can_be_kept_as_a_fixture((_, observed) in desired_and_observed()) {
        let text = serde_json::to_string(&observed).unwrap();
        prop_assert_eq!(serde_json::from_str::<Observed>(&text).unwrap(), observed);
    }

    #[test]
    fn a_members_run_changes_nothing_of_the_logging_account((desired, observed) in desired_and_observed()) {
        let scope = crate::provision::desired::Scope { logging: false, members: desired.members.keys().cloned().collect() };
        let part = desired.only(&scope).unwrap();
        let world = Observed { logging: None, ..observed };
        assert_ends(&world, |world| plan(&part, world));
        for change in plan(&part, &world).changes {
            let is_members = matches!(change.action, Action::Filter(..) | Action::MemberRole(..));
            prop_assert!(is_members);
        }
    }
}

#[test]
fn from_nothing_to_all_and_back() {
    let desired = Desired::of_fleet(
        &crate::provision::fleet::Fleet::parse(crate::provision::fleet::TEMPLATE).unwrap(),
    )
    .unwrap();
    let empty = generated::nothing_yet(&desired);
    let up = plan(&desired, &empty);
    assert_eq!(
        (up.declined.as_slice(), up.foreign.as_slice()),
        (&[][..], &[][..])
    );
    let world = simulate(&up, &empty);
    assert_eq!(plan(&desired, &world), Plan::default());
    let down = destroy(&desired, &world, true);
    assert_eq!(
        (down.declined.as_slice(), down.foreign.as_slice()),
        (&[][..], &[][..])
    );
    assert_eq!(simulate(&down, &world), empty);
    let kept = destroy(&desired, &world, false);
    assert!(matches!(
        simulate(&kept, &world)
            .logging
            .unwrap()
            .regions
            .into_values()
            .next()
            .unwrap()
            .stream,
        State::Present(_)
    ));
}
