//! Members and Regions taken out of the fleet file: they keep what they may do until they are cut off, and that is said.

mod kept;
mod listed;

use std::collections::BTreeSet;

use super::generated::nothing_yet;
use super::simulate::simulate;
use super::{Consent, Desired, Observed, State, destroy, plan};
use crate::output::{self, Detail};
use crate::provision::desired::Logging;
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::name::Region;
use crate::provision::observed::{LoggingRegion, Role};
use crate::provision::status::status;

pub(super) const PRUNE: Consent = Consent {
    prune: true,
    take_over: false,
};

/// A fleet with these members and Regions, all in one organization or not. The Regions may be followed by that of the only stream.
pub(super) fn fleet(members: &[&str], regions: &str, role: &str, organization: bool) -> Desired {
    let text = text(members, regions, role, organization);
    Desired::of_fleet(&Fleet::parse(&text).unwrap()).unwrap()
}

fn text(members: &[&str], regions: &str, role: &str, organization: bool) -> String {
    let (head, _) = TEMPLATE.split_once("[[members]]").unwrap();
    let (regions, only) = regions.split_once(' ').unwrap_or((regions, ""));
    let mut text = head
        .replacen("[\"us-west-2\"]", regions, 1)
        .replace("shards = 4", &format!("shards = 4\n{only}\n"))
        .replace("\"cwrole\"", &format!("\"{role}\""));
    if organization {
        text = text.replacen("[logging]", "[logging]\norganization = \"o-a1b2c3d4e5\"", 1);
    }
    for member in members {
        text += &format!(
            "[[members]]\nname = \"m{member}\"\naccount = \"{}\"\ncloudtrail = [\"trail\"]\n",
            member.repeat(12)
        );
    }
    text
}

pub(super) const ONE: &str = "[\"us-west-2\"]";
pub(super) const BOTH: &str = "[\"us-west-2\",\"eu-west-1\"]";
pub(super) const BOTH_TO_ONE: &str = "[\"us-west-2\",\"eu-west-1\"] region = \"us-west-2\"";
const BOTH_TO_OTHER: &str = "[\"us-west-2\",\"eu-west-1\"] region = \"eu-west-1\"";

/// The fleet `old`, set up, as a run for `new` observes it.
pub(super) fn seen_by(new: &Desired, old: &Desired) -> Observed {
    look(new, old, &set_up(old))
}

/// The world once the fleet is set up.
fn set_up(fleet: &Desired) -> Observed {
    let empty = nothing_yet(fleet);
    simulate(&plan(fleet, &empty), &empty)
}

/// What a run for `new` observes of the world that has all that `old` named.
fn look(new: &Desired, old: &Desired, world: &Observed) -> Observed {
    let (is, was) = (new.logging.as_ref().unwrap(), old.logging.as_ref().unwrap());
    let mut seen = nothing_yet(new);
    let logging = seen.logging.as_mut().unwrap();
    let there = world.logging.as_ref().unwrap();
    if is.role.arn == was.role.arn {
        logging.role = there.role.clone();
    }
    let mut regions: BTreeSet<Region> = is.regions.keys().cloned().collect();
    let mut parts = vec![new.clone()];
    if let State::Present(Role {
        policy: State::Present(policy),
        trust,
        ..
    }) = &logging.role
    {
        let trust = match trust {
            State::Present(trust) => Some(trust),
            State::Absent | State::Unknown(_) => None,
        };
        let leftover = new.leftover(policy, trust);
        regions.extend(
            leftover
                .logging
                .iter()
                .flat_map(|one| one.regions.keys().cloned()),
        );
        parts.push(leftover);
    }
    for region in regions {
        let nothing = LoggingRegion {
            stream: State::Absent,
            destination: State::Absent,
        };
        let mut place = there.regions.get(&region).unwrap_or(&nothing).clone();
        let stream = |fleet: &Logging| Some(fleet.regions.get(&region)?.stream.arn.clone());
        if stream(is).is_some_and(|stream_is| stream(was).is_some_and(|it| it != stream_is)) {
            place.stream = State::Absent;
        }
        logging.regions.insert(region, place);
    }
    for (name, member) in parts.iter().flat_map(|part| &part.members) {
        for (region, groups) in &member.regions {
            let there = world
                .members
                .get(name)
                .and_then(|member| member.regions.get(region));
            for group in groups.by_name.keys() {
                let there = there.and_then(|groups| groups.get(group)).cloned();
                let seen = seen
                    .members
                    .get_mut(name)
                    .unwrap()
                    .regions
                    .entry(region.clone())
                    .or_default();
                seen.insert(
                    group.clone(),
                    there.unwrap_or(State::Present(Default::default())),
                );
            }
        }
    }
    seen
}

pub(super) fn planned(new: &Desired, old: &Desired, consent: Consent) -> String {
    output::plan::text(
        &super::super::plan(new, &seen_by(new, old), consent),
        Detail::Full,
    )
}

#[test]
fn orphans_are_listed_and_cut_off_on_request() {
    let old = fleet(&["1", "2"], BOTH, "cwrole", false);
    let new = fleet(&["1"], ONE, "cwrole", false);
    insta::assert_snapshot!(planned(&new, &old, Consent::default()), @"
    logging account 999988887777
      all Regions
        = role cwrole
            orphan: account 222222222222 is not in the fleet file; --prune would cut it off: its filters would deliver no more
      eu-west-1
        = logs::Destination kinesisDest
            orphan: eu-west-1 is not in the fleet file; --prune would cut it off: the filters there would deliver no more

    Nothing to change; 2 orphans kept.
    ");
    let shown = output::status::text(&status(&new, &seen_by(&new, &old)), Detail::Full);
    insta::assert_snapshot!(shown, @"
    logging account 999988887777
      all Regions
        in sync  role cwrole
              orphan: account 222222222222 is not in the fleet file; --prune would cut it off: its filters would deliver no more
      eu-west-1
        orphan   logs::Destination kinesisDest
              orphan: eu-west-1 is not in the fleet file; --prune would cut it off: the filters there would deliver no more
      us-west-2
        in sync  stream Demo_Kinesis_Stream
        in sync  logs::Destination kinesisDest

    member account 111111111111 (m1)
      us-west-2
        in sync  subscription filter catchment-kinesisDest on trail

    4 in sync, 1 orphan.
    ");
    insta::assert_snapshot!(planned(&new, &old, PRUNE), @"
    member account 111111111111 (m1)
      eu-west-1
        - subscription filter catchment-kinesisDest on trail
            delete (--prune)

    logging account 999988887777
      eu-west-1
        - logs::Destination kinesisDest
            delete (--prune; the filters of account 222222222222 were not looked at, and will deliver nothing)
            orphan: eu-west-1 is not in the fleet file; it is cut off: the filters there deliver no more
        ! stream Demo_Kinesis_Stream
            kept: it may hold data that nobody has read
              hint: once everything in it is read, delete it by hand: catchment will not look there again
      all Regions
        ~ role cwrole
            put trust policy (drifted: trust policy)
              ~ CatchmentDelivery
                  Condition.StringLike.aws:SourceArn
                    - arn:aws:logs:eu-west-1:111111111111:*
                    - arn:aws:logs:eu-west-1:222222222222:*
                    - arn:aws:logs:eu-west-1:999988887777:*
                    - arn:aws:logs:us-west-2:222222222222:*
            put inline policy catchment-delivery (drifted: inline policy)
              ~ CatchmentPutRecord
                  Resource
                    - arn:aws:kinesis:eu-west-1:999988887777:stream/Demo_Kinesis_Stream
            orphan: account 222222222222 is not in the fleet file; it is cut off: its filters deliver no more
      us-west-2
        ~ logs::Destination kinesisDest
            put destination policy (drifted: policy)
              ~ CatchmentSubscribe
                  Principal.AWS
                    - 222222222222

    0 to create, 2 to update, 2 to delete; 1 declined.
    ");
    insta::assert_snapshot!(output::plan::text(&destroy(&new, &seen_by(&new, &old), true), Detail::Full), @"
    member account 111111111111 (m1)
      us-west-2
        - subscription filter catchment-kinesisDest on trail
            delete (destroy)
      eu-west-1
        - subscription filter catchment-kinesisDest on trail
            delete (destroy)

    logging account 999988887777
      us-west-2
        - logs::Destination kinesisDest
            delete (destroy; the filters of account 222222222222 were not looked at, and will deliver nothing)
        - stream Demo_Kinesis_Stream
            delete (--delete-stream)
      eu-west-1
        - logs::Destination kinesisDest
            delete (destroy; the filters of account 222222222222 were not looked at, and will deliver nothing)
        - stream Demo_Kinesis_Stream
            delete (--delete-stream)
      all Regions
        - role cwrole
            delete inline policy catchment-delivery (destroy)
              - CatchmentPutRecord
                  Effect: Allow
                  Action: kinesis:PutRecord
                  Resource:
                    arn:aws:kinesis:eu-west-1:999988887777:stream/Demo_Kinesis_Stream
                    arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
            delete (destroy)

    0 to create, 0 to update, 7 to delete.
    ");
}

#[test]
fn a_member_that_leaves_a_region_is_an_orphan_there() {
    let old = fleet(&["1", "2"], BOTH, "cwrole", false);
    let text = text(&["1"], BOTH, "cwrole", false);
    let new = format!(
        "{text}[[members]]\nname = \"m2\"\naccount = \"222222222222\"\nregions = [\"us-west-2\"]\ncloudtrail = [\"trail\"]\n"
    );
    let new = Desired::of_fleet(&Fleet::parse(&new).unwrap()).unwrap();
    insta::assert_snapshot!(planned(&new, &old, Consent::default()), @"
    logging account 999988887777
      all Regions
        = role cwrole
            orphan: account 222222222222 is not in the fleet file in eu-west-1; --prune would cut it off: its filters would deliver no more

    Nothing to change; 1 orphan kept.
    ");
}
