//! The log groups that a pattern selects. They are listed and never changed; each gets a subscription filter.

use std::convert::Infallible;

use super::builder::{PlanBuilder, Removal, ResourcePlan};
use super::read;
use crate::provision::desired::{Desired, Filters, Selected};
use crate::provision::name::{LogGroupName, LogGroupPattern, MemberName, Region};
use crate::provision::observed::{Member, Observed, State};
use crate::provision::resource::{Login, Party, Resource, ResourceAddress, SubscriptionFilter};

/// A pattern, and the Region of a member in which it selects log groups.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub name: &'a MemberName,
    login: &'a Login,
    region: &'a Region,
    filters: &'a Filters,
    pattern: &'a LogGroupPattern,
    /// The filter that each log group gets.
    pub filter: &'a SubscriptionFilter,
    seen: Option<&'a Member>,
}

/// Every pattern in every Region of every member.
pub(super) fn places<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = Place<'a>> {
    let regions = desired.regions();
    regions.flat_map(|(name, member, region, filters)| {
        let seen = observed.members.get(name);
        let patterns = filters.by_pattern.iter();
        patterns.map(move |(pattern, filter)| Place {
            name,
            login: &member.login,
            region,
            filters,
            pattern,
            filter,
            seen,
        })
    })
}

/// The log groups that patterns select in one Region, each with its filter and the pattern. One that is gone by now is left out.
pub(super) fn selected<'a>(
    login: &'a Login,
    filters: &'a Filters,
    seen: Option<&'a Member>,
    region: &'a Region,
) -> impl Iterator<
    Item = (
        &'a LogGroupName,
        &'a SubscriptionFilter,
        Option<&'a LogGroupPattern>,
    ),
> {
    let listed = match seen.and_then(|seen| seen.listed.get(region)) {
        Some(State::Present(listed)) => Some(listed),
        _ => None,
    };
    let is_gone = move |group: &LogGroupName| {
        let groups = seen.and_then(|seen| seen.regions.get(region));
        groups.and_then(|groups| groups.get(group)) == Some(&State::Absent)
    };
    let listed = listed.into_iter().flatten();
    listed.filter_map(
        move |(group, class)| match filters.select(&login.account, group, class)? {
            Selected::Filter(pattern, filter) if !is_gone(group) => {
                Some((group, filter, Some(pattern)))
            }
            Selected::Filter(..) | Selected::LeftOut(..) => None,
        },
    )
}

/// The patterns whose log groups could not be listed, and why: where the log groups would be, the member, and the pattern.
pub(in crate::provision) fn unlisted<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = (ResourceAddress, &'a MemberName, &'a LogGroupPattern, String)> {
    places(desired, observed).filter_map(|place| {
        let listed = place.seen.and_then(|seen| seen.listed.get(place.region));
        let State::Unknown(why) = read(listed) else {
            return None;
        };
        let party = Party::Member(place.name.clone());
        let resource = Resource::LogGroups(place.pattern.clone());
        let address = ResourceAddress::new(party, &place.login.account, place.region, resource);
        Some((address, place.name, place.pattern, why))
    })
}

fn begin<'p>(plan: &'p mut PlanBuilder, place: Place<'p>) -> ResourcePlan<'p, Infallible> {
    let resource = Resource::LogGroups(place.pattern.clone());
    let party = Party::Member(place.name.clone());
    plan.resource(
        party,
        resource,
        place.login,
        place.region,
        |never| match never {},
    )
}

/// Says what the pattern leaves out, or that it selects nothing. Returns whether it is known what it selects.
pub(super) fn set_up(plan: &mut PlanBuilder, place: Place<'_>) -> bool {
    let mut plan = begin(plan, place);
    let listed = place.seen.and_then(|seen| seen.listed.get(place.region));
    let listed = match read(listed) {
        State::Unknown(why) => {
            plan.unknown("the log groups", &why);
            return false;
        }
        State::Absent => return true,
        State::Present(listed) => listed,
    };
    let mut is_any = false;
    for (group, class) in &listed {
        let selected = place.filters.select(&place.login.account, group, class);
        match selected {
            Some(Selected::Filter(pattern, _)) => is_any |= pattern == place.pattern,
            Some(Selected::LeftOut(pattern, why)) if pattern == place.pattern => {
                plan.note(format!("{group} is left out: {why}"));
            }
            Some(Selected::LeftOut(..)) | None => {}
        }
    }
    if !is_any {
        plan.note("selects no log group");
    }
    true
}

/// The filters that it selects cannot be removed if it is not known which they are.
pub(super) fn take_down(plan: &mut PlanBuilder, place: Place<'_>) -> Removal {
    let listed = place.seen.and_then(|seen| seen.listed.get(place.region));
    let State::Unknown(why) = read(listed) else {
        return Removal::default();
    };
    begin(plan, place).unknown("the log groups", &why);
    Removal::Stays(format!(
        "the log groups {} of {} could not be read",
        place.pattern, place.name
    ))
}
