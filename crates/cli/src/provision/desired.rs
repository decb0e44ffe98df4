//! What ought to be: the fleet, worked out thing by thing, per account and Region.

mod build;
mod document;
mod role;

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::name::{
    AccountId, Arn, DestinationName, LogGroupName, MemberName, PolicyName, ProfileName, Region,
    RoleName, StreamName,
};
use crate::provision::policy::Document;
use crate::provision::resource::{Encryption, StreamMode, SubscriptionFilter, Tags};

pub use build::{DESTINATION_POLICY_BYTES_MAX, DesiredError, Scope};
pub use document::{NamedDocument, documents};

/// Everything that catchment sets up, or the part of it that a run was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The value of our ownership tag, [`OWNER_TAG`](crate::provision::resource::OWNER_TAG).
    pub owner: String,
    /// None where the run is for members alone.
    pub logging: Option<Logging>,
    pub members: BTreeMap<MemberName, Member>,
    /// Members of the fleet that the run is not for: nobody looks at their filters.
    pub others: BTreeSet<MemberName>,
}

/// The logging account's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    pub account: AccountId,
    /// None: the default credential chain.
    pub profile: Option<ProfileName>,
    pub role: Role,
    pub regions: BTreeMap<Region, LoggingRegion>,
}

/// One Region of the logging account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggingRegion {
    pub stream: Stream,
    pub destination: Destination,
}

/// A Kinesis data stream. Active and of this shape or more: never shrunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub name: StreamName,
    pub mode: StreamMode,
    /// 24 to 8,760.
    pub retention_hours: u32,
    pub encryption: Encryption,
    pub tags: Tags,
}

/// The IAM role that CloudWatch Logs delivers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: RoleName,
    /// Our statements of the trust policy.
    pub trust: Document,
    pub policy_name: PolicyName,
    /// Our statements of the inline policy.
    pub policy: Document,
    pub tags: Tags,
}

/// A `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub name: DestinationName,
    pub arn: Arn,
    /// The stream that it delivers to.
    pub target: Arn,
    pub role: Arn,
    /// Our statements of the destination policy.
    pub policy: Document,
    pub tags: Tags,
}

/// A member account's part: one subscription filter on each log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub account: AccountId,
    /// None: the default credential chain.
    pub profile: Option<ProfileName>,
    pub regions: BTreeMap<Region, BTreeMap<LogGroupName, SubscriptionFilter>>,
}
