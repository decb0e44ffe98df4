//! The subscription filter on a member's log group. It bears no tag: ours is the one with our name that delivers to our
//! `logs::Destination`.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal};
use super::change::Action;
use crate::provision::desired::Member;
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, State};
use crate::provision::resource::{Party, Resource, ResourceAddress, SubscriptionFilter};

/// Where a filter is, and what it ought to be.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub name: &'a MemberName,
    pub member: &'a Member,
    pub region: &'a Region,
    pub group: &'a LogGroupName,
    pub filter: &'a SubscriptionFilter,
}

impl Place<'_> {
    fn subject(&self) -> ResourceAddress {
        ResourceAddress {
            party: Party::Member(self.name.clone()),
            account: self.member.account.clone(),
            region: Some(self.region.clone()),
            thing: Resource::Filter {
                log_group: self.group.clone(),
                name: self.filter.name.clone(),
            },
        }
    }
}

/// Plans one filter. `destination` is None where the run is for members alone: AWS checks it then.
pub(super) fn set_up(
    draft: &mut PlanBuilder<'_>,
    place: Place<'_>,
    seen: &State<LogGroup>,
    destination: Option<&Readiness>,
) {
    let subject = place.subject();
    let group = match seen {
        State::Unknown(why) => return draft.unknown(&subject, "the log group's filters", why),
        State::Absent => {
            let why = format!("log group {} is not there", place.group);
            let hint =
                "make it (with its flow log, trail or rule), or take it out of the fleet file";
            return draft.decline(&subject, Reason::Blocked, why, hint);
        }
        State::Present(group) => group,
    };
    let before = group.filters.iter().find(|filter| filter.is(place.filter));
    let beside: Vec<_> = group
        .filters
        .iter()
        .filter(|filter| !filter.is(place.filter))
        .cloned()
        .collect();
    for filter in &beside {
        draft.foreign(
            &subject,
            format!(
                "subscription filter {}, to {}",
                filter.name, filter.destination
            ),
        );
    }
    if before == Some(place.filter) {
        return;
    }
    if before.is_none()
        && let Some(namesake) = beside
            .iter()
            .find(|filter| filter.name == place.filter.name)
    {
        let why = format!(
            "a filter of this name is there that delivers to {}",
            namesake.destination
        );
        return draft.decline(
            &subject,
            Reason::Foreign,
            why,
            "delete it, or name ours otherwise: filter = \"…\" under [logging]",
        );
    }
    if before.is_none()
        && let Some(double) = beside
            .iter()
            .find(|filter| filter.destination == place.filter.destination)
    {
        let why = format!(
            "filter {} delivers this log group there already: every event would arrive twice",
            double.name
        );
        let hint = format!(
            "delete it, or make it ours: filter = \"{}\" under [logging]",
            double.name
        );
        return draft.decline(&subject, Reason::Foreign, why, hint);
    }
    let needs = match destination {
        None => BTreeSet::new(),
        Some(Readiness::Stands { after }) => after.clone(),
        Some(Readiness::Falls(why)) => {
            return draft.decline(&subject, Reason::Blocked, why, "mend that, then run again");
        }
    };
    let why = before.map_or_else(
        || "absent".to_owned(),
        |before| format!("drifted: {}", differing(before, place.filter).join(", ")),
    );
    let action = Action::PutFilter {
        before: before.cloned(),
        after: place.filter.clone(),
        beside,
    };
    draft.change(&subject, "put", action, why, &needs);
}

/// The fields that differ, by name.
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

/// Plans its end.
pub(super) fn take_down(
    draft: &mut PlanBuilder<'_>,
    place: Place<'_>,
    seen: &State<LogGroup>,
) -> Removal {
    let subject = place.subject();
    let group = match seen {
        State::Absent => return Removal::default(),
        State::Unknown(why) => {
            draft.unknown(&subject, "the log group's filters", why);
            return Removal::Stays(format!(
                "the filters on {} of {} could not be read",
                place.group, place.name
            ));
        }
        State::Present(group) => group,
    };
    let mut removal = Removal::default();
    for filter in &group.filters {
        if filter.is(place.filter) {
            let action = Action::DeleteFilter {
                before: filter.clone(),
            };
            let key = draft.change(&subject, "delete", action, "destroy", &BTreeSet::new());
            removal.join(Removal::Gone {
                after: BTreeSet::from([key]),
            });
        } else {
            draft.foreign(
                &subject,
                format!(
                    "subscription filter {}, to {}",
                    filter.name, filter.destination
                ),
            );
        }
    }
    removal
}
