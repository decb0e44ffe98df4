//! What can be done to a `logs::Destination`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Effect;
use crate::provision::name::Arn;
use crate::provision::plan::TagChange;
use crate::provision::policy::Document;
use crate::provision::resource::DestinationEnds;

/// What is done to a `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "action")]
pub enum DestinationAction {
    /// PutDestination, without tags: it is reported to fail with them.
    #[serde(rename = "put-destination")]
    Put {
        before: Option<DestinationEnds>,
        after: DestinationEnds,
    },
    /// PutDestinationPolicy.
    #[serde(rename = "put-destination-policy")]
    PutPolicy {
        before: Option<Document>,
        after: Document,
        /// Says that the filters of the accounts that the policy named have roles, which an organization's need
        /// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestinationPolicy.html>).
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        force_update: bool,
    },
    /// TagResource.
    #[serde(rename = "tag-destination")]
    Tag { arn: Arn, tags: TagChange },
    /// DeleteDestination.
    #[serde(rename = "delete-destination")]
    Delete { before: DestinationEnds },
}

impl DestinationAction {
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Put { before: None, .. } => Effect::Create,
            Self::Put {
                before: Some(_), ..
            }
            | Self::PutPolicy { .. }
            | Self::Tag { .. } => Effect::Update,
            Self::Delete { .. } => Effect::Delete,
        }
    }
}

impl fmt::Display for DestinationAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Put {
                before: None,
                after: _,
            } => "create",
            Self::Put {
                before: Some(_),
                after: _,
            } => "update",
            Self::PutPolicy {
                before: _,
                after: _,
                force_update: _,
            } => "put destination policy",
            Self::Tag { arn: _, tags: _ } => "tag",
            Self::Delete { before: _ } => "delete",
        })
    }
}
