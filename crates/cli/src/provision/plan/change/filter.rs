//! What can be done to a subscription filter.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Effect;
use crate::provision::name::LogGroupPattern;
use crate::provision::resource::SubscriptionFilter;

/// What is done to a subscription filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "action")]
pub enum FilterAction {
    /// PutSubscriptionFilter.
    #[serde(rename = "put-filter")]
    Put {
        before: Option<SubscriptionFilter>,
        after: SubscriptionFilter,
        /// The foreign filters on the log group, to be named if AWS refuses one more.
        beside: Vec<SubscriptionFilter>,
        /// The pattern that selects the log group, unless the fleet file names it.
        #[serde(skip_serializing_if = "Option::is_none")]
        selected_by: Option<Box<LogGroupPattern>>,
        #[serde(skip)]
        destination: Coverage,
    },
    /// DeleteSubscriptionFilter.
    #[serde(rename = "delete-filter")]
    Delete { before: SubscriptionFilter },
}

/// What the plan knows of the `logs::Destination` that a filter delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It is planned too, and its policy names the member: a refusal has another cause.
    Planned,
    /// It could not be read and may not exist, so that there is no point in waiting for it.
    Unread,
    /// Another run sets it up, perhaps at this moment.
    Elsewhere,
}

impl FilterAction {
    /// The filter that is put or deleted.
    pub fn filter(&self) -> &SubscriptionFilter {
        match self {
            Self::Put { after: filter, .. } | Self::Delete { before: filter } => filter,
        }
    }

    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Put { before, .. } => Effect::of_put(before.as_ref()),
            Self::Delete { .. } => Effect::Delete,
        }
    }
}

impl fmt::Display for FilterAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.effect().fmt(f)
    }
}
