//! Whole plans as a person and a program read them: the first, none, what is declined, the last.

use super::generated::nothing_yet;
use super::seed::{
    destination, groups, in_sync, known, other_filter, place, planned, role, seed, shown, trail,
    with_theirs,
};
use super::simulate::simulate;
use super::{Action, Change, Desired, Observed, State, destroy, plan};
use crate::output::{self, Detail};
use crate::provision::fleet::Fleet;
use crate::provision::resource::{OWNER_TAG, SubscriptionFilter};
use crate::provision::status::status;

#[test]
fn the_first_plan() {
    let desired = seed();
    insta::assert_snapshot!(output::plan::text(
        &plan(&desired, &nothing_yet(&desired)),
        Detail::Full
    ));
}

#[test]
fn the_first_plan_as_json() {
    let desired = seed();
    insta::assert_json_snapshot!(plan(&desired, &nothing_yet(&desired)));
}

#[test]
fn in_sync_nothing_is_to_change() {
    insta::assert_snapshot!(planned(|_| ()), @"Nothing to change.");
    insta::assert_snapshot!(shown(|_| ()), @"
    logging account 999988887777
      all Regions
        in sync  role cwrole
      us-west-2
        in sync  stream Demo_Kinesis_Stream
        in sync  logs::Destination kinesisDest

    member account 111122223333 (dev1)
      us-west-2
        in sync  subscription filter catchment-kinesisDest on CloudTrail/member_account_1
        in sync  subscription filter catchment-kinesisDest on cwl_vpc_fl_member_account_1

    member account 999988887777 (logging)
      us-west-2
        in sync  subscription filter catchment-kinesisDest on /aws/events/guardduty-demo

    6 in sync.
    ");
}

fn much_is_wrong(world: &mut Observed) {
    place(world).stream =
        State::Unknown("AccessDeniedException: kinesis:DescribeStreamSummary".to_owned());
    place(world).destination = State::Absent;
    known(&mut role(world).tags).insert(OWNER_TAG.to_owned(), "444455556666/elsewhere".to_owned());
    known(trail(world)).filters = vec![SubscriptionFilter {
        name: "catchment-kinesisDest".parse().unwrap(),
        ..other_filter("x")
    }];
    groups(world).insert(
        "cwl_vpc_fl_member_account_1".parse().unwrap(),
        State::Absent,
    );
}

#[test]
fn what_is_unknown_foreign_or_missing_is_declined() {
    insta::assert_snapshot!(planned(much_is_wrong), @r#"
    logging account 999988887777
      all Regions
        ! role cwrole
            foreign: it is of fleet 444455556666/elsewhere
              hint: name another role in the fleet file
      us-west-2
        ! stream Demo_Kinesis_Stream
            unknown: the stream could not be read: AccessDeniedException: kinesis:DescribeStreamSummary
              hint: nothing is planned from what is unknown: make sure that it can be read, then run `catchment plan`
        ! logs::Destination kinesisDest
            blocked: stream Demo_Kinesis_Stream could not be read
              hint: follow the hint for that resource, then run `catchment apply`

    member account 111122223333 (dev1)
      us-west-2
        ! subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            foreign: a filter of this name is there that delivers to arn:aws:lambda:us-west-2:111122223333:function:ship
              hint: if it is ours and was redirected, take it back with --take-over; if not, name ours otherwise: filter = "…" under [logging]
            foreign, left alone: subscription filter catchment-kinesisDest, to arn:aws:lambda:us-west-2:111122223333:function:ship
        ! subscription filter catchment-kinesisDest on cwl_vpc_fl_member_account_1
            blocked: log group cwl_vpc_fl_member_account_1 is not there
              hint: make it (with its flow log, trail or rule), or take it out of the fleet file

    No change is planned, but 1 could not be read; 5 declined; 1 foreign, left alone.
    "#);
    insta::assert_snapshot!(shown(much_is_wrong), @r#"
    logging account 999988887777
      all Regions
        foreign  role cwrole
              it is of fleet 444455556666/elsewhere
                hint: name another role in the fleet file
      us-west-2
        unknown  stream Demo_Kinesis_Stream
              the stream could not be read: AccessDeniedException: kinesis:DescribeStreamSummary
                hint: nothing is planned from what is unknown: make sure that it can be read, then run `catchment plan`
        absent   logs::Destination kinesisDest
              stream Demo_Kinesis_Stream could not be read
                hint: follow the hint for that resource, then run `catchment apply`

    member account 111122223333 (dev1)
      us-west-2
        foreign  subscription filter catchment-kinesisDest on CloudTrail/member_account_1
              a filter of this name is there that delivers to arn:aws:lambda:us-west-2:111122223333:function:ship
                hint: if it is ours and was redirected, take it back with --take-over; if not, name ours otherwise: filter = "…" under [logging]
              foreign, left alone: subscription filter catchment-kinesisDest, to arn:aws:lambda:us-west-2:111122223333:function:ship
        absent   subscription filter catchment-kinesisDest on cwl_vpc_fl_member_account_1
              log group cwl_vpc_fl_member_account_1 is not there
                hint: make it (with its flow log, trail or rule), or take it out of the fleet file

    member account 999988887777 (logging)
      us-west-2
        in sync  subscription filter catchment-kinesisDest on /aws/events/guardduty-demo

    1 in sync, 2 absent, 1 unknown, 2 foreign.
    "#);
}

#[test]
fn destroy_leaves_the_stream_and_what_others_use() {
    let desired = seed();
    let mut world = in_sync();
    insta::assert_snapshot!(output::plan::text(&destroy(&desired, &world, false), Detail::Full), @"
    member account 111122223333 (dev1)
      us-west-2
        - subscription filter catchment-kinesisDest on CloudTrail/member_account_1
            delete (destroy)
        - subscription filter catchment-kinesisDest on cwl_vpc_fl_member_account_1
            delete (destroy)

    member account 999988887777 (logging)
      us-west-2
        - subscription filter catchment-kinesisDest on /aws/events/guardduty-demo
            delete (destroy)

    logging account 999988887777
      us-west-2
        - logs::Destination kinesisDest
            delete (destroy)
        ! stream Demo_Kinesis_Stream
            kept: it may hold data that nobody has read
              hint: once everything in it is read, destroy with --delete-stream
      all Regions
        - role cwrole
            delete inline policy catchment-delivery (destroy)
              - CatchmentPutRecord
                  Effect: Allow
                  Action: kinesis:PutRecord
                  Resource: arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
            delete (destroy)

    0 to create, 0 to update, 5 to delete; 1 declined.
    ");
    known(trail(&mut world))
        .filters
        .push(other_filter("to-splunk"));
    let theirs = with_theirs(known(&mut destination(&mut world).policy));
    destination(&mut world).policy = State::Present(theirs);
    let text = output::plan::text(&destroy(&desired, &world, true), Detail::Full);
    let (_, of_logging) = text.split_once("logging account").unwrap();
    insta::assert_snapshot!(of_logging, @"
     999988887777
      us-west-2
        ~ logs::Destination kinesisDest
            put destination policy (our statements go, the others stay)
              - CatchmentSubscribe
                  Effect: Allow
                  Principal.AWS:
                    111122223333
                    999988887777
                  Action: logs:PutSubscriptionFilter
                  Resource: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
            kept: its policy lets others subscribe to it
              hint: remove their statements, then destroy again
            foreign, left alone: statement of the destination policy: Audit
        ! stream Demo_Kinesis_Stream
            kept: logs::Destination kinesisDest in us-west-2 is used by others
              hint: remove what uses it first
      all Regions
        ! role cwrole
            kept: logs::Destination kinesisDest in us-west-2 is used by others
              hint: remove what uses it first

    0 to create, 1 to update, 3 to delete; 3 declined; 2 foreign, left alone.
    ");
}

#[test]
fn declined_resources_as_json() {
    let desired = seed();
    let mut world = in_sync();
    much_is_wrong(&mut world);
    insta::assert_json_snapshot!("declined_as_json", plan(&desired, &world));
    insta::assert_json_snapshot!("status_as_json", status(&desired, &world));
}

/// More than a destination policy lists.
const HUNDREDS: usize = 800;

#[test]
fn the_readmes_fleet_of_hundreds_is_written_in_twenty_lines_and_planned() {
    let readme = include_str!("../../../../../../README.md");
    let mut blocks = readme.split("```toml\n").skip(1);
    let block = blocks
        .find(|block| block.contains("\naccounts = "))
        .unwrap();
    let (text, _) = block.split_once("```").unwrap();
    let lines = text.lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 20, "{lines} lines");
    let few = "[\"111122223333\", \"444455556666\"]";
    assert!(text.contains(few));
    let accounts = (0..HUNDREDS).map(|number| format!("\"{}\"", 200_000_000_000 + number));
    let accounts = accounts.collect::<Vec<_>>().join(", ");
    let fleet = Fleet::parse(&text.replace(few, &format!("[{accounts}]"))).unwrap();
    assert_eq!(fleet.members.len(), HUNDREDS);
    let desired = Desired::of_fleet(&fleet).unwrap();
    let empty = nothing_yet(&desired);
    let whole = plan(&desired, &empty);
    assert_eq!(whole.declined, []);
    // two log groups for the pattern in each Region, and the trail in its home Region
    let is_filter = |change: &&Change| matches!(change.action, Action::Filter(..));
    assert_eq!(whole.changes.iter().filter(is_filter).count(), 5 * HUNDREDS);
    assert!(plan(&desired, &simulate(&whole, &empty)).is_empty());
}
