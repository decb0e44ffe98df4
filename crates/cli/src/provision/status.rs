//! How the fleet stands, resource by resource: what the planner found, with the counts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::provision::desired::Desired;
use crate::provision::health::Health;
use crate::provision::observed::Observed;
use crate::provision::plan::{self, ResourceState, ResourceStatus};

/// How every resource in scope stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    /// Account by account, Region by Region.
    pub resources: Vec<ResourceStatus>,
    /// How delivery went in the last hour; absent without --health.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub health: Vec<Health>,
}

/// Says how each desired resource stands.
pub fn status(desired: &Desired, observed: &Observed) -> Status {
    Status {
        resources: plan::resources(desired, observed),
        health: Vec::new(),
    }
}

impl Status {
    /// Whether anything could not be read.
    pub fn is_unread(&self) -> bool {
        self.health.iter().any(Health::is_unknown)
            || self.counts().contains_key(&ResourceState::Unknown)
    }

    /// Whether every resource is as the fleet file says.
    pub fn is_in_sync(&self) -> bool {
        let is_so = |resource: &ResourceStatus| resource.state == ResourceState::InSync;
        self.resources.iter().all(is_so)
    }

    /// The number of resources in each state that occurs.
    pub fn counts(&self) -> BTreeMap<ResourceState, usize> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            *counts.entry(resource.state).or_default() += 1;
        }
        counts
    }
}
