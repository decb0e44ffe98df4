//! What is: each resource present, absent or unknown, as read. Serialisable, so that tests can keep it as a fixture.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::provision::name::{Arn, LogGroupName, MemberName, Region};
use crate::provision::policy::Document;
use crate::provision::resource::{
    AccountPolicy, DestinationEnds, Encryption, SubscriptionFilter, Tags,
};

/// The result of reading something. `Unknown` is not `Absent`: nothing is planned from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State<T> {
    Present(T),
    Absent,
    /// Could not be read; the text says why, with the error and its hint.
    Unknown(String),
}

/// Everything that a run observes: the parties, Regions and log groups of its [`Desired`](crate::provision::desired::Desired).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub logging: Option<Logging>,
    pub members: BTreeMap<MemberName, Member>,
}

/// The logging account. All its Regions share one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    pub role: State<Role>,
    pub regions: BTreeMap<Region, LoggingRegion>,
}

/// One Region of the logging account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingRegion {
    pub stream: State<Stream>,
    pub destination: State<Destination>,
}

/// A member account: its Regions, and in each the log groups that the fleet names or a pattern selects, and those whose filters an
/// account-level policy has to regard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The role of its filters; `None` if the run has no reason to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<State<Role>>,
    pub regions: BTreeMap<Region, BTreeMap<LogGroupName, State<LogGroup>>>,
    /// The Regions in which patterns are asked for: the class of each log group that one may select.
    #[serde(default)]
    pub listed: BTreeMap<Region, State<BTreeMap<LogGroupName, String>>>,
    /// The Regions in which an account-level subscription filter policy is asked for, or one of ours is to be removed: the only one there,
    /// ours or foreign.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<Region, State<AccountPolicy>>,
}

/// An existing log group, with every subscription filter on it, ours and foreign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    pub filters: Vec<SubscriptionFilter>,
}

/// A Kinesis data stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    pub status: StreamStatus,
    pub is_on_demand: bool,
    /// `OpenShardCount`, whatever the mode.
    pub open_shards: u32,
    pub retention_hours: u32,
    pub encryption: Encryption,
    /// Never `Absent`: `Present` and empty if there are none.
    pub tags: State<Tags>,
}

/// A stream's status (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamStatus {
    Creating,
    Active,
    Updating,
    Deleting,
}

/// The IAM role that CloudWatch Logs delivers with, or that of a member's filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// `/` by default. Any other path is part of the ARN, which then does not follow from the name alone
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
    pub path: String,
    /// Its permissions boundary.
    #[serde(default)]
    pub boundary: Option<Arn>,
    /// The trust policy, URL-decoded. `Unknown` if it is not a policy document.
    pub trust: State<Document>,
    /// The inline policy with our name.
    pub policy: State<Document>,
    /// Names of other inline policies, and ARNs of attached ones. If there are any, others use the role.
    pub foreign_policies: State<BTreeSet<String>>,
    /// Never `Absent`: `Present` and empty if there are none.
    pub tags: State<Tags>,
}

/// A `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    #[serde(flatten)]
    pub ends: DestinationEnds,
    /// `Absent` if none was ever put.
    pub policy: State<Document>,
    /// Never `Absent`: `Present` and empty if there are none.
    pub tags: State<Tags>,
}
