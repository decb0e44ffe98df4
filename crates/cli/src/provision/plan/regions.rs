//! The Regions of the logging account: their streams, the destinations that deliver to these, and last the streams' keys.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{PlanBuilder, Removal};
use super::change::ChangeKey;
use super::stream::Fate;
use super::switch::{InUse, RoleReadiness, Switches};
use super::{destination, filter, place, read, stream};
use crate::provision::desired::{Logging, LoggingRegion};
use crate::provision::name::{Arn, Region};
use crate::provision::observed::{self, State};

fn seen_in<'s>(
    seen: Option<&'s observed::Logging>,
    region: &Region,
) -> Option<&'s observed::LoggingRegion> {
    seen?.regions.get(region)
}

/// What each Region still uses.
pub(super) fn uses(logging: &Logging, seen: Option<&observed::Logging>) -> Vec<InUse> {
    let regions = logging.regions.iter();
    let uses = regions.map(|(region, wanted)| {
        let others = logging.regions.iter().filter(|(one, other)| {
            *one != region && other.destination.ends.target == wanted.stream.arn
        });
        let others = others.filter_map(|(one, _)| seen_in(seen, one));
        let beside: Vec<_> = others.map(|seen| &seen.destination).collect();
        InUse::of(&logging.role, wanted, seen_in(seen, region), &beside)
    });
    uses.collect()
}

/// Plans all Regions on top of the role. Returns the changes after which they use only what the fleet file names, unless the plan does
/// not get there; and each `logs::Destination`, by its ARN.
pub(super) fn set_up<'d>(
    plan: &mut PlanBuilder,
    logging: &'d Logging,
    seen: Option<&observed::Logging>,
    role: &RoleReadiness,
    uses: Vec<InUse>,
) -> (
    Option<BTreeSet<ChangeKey>>,
    BTreeMap<&'d Arn, filter::Target<'d>>,
) {
    let mut streams = BTreeMap::new();
    for (region, wanted) in &logging.regions {
        let place = place(logging, region);
        let state = read(seen_in(seen, region).map(|seen| &seen.stream));
        if wanted.has_stream {
            let stream = stream::set_up(plan, place, &wanted.stream, &state);
            streams.insert(&wanted.stream.arn, stream);
        } else {
            stream::left_behind(plan, place, &wanted.stream, &state);
        }
    }
    let mut ready = BTreeMap::new();
    for (region, LoggingRegion { destination, .. }) in &logging.regions {
        let target = &destination.ends.target;
        let Some(stream) = streams.get(target) else {
            continue;
        };
        let state = read(seen_in(seen, region).map(|seen| &seen.destination));
        let place = place(logging, region);
        let ends = (&stream.ready, &role.ready);
        let readiness = destination::set_up(plan, place, destination, &state, ends);
        ready.insert(region, (target, readiness));
    }
    let mut switched = Some(BTreeSet::new());
    for ((region, wanted), in_use) in logging.regions.iter().zip(uses) {
        let encrypt = streams.remove(&wanted.stream.arn).and_then(|stream| {
            let delivering = ready.values();
            let delivering = delivering.filter(|(target, _)| **target == wanted.stream.arn);
            let delivering: Vec<_> = delivering.map(|(_, one)| one).collect();
            let place = place(logging, region);
            stream::encrypt(plan, place, &wanted.stream, stream, role, &delivering)
        });
        let put = ready.get(region).and_then(|(_, one)| one.put.clone());
        let changes = in_use.switched(Switches { put, encrypt });
        switched = switched.zip(changes).map(|(all, more)| &all | &more);
    }
    let mut targets = BTreeMap::new();
    for (region, wanted) in &logging.regions {
        if let Some((stream, readiness)) = ready.remove(region) {
            let target = filter::Target {
                ready: readiness.ready,
                is_read: readiness.is_read,
                stream,
                switch: readiness.switch,
            };
            targets.insert(&wanted.destination.arn, target);
        }
    }
    (switched, targets)
}

/// Plans to remove each `logs::Destination`, once the filters are gone that deliver to it, then the streams. Returns what becomes of each
/// `logs::Destination`.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    logging: &Logging,
    seen: Option<&observed::Logging>,
    mut filters: BTreeMap<&Arn, Removal>,
    why: &str,
    fate: Fate,
) -> BTreeMap<Region, Removal> {
    let mut removals = BTreeMap::new();
    for (region, LoggingRegion { destination, .. }) in &logging.regions {
        let place = place(logging, region);
        let filters = filters.remove(&destination.arn).unwrap_or_default();
        let state = read(seen_in(seen, region).map(|seen| &seen.destination));
        let removal = destination::take_down(plan, place, destination, &state, &filters, why);
        removals.insert(region.clone(), removal);
    }
    for (region, wanted) in &logging.regions {
        let state = read(seen_in(seen, region).map(|seen| &seen.stream));
        // a Region that needs no stream need not be readable
        if !wanted.has_stream && !matches!(state, State::Present(_)) {
            continue;
        }
        let mut delivering = Removal::default();
        for (other, LoggingRegion { destination, .. }) in &logging.regions {
            let is_using = other == region || destination.ends.target == wanted.stream.arn;
            if let Some(removal) = removals.get(other).filter(|_| is_using) {
                delivering.join(removal.clone());
            }
        }
        let place = place(logging, region);
        stream::take_down(plan, place, &wanted.stream, &state, &delivering, fate);
    }
    removals
}
