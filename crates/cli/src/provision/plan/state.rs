//! How a resource stands, as the planner found it.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Orphan, Reason};
use crate::provision::name::LogGroupPattern;
use crate::provision::resource::ResourceAddress;

/// How one resource stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceStatus {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    pub state: ResourceState,
    /// What keeps it from being in sync: first what apply does not mend, with what to do about it.
    pub findings: Vec<Finding>,
    /// The pattern that selects a filter's log group, unless the fleet file names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_by: Option<LogGroupPattern>,
    /// What is worth knowing and asks for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What others set up beside it.
    pub foreign: Vec<String>,
    /// What its policy still allows and the fleet file does not name.
    pub orphans: Vec<String>,
    /// What is well now, and soon may not be.
    pub warnings: Vec<String>,
}

/// The state in a word. If several hold, the last one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceState {
    InSync,
    /// The fleet file no longer names it.
    Orphan,
    Drifted,
    Absent,
    Unknown,
    Foreign,
}

/// Something that is not as the fleet file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    pub why: String,
    /// `None` if apply mends it.
    pub hint: Option<String>,
}

impl fmt::Display for ResourceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InSync => "in sync",
            Self::Orphan => "orphan",
            Self::Drifted => "drifted",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
            Self::Foreign => "foreign",
        })
    }
}

impl ResourceStatus {
    /// In sync, until something else is found.
    pub(super) fn new(address: ResourceAddress) -> Self {
        Self {
            address,
            state: ResourceState::InSync,
            findings: Vec::new(),
            selected_by: None,
            notes: Vec::new(),
            foreign: Vec::new(),
            orphans: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Notes an orphan; without an account or organization, it is the resource itself.
    pub(super) fn orphan(&mut self, orphan: &Orphan) {
        if orphan.account.is_none() && orphan.organization.is_none() {
            self.state = self.state.max(ResourceState::Orphan);
        }
        self.orphans.push(orphan.to_string());
    }

    pub(super) fn absent(&mut self) {
        self.state = self.state.max(ResourceState::Absent);
    }

    /// Something will change. A resource that is yet to be created has no drift of its own.
    pub(super) fn changing(&mut self, why: &str) {
        if self.state != ResourceState::Absent {
            self.state = self.state.max(ResourceState::Drifted);
            let why = why.to_owned();
            self.findings.push(Finding { why, hint: None });
        }
    }

    pub(super) fn declined(&mut self, reason: Reason, why: &str, hint: &str) {
        self.state = self.state.max(match reason {
            Reason::Foreign => ResourceState::Foreign,
            Reason::Unknown => ResourceState::Unknown,
            Reason::Blocked | Reason::Kept | Reason::Limit => ResourceState::Drifted,
        });
        let finding = Finding {
            why: why.to_owned(),
            hint: Some(hint.to_owned()),
        };
        let before_changes = self.findings.partition_point(|one| one.hint.is_some());
        self.findings.insert(before_changes, finding);
    }
}
