//! How orphans are listed: with what they belong to, and as cut off only if they are.

use std::collections::BTreeSet;

use super::super::generated::nothing_yet;
use super::super::seed::{known, role};
use super::super::simulate::simulate;
use super::super::{Action, Change, Consent, Desired, Observed, RoleAction, State, plan};
use super::{BOTH, BOTH_TO_ONE, ONE, PRUNE, fleet, look, seen_by, set_up};
use crate::provision::desired::Grants;
use crate::provision::name::Arn;
use crate::provision::observed::{LoggingRegion, Role};
use crate::provision::plan::DestinationAction;
use crate::provision::policy::List;
use crate::provision::resource::Resource;

/// The orphans with what they belong to, and whether each is cut off.
fn listed(new: &Desired, world: &Observed, consent: Consent) -> Vec<String> {
    let plan = super::super::super::plan(new, world, consent);
    let orphans = plan.orphans.iter().map(|one| {
        let resource = match one.address.resource {
            Resource::Role(_) => "role",
            Resource::Destination(_) => "destination",
            _ => "stream",
        };
        let done = if one.is_cut_off { "cut off" } else { "kept" };
        format!("{resource}: {}: {done}", one.what)
    });
    orphans.collect()
}

#[test]
fn an_account_belongs_to_the_role_if_that_trusts_it() {
    let new = fleet(&["1"], ONE, "cwrole", false);
    let mut world = seen_by(&new, &new);
    let sources = ["arn:aws:logs:us-west-2:333333333333:*".to_owned()].into();
    let role = role(&mut world);
    role.trust = State::Present(List::SOURCES.with(known(&mut role.trust), &sources));
    let places = &mut world.logging.as_mut().unwrap().regions;
    let destination = known(&mut places.values_mut().next().unwrap().destination);
    let subscribers = [
        "222222222222",
        "arn:aws:iam::444444444444:root",
        "arn:aws:iam::555555555555:user/u",
    ];
    let subscribers = subscribers.map(str::to_owned).into();
    let policy = List::SUBSCRIBERS.with(known(&mut destination.policy), &subscribers);
    destination.policy = State::Present(policy);
    let kept = [
        "destination: account 222222222222 is not in the fleet file: kept",
        "role: account 333333333333 is not in the fleet file: kept",
        "destination: account 444444444444 is not in the fleet file: kept",
    ];
    assert_eq!(listed(&new, &world, Consent::default()), kept);
    let cut_off = kept.map(|one| one.replace("kept", "cut off"));
    assert_eq!(listed(&new, &world, PRUNE), cut_off);
}

#[test]
fn a_region_is_cut_off_unless_its_destination_stays() {
    let unread = |world: &mut Observed| {
        let regions = world.members.values_mut().flat_map(|one| &mut one.regions);
        for (_, groups) in regions.filter(|(region, _)| region.as_str() == "eu-west-1") {
            let groups = groups.values_mut();
            groups.for_each(|group| *group = State::Unknown("AccessDenied".to_owned()));
        }
    };
    for organization in [false, true] {
        for regions in [BOTH, BOTH_TO_ONE] {
            let old = fleet(&["1"], regions, "cwrole", organization);
            let new = fleet(&["1"], ONE, "cwrole", organization);
            let mut world = seen_by(&new, &old);
            let of_eu = "destination: eu-west-1 is not in the fleet file: ";
            assert_eq!(
                listed(&new, &world, Consent::default()),
                [format!("{of_eu}kept")]
            );
            assert_eq!(listed(&new, &world, PRUNE), [format!("{of_eu}cut off")]);
            unread(&mut world);
            assert_eq!(listed(&new, &world, PRUNE), [format!("{of_eu}kept")]);
        }
    }
}

#[test]
fn one_region_may_be_cut_off_and_another_stay() {
    let three = "[\"us-west-2\",\"eu-west-1\",\"ap-south-1\"]";
    let old = fleet(&["1"], three, "cwrole", false);
    let new = fleet(&["1"], ONE, "cwrole", false);
    let mut there = set_up(&old);
    for member in there.members.values_mut() {
        let groups = member
            .regions
            .iter_mut()
            .filter(|(region, _)| region.as_str() == "eu-west-1");
        let groups = groups.flat_map(|(_, groups)| groups.values_mut());
        groups.for_each(|group| *group = State::Unknown("AccessDenied".to_owned()));
    }
    let world = look(&new, &old, &there);
    let expected = [
        "destination: ap-south-1 is not in the fleet file: cut off",
        "destination: eu-west-1 is not in the fleet file: kept",
    ];
    assert_eq!(listed(&new, &world, PRUNE), expected);
}

#[test]
fn a_region_without_a_destination_of_ours_is_no_orphan() {
    let old = fleet(&["1"], BOTH, "cwrole", false);
    let new = fleet(&["1"], ONE, "cwrole", false);
    let changes: [fn(&mut LoggingRegion); 2] = [
        |eu| eu.destination = State::Absent,
        |eu| {
            let role = "arn:aws:iam::999988887777:role/other".parse().unwrap();
            known(&mut eu.destination).ends.role = role;
        },
    ];
    for change in changes {
        let mut world = seen_by(&new, &old);
        let places = &mut world.logging.as_mut().unwrap().regions;
        change(places.values_mut().next().unwrap());
        assert_eq!(listed(&new, &world, Consent::default()), [""; 0]);
        assert_eq!(
            plan(&new, &world).changes.len(),
            2,
            "the trust and the inline policy"
        );
    }
}

/// What an orphan Region that delivers to another's stream keeps: that stream and its own, and the keys of both Regions.
#[test]
fn an_orphan_region_keeps_its_streams_and_keys_and_no_more() {
    let old = fleet(&["1"], BOTH, "cwrole", false);
    let new = fleet(&["1"], ONE, "cwrole", false);
    let mut world = seen_by(&new, &old);
    let stream = |text: &str| {
        format!(
            "arn:aws:kinesis:{}",
            text.replace(' ', ":999988887777:stream/")
        )
    };
    let key = |text: &str| format!("arn:aws:kms:{}", text.replace(' ', ":999988887777:key/"));
    let target = stream("us-west-2 target");
    let places = &mut world.logging.as_mut().unwrap().regions;
    let eu = places.values_mut().next().unwrap();
    known(&mut eu.destination).ends.target = target.parse().unwrap();
    let own = "eu-west-1 Demo_Kinesis_Stream";
    let grants = Grants {
        streams: [own, "us-west-2 target", "us-west-2 more", "ap-south-1 more"]
            .map(stream)
            .into(),
        keys: ["eu-west-1 k", "us-west-2 k", "ap-south-1 k"]
            .map(key)
            .into(),
    };
    // there is nothing in the Region of the third
    let nothing = nothing_yet(&fleet(&["1"], "[\"ap-south-1\"]", "cwrole", false));
    places.extend(nothing.logging.unwrap().regions);
    let policy = new.logging.as_ref().unwrap().role.policy_and(&grants);
    role(&mut world).policy = State::Present(policy);
    let end = simulate(&plan(&new, &world), &world);
    let State::Present(Role {
        policy: State::Present(policy),
        ..
    }) = end.logging.unwrap().role
    else {
        panic!("not there");
    };
    let ours = ["us-west-2 Demo_Kinesis_Stream"].map(stream);
    let kept = [own, "us-west-2 target"].map(stream);
    let Grants { streams, keys } = Grants::of(&policy);
    assert_eq!(
        streams,
        ours.into_iter().chain(kept).collect::<BTreeSet<_>>()
    );
    assert_eq!(keys, ["eu-west-1 k", "us-west-2 k"].map(key).into());
    assert!(streams.iter().all(|one| one.parse::<Arn>().is_ok()));
}

/// The sources that the role trusts once the plan is carried out, without those that `new` asks for.
fn trusted_beside(new: &Desired, world: &Observed) -> BTreeSet<String> {
    let end = simulate(&plan(new, world), world);
    let State::Present(Role {
        trust: State::Present(trust),
        ..
    }) = end.logging.unwrap().role
    else {
        panic!("not there");
    };
    let asked = List::SOURCES.of(&new.logging.as_ref().unwrap().role.trust);
    List::SOURCES
        .of(&trust)
        .difference(&asked)
        .cloned()
        .collect()
}

#[test]
fn a_role_that_others_subscribers_come_to_trusts_them() {
    let old = fleet(&["1", "2"], ONE, "cwrole", false);
    let new = fleet(&["1"], ONE, "cwrole", false);
    let orphan = BTreeSet::from(["arn:aws:logs:us-west-2:222222222222:*".to_owned()]);
    let mut deleted = seen_by(&new, &old);
    deleted.logging.as_mut().unwrap().role = State::Absent;
    assert_eq!(trusted_beside(&new, &deleted), orphan);
    let mut unused = seen_by(&new, &old);
    let trust = new.logging.as_ref().unwrap().role.trust.clone();
    role(&mut unused).trust = State::Present(trust);
    assert_eq!(trusted_beside(&new, &unused), [].into());
    let places = &mut unused.logging.as_mut().unwrap().regions;
    let destination = known(&mut places.values_mut().next().unwrap().destination);
    destination.ends.role = "arn:aws:iam::999988887777:role/other".parse().unwrap();
    assert_eq!(trusted_beside(&new, &unused), orphan);
}

#[test]
fn an_unread_inline_policy_holds_the_trust_only_if_regions_may_be_missing() {
    for (old, is_held) in [(ONE, false), (BOTH, true)] {
        let old = fleet(&["1"], old, "cwrole", true);
        let new = fleet(&["1"], ONE, "cwrole", false);
        let mut there = set_up(&old);
        role(&mut there).policy = State::Unknown("AccessDenied".to_owned());
        let plan = plan(&new, &look(&new, &old, &there));
        let puts =
            |one: &Change| matches!(one.action, Action::Role(_, RoleAction::PutTrust { .. }));
        assert_eq!(plan.changes.iter().any(puts), !is_held);
        let mut declined = plan.declined.iter();
        assert_eq!(
            declined.any(|one| one.why.contains("whose filters deliver with it")),
            is_held
        );
    }
}

#[test]
fn a_destination_whose_policy_was_not_read_moves_to_no_other_role() {
    let old = fleet(&["1", "2"], ONE, "cwrole", false);
    let new = fleet(&["1"], ONE, "other", false);
    let mut world = seen_by(&new, &old);
    let moves = |world: &Observed| {
        let is_move = |one: &Change| {
            matches!(
                one.action,
                Action::Destination(_, DestinationAction::Put { .. })
            )
        };
        plan(&new, world).changes.iter().any(is_move)
    };
    assert!(moves(&world));
    let places = &mut world.logging.as_mut().unwrap().regions;
    let destination = known(&mut places.values_mut().next().unwrap().destination);
    destination.policy = State::Unknown("AccessDenied".to_owned());
    assert!(!moves(&world));
    // with the same role it may move to another stream
    let ends = &new
        .logging
        .as_ref()
        .unwrap()
        .regions
        .values()
        .next()
        .unwrap()
        .destination
        .ends;
    let places = &mut world.logging.as_mut().unwrap().regions;
    let destination = known(&mut places.values_mut().next().unwrap().destination);
    destination.ends.role = ends.role.clone();
    destination.ends.target = "arn:aws:kinesis:us-west-2:999988887777:stream/old"
        .parse()
        .unwrap();
    assert!(moves(&world));
}
