//! The subscription filter on a member's log group. Filters cannot be tagged, so ours is the one with our name that delivers to
//! our `logs::Destination`.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, FilterAction};
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, State};
use crate::provision::resource::{Login, Party, Resource, SubscriptionFilter};

/// Where a filter is, and what it should be.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub name: &'a MemberName,
    pub login: &'a Login,
    pub region: &'a Region,
    pub group: &'a LogGroupName,
    pub filter: &'a SubscriptionFilter,
}

fn begin<'p>(plan: &'p mut PlanBuilder, place: Place<'p>) -> ResourcePlan<'p, FilterAction> {
    let Place {
        name,
        login,
        region,
        group,
        filter,
    } = place;
    let resource = Resource::Filter {
        log_group: group.clone(),
        name: filter.name.clone(),
    };
    let party = Party::Member(name.clone());
    plan.resource(party, resource, login, region, move |action| {
        Action::Filter(name.clone(), group.clone(), action)
    })
}

/// Plans one filter. `destination` is `None` if only members are in scope: then AWS checks it.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    seen: &State<LogGroup>,
    destination: Option<&Readiness>,
) {
    let mut plan = begin(plan, place);
    let Place { group, filter, .. } = place;
    let seen = match seen {
        State::Unknown(why) => return plan.unknown("the log group's filters", why),
        State::Absent => {
            plan.absent();
            let why = format!("log group {group} is not there");
            let hint =
                "make it (with its flow log, trail or rule), or take it out of the fleet file";
            return plan.decline(Reason::Blocked, why, hint);
        }
        State::Present(seen) => seen,
    };
    let before = seen.filters.iter().find(|one| one.is(filter));
    let beside: Vec<_> = seen.filters.iter().filter(|one| !one.is(filter)).collect();
    beside.iter().for_each(|one| foreign(&mut plan, one));
    if before == Some(filter) {
        return;
    }
    if before.is_none() {
        plan.absent();
        if let Some(namesake) = beside.iter().find(|one| one.name == filter.name) {
            let to = &namesake.destination;
            let why = format!("a filter of this name is there that delivers to {to}");
            let hint = "delete it, or name ours otherwise: filter = \"…\" under [logging]";
            return plan.decline(Reason::Foreign, why, hint);
        }
        let is_double = |one: &&&SubscriptionFilter| one.destination == filter.destination;
        if let Some(SubscriptionFilter { name, .. }) = beside.iter().find(is_double) {
            let why = format!(
                "filter {name} delivers this log group there already: every event would arrive twice"
            );
            let hint = format!("delete it, or make it ours: filter = \"{name}\" under [logging]");
            return plan.decline(Reason::Foreign, why, hint);
        }
    }
    let needs = match destination {
        None => BTreeSet::new(),
        Some(Readiness::Ready { after }) => after.clone(),
        Some(Readiness::NotReady(why)) => {
            return plan.decline(Reason::Blocked, why, "mend that, then run again");
        }
    };
    let why = before.map_or_else(
        || "absent".to_owned(),
        |before| format!("drifted: {}", differing(before, filter).join(", ")),
    );
    let action = FilterAction::Put {
        before: before.cloned(),
        after: filter.clone(),
        beside: beside.into_iter().cloned().collect(),
        is_allowed: destination.is_some(),
    };
    plan.change("put", action, why, &needs);
}

fn foreign(plan: &mut ResourcePlan<'_, FilterAction>, filter: &SubscriptionFilter) {
    let SubscriptionFilter {
        name, destination, ..
    } = filter;
    plan.foreign(format!("subscription filter {name}, to {destination}"));
}

/// The names of the fields that differ.
fn differing(before: &SubscriptionFilter, after: &SubscriptionFilter) -> Vec<&'static str> {
    let SubscriptionFilter {
        name,
        pattern,
        destination,
        distribution,
        role,
    } = before;
    let fields = [
        ("name", *name != after.name),
        ("pattern", *pattern != after.pattern),
        ("logs::Destination", *destination != after.destination),
        ("distribution", *distribution != after.distribution),
        ("role", *role != after.role),
    ];
    fields
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(field, _)| field)
        .collect()
}

/// Plans to delete it.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    seen: &State<LogGroup>,
) -> Removal {
    let mut plan = begin(plan, place);
    let Place {
        name,
        group,
        filter,
        ..
    } = place;
    let seen = match seen {
        State::Absent => return Removal::default(),
        State::Unknown(why) => {
            plan.unknown("the log group's filters", why);
            return Removal::Stays(format!(
                "the filters on {group} of {name} could not be read"
            ));
        }
        State::Present(seen) => seen,
    };
    let mut after = BTreeSet::new();
    for one in &seen.filters {
        if one.is(filter) {
            let before = one.clone();
            let action = FilterAction::Delete { before };
            after.insert(plan.change("delete", action, "destroy", &BTreeSet::new()));
        } else {
            foreign(&mut plan, one);
        }
    }
    Removal::Gone { after }
}
