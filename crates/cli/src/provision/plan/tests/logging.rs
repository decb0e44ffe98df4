//! Drift in the logging account: stream, role, `logs::Destination`.

use std::collections::BTreeSet;

use super::seed::{
    destination, in_sync, known, place, planned, role, seed, shown_of_logging, stream, with_theirs,
};
use super::{
    Action, Change, Declined, Observed, Plan, Reason, RoleAction, State, StreamAction, destroy,
    plan,
};
use crate::provision::desired::Scope;
use crate::provision::name::Arn;
use crate::provision::observed::StreamStatus;
use crate::provision::policy::Document;
use crate::provision::resource::{Encryption, OWNER_TAG};

#[test]
fn a_destinations_stream_and_role_are_put_back() {
    let drift = |world: &mut Observed| {
        destination(world).ends.role = "arn:aws:iam::999988887777:role/other"
            .parse::<Arn>()
            .unwrap();
        destination(world).ends.target = "arn:aws:kinesis:us-west-2:999988887777:stream/other"
            .parse::<Arn>()
            .unwrap();
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      us-west-2
        ~ logs::Destination kinesisDest
            update (drifted: stream or role)
              - stream: arn:aws:kinesis:us-west-2:999988887777:stream/other
              + stream: arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
              - role: arn:aws:iam::999988887777:role/other
              + role: arn:aws:iam::999988887777:role/cwrole

    0 to create, 1 to update, 0 to delete.
    ");
}

#[test]
fn our_statement_is_put_back_beside_those_of_others() {
    let drift = |world: &mut Observed| {
        let theirs = with_theirs(known(&mut destination(world).policy));
        let alone = theirs
            .to_json()
            .replace("CatchmentSubscribe", "Changed")
            .replace("999988887777", "000000000000");
        destination(world).policy = State::Present(Document::parse(&alone).unwrap());
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      us-west-2
        ~ logs::Destination kinesisDest
            put destination policy (drifted: policy)
              + CatchmentSubscribe
                  Effect: Allow
                  Principal.AWS:
                    111122223333
                    999988887777
                  Action: logs:PutSubscriptionFilter
                  Resource: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
            foreign, left alone: statement of the destination policy: Audit
            foreign, left alone: statement of the destination policy: Changed

    0 to create, 1 to update, 0 to delete; 2 foreign, left alone.
    ");
}

#[test]
fn policies_are_repaired_value_by_value() {
    let drift = |world: &mut Observed| {
        let policy = known(&mut destination(world).policy)
            .to_json()
            .replace(",\"999988887777\"", "");
        destination(world).policy = State::Present(Document::parse(&policy).unwrap());
        let trust = known(&mut role(world).trust)
            .to_json()
            .replace("us-west-2:111122223333", "*:444455556666");
        role(world).trust = State::Present(Document::parse(&trust).unwrap());
        role(world).policy = State::Absent;
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      all Regions
        ~ role cwrole
            put trust policy (drifted: trust policy)
              ~ CatchmentDelivery
                  Condition.StringLike.aws:SourceArn
                    - arn:aws:logs:*:444455556666:*
                    + arn:aws:logs:us-west-2:111122223333:*
            put inline policy catchment-delivery (absent: inline policy)
              + CatchmentPutRecord
                  Effect: Allow
                  Action: kinesis:PutRecord
                  Resource: arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
      us-west-2
        ~ logs::Destination kinesisDest
            put destination policy (drifted: policy)
              ~ CatchmentSubscribe
                  Principal.AWS
                    + 999988887777

    0 to create, 2 to update, 0 to delete.
    ");
    insta::assert_snapshot!(shown_of_logging(drift), @"
    logging account 999988887777
      all Regions
        drifted  role cwrole
              drifted: trust policy
              absent: inline policy
      us-west-2
        in sync  stream Demo_Kinesis_Stream
        drifted  logs::Destination kinesisDest
              drifted: policy
    ");
}

#[test]
fn a_stream_that_falls_short_is_raised() {
    let drift = |world: &mut Observed| {
        let stream = stream(world);
        stream.retention_hours = 24;
        stream.open_shards = 1;
        stream.status = StreamStatus::Updating;
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      us-west-2
        ~ stream Demo_Kinesis_Stream
            wait until it is ACTIVE (it is not ACTIVE yet)
            raise from 1 to 2 shards (drifted: it has 1 shard)
            raise from 2 to 4 shards (drifted: it has 1 shard)
            raise retention from 24 to 168 hours (drifted: it keeps 24 hours)

    0 to create, 1 to update, 0 to delete.
    ");
}

#[test]
fn a_stream_that_is_more_than_asked_for_is_kept_so() {
    let drift = |world: &mut Observed| {
        let stream = stream(world);
        stream.retention_hours = 720;
        stream.open_shards = 8;
        stream.encryption =
            Encryption::Customer("arn:aws:kms:us-west-2:999988887777:key/k".parse().unwrap());
    };
    insta::assert_snapshot!(planned(drift), @r#"
    logging account 999988887777
      us-west-2
        ! stream Demo_Kinesis_Stream
            kept: it has 8 shards, the fleet file says 4: a stream is never shrunk
              hint: say shards = 8 in the fleet file, or merge shards by hand
            kept: it keeps 720 hours, the fleet file says 168: retention is never lowered, it would delete data
              hint: say retention_hours = 720 in the fleet file, or lower it by hand
            kept: it is encrypted with arn:aws:kms:us-west-2:999988887777:key/k, the fleet file says none: encryption is never removed
              hint: say encryption = "arn:aws:kms:us-west-2:999988887777:key/k" in the fleet file, so that the role may use the key

    Nothing to change; 3 declined.
    "#);
    insta::assert_snapshot!(shown_of_logging(drift), @r#"
    logging account 999988887777
      all Regions
        in sync  role cwrole
      us-west-2
        drifted  stream Demo_Kinesis_Stream
              it has 8 shards, the fleet file says 4: a stream is never shrunk
                hint: say shards = 8 in the fleet file, or merge shards by hand
              it keeps 720 hours, the fleet file says 168: retention is never lowered, it would delete data
                hint: say retention_hours = 720 in the fleet file, or lower it by hand
              it is encrypted with arn:aws:kms:us-west-2:999988887777:key/k, the fleet file says none: encryption is never removed
                hint: say encryption = "arn:aws:kms:us-west-2:999988887777:key/k" in the fleet file, so that the role may use the key
        in sync  logs::Destination kinesisDest
    "#);
}

#[test]
fn missing_tags_are_written_again() {
    let drift = |world: &mut Observed| {
        known(&mut role(world).tags).clear();
        known(&mut destination(world).tags).clear();
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      all Regions
        ~ role cwrole
            tag (drifted: tags)
              + tag catchment:fleet: 999988887777/kinesisDest
      us-west-2
        ~ logs::Destination kinesisDest
            tag (drifted: tags)
              + tag catchment:fleet: 999988887777/kinesisDest

    0 to create, 2 to update, 0 to delete.
    ");
}

#[test]
fn a_stream_that_lost_its_tag_is_adopted_and_not_deleted() {
    let desired = seed();
    let mut world = in_sync();
    known(&mut stream(&mut world).tags).clear();
    assert_eq!(plan(&desired, &world), Plan::default());
    let down = destroy(&desired, &world, true);
    assert!(
        !down
            .changes
            .iter()
            .any(|change| matches!(change.action, Action::Stream(_, StreamAction::Delete)))
    );
    assert_eq!(down.foreign.len(), 1);
}

#[test]
fn a_role_with_a_path_is_declined() {
    let drift = |world: &mut Observed| {
        role(world).path = "/service/".to_owned();
        place(world).destination = State::Absent;
    };
    insta::assert_snapshot!(planned(drift), @"
    logging account 999988887777
      all Regions
        ! role cwrole
            blocked: its path is /service/, so its ARN does not follow from its name
              hint: name another role in the fleet file, or create this one again without a path
      us-west-2
        ! logs::Destination kinesisDest
            blocked: role cwrole has a path
              hint: follow the hint for that resource, then run `catchment apply`

    Nothing to change; 2 declined.
    ");
}

#[test]
fn a_role_whose_inline_policy_others_use_is_kept() {
    let mut world = in_sync();
    let policy = known(&mut role(&mut world).policy);
    *policy = with_theirs(policy);
    let down = destroy(&seed(), &world, false);
    let of_role = |declined: &&Declined| declined.address.region.is_none();
    let declined: Vec<_> = down.declined.iter().filter(of_role).collect();
    let [kept] = declined[..] else {
        panic!("{declined:#?}")
    };
    assert_eq!(kept.reason, Reason::Kept);
    insta::assert_snapshot!(kept.why, @"others use it, through statements or policies of their own");
    let deletes = |change: &Change| matches!(change.action, Action::Role(_, RoleAction::Delete));
    assert!(!down.changes.iter().any(deletes));
}

#[test]
fn another_fleets_stream_that_is_not_as_asked_is_declined() {
    let mut world = in_sync();
    known(&mut stream(&mut world).tags).insert(OWNER_TAG.to_owned(), "x/y".to_owned());
    assert_eq!(plan(&seed(), &world).declined, []);
    stream(&mut world).encryption = Encryption::AwsManaged;
    let declined = plan(&seed(), &world).declined;
    insta::assert_snapshot!(declined[0].why, @"it is of fleet x/y, and is not as this fleet asks");
}

#[test]
fn deleting_a_destination_alone_names_the_members_not_looked_at() {
    let scope = Scope {
        logging: true,
        members: BTreeSet::new(),
    };
    let part = seed().only(&scope).unwrap();
    let down = destroy(&part, &in_sync(), false);
    insta::assert_snapshot!(down.changes[0].why, @"destroy; the filters of dev1, logging were not looked at, and will deliver nothing");
    assert_eq!(
        destroy(&seed(), &in_sync(), false).changes[3].why,
        "destroy"
    );
}
