//! Drift in a member account: its filters, and those of others.

use super::seed::{in_sync, known, other_filter, place, planned, seed, trail};
use super::simulate::simulate;
use super::{Action, Consent, Observed, Plan, State, plan};
use crate::output::{self, Detail};
use crate::provision::plan::{Coverage, FilterAction};
use crate::provision::resource::{Distribution, FilterPattern};

#[test]
fn a_filters_pattern_and_distribution_are_put_back() {
    let drift = |world: &mut Observed| {
        let filter = known(trail(world)).filters.first_mut().unwrap();
        filter.pattern = FilterPattern::new("ERROR");
        filter.distribution = Distribution::ByLogStream;
    };
    insta::assert_snapshot!(planned(drift), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ~ subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            update (drifted: pattern, distribution)
              - pattern: "ERROR"
              + pattern: ""
              - distribution: ByLogStream
              + distribution: Random

    0 to create, 1 to update, 0 to delete.
    "#);
}

#[test]
fn a_space_is_the_same_pattern_as_none() {
    let drift = |world: &mut Observed| {
        known(trail(world)).filters.first_mut().unwrap().pattern = FilterPattern::new(" ");
    };
    assert_eq!(planned(drift), "Nothing to change.\n");
}

#[test]
fn a_filter_says_what_is_known_of_its_destination() {
    let coverage = |drift: fn(&mut Observed)| {
        let mut world = in_sync();
        known(trail(&mut world)).filters.clear();
        drift(&mut world);
        let mut desired = seed();
        if world.logging.is_none() {
            desired.logging = None;
        }
        let plan = plan(&desired, &world);
        plan.changes.iter().find_map(|change| match &change.action {
            Action::Filter(_, _, FilterAction::Put { destination, .. }) => Some(*destination),
            _ => None,
        })
    };
    let unread = |world: &mut Observed| place(world).destination = State::Unknown("why".into());
    assert_eq!(coverage(|_| {}), Some(Coverage::Planned));
    assert_eq!(coverage(unread), Some(Coverage::Unread));
    assert_eq!(
        coverage(|world| world.logging = None),
        Some(Coverage::Elsewhere)
    );
}

#[test]
fn two_foreign_filters_are_named_and_left() {
    let drift = |world: &mut Observed| {
        known(trail(world)).filters = vec![other_filter("to-splunk"), other_filter("to-lambda")];
    };
    insta::assert_snapshot!(planned(drift), @r#"
    member account 111122223333 (dev1)
      us-west-2
        + subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            create (absent)
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
              + pattern: ""
              + distribution: Random
              beside 2 of others, if AWS takes one more: to-splunk, to-lambda
            foreign, left alone: subscription filter to-splunk, to arn:aws:lambda:us-west-2:111122223333:function:ship
            foreign, left alone: subscription filter to-lambda, to arn:aws:lambda:us-west-2:111122223333:function:ship

    1 to create, 0 to update, 0 to delete; 2 foreign, left alone.
    "#);
}

#[test]
fn a_foreign_filter_to_our_destination_is_declined() {
    let drift = |world: &mut Observed| {
        known(trail(world)).filters.first_mut().unwrap().name = "by-hand".parse().unwrap();
    };
    insta::assert_snapshot!(planned(drift), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ! subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            foreign: filter by-hand delivers this log group there already: every event would arrive twice
              hint: delete it, or make it ours: filter = "by-hand" under [logging]
            foreign, left alone: subscription filter by-hand, to arn:aws:logs:us-west-2:999988887777:destination:kinesisDest

    Nothing to change; 1 declined; 1 foreign, left alone.
    "#);
}

#[test]
fn a_filter_to_the_same_accounts_other_destination_is_declined() {
    let drift = |world: &mut Observed| {
        let filter = known(trail(world)).filters.first_mut().unwrap();
        filter.name = "catchment-old".parse().unwrap();
        let old = filter.destination.as_str().replace("kinesisDest", "old");
        filter.destination = old.parse().unwrap();
    };
    insta::assert_snapshot!(planned(drift), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ! subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            foreign: would deliver twice: filter catchment-old delivers this log group to arn:aws:logs:us-west-2:999988887777:destination:old, of the same logging account
              hint: if the logs::Destination was renamed, put the old names back into the fleet file and run `catchment destroy --member dev1`, then the new names and `catchment apply`; what is logged in between is not delivered
            foreign, left alone: subscription filter catchment-old, to arn:aws:logs:us-west-2:999988887777:destination:old

    Nothing to change; 1 declined; 1 foreign, left alone.
    "#);
}

/// The trail's filter, redirected.
fn redirected(to: &str) -> Observed {
    let mut world = in_sync();
    let filter = known(trail(&mut world)).filters.first_mut().unwrap();
    filter.destination = to.parse().unwrap();
    world
}

const ELSEWHERE: &str = "arn:aws:logs:us-west-2:444455556666:destination:theirs";
const RENAMED: &str = "arn:aws:logs:us-west-2:999988887777:destination:old";

#[test]
fn a_redirected_filter_is_taken_back_on_request() {
    let declined = plan(&seed(), &redirected(ELSEWHERE)).declined;
    insta::assert_snapshot!(format!("{}; {}", declined[0].why, declined[0].hint), @r#"a filter of this name is there that delivers to logs::Destination theirs of account 444455556666; if it is ours and was redirected, take it back with --take-over; if not, name ours otherwise: filter = "…" under [logging]"#);
    let take_over = Consent {
        take_over: true,
        ..Consent::default()
    };
    for to in [ELSEWHERE, RENAMED] {
        let world = redirected(to);
        let taken = super::super::plan(&seed(), &world, take_over);
        assert_eq!(taken.declined, []);
        assert_eq!(plan(&seed(), &simulate(&taken, &world)), Plan::default());
    }
    let taken = super::super::plan(&seed(), &redirected(ELSEWHERE), take_over);
    insta::assert_snapshot!(output::plan::text(&taken, Detail::Full), @"
    member account 111122223333 (dev1)
      us-west-2
        ~ subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            update (--take-over: it delivers to logs::Destination theirs of account 444455556666)
              - to: arn:aws:logs:us-west-2:444455556666:destination:theirs
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest

    0 to create, 1 to update, 0 to delete.
    ");
    assert_eq!(
        super::super::plan(&seed(), &in_sync(), take_over),
        Plan::default()
    );
}

#[test]
fn a_filter_of_our_name_to_the_renamed_destination_is_not_named_otherwise() {
    let declined = plan(&seed(), &redirected(RENAMED)).declined;
    insta::assert_snapshot!(format!("{}; {}", declined[0].why, declined[0].hint), @"a filter of this name is there that delivers to logs::Destination old of account 999988887777; redirect it to ours with --take-over");
}

#[test]
fn a_filter_straight_into_our_stream_is_declined() {
    let drift = |world: &mut Observed| {
        let stream = "arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream";
        let filter = known(trail(world)).filters.first_mut().unwrap();
        filter.name = "direct".parse().unwrap();
        filter.destination = stream.parse().unwrap();
    };
    insta::assert_snapshot!(planned(drift), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ! subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            foreign: would deliver twice: filter direct delivers this log group straight into arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
              hint: delete it, then run `catchment apply`; what is logged in between is not delivered
            foreign, left alone: subscription filter direct, to arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream

    Nothing to change; 1 declined; 1 foreign, left alone.
    "#);
}
