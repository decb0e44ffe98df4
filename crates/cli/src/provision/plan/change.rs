//! One change: one call to AWS, complete, with what it needs and why.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::provision::name::{Arn, PolicyName};
use crate::provision::observed::StreamStatus;
use crate::provision::policy::Document;
use crate::provision::resource::{
    Encryption, Party, Resource, ResourceAddress, StreamMode, SubscriptionFilter, Tags,
};

/// One change. Apply looks nothing up and decides nothing: what is shown is what is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Unique in the plan and the same from run to run.
    pub key: ChangeKey,
    pub subject: ResourceAddress,
    #[serde(flatten)]
    pub action: Action,
    /// Why, as one clause for a person.
    pub why: String,
    /// The changes that must have been made first. If one of them fails, this one is not tried.
    pub needs: BTreeSet<ChangeKey>,
}

/// A change's name: where, which thing, and what is done to it, for example
/// `logging/us-west-2/stream/Demo_Kinesis_Stream/retention`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ChangeKey(String);

impl ChangeKey {
    /// The key of the change that does `verb` to `subject`.
    pub fn new(subject: &ResourceAddress, verb: &str) -> Self {
        let ResourceAddress {
            party,
            account: _,
            region,
            thing,
        } = subject;
        let party = match party {
            Party::Logging => "logging".to_owned(),
            Party::Member(name) => format!("member/{name}"),
        };
        let region = region.as_ref().map_or("global", |region| region.as_str());
        let thing = match thing {
            Resource::Stream(name) => format!("stream/{name}"),
            Resource::Role(name) => format!("role/{name}"),
            Resource::Destination(name) => format!("destination/{name}"),
            Resource::Filter { log_group, name } => format!("filter/{log_group}/{name}"),
        };
        Self(format!("{party}/{region}/{thing}/{verb}"))
    }
}

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is done. The name of the thing itself is in the [`ResourceAddress`].
///
/// An action on a stream is done when the stream is ACTIVE again (after `DeleteStream`: when it is gone).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// CreateStream with `Tags`, so that the owner is known from the first moment.
    CreateStream { mode: StreamMode, tags: Tags },
    /// No call but DescribeStreamSummary, until the stream is ACTIVE.
    AwaitStream { before: StreamStatus },
    /// UpdateStreamMode. Provisioned takes over the open shards there are.
    SetStreamMode {
        before: StreamMode,
        after: StreamMode,
    },
    /// UpdateShardCount, UNIFORM_SCALING. `after` is at most twice `before`: AWS takes no larger step.
    RaiseShards { before: u32, after: u32 },
    /// IncreaseStreamRetentionPeriod.
    RaiseRetention { before_hours: u32, after_hours: u32 },
    /// StartStreamEncryption, KMS, with [`Encryption::key_id`] of `after`.
    EncryptStream {
        before: Encryption,
        after: Encryption,
    },
    /// AddTagsToStream.
    TagStream { arn: Arn, tags: TagChange },
    /// DeleteStream, with its consumers.
    DeleteStream,
    /// CreateRole with `Tags`.
    CreateRole { trust: Document, tags: Tags },
    /// UpdateAssumeRolePolicy.
    PutRoleTrust {
        before: Option<Document>,
        after: Document,
    },
    /// PutRolePolicy.
    PutRolePolicy {
        name: PolicyName,
        before: Option<Document>,
        after: Document,
    },
    /// DeleteRolePolicy.
    DeleteRolePolicy { name: PolicyName, before: Document },
    /// TagRole.
    TagRole { tags: TagChange },
    /// DeleteRole.
    DeleteRole,
    /// PutDestination, without tags: they are reported to fail it.
    PutDestination {
        before: Option<DestinationEnds>,
        after: DestinationEnds,
    },
    /// PutDestinationPolicy.
    PutDestinationPolicy {
        before: Option<Document>,
        after: Document,
    },
    /// TagResource.
    TagDestination { arn: Arn, tags: TagChange },
    /// DeleteDestination.
    DeleteDestination { before: DestinationEnds },
    /// PutSubscriptionFilter. `beside` are the foreign filters on the log group, to be named when AWS says that there are too
    /// many.
    PutFilter {
        before: Option<SubscriptionFilter>,
        after: SubscriptionFilter,
        beside: Vec<SubscriptionFilter>,
    },
    /// DeleteSubscriptionFilter.
    DeleteFilter { before: SubscriptionFilter },
}

/// What an action is to the thing, for a person and for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Create,
    Update,
    Delete,
}

impl Action {
    /// Whether the thing comes, changes or goes. A policy or a tag is part of its thing.
    pub fn effect(&self) -> Effect {
        match self {
            Self::CreateStream { .. }
            | Self::CreateRole { .. }
            | Self::PutDestination { before: None, .. }
            | Self::PutFilter { before: None, .. } => Effect::Create,
            Self::DeleteStream
            | Self::DeleteRole
            | Self::DeleteDestination { .. }
            | Self::DeleteFilter { .. } => Effect::Delete,
            Self::AwaitStream { .. }
            | Self::SetStreamMode { .. }
            | Self::RaiseShards { .. }
            | Self::RaiseRetention { .. }
            | Self::EncryptStream { .. }
            | Self::TagStream { .. }
            | Self::PutRoleTrust { .. }
            | Self::PutRolePolicy { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::TagRole { .. }
            | Self::PutDestination {
                before: Some(_), ..
            }
            | Self::PutDestinationPolicy { .. }
            | Self::TagDestination { .. }
            | Self::PutFilter {
                before: Some(_), ..
            } => Effect::Update,
        }
    }
}

impl fmt::Display for Change {
    /// One line: `raise retention from 24 to 168 hours: stream Demo_Kinesis_Stream (logging account 999988887777, us-west-2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.subject)
    }
}

impl fmt::Display for Action {
    /// What is done, in the imperative, without the thing's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateStream { mode, tags: _ } => write!(f, "create, {mode}"),
            Self::AwaitStream { before: _ } => f.write_str("wait until it is ACTIVE"),
            Self::SetStreamMode { before, after } => write!(f, "switch from {before} to {after}"),
            Self::RaiseShards { before, after } => {
                write!(f, "raise from {before} to {}", StreamMode::Shards(*after))
            }
            Self::RaiseRetention {
                before_hours,
                after_hours,
            } => {
                write!(
                    f,
                    "raise retention from {before_hours} to {after_hours} hours"
                )
            }
            Self::EncryptStream {
                before: Encryption::None,
                after,
            } => write!(f, "encrypt with {after}"),
            Self::EncryptStream { before, after } => {
                write!(f, "encrypt with {after} in place of {before}")
            }
            Self::TagStream { .. } | Self::TagRole { .. } | Self::TagDestination { .. } => {
                f.write_str("tag")
            }
            Self::CreateRole { .. }
            | Self::PutDestination { before: None, .. }
            | Self::PutFilter { before: None, .. } => f.write_str("create"),
            Self::PutDestination {
                before: Some(_), ..
            }
            | Self::PutFilter {
                before: Some(_), ..
            } => f.write_str("update"),
            Self::PutRoleTrust { .. } => f.write_str("put trust policy"),
            Self::PutRolePolicy { name, .. } => write!(f, "put inline policy {name}"),
            Self::DeleteRolePolicy { name, .. } => write!(f, "delete inline policy {name}"),
            Self::PutDestinationPolicy { .. } => f.write_str("put destination policy"),
            Self::DeleteStream
            | Self::DeleteRole
            | Self::DeleteDestination { .. }
            | Self::DeleteFilter { .. } => f.write_str("delete"),
        }
    }
}

/// The two ARNs of a `logs::Destination`: the stream that it delivers to, and the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestinationEnds {
    pub target: Arn,
    pub role: Arn,
}

/// Tags to write. `before` has the values that they replace; the tags of others are in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagChange {
    pub before: Tags,
    pub after: Tags,
}

impl TagChange {
    /// What is to be written so that `tags` has all of `desired`; nothing where it has.
    pub fn between(tags: &Tags, desired: &Tags) -> Option<Self> {
        let after: Tags = desired
            .iter()
            .filter(|(key, value)| tags.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let before = tags
            .iter()
            .filter(|(key, _)| after.contains_key(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        (!after.is_empty()).then_some(Self { before, after })
    }
}
