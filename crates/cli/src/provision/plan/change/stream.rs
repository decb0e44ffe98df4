//! What can be done to a stream. Each action is done when the stream is ACTIVE again, or gone.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Effect;
use crate::provision::name::Arn;
use crate::provision::observed::StreamStatus;
use crate::provision::plan::TagChange;
use crate::provision::resource::{Encryption, StreamMode, Tags};

/// What is done to a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "action")]
pub enum StreamAction {
    /// CreateStream with `tags`, so that the owner is known from the first moment.
    #[serde(rename = "create-stream")]
    Create { mode: StreamMode, tags: Tags },
    /// Only DescribeStreamSummary, until the stream is ACTIVE.
    #[serde(rename = "await-stream")]
    Await { before: StreamStatus },
    /// UpdateStreamMode. A switch to provisioned keeps the number of open shards.
    #[serde(rename = "set-stream-mode")]
    SetMode {
        before: StreamMode,
        after: StreamMode,
    },
    /// UpdateShardCount, UNIFORM_SCALING. `after` is at most twice `before`, AWS's largest step.
    #[serde(rename = "raise-shards")]
    RaiseShards { before: u32, after: u32 },
    /// IncreaseStreamRetentionPeriod.
    #[serde(rename = "raise-retention")]
    RaiseRetention { before_hours: u32, after_hours: u32 },
    /// StartStreamEncryption with KMS and the [`Encryption::key_id`] of `after`.
    #[serde(rename = "encrypt-stream")]
    Encrypt {
        before: Encryption,
        after: Encryption,
    },
    /// AddTagsToStream.
    #[serde(rename = "tag-stream")]
    Tag { arn: Arn, tags: TagChange },
    /// DeleteStream, with its consumers.
    #[serde(rename = "delete-stream")]
    Delete,
}

impl StreamAction {
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create { .. } => Effect::Create,
            Self::Await { .. }
            | Self::SetMode { .. }
            | Self::RaiseShards { .. }
            | Self::RaiseRetention { .. }
            | Self::Encrypt { .. }
            | Self::Tag { .. } => Effect::Update,
            Self::Delete => Effect::Delete,
        }
    }
}

impl fmt::Display for StreamAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { mode, tags: _ } => write!(f, "create, {mode}"),
            Self::Await { before: _ } => f.write_str("wait until it is ACTIVE"),
            Self::SetMode { before, after } => write!(f, "switch from {before} to {after}"),
            Self::RaiseShards { before, after } => {
                write!(f, "raise from {before} to {}", StreamMode::Shards(*after))
            }
            Self::RaiseRetention {
                before_hours: before,
                after_hours: after,
            } => write!(f, "raise retention from {before} to {after} hours"),
            Self::Encrypt {
                before: Encryption::None,
                after,
            } => write!(f, "encrypt with {after}"),
            Self::Encrypt { before, after } => {
                write!(f, "encrypt with {after} in place of {before}")
            }
            Self::Tag { arn: _, tags: _ } => f.write_str("tag"),
            Self::Delete => f.write_str("delete"),
        }
    }
}
