//! What became of a plan's changes: done, failed, not tried.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::ChangeKey;

/// What became of each change of a plan.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Outcome {
    /// In the plan's order.
    pub done: Vec<ChangeKey>,
    pub failed: BTreeMap<ChangeKey, Failure>,
    /// What was not tried, each with the failed change that it needs.
    pub not_tried: BTreeMap<ChangeKey, ChangeKey>,
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
