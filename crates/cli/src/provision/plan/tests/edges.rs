//! What decides between two plans: limits to the byte, who owns what has no tags, what others share with us.

use super::generated::nothing_yet;
use super::orphan::{ONE, PRUNE, fleet, seen_by};
use super::seed::{destination, in_sync, known, role, seed, stream, with_theirs};
use super::{Action, Change, Observed, Plan, Reason, RoleAction, State, destroy, plan};
use crate::provision::desired::DESTINATION_POLICY_BYTES_MAX;
use crate::provision::plan::{DestinationAction, StreamAction};
use crate::provision::policy::{Document, List};
use crate::provision::resource::{Encryption, OWNER_TAG, Tags};

const NOT_READ: &str = "AccessDenied";

pub(super) fn of_another_fleet() -> State<Tags> {
    let tags = [(OWNER_TAG.to_owned(), "444455556666/theirs".to_owned())];
    State::Present(tags.into())
}

/// A document with nothing but a statement of others in it, `bytes` longer than the shortest.
fn theirs(bytes: usize) -> Document {
    let sid = "A".repeat(1 + bytes);
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{sid}","Effect":"Allow","Principal":"*","Action":"logs:PutSubscriptionFilter"}}]}}"#
    );
    Document::parse(&text).unwrap()
}

fn has(plan: &Plan, wanted: impl Fn(&Action) -> bool) -> bool {
    plan.changes.iter().any(|change| wanted(&change.action))
}

fn why(plan: &Plan, reason: Reason) -> Vec<&str> {
    let declined = plan.declined.iter().filter(|one| one.reason == reason);
    declined.map(|one| one.why.as_str()).collect()
}

#[test]
fn a_change_and_its_key_say_what_is_done_and_to_what() {
    let plan = plan(&seed(), &nothing_yet(&seed()));
    let shown: Vec<_> = plan
        .changes
        .iter()
        .map(|change: &Change| format!("{}\n  {change}", change.key))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_policy_may_be_as_long_as_aws_takes_and_no_longer() {
    let planned = |bytes| {
        let mut world = in_sync();
        destination(&mut world).policy = State::Present(theirs(bytes));
        plan(&seed(), &world)
    };
    let length = |plan: &Plan| {
        plan.changes.iter().find_map(|change| match &change.action {
            Action::Destination(_, DestinationAction::PutPolicy { after, .. }) => {
                Some(after.to_json().len())
            }
            _ => None,
        })
    };
    let left = DESTINATION_POLICY_BYTES_MAX - length(&planned(0)).unwrap();
    assert_eq!(length(&planned(left)), Some(DESTINATION_POLICY_BYTES_MAX));
    for over in [1, 2, 100] {
        let plan = planned(left + over);
        assert_eq!(length(&plan), None);
        assert_eq!(why(&plan, Reason::Limit).len(), 1);
    }
}

#[test]
fn a_list_that_is_nearly_full_points_to_the_organization() {
    let warnings = |accounts: usize| {
        let mut desired = seed();
        for place in desired.logging.as_mut().unwrap().regions.values_mut() {
            let more = (0..accounts)
                .map(|number| format!("{number:012}"))
                .collect();
            let policy = &mut place.destination.policy;
            *policy = List::SUBSCRIBERS.with(policy, &more);
        }
        plan(&desired, &nothing_yet(&desired)).warnings
    };
    let fits = (0..400)
        .take_while(|accounts| warnings(*accounts).is_empty())
        .count();
    // AWS takes 5,120 bytes; four fifths are 4,096
    let warning = &warnings(fits)[0];
    insta::assert_snapshot!(format!("{fits}: {}; {}", warning.what, warning.hint), @r#"257: its policy is 4102 bytes long, and AWS takes 5120; each account takes 15; if all accounts belong to one organization, let it subscribe: access = "organization" under [logging]"#);
}

#[test]
fn a_new_streams_own_retention_is_not_raised() {
    let raises = |hours| {
        let mut desired = seed();
        let regions = &mut desired.logging.as_mut().unwrap().regions;
        regions
            .values_mut()
            .for_each(|place| place.stream.retention_hours = hours);
        let plan = plan(&desired, &nothing_yet(&desired));
        has(&plan, |action| {
            matches!(
                action,
                Action::Stream(_, StreamAction::RaiseRetention { .. })
            )
        })
    };
    assert!(!raises(24));
    assert!(raises(25));
}

#[test]
fn a_stream_is_encrypted_new_or_not() {
    let mut desired = seed();
    let regions = &mut desired.logging.as_mut().unwrap().regions;
    for place in regions.values_mut() {
        place.stream.encryption = Encryption::AwsManaged;
    }
    for world in [nothing_yet(&desired), in_sync()] {
        assert!(has(&plan(&desired, &world), |action| {
            matches!(action, Action::Stream(_, StreamAction::Encrypt { .. }))
        }));
    }
}

#[test]
fn another_fleets_stream_may_keep_longer_and_not_shorter() {
    let declined = |hours| {
        let mut world = in_sync();
        stream(&mut world).tags = of_another_fleet();
        stream(&mut world).retention_hours = hours;
        !why(&plan(&seed(), &world), Reason::Foreign).is_empty()
    };
    assert!(declined(167));
    assert!(!declined(168));
    assert!(!declined(169));
}

#[test]
fn a_destination_that_is_as_asked_waits_for_no_role() {
    let mut world = in_sync();
    role(&mut world).tags = of_another_fleet();
    let plan = plan(&seed(), &world);
    assert!(!plan.declined.is_empty());
    let of_region: Vec<_> = plan
        .declined
        .iter()
        .filter(|one| one.address.region.is_some())
        .collect();
    assert!(of_region.is_empty(), "{of_region:#?}");
}

#[test]
fn a_foreign_destination_keeps_the_role_or_the_stream_that_it_uses() {
    let deletes_role = |change: &dyn Fn(&mut Observed)| {
        let mut world = in_sync();
        destination(&mut world).tags = of_another_fleet();
        change(&mut world);
        has(&destroy(&seed(), &world, true), |action| {
            matches!(action, Action::Role(_, RoleAction::Delete))
        })
    };
    let other_role = |world: &mut Observed| {
        destination(world).ends.role = "arn:aws:iam::999988887777:role/other".parse().unwrap();
    };
    let other_stream = |world: &mut Observed| {
        destination(world).ends.target = "arn:aws:kinesis:us-west-2:999988887777:stream/other"
            .parse()
            .unwrap();
    };
    assert!(!deletes_role(&|_| {}));
    assert!(!deletes_role(&other_role));
    assert!(!deletes_role(&other_stream));
    assert!(deletes_role(&|world| {
        other_role(world);
        other_stream(world);
    }));
}

#[test]
fn a_role_without_tags_is_ours_by_its_trust_or_by_its_inline_policy() {
    let foreign = |trust: bool, policy: bool| {
        let mut world = in_sync();
        let role = role(&mut world);
        role.tags = State::Absent;
        if !trust {
            role.trust = State::Present(theirs(0));
        }
        if !policy {
            role.policy = State::Absent;
        }
        !why(&plan(&seed(), &world), Reason::Foreign).is_empty()
    };
    assert!(!foreign(true, true));
    assert!(!foreign(true, false));
    assert!(!foreign(false, true));
    assert!(foreign(false, false));
}

#[test]
fn what_may_be_anyones_is_declined_with_the_reason() {
    let mut world = in_sync();
    role(&mut world).tags = State::Unknown(NOT_READ.to_owned());
    let down = destroy(&seed(), &world, true);
    assert_eq!(
        why(&down, Reason::Unknown),
        [format!(
            "its tags, and so whose it is, could not be read: {NOT_READ}"
        )]
    );
    assert!(!has(&down, |action| matches!(action, Action::Role(..))));
}

#[test]
fn of_a_role_that_others_share_only_what_is_ours_goes() {
    let taken = |trust: Document, policy: Document| {
        let mut world = in_sync();
        role(&mut world).trust = State::Present(trust);
        role(&mut world).policy = State::Present(policy);
        let down = destroy(&seed(), &world, true);
        assert!(!has(&down, |action| matches!(
            action,
            Action::Role(_, RoleAction::Delete)
        )));
        (
            has(&down, |action| {
                matches!(action, Action::Role(_, RoleAction::PutTrust { .. }))
            }),
            has(&down, |action| {
                matches!(action, Action::Role(_, RoleAction::PutPolicy { .. }))
            }),
        )
    };
    let mut world = in_sync();
    let ours_and_theirs = |document: &mut State<Document>| with_theirs(known(document));
    let trust = ours_and_theirs(&mut role(&mut world).trust);
    let policy = ours_and_theirs(&mut role(&mut world).policy);
    assert_eq!(taken(trust.clone(), policy.clone()), (true, true));
    assert_eq!(taken(theirs(0), policy), (false, true));
    assert_eq!(taken(trust, theirs(0)), (true, false));
}

#[test]
fn orphans_that_make_a_policy_too_long_are_named_as_the_reason() {
    let old = fleet(&["1", "2"], ONE, "cwrole", false);
    let new = fleet(&["1", "3"], ONE, "cwrole", false);
    let mut world = seen_by(&new, &old);
    let State::Present(role) = &mut world.logging.as_mut().unwrap().role else {
        panic!("no role")
    };
    let many = (0..50).map(|number| format!("arn:aws:logs:us-west-2:{number:012}:*"));
    let State::Present(trust) = &role.trust else {
        panic!("no trust policy")
    };
    role.trust = State::Present(List::SOURCES.with(trust, &many.collect()));
    let declined = plan(&new, &world).declined;
    insta::assert_snapshot!(format!("{}; {}", declined[0].why, declined[0].hint), @"with what it still allows and the fleet file does not name its trust policy would be 2361 characters long; AWS takes 2048; cut that off with --prune, or make two fleets");
    assert_eq!(super::super::plan(&new, &world, PRUNE).declined, []);
}
