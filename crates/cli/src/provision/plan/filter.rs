//! The subscription filter on a member's log group. Filters cannot be tagged, so ours is the one with our name that delivers to
//! our `logs::Destination`.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, ChangeKey, Coverage, FilterAction};
use super::destination::Switch;
use crate::provision::name::{Arn, LogGroupName, LogGroupPattern, MemberName, Region};
use crate::provision::observed::{LogGroup, State};
use crate::provision::resource::{Login, Party, Resource, SubscriptionFilter};

/// Where a filter is, and what it should be.
#[derive(Clone, Copy)]
pub(in crate::provision) struct Place<'a> {
    pub name: &'a MemberName,
    pub login: &'a Login,
    pub region: &'a Region,
    pub group: &'a LogGroupName,
    pub filter: &'a SubscriptionFilter,
    /// The pattern that selects the log group, unless it is named.
    pub selected_by: Option<&'a LogGroupPattern>,
}

fn begin<'p>(plan: &'p mut PlanBuilder, place: Place<'p>) -> ResourcePlan<'p, FilterAction> {
    let Place {
        name,
        login,
        region,
        group,
        filter,
        selected_by,
    } = place;
    let resource = Resource::Filter {
        log_group: group.clone(),
        name: filter.name.clone(),
    };
    let party = Party::Member(name.clone());
    let plan = plan.resource(party, resource, login, region, move |action| {
        Action::Filter(name.clone(), group.clone(), action)
    });
    plan.selected_by(selected_by)
}

/// The `logs::Destination` that a filter delivers to, as this plan leaves it.
pub(super) struct Target<'a> {
    pub ready: Readiness,
    pub is_read: bool,
    pub stream: &'a Arn,
    /// Its policy, if that waits for the roles of filters.
    pub switch: Option<Switch<'a>>,
}

/// How a filter stands once the plan is carried out.
pub(super) enum Standing {
    /// As asked for, after these changes.
    AsAsked { after: BTreeSet<ChangeKey> },
    /// There is none of ours.
    Absent,
    /// It may deliver, and not as asked for.
    Otherwise,
}

/// Plans one filter. `target` is `None` if only members are in scope: then AWS checks it. `role` says when the role can be named.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    seen: &State<LogGroup>,
    (target, role): (Option<&Target<'_>>, &Readiness),
    take_over: bool,
) -> Standing {
    let mut plan = begin(plan, place);
    let Place {
        group,
        filter,
        selected_by,
        ..
    } = place;
    let seen = match seen {
        State::Unknown(why) => {
            plan.unknown("the log group's filters", why);
            return Standing::Otherwise;
        }
        State::Absent => {
            plan.absent();
            let why = format!("log group {group} is not there");
            let hint =
                "make it (with its flow log, trail or rule), or take it out of the fleet file";
            plan.decline(Reason::Blocked, why, hint);
            return Standing::Absent;
        }
        State::Present(seen) => seen,
    };
    let ours = seen.filters.iter().find(|one| one.is(filter));
    let namesake = seen.filters.iter().find(|one| one.name == filter.name);
    let taken_over = namesake.filter(|_| take_over && ours.is_none());
    let before = ours.or(taken_over);
    let is_beside = |one: &&SubscriptionFilter| Some(*one) != before;
    let beside: Vec<_> = seen.filters.iter().filter(is_beside).collect();
    beside.iter().for_each(|one| foreign(&mut plan, one));
    if before == Some(filter) {
        return match role {
            Readiness::Ready { after } => Standing::AsAsked {
                after: after.clone(),
            },
            Readiness::NotReady(_) => Standing::Otherwise,
        };
    }
    let otherwise = match ours {
        Some(_) => Standing::Otherwise,
        None => Standing::Absent,
    };
    if ours.is_none() {
        plan.absent();
        let stream = target.map(|target| target.stream);
        let double = |one: &&SubscriptionFilter| Double::of(one, filter, stream);
        if let (Some(namesake), None) = (namesake, taken_over) {
            let to = whose(&namesake.destination);
            let why = format!("a filter of this name is there that delivers to {to}");
            // a filter of another name would deliver the same events a second time
            let hint = match double(&namesake) {
                Some(_) => "redirect it to ours with --take-over",
                None => {
                    "if it is ours and was redirected, take it back with --take-over; if not, name ours otherwise: filter = \"…\" under [logging]"
                }
            };
            plan.decline(Reason::Foreign, why, hint);
            return otherwise;
        }
        if let Some((one, double)) = beside.iter().find_map(|one| Some((one, double(one)?))) {
            let (why, hint) = double.explain(one, place.name);
            plan.decline(Reason::Foreign, why, hint);
            return otherwise;
        }
    }
    let mut needs = BTreeSet::new();
    for ready in target.iter().map(|target| &target.ready).chain([role]) {
        match ready {
            Readiness::Ready { after } => needs.extend(after.iter().cloned()),
            Readiness::NotReady(why) => {
                plan.blocked(why);
                return otherwise;
            }
        }
    }
    let why = match (before, taken_over) {
        (None, _) => "absent".to_owned(),
        (_, Some(one)) => format!("--take-over: it delivers to {}", whose(&one.destination)),
        (Some(before), None) => format!("drifted: {}", differing(before, filter).join(", ")),
    };
    let action = FilterAction::Put {
        before: before.cloned(),
        after: filter.clone(),
        beside: beside.into_iter().cloned().collect(),
        selected_by: selected_by.cloned().map(Box::new),
        destination: Coverage::of(target),
    };
    let put = plan.change("put", action, why, &needs);
    Standing::AsAsked {
        after: BTreeSet::from([put]),
    }
}

impl Coverage {
    /// What the plan knows of the `logs::Destination`; `None` if only members are in scope.
    pub(super) fn of(target: Option<&Target<'_>>) -> Self {
        match target {
            Some(target) if target.is_read => Self::Planned,
            Some(_) => Self::Unread,
            None => Self::Elsewhere,
        }
    }
}

/// Whether `one` delivers to where `other` does, so that each event of a log group that has both arrives twice.
pub(super) fn delivers_to(one: &SubscriptionFilter, other: &SubscriptionFilter) -> bool {
    Double::of(one, other, None).is_some()
}

/// Where a filter delivers, and so whose it seems to be.
pub(super) fn whose(destination: &Arn) -> String {
    match (
        destination.resource().split_once(':'),
        destination.account(),
    ) {
        (Some(("destination", name)), Some(account)) => {
            format!("logs::Destination {name} of account {account}")
        }
        _ => destination.to_string(),
    }
}

/// How a filter of others delivers what ours would deliver too.
enum Double {
    /// To our `logs::Destination`.
    ToOurs,
    /// Through another `logs::Destination` of the same account and Region: most likely ours before it was renamed.
    ThroughAnother,
    /// Straight into our stream.
    IntoStream,
}

impl Double {
    fn of(
        one: &SubscriptionFilter,
        ours: &SubscriptionFilter,
        stream: Option<&Arn>,
    ) -> Option<Self> {
        let (to, our) = (&one.destination, &ours.destination);
        let place = |arn: &Arn| {
            arn.as_str()
                .rsplit_once(':')
                .map(|(place, _)| place.to_owned())
        };
        if to == our {
            Some(Self::ToOurs)
        } else if place(to) == place(our) {
            Some(Self::ThroughAnother)
        } else if Some(to) == stream {
            Some(Self::IntoStream)
        } else {
            None
        }
    }

    /// What is wrong, and what to do.
    fn explain(&self, one: &SubscriptionFilter, member: &MemberName) -> (String, String) {
        let SubscriptionFilter {
            name, destination, ..
        } = one;
        match self {
            Self::ToOurs => (
                format!(
                    "filter {name} delivers this log group there already: every event would arrive twice"
                ),
                format!("delete it, or make it ours: filter = \"{name}\" under [logging]"),
            ),
            Self::ThroughAnother => (
                format!(
                    "would deliver twice: filter {name} delivers this log group to {destination}, of the same logging account"
                ),
                format!(
                    "if the logs::Destination was renamed, put the old names back into the fleet file and run `catchment destroy --member {member}`, then the new names and `catchment apply`; what is logged in between is not delivered"
                ),
            ),
            Self::IntoStream => (
                format!(
                    "would deliver twice: filter {name} delivers this log group straight into {destination}"
                ),
                "delete it, then run `catchment apply`; what is logged in between is not delivered"
                    .to_owned(),
            ),
        }
    }
}

fn foreign(plan: &mut ResourcePlan<'_, FilterAction>, filter: &SubscriptionFilter) {
    let SubscriptionFilter {
        name, destination, ..
    } = filter;
    plan.foreign(format!("subscription filter {name}, to {destination}"));
}

/// The names of the fields that differ.
pub(super) fn differing(
    before: &SubscriptionFilter,
    after: &SubscriptionFilter,
) -> Vec<&'static str> {
    let SubscriptionFilter {
        name,
        pattern,
        destination,
        distribution,
        system_fields,
        role,
    } = before;
    let fields = [
        ("name", *name != after.name),
        ("pattern", *pattern != after.pattern),
        ("logs::Destination", *destination != after.destination),
        ("distribution", *distribution != after.distribution),
        ("system fields", *system_fields != after.system_fields),
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
    why: &str,
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
        State::Unknown(cause) => {
            plan.unknown("the log group's filters", cause);
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
            after.insert(plan.change("delete", action, why, &BTreeSet::new()));
        } else {
            foreign(&mut plan, one);
        }
    }
    Removal::Gone { after }
}
