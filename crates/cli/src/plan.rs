//! The plan: what to change so that what is becomes what ought to be, what was declined and why, what is foreign.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::name::{Arn, PolicyName};
use crate::observed::StreamStatus;
use crate::policy::Document;
use crate::resource::{Encryption, StreamMode, Subject, SubscriptionFilter, Tags};

/// What to do, in an order that can be followed from first to last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Plan {
    /// Each after all that it needs.
    pub(crate) changes: Vec<Change>,
    /// What is not as the fleet says and is not changed either.
    pub(crate) declined: Vec<Declined>,
    /// What others set up beside ours. It is left alone.
    pub(crate) foreign: Vec<Foreign>,
}

/// One change: one call to AWS. It is complete: apply looks nothing up and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Unique in the plan and the same from run to run.
    pub(crate) key: ChangeKey,
    pub(crate) subject: Subject,
    pub(crate) action: Action,
    /// Why, as one clause for a person.
    pub(crate) why: String,
    /// The changes that must have been made first. If one of them fails, this one is not tried.
    pub(crate) needs: BTreeSet<ChangeKey>,
}

/// A change's name: `<party>/<region or global>/<thing>/<what>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct ChangeKey(String);

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is done. The names of the things themselves are in the [`Subject`].
///
/// Every action on a stream is done only when the stream is ACTIVE again (or, after `DeleteStream`, gone).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub(crate) enum Action {
    /// CreateStream with `Tags`, so that the owner is known from the first moment.
    CreateStream { mode: StreamMode, tags: Tags },
    /// No call but DescribeStreamSummary, until the stream is ACTIVE.
    AwaitStream { before: StreamStatus },
    /// UpdateStreamMode.
    SetStreamMode {
        before: StreamMode,
        after: StreamMode,
    },
    /// UpdateShardCount, UNIFORM_SCALING; at most twice `before`.
    RaiseShards { before: u32, after: u32 },
    /// IncreaseStreamRetentionPeriod.
    RaiseRetention { before_hours: u32, after_hours: u32 },
    /// StartStreamEncryption, KMS, with [`Encryption::key_id`] of `after`.
    EncryptStream {
        before: Encryption,
        after: Encryption,
    },
    /// AddTagsToStream (or TagResource).
    TagStream { arn: Arn, tags: TagChange },
    /// DeleteStream, consumers included.
    DeleteStream,
    /// CreateRole with `Tags`.
    CreateRole { trust: Document, tags: Tags },
    /// UpdateAssumeRolePolicy. `before` is None where the trust policy could not be read as a document.
    PutRoleTrust { before: Document, after: Document },
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
    /// PutDestination, without tags.
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
    /// PutSubscriptionFilter, without a role. `beside` are the foreign filters of the log group, for the error when AWS says
    /// that there are too many.
    PutFilter {
        before: Option<SubscriptionFilter>,
        after: SubscriptionFilter,
        beside: Vec<SubscriptionFilter>,
    },
    /// DeleteSubscriptionFilter.
    DeleteFilter { before: SubscriptionFilter },
}

/// The two ARNs of a `logs::Destination`: the stream and the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DestinationEnds {
    pub(crate) target: Arn,
    pub(crate) role: Arn,
}

/// Tags to write. `before` has the values that they replace; keys of others are in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TagChange {
    pub(crate) before: Tags,
    pub(crate) after: Tags,
}

/// What is not as the fleet says, and is left so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Declined {
    pub(crate) subject: Subject,
    pub(crate) reason: Reason,
    /// What is wrong, as one clause for a person.
    pub(crate) why: String,
    /// What to do about it.
    pub(crate) hint: String,
}

/// Why something was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// It could not be read.
    Unknown,
    /// It is there and someone else's.
    Foreign,
    /// What it stands on is not there, and will not be.
    Blocked,
    /// It would lose or expose data: a stream shrunk or deleted, retention lowered, encryption removed.
    Kept,
}

/// What others set up beside ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Foreign {
    pub(crate) subject: Subject,
    /// What it is, for example `subscription filter to-splunk, to arn:…`.
    pub(crate) what: String,
}

impl Plan {
    /// Whether there is nothing to change. What was declined is another matter: [`Plan::declined`].
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
