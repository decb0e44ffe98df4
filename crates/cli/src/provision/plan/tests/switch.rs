//! A fleet file that changes under a live fleet: at no moment do role, policy and stream disagree.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::delivering::puts;
use super::generated::{desired_and_observed, nothing_yet};
use super::halfway::{assert_goes_on, left};
use super::seed::seed;
use super::simulate::simulate;
use super::{Change, Desired, Observed, State, plan};
use crate::output::{self, Detail};
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::name::Region;
use crate::provision::observed::LoggingRegion;

const KEYS: [&str; 4] = [
    "none",
    "aws/kinesis",
    "arn:aws:kms:us-west-2:999988887777:key/k",
    "arn:aws:kms:us-west-2:999988887777:key/l",
];

/// A fleet in one Region, or in two with the keys that serve both. `stream` may be followed by the Region of the only one.
fn fleet(stream: &str, role: &str, key: &str, regions: &str) -> Option<Desired> {
    let (stream, only) = stream.split_once(' ').unwrap_or((stream, ""));
    let settings = format!("retention_hours = 168\nencryption = \"{key}\"\n{only}");
    let text = TEMPLATE
        .replace("Demo_Kinesis_Stream", stream)
        .replace("\"cwrole\"", &format!("\"{role}\""))
        .replace("retention_hours = 168", &settings)
        .replacen("[\"us-west-2\"]", regions, 1);
    let fleet = Fleet::parse(&text).ok()?;
    Some(Desired::of_fleet(&fleet).unwrap())
}

fn fleets() -> impl Strategy<Value = Desired> {
    let mut fleets = Vec::new();
    let streams = [
        "one",
        "two",
        "one region = \"us-west-2\"",
        "two region = \"eu-west-1\"",
    ];
    for stream in streams {
        for role in ["cwrole", "other"] {
            for key in KEYS {
                for regions in ["[\"us-west-2\"]", "[\"us-west-2\", \"eu-west-1\"]"] {
                    fleets.extend(fleet(stream, role, key, regions));
                }
            }
        }
    }
    assert_eq!(fleets.len(), 44);
    select(fleets)
}

/// The fleet `old`, set up, as a run for `new` observes it.
fn seen_by(new: &Desired, old: &Desired) -> Observed {
    let empty = nothing_yet(old);
    let world = simulate(&plan(old, &empty), &empty);
    let (is, was) = (new.logging.as_ref().unwrap(), old.logging.as_ref().unwrap());
    let mut seen = nothing_yet(new);
    let logging = seen.logging.as_mut().unwrap();
    let old_world = world.logging.unwrap();
    if is.role.arn == was.role.arn {
        logging.role = old_world.role;
    }
    for (region, place) in &mut logging.regions {
        let Some(old_place) = old_world.regions.get(region) else {
            continue;
        };
        place.destination = old_place.destination.clone();
        if is.regions[region].stream.arn == was.regions[region].stream.arn {
            place.stream = old_place.stream.clone();
        }
    }
    seen.members = world.members;
    seen
}

/// The Regions whose `logs::Destination` may put records into its stream, with the old fleet's role and stream or the new one's.
fn delivering(world: &Observed, new: &Desired, old: &Desired) -> BTreeSet<Region> {
    let (is, was) = (new.logging.as_ref().unwrap(), old.logging.as_ref().unwrap());
    let logging = world.logging.as_ref().unwrap();
    let delivers = |place: &LoggingRegion| match &place.destination {
        State::Present(destination) => puts(destination, logging, is, was),
        State::Absent | State::Unknown(_) => false,
    };
    let regions = logging.regions.iter();
    regions
        .filter(|(_, place)| delivers(place))
        .map(|(region, _)| region.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_fleet_file_interrupts_no_delivery((old, new) in (fleets(), fleets())) {
        let world = seen_by(&new, &old);
        let whole = plan(&new, &world);
        let of_both = |world: &Observed| delivering(world, &new, &old);
        assert_goes_on(&whole, &world, of_both);
        for world in left(&whole, &world) {
            let next = plan(&new, &world);
            assert_goes_on(&next, &world, of_both);
            let end = simulate(&next, &world);
            prop_assert_eq!(plan(&new, &end).changes, []);
        }
        let end = simulate(&whole, &world);
        let all: BTreeSet<_> = new.logging.as_ref().unwrap().regions.keys().cloned().collect();
        if whole.declined.is_empty() {
            prop_assert_eq!(delivering(&end, &new, &new), all);
        }
    }

    #[test]
    fn no_drift_is_mended_at_the_cost_of_delivery((desired, observed) in desired_and_observed()) {
        let plan = plan(&desired, &observed);
        assert_goes_on(&plan, &observed, |world| delivering(world, &desired, &desired));
    }
}

fn switched(new: &Desired) -> String {
    output::plan::text(&plan(new, &seen_by(new, &seed())), Detail::Full)
}

/// What the change needs whose key ends like this.
fn needs(new: &Desired, key: &str) -> String {
    let changes = plan(new, &seen_by(new, &seed())).changes;
    let ends = |change: &&Change| change.key.to_string().ends_with(key);
    let change = changes.iter().find(ends).unwrap();
    let needs: Vec<_> = change.needs.iter().map(ToString::to_string).collect();
    needs.join("\n")
}

#[test]
fn a_renamed_stream_is_switched_to_between_a_grant_and_a_revocation() {
    let new = fleet("two", "cwrole", "none", "[\"us-west-2\"]").unwrap();
    insta::assert_snapshot!(switched(&new), @"
    logging account 999988887777
      all Regions
        ~ role cwrole
            put inline policy catchment-delivery (drifted: inline policy; what delivers now stays allowed until it is switched over)
              ~ CatchmentPutRecord
                  Resource
                    + arn:aws:kinesis:us-west-2:999988887777:stream/two
            put inline policy catchment-delivery (nothing uses the rest any more)
              ~ CatchmentPutRecord
                  Resource
                    - arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
      us-west-2
        + stream two
            create, 4 shards (absent)
              + tag catchment:fleet: 999988887777/kinesisDest
            raise retention from 24 to 168 hours (a new stream keeps 24 hours)
        ~ logs::Destination kinesisDest
            update (drifted: stream or role)
              - stream: arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream
              + stream: arn:aws:kinesis:us-west-2:999988887777:stream/two

    1 to create, 2 to update, 0 to delete.
    ");
    insta::assert_snapshot!(needs(&new, "kinesisDest/put"), @"
    logging/global/role/cwrole/policy
    logging/us-west-2/stream/two/create
    ");
}

#[test]
fn a_customer_key_is_used_once_the_role_may_use_it() {
    let new = fleet("Demo_Kinesis_Stream", "cwrole", KEYS[2], "[\"us-west-2\"]").unwrap();
    insta::assert_snapshot!(switched(&new), @"
    logging account 999988887777
      all Regions
        ~ role cwrole
            put inline policy catchment-delivery (drifted: inline policy)
              + CatchmentDataKey
                  Effect: Allow
                  Action: kms:GenerateDataKey
                  Resource: arn:aws:kms:us-west-2:999988887777:key/k
      us-west-2
        ~ stream Demo_Kinesis_Stream
            encrypt with arn:aws:kms:us-west-2:999988887777:key/k (drifted: encryption is none)

    0 to create, 2 to update, 0 to delete.
    ");
    assert_eq!(needs(&new, "/encrypt"), "logging/global/role/cwrole/policy");
}
