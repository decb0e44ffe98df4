//! The seed fleet, what is observed of it when it is in sync, and ways to make it drift.

use std::collections::{BTreeMap, BTreeSet};

use super::generated::nothing_yet;
use super::simulate::simulate;
use super::{Desired, Observed, State, plan};
use crate::output::{self, Detail};
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::observed::{Destination, LogGroup, LoggingRegion, Role, Stream};
use crate::provision::policy::Document;
use crate::provision::resource::{Distribution, FilterPattern, SubscriptionFilter};
use crate::provision::status::status;

pub(super) fn seed() -> Desired {
    Desired::of_fleet(&Fleet::parse(TEMPLATE).unwrap()).unwrap()
}

pub(super) fn in_sync() -> Observed {
    let desired = seed();
    let empty = nothing_yet(&desired);
    simulate(&plan(&desired, &empty), &empty)
}

/// Makes the drift and returns the plan as text, which leaves nothing to do once carried out.
pub(super) fn planned(drift: impl FnOnce(&mut Observed)) -> String {
    let desired = seed();
    let mut world = in_sync();
    drift(&mut world);
    let mended = plan(&desired, &world);
    assert!(plan(&desired, &simulate(&mended, &world)).is_empty());
    output::plan::text(&mended, Detail::Full)
}

pub(super) fn shown(drift: impl FnOnce(&mut Observed)) -> String {
    let mut world = in_sync();
    drift(&mut world);
    output::status::text(&status(&seed(), &world), Detail::Full)
}

/// What [`shown`] says of the logging account.
pub(super) fn shown_of_logging(drift: impl FnOnce(&mut Observed)) -> String {
    let text = shown(drift);
    let (logging, _) = text.split_once("\n\n").unwrap();
    logging.to_owned()
}

pub(super) fn place(world: &mut Observed) -> &mut LoggingRegion {
    let regions = &mut world.logging.as_mut().unwrap().regions;
    regions
        .get_mut(&"us-west-2".parse::<Region>().unwrap())
        .unwrap()
}

pub(super) fn known<T>(state: &mut State<T>) -> &mut T {
    let State::Present(value) = state else {
        panic!("not there")
    };
    value
}

pub(super) fn stream(world: &mut Observed) -> &mut Stream {
    known(&mut place(world).stream)
}

pub(super) fn role(world: &mut Observed) -> &mut Role {
    known(&mut world.logging.as_mut().unwrap().role)
}

pub(super) fn destination(world: &mut Observed) -> &mut Destination {
    known(&mut place(world).destination)
}

pub(super) fn groups(world: &mut Observed) -> &mut BTreeMap<LogGroupName, State<LogGroup>> {
    let member = world
        .members
        .get_mut(&"dev1".parse::<MemberName>().unwrap())
        .unwrap();
    member
        .regions
        .get_mut(&"us-west-2".parse::<Region>().unwrap())
        .unwrap()
}

pub(super) fn trail(world: &mut Observed) -> &mut State<LogGroup> {
    groups(world)
        .get_mut(
            &"CloudTrail/member_account_1"
                .parse::<LogGroupName>()
                .unwrap(),
        )
        .unwrap()
}

pub(super) fn other_filter(name: &str) -> SubscriptionFilter {
    SubscriptionFilter {
        name: name.parse().unwrap(),
        pattern: FilterPattern::default(),
        destination: "arn:aws:lambda:us-west-2:111122223333:function:ship"
            .parse()
            .unwrap(),
        distribution: Distribution::ByLogStream,
        system_fields: BTreeSet::new(),
        role: None,
    }
}

/// The document with one more statement, not ours.
pub(super) fn with_theirs(document: &Document) -> Document {
    let theirs = r#"{"Sid":"Audit","Effect":"Allow","Principal":{"AWS":"123412341234"},"Action":"logs:PutSubscriptionFilter"}"#;
    Document::parse(&document.to_json().replacen(
        "\"Statement\":[",
        &format!("\"Statement\":[{theirs},"),
        1,
    ))
    .unwrap()
}
