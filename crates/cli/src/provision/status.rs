//! How each thing stands: in sync, drifted, absent, unknown or foreign; read off the plan and what was observed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::provision::desired::Desired;
use crate::provision::observed::{Observed, State};
use crate::provision::plan::{Plan, Reason, plan};
use crate::provision::resource::{Party, Resource, ResourceAddress};

/// How everything in the fleet, or in the part of it that was asked for, stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Account by account, Region by Region.
    pub things: Vec<ResourceStatus>,
}

/// How one thing stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceStatus {
    pub subject: ResourceAddress,
    pub state: ResourceState,
    /// Why it is not in sync, one clause each; and what to do where apply will not do it.
    pub findings: Vec<Finding>,
    /// What others set up beside it.
    pub foreign: Vec<String>,
}

/// The one word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceState {
    InSync,
    Drifted,
    Absent,
    Unknown,
    Foreign,
}

/// Something that is not as the fleet says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub why: String,
    /// None where apply mends it.
    pub hint: Option<String>,
}

impl ResourceState {
    /// All of them, in the order of a summary.
    pub const ALL: [Self; 5] = [
        Self::InSync,
        Self::Drifted,
        Self::Absent,
        Self::Unknown,
        Self::Foreign,
    ];
}

impl std::fmt::Display for ResourceState {
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
    pub fn is_unread(&self) -> bool {
        self.things
            .iter()
            .any(|thing| thing.state == ResourceState::Unknown)
    }

    /// How many things stand how.
    pub fn counts(&self) -> BTreeMap<ResourceState, usize> {
        let count = |state| {
            self.things
                .iter()
                .filter(|thing| thing.state == state)
                .count()
        };
        ResourceState::ALL
            .into_iter()
            .map(|state| (state, count(state)))
            .collect()
    }
}

/// Reads off how each desired thing stands.
pub fn status(desired: &Desired, observed: &Observed) -> Status {
    let plan = plan(desired, observed);
    Status {
        things: subjects(desired)
            .into_iter()
            .map(|subject| thing(subject, &plan, desired, observed))
            .collect(),
    }
}

fn thing(
    subject: ResourceAddress,
    plan: &Plan,
    desired: &Desired,
    observed: &Observed,
) -> ResourceStatus {
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
        ResourceState::Foreign
    } else if is_declined(Reason::Unknown) {
        ResourceState::Unknown
    } else if is_absent(&subject, desired, observed) {
        ResourceState::Absent
    } else if changes().next().is_some() || declined().next().is_some() {
        ResourceState::Drifted
    } else {
        ResourceState::InSync
    };
    let mut findings: Vec<Finding> = declined()
        .map(|declined| Finding {
            why: declined.why.clone(),
            hint: Some(declined.hint.clone()),
        })
        .collect();
    // what is to be made has no drift of its own
    if state != ResourceState::Absent {
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
    ResourceStatus {
        state,
        findings,
        foreign,
        subject,
    }
}

/// Whether it was looked for and is not there.
fn is_absent(subject: &ResourceAddress, desired: &Desired, observed: &Observed) -> bool {
    let ResourceAddress {
        party,
        account: _,
        region,
        thing,
    } = subject;
    let logging = observed.logging.as_ref();
    let place = || logging?.regions.get(region.as_ref()?);
    match (party, thing) {
        (_, Resource::Role(_)) => logging.is_some_and(|logging| logging.role == State::Absent),
        (_, Resource::Stream(_)) => place().is_some_and(|place| place.stream == State::Absent),
        (_, Resource::Destination(_)) => {
            place().is_some_and(|place| place.destination == State::Absent)
        }
        (Party::Member(name), Resource::Filter { log_group, .. }) => {
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
            match seen() {
                Some(State::Absent) => true,
                Some(State::Present(group)) => !group.filters.iter().any(|filter| filter.is(ours)),
                Some(State::Unknown(_)) | None => false,
            }
        }
        (Party::Logging, Resource::Filter { .. }) => false,
    }
}

/// Everything desired, in the order of reading.
fn subjects(desired: &Desired) -> Vec<ResourceAddress> {
    let mut subjects = Vec::new();
    if let Some(logging) = &desired.logging {
        let mut add = |region, thing| {
            subjects.push(ResourceAddress {
                party: Party::Logging,
                account: logging.account.clone(),
                region,
                thing,
            });
        };
        add(None, Resource::Role(logging.role.name.clone()));
        for (region, place) in &logging.regions {
            add(
                Some(region.clone()),
                Resource::Stream(place.stream.name.clone()),
            );
            add(
                Some(region.clone()),
                Resource::Destination(place.destination.name.clone()),
            );
        }
    }
    for (name, member) in &desired.members {
        for (region, filters) in &member.regions {
            for (group, filter) in filters {
                subjects.push(ResourceAddress {
                    party: Party::Member(name.clone()),
                    account: member.account.clone(),
                    region: Some(region.clone()),
                    thing: Resource::Filter {
                        log_group: group.clone(),
                        name: filter.name.clone(),
                    },
                });
            }
        }
    }
    subjects
}
