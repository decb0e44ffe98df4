//! What is: each thing present, absent or unknown, as it was read; serialisable, so that a world is a test fixture.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::provision::name::{Arn, LogGroupName, MemberName, Region};
use crate::provision::policy::Document;
use crate::provision::resource::{Encryption, SubscriptionFilter, Tags};

/// What reading a thing came to. `Unknown` is not `Absent`: nothing is planned from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State<T> {
    Present(T),
    Absent,
    /// It could not be read; the text says why, for example the error and its hint.
    Unknown(String),
}

/// The world as far as a run of catchment looks at it. Has the parties, Regions and log groups of the
/// [`Desired`](crate::provision::desired::Desired) that it was observed for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub logging: Option<Logging>,
    pub members: BTreeMap<MemberName, Member>,
}

/// The logging account. The role is one for all Regions.
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

/// A member account: its Regions, and in each the log groups that the fleet names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub regions: BTreeMap<Region, BTreeMap<LogGroupName, State<LogGroup>>>,
}

/// A log group that is there, with every subscription filter on it, ours and foreign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    pub filters: Vec<SubscriptionFilter>,
}

/// A Kinesis data stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    pub status: StreamStatus,
    pub is_on_demand: bool,
    /// `OpenShardCount`, in either mode.
    pub open_shards: u32,
    pub retention_hours: u32,
    pub encryption: Encryption,
    /// `Present` with none where there are none; never `Absent`.
    pub tags: State<Tags>,
}

/// Where a stream stands (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamStatus {
    Creating,
    Active,
    Updating,
    Deleting,
}

/// The IAM role that CloudWatch Logs delivers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// `/` where it has none. One that has is another ARN than its name tells
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
    pub path: String,
    /// The trust policy, URL-decoded. `Unknown` where it is no policy document.
    pub trust: State<Document>,
    /// The inline policy of our name.
    pub policy: State<Document>,
    /// Names of inline policies other than ours, and ARNs of attached ones: a role that has any is used by others.
    pub foreign_policies: State<BTreeSet<String>>,
    /// `Present` with none where there are none; never `Absent`.
    pub tags: State<Tags>,
}

/// A `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The stream that it delivers to.
    pub target: Arn,
    pub role: Arn,
    /// `Absent` where none was ever put.
    pub policy: State<Document>,
    /// `Present` with none where there are none; never `Absent`.
    pub tags: State<Tags>,
}
