//! The planner over whole worlds: generated ones, and each kind of drift by hand.

mod by_hand;
mod logging;
mod member;
mod simulate;
mod whole;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::simulate::{failing_at, first, simulate};
use self::world::{THEIR_SID, desired_and_observed};
use super::*;
use crate::provision::policy::Document;
use crate::provision::resource::{OWNER_TAG, Resource};

/// What any plan must be, whatever the world: each change once, after what it needs, and on nothing unknown.
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

fn is_unknown(change: &Change, world: &Observed) -> bool {
    let ResourceAddress {
        party,
        account: _,
        region,
        thing,
    } = &change.subject;
    let place = region
        .as_ref()
        .and_then(|region| world.logging.as_ref()?.regions.get(region));
    match (party, thing, place) {
        (_, Resource::Role(_), _) => {
            matches!(world.logging.as_ref().unwrap().role, State::Unknown(_))
        }
        (_, Resource::Stream(_), Some(place)) => matches!(place.stream, State::Unknown(_)),
        (_, Resource::Destination(_), Some(place)) => {
            matches!(place.destination, State::Unknown(_))
        }
        (
            crate::provision::resource::Party::Member(name),
            Resource::Filter { log_group, .. },
            _,
        ) => {
            matches!(
                world.members[name].regions[region.as_ref().unwrap()][log_group],
                State::Unknown(_)
            )
        }
        other => panic!("no such thing: {other:?}"),
    }
}

/// All that others set up, as text: their statements, filters, tags, and whole things of other fleets.
fn foreign_things(world: &Observed, desired: &Desired, with_tags: bool) -> Vec<String> {
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
    let mut tags = |place: &str, tags: &State<crate::provision::resource::Tags>, whole: String| {
        if let State::Present(tags) = tags {
            tagged.extend(
                tags.get("their")
                    .filter(|_| with_tags)
                    .map(|tag| format!("{place}: {tag}")),
            );
            tagged.extend(
                tags.get(OWNER_TAG)
                    .filter(|owner| **owner != desired.owner)
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
        for (region, groups) in &member.regions {
            for (group, seen) in groups {
                let ours = &desired.members[name].regions[region][group];
                if let State::Present(seen) = seen {
                    found.extend(
                        seen.filters
                            .iter()
                            .filter(|one| !one.is(ours))
                            .map(|one| format!("{group}: {one:?}")),
                    );
                }
            }
        }
    }
    found
}

/// Carries the plan out: whole, killed at every step, failing at every step. Each time the next run ends with nothing to do.
fn assert_ends(observed: &Observed, make: impl Fn(&Observed) -> Plan) {
    let plan = make(observed);
    assert_sound(&plan, observed);
    assert_eq!(plan, make(observed), "the same two sides, another plan");
    let half_done = (0..plan.changes.len()).map(|count| first(&plan, observed, count));
    let with_failure = plan
        .changes
        .iter()
        .map(|change| failing_at(&plan, observed, &change.key));
    for world in half_done.chain(with_failure).chain([observed.clone()]) {
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
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

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
        prop_assert_eq!(foreign_things(&after, &desired, true), foreign_things(&observed, &desired, true));
        let after = simulate(&destroy(&desired, &observed, delete_stream), &observed);
        prop_assert_eq!(foreign_things(&after, &desired, false), foreign_things(&observed, &desired, false));
    }

    #[test]
    fn an_observed_world_survives_as_a_fixture((_, observed) in desired_and_observed()) {
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
            let is_filter = matches!(change.subject.thing, Resource::Filter { .. });
            prop_assert!(is_filter);
        }
    }
}

#[test]
fn from_nothing_to_all_and_back() {
    let desired = Desired::of_fleet(
        &crate::provision::fleet::Fleet::parse(crate::provision::fleet::TEMPLATE).unwrap(),
    )
    .unwrap();
    let empty = world::nothing_yet(&desired);
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
