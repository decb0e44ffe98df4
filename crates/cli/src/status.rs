//! How each thing stands: in sync, drifted, absent, unknown or foreign; read off the plan and what was observed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::desired::Desired;
use crate::observed::{Observed, State};
use crate::plan::{Plan, Reason, plan};
use crate::resource::{Party, Subject, SubscriptionFilter, Thing};

/// How everything in the fleet, or in the part of it that was asked for, stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// Account by account, Region by Region.
    pub(crate) things: Vec<ThingStatus>,
}

/// How one thing stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ThingStatus {
    pub(crate) subject: Subject,
    pub(crate) state: ThingState,
    /// Why it is not in sync, one clause each; and what to do where apply will not do it.
    pub(crate) findings: Vec<Finding>,
    /// What others set up beside it.
    pub(crate) foreign: Vec<String>,
}

/// The one word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ThingState {
    InSync,
    Drifted,
    Absent,
    Unknown,
    Foreign,
}

/// Something that is not as the fleet says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) why: String,
    /// None where apply mends it.
    pub(crate) hint: Option<String>,
}

impl ThingState {
    /// All of them, in the order of a summary.
    pub(crate) const ALL: [Self; 5] = [
        Self::InSync,
        Self::Drifted,
        Self::Absent,
        Self::Unknown,
        Self::Foreign,
    ];
}

impl std::fmt::Display for ThingState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::InSync => "in sync",
            Self::Drifted => "drifted",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
            Self::Foreign => "foreign",
        })
    }
}

impl Status {
    /// Whether anything could not be read.
    pub(crate) fn is_unread(&self) -> bool {
        self.things
            .iter()
            .any(|thing| thing.state == ThingState::Unknown)
    }

    /// How many things stand how.
    pub(crate) fn counts(&self) -> BTreeMap<ThingState, usize> {
        let count = |state| {
            self.things
                .iter()
                .filter(|thing| thing.state == state)
                .count()
        };
        ThingState::ALL
            .into_iter()
            .map(|state| (state, count(state)))
            .collect()
    }
}

/// Reads off how each desired thing stands.
pub(crate) fn status(desired: &Desired, observed: &Observed) -> Status {
    let plan = plan(desired, observed);
    Status {
        things: subjects(desired)
            .into_iter()
            .map(|subject| thing(subject, &plan, desired, observed))
            .collect(),
    }
}

fn thing(subject: Subject, plan: &Plan, desired: &Desired, observed: &Observed) -> ThingStatus {
    let declined = || {
        plan.declined
            .iter()
            .filter(|declined| declined.subject == subject)
    };
    let changes = || {
        plan.changes
            .iter()
            .filter(|change| change.subject == subject)
    };
    let is_declined = |reason| declined().any(|declined| declined.reason == reason);
    let state = if is_declined(Reason::Foreign) {
        ThingState::Foreign
    } else if is_declined(Reason::Unknown) {
        ThingState::Unknown
    } else if is_absent(&subject, desired, observed) {
        ThingState::Absent
    } else if changes().next().is_some() || declined().next().is_some() {
        ThingState::Drifted
    } else {
        ThingState::InSync
    };
    let mut findings: Vec<Finding> = declined()
        .map(|declined| Finding {
            why: declined.why.clone(),
            hint: Some(declined.hint.clone()),
        })
        .collect();
    // what is to be made has no drift of its own
    if state != ThingState::Absent {
        findings.extend(changes().map(|change| Finding {
            why: change.why.clone(),
            hint: None,
        }));
    }
    let foreign = plan
        .foreign
        .iter()
        .filter(|foreign| foreign.subject == subject)
        .map(|foreign| foreign.what.clone())
        .collect();
    ThingStatus {
        state,
        findings,
        foreign,
        subject,
    }
}

/// Whether it was looked for and is not there.
fn is_absent(subject: &Subject, desired: &Desired, observed: &Observed) -> bool {
    let Subject {
        party,
        account: _,
        region,
        thing,
    } = subject;
    let logging = observed.logging.as_ref();
    let place = || logging?.regions.get(region.as_ref()?);
    match (party, thing) {
        (_, Thing::Role(_)) => logging.is_some_and(|logging| logging.role == State::Absent),
        (_, Thing::Stream(_)) => place().is_some_and(|place| place.stream == State::Absent),
        (_, Thing::Destination(_)) => {
            place().is_some_and(|place| place.destination == State::Absent)
        }
        (Party::Member(name), Thing::Filter { log_group, .. }) => {
            let seen = || {
                observed
                    .members
                    .get(name)?
                    .regions
                    .get(region.as_ref()?)?
                    .get(log_group)
            };
            let ours = || {
                desired
                    .members
                    .get(name)?
                    .regions
                    .get(region.as_ref()?)?
                    .get(log_group)
            };
            let Some(ours) = ours() else { return false };
            let is_ours = |filter: &SubscriptionFilter| {
                filter.name == ours.name && filter.destination == ours.destination
            };
            match seen() {
                Some(State::Absent) => true,
                Some(State::Present(group)) => !group.filters.iter().any(is_ours),
                Some(State::Unknown(_)) | None => false,
            }
        }
        (Party::Logging, Thing::Filter { .. }) => false,
    }
}

/// Everything desired, in the order of reading.
fn subjects(desired: &Desired) -> Vec<Subject> {
    let mut subjects = Vec::new();
    if let Some(logging) = &desired.logging {
        let mut add = |region, thing| {
            subjects.push(Subject {
                party: Party::Logging,
                account: logging.account.clone(),
                region,
                thing,
            });
        };
        add(None, Thing::Role(logging.role.name.clone()));
        for (region, place) in &logging.regions {
            add(
                Some(region.clone()),
                Thing::Stream(place.stream.name.clone()),
            );
            add(
                Some(region.clone()),
                Thing::Destination(place.destination.name.clone()),
            );
        }
    }
    for (name, member) in &desired.members {
        for (region, filters) in &member.regions {
            for (group, filter) in filters {
                subjects.push(Subject {
                    party: Party::Member(name.clone()),
                    account: member.account.clone(),
                    region: Some(region.clone()),
                    thing: Thing::Filter {
                        log_group: group.clone(),
                        name: filter.name.clone(),
                    },
                });
            }
        }
    }
    subjects
}
