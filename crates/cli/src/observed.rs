//! What is: each thing present, absent or unknown, as it was read; serialisable, so that a world is a test fixture.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::name::{Arn, LogGroupName, MemberName, Region};
use crate::policy::Document;
use crate::resource::{Encryption, SubscriptionFilter, Tags};

/// What reading a thing came to. `Unknown` is not `Absent`: nothing is planned from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State<T> {
    Present(T),
    Absent,
    /// It could not be read; the text says why, for example the error and its hint.
    Unknown(String),
}

/// The world as far as a run of catchment looks at it. Has the parties, Regions and log groups of the
/// [`Desired`](crate::desired::Desired) that it was observed for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Observed {
    pub(crate) logging: Option<Logging>,
    pub(crate) members: BTreeMap<MemberName, Member>,
}

/// The logging account. The role is one for all Regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logging {
    pub(crate) role: State<Role>,
    pub(crate) regions: BTreeMap<Region, LoggingRegion>,
}

/// One Region of the logging account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoggingRegion {
    pub(crate) stream: State<Stream>,
    pub(crate) destination: State<Destination>,
}

/// A member account: its Regions, and in each the log groups that the fleet names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) regions: BTreeMap<Region, BTreeMap<LogGroupName, State<LogGroup>>>,
}

/// A log group that is there, with every subscription filter on it, ours and foreign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogGroup {
    pub(crate) filters: Vec<SubscriptionFilter>,
}

/// A Kinesis data stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) status: StreamStatus,
    pub(crate) is_on_demand: bool,
    /// `OpenShardCount`, in either mode.
    pub(crate) open_shards: u32,
    pub(crate) retention_hours: u32,
    pub(crate) encryption: Encryption,
    /// `Present` with none where there are none; never `Absent`.
    pub(crate) tags: State<Tags>,
}

/// Where a stream stands (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StreamStatus {
    Creating,
    Active,
    Updating,
    Deleting,
}

/// The IAM role that CloudWatch Logs delivers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// `/` where it has none. One that has is another ARN than its name tells
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
    pub(crate) path: String,
    /// The trust policy, URL-decoded. `Unknown` where it is no policy document.
    pub(crate) trust: State<Document>,
    /// The inline policy of our name.
    pub(crate) policy: State<Document>,
    /// Names of inline policies other than ours, and ARNs of attached ones: a role that has any is used by others.
    pub(crate) foreign_policies: State<BTreeSet<String>>,
    /// `Present` with none where there are none; never `Absent`.
    pub(crate) tags: State<Tags>,
}

/// A `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Destination {
    /// The stream that it delivers to.
    pub(crate) target: Arn,
    pub(crate) role: Arn,
    /// `Absent` where none was ever put.
    pub(crate) policy: State<Document>,
    /// `Present` with none where there are none; never `Absent`.
    pub(crate) tags: State<Tags>,
}
