//! The plan: what to change so that what is becomes what ought to be, what was declined and why, what is foreign.

mod builder;
mod change;
mod destination;
mod filter;
mod owner;
mod role;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use builder::{PlanBuilder, Readiness, Removal};
pub use change::{Action, Change, ChangeKey, DestinationEnds, Effect, TagChange};

use crate::provision::desired::Desired;
use crate::provision::name::{Arn, MemberName};
use crate::provision::observed::{LogGroup, Observed, State};
use crate::provision::resource::ResourceAddress;

/// What to do, in an order that can be followed from first to last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Each after all that it needs.
    pub changes: Vec<Change>,
    /// What is not as the fleet says and is not changed either.
    pub declined: Vec<Declined>,
    /// What others set up beside ours. It is left alone.
    pub foreign: Vec<Foreign>,
}

/// What is not as the fleet says, and is left so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Declined {
    pub subject: ResourceAddress,
    pub reason: Reason,
    /// What is wrong, as one clause for a person.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

/// Why something was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It could not be read.
    Unknown,
    /// It is there and someone else's.
    Foreign,
    /// What it stands on is not there, and will not be; or what stands on it will not go.
    Blocked,
    /// It would lose or expose data: a stream shrunk or deleted, retention lowered, encryption removed; or take what others use.
    Kept,
    /// It would be larger than AWS takes.
    Limit,
}

/// What others set up beside ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Foreign {
    pub subject: ResourceAddress,
    /// What it is, for example `subscription filter to-splunk, to arn:…`.
    pub what: String,
}

impl Plan {
    /// Whether there is nothing to change. What was declined is another matter: [`Plan::declined`].
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What makes the world as desired. Pure and deterministic: the same two sides, the same plan.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let mut draft = PlanBuilder::new(&desired.owner);
    let mut destinations: BTreeMap<&Arn, Readiness> = BTreeMap::new();
    if let Some(logging) = &desired.logging {
        let seen = observed.logging.as_ref();
        let role = role::set_up(&mut draft, logging, &not_read(seen.map(|seen| &seen.role)));
        for (region, place) in &logging.regions {
            let seen = seen.and_then(|seen| seen.regions.get(region));
            let stream = stream::set_up(
                &mut draft,
                logging,
                region,
                &not_read(seen.map(|seen| &seen.stream)),
            );
            let seen = not_read(seen.map(|seen| &seen.destination));
            let standing = destination::set_up(&mut draft, logging, region, &seen, &stream, &role);
            destinations.insert(&place.destination.arn, standing);
        }
    }
    for (place, seen) in filters(desired, observed) {
        let standing = destinations.get(&place.filter.destination);
        filter::set_up(&mut draft, place, &seen, standing);
    }
    draft.finish()
}

/// What takes down all that is ours, the other way round: filters before the `logs::Destination`, that before stream and role.
/// A stream may hold data that nobody read yet: it goes only with `delete_stream`, and only if catchment made it.
pub fn destroy(desired: &Desired, observed: &Observed, delete_stream: bool) -> Plan {
    let mut draft = PlanBuilder::new(&desired.owner);
    let mut subscribed: BTreeMap<&Arn, Removal> = BTreeMap::new();
    for (place, seen) in filters(desired, observed) {
        let removal = filter::take_down(&mut draft, place, &seen);
        subscribed
            .entry(&place.filter.destination)
            .or_default()
            .join(removal);
    }
    if let Some(logging) = &desired.logging {
        let seen = observed.logging.as_ref();
        let mut delivering = Removal::default();
        let why = why_destroyed(&desired.others);
        for (region, place) in &logging.regions {
            let seen = seen.and_then(|seen| seen.regions.get(region));
            let filters = subscribed
                .remove(&place.destination.arn)
                .unwrap_or_default();
            let state = not_read(seen.map(|seen| &seen.destination));
            let removal =
                destination::take_down(&mut draft, logging, region, &state, &filters, &why);
            let state = not_read(seen.map(|seen| &seen.stream));
            stream::take_down(&mut draft, logging, region, &state, &removal, delete_stream);
            delivering.join(removal);
        }
        role::take_down(
            &mut draft,
            logging,
            &not_read(seen.map(|seen| &seen.role)),
            &delivering,
        );
    }
    draft.finish()
}

/// Why a `logs::Destination` goes. AWS lets it go under filters that still deliver to it, and disables them.
fn why_destroyed(others: &BTreeSet<MemberName>) -> String {
    if others.is_empty() {
        return "destroy".to_owned();
    }
    let names: Vec<_> = others.iter().map(MemberName::as_str).collect();
    format!(
        "destroy; the filters of {} were not looked at, and deliver nothing any more",
        names.join(", ")
    )
}

/// Every filter that is desired, and what was seen on its log group.
fn filters<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = (filter::Place<'a>, State<LogGroup>)> {
    let regions = desired.members.iter().flat_map(|(name, member)| {
        let regions = member.regions.iter();
        regions.map(move |(region, filters)| (name, member, region, filters))
    });
    regions.flat_map(|(name, member, region, filters)| {
        let seen = observed
            .members
            .get(name)
            .and_then(|seen| seen.regions.get(region));
        filters.iter().map(move |(group, filter)| {
            let place = filter::Place {
                name,
                member,
                region,
                group,
                filter,
            };
            (place, not_read(seen.and_then(|seen| seen.get(group))))
        })
    })
}

/// What nobody looked at is unknown, never absent.
fn not_read<T: Clone>(seen: Option<&State<T>>) -> State<T> {
    seen.cloned()
        .unwrap_or_else(|| State::Unknown("it was not looked at".to_owned()))
}
