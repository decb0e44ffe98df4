//! What became of a plan's changes: done, failed, not tried.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::ChangeKey;

/// What became of each change of a plan.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Outcome {
    /// In the plan's order.
    pub done: Vec<ChangeKey>,
    pub failed: BTreeMap<ChangeKey, Failure>,
    /// What was not tried because another change failed: one that it needs, or one that failed of a cause that concerns it too.
    pub not_tried: BTreeMap<ChangeKey, ChangeKey>,
    /// What was not tried because the run was interrupted.
    pub interrupted: BTreeSet<ChangeKey>,
}

/// Why a change was not made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// The error and its sources, outermost first.
    pub errors: Vec<String>,
    /// What AWS's answer really means, if that is known.
    pub cause: Option<String>,
    /// What to do next.
    pub hint: String,
}
