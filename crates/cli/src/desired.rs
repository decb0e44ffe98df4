//! What ought to be: the fleet, worked out thing by thing, per account and Region.

mod build;
mod document;
mod role;

use std::collections::BTreeMap;

use crate::name::{
    AccountId, Arn, DestinationName, LogGroupName, MemberName, PolicyName, ProfileName, Region,
    RoleName, StreamName,
};
use crate::policy::Document;
use crate::resource::{Encryption, StreamMode, SubscriptionFilter, Tags};

pub(crate) use build::{DESTINATION_POLICY_BYTES_MAX, DesiredError, Scope};
pub(crate) use document::{NamedDocument, documents};

/// Everything that catchment sets up, or the part of it that a run was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Desired {
    /// The value of our ownership tag, [`OWNER_TAG`](crate::resource::OWNER_TAG).
    pub(crate) owner: String,
    /// None where the run is for members alone.
    pub(crate) logging: Option<Logging>,
    pub(crate) members: BTreeMap<MemberName, Member>,
}

/// The logging account's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logging {
    pub(crate) account: AccountId,
    /// None: the default credential chain.
    pub(crate) profile: Option<ProfileName>,
    pub(crate) role: Role,
    pub(crate) regions: BTreeMap<Region, LoggingRegion>,
}

/// One Region of the logging account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggingRegion {
    pub(crate) stream: Stream,
    pub(crate) destination: Destination,
}

/// A Kinesis data stream. Active and of this shape or more: never shrunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) name: StreamName,
    pub(crate) mode: StreamMode,
    /// 24 to 8,760.
    pub(crate) retention_hours: u32,
    pub(crate) encryption: Encryption,
    pub(crate) tags: Tags,
}

/// The IAM role that CloudWatch Logs delivers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) name: RoleName,
    /// Our statements of the trust policy.
    pub(crate) trust: Document,
    pub(crate) policy_name: PolicyName,
    /// Our statements of the inline policy.
    pub(crate) policy: Document,
    pub(crate) tags: Tags,
}

/// A `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) name: DestinationName,
    pub(crate) arn: Arn,
    /// The stream that it delivers to.
    pub(crate) target: Arn,
    pub(crate) role: Arn,
    /// Our statements of the destination policy.
    pub(crate) policy: Document,
    pub(crate) tags: Tags,
}

/// A member account's part: one subscription filter on each log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) account: AccountId,
    /// None: the default credential chain.
    pub(crate) profile: Option<ProfileName>,
    pub(crate) regions: BTreeMap<Region, BTreeMap<LogGroupName, SubscriptionFilter>>,
}
