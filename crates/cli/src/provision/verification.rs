//! Whether log events get through: what was seen of each hop of a log group's path, and what follows from it.

mod configuration;
mod judge;
mod permission;
mod prefix;
#[cfg(test)]
mod tests;

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::provision::resource::ResourceAddress;

pub use crate::provision::desired::TEST_EVENTS as LOG_STREAM;
pub use configuration::{Break, Path, breaks, paths, unknown_paths};
pub use judge::{Arrival, Delivery, Evidence, Looked, Sending, Signals, judge};
pub use prefix::{Place, delivered, failed, hours};

/// What became of the test events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// Each log group in scope, account by account, Region by Region.
    pub paths: Vec<Verified>,
}

/// What became of one log group's test event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verified {
    /// The subscription filter with which the path begins.
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    /// `vpc-flow-logs`, `cloudtrail`, `guardduty`, `route53-resolver-query-logs` or `other`.
    pub source: String,
    pub state: PathState,
    /// Milliseconds from the put until the event was read from the Kinesis stream; `null` if it was not.
    pub stream_ms: Option<u64>,
    /// Where it was found behind the Firehose streams. Empty without --destination.
    pub objects: Vec<Object>,
    /// Where the path ends, as far as is known; `null` if it is proven, or as far as it could be looked at.
    pub fault: Option<Fault>,
    /// What was noted beside, such as a log stream that an earlier run had left.
    pub notes: Vec<String>,
}

/// An object with the test event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Object {
    /// The Firehose stream that wrote it.
    pub firehose: String,
    /// `s3://BUCKET/KEY`.
    pub url: String,
    /// Milliseconds from the put until it was found.
    pub ms: u64,
}

/// How far a path is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PathState {
    /// The test event arrived everywhere it was looked for.
    Proven,
    /// The member accepted it; nobody could look for it in the logging account.
    Sent,
    /// It cannot be proven, though nothing is known to be wrong; `fault` says why.
    NotProven,
    /// Something could not be read or written; `fault` says what.
    Unknown,
    /// It did not arrive; `fault` says at which hop it ended.
    Failed,
}

/// Where a path ends, why, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    pub hop: Hop,
    pub why: String,
    pub hint: String,
}

/// A part of the path, in the order in which an event passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    LogGroup,
    Filter,
    Destination,
    DestinationPolicy,
    Role,
    Trust,
    Stream,
    Firehose,
    Transformer,
    Bucket,
}

impl fmt::Display for PathState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Proven => "proven",
            Self::Sent => "sent",
            Self::NotProven => "not proven",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        })
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LogGroup => "log group",
            Self::Filter => "filter",
            Self::Destination => "logs::Destination",
            Self::DestinationPolicy => "destination policy",
            Self::Role => "role",
            Self::Trust => "trust policy",
            Self::Stream => "stream",
            Self::Firehose => "Firehose stream",
            Self::Transformer => "transformer",
            Self::Bucket => "bucket",
        })
    }
}

impl Verification {
    /// The number of paths in each state, in the order of [`PathState`].
    pub fn counts(&self) -> [(PathState, usize); 5] {
        use PathState::{Failed, NotProven, Proven, Sent, Unknown};
        [Proven, Sent, NotProven, Unknown, Failed].map(|state| {
            let count = self.paths.iter().filter(|path| path.state == state).count();
            (state, count)
        })
    }

    /// Whether a path is of this state.
    pub fn has(&self, state: PathState) -> bool {
        self.paths.iter().any(|path| path.state == state)
    }
}

/// A Firehose stream that reads the Kinesis stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firehose {
    pub name: String,
    /// `ACTIVE`, or why not.
    pub status: String,
    pub target: Target,
    /// The log group to which it reports its own errors.
    pub log_group: Option<String>,
}

/// Where a Firehose stream delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Bucket(BucketTarget),
    /// Anything else, such as OpenSearch.
    Other(&'static str),
}

/// How a Firehose stream writes into a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketTarget {
    pub bucket: String,
    /// The template of the objects' keys.
    pub prefix: String,
    pub error_prefix: String,
    /// Whether the template's times are in UTC.
    pub is_utc: bool,
    /// Whether it writes Parquet or ORC, in which a text is not found again.
    pub is_columnar: bool,
    /// How long records are gathered, before and after the transformer.
    pub buffer_seconds: u64,
}
