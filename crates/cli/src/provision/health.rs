//! How delivery went in the last hour, by CloudWatch's counts: what `status --health` adds.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::count::counted;
use crate::provision::resource::ResourceAddress;

/// The last hour of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Health {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    #[serde(flatten)]
    pub counts: Counts,
}

/// What CloudWatch counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// Of a subscription filter.
    Filter(FilterCounts),
    /// Of a stream.
    Stream(StreamCounts),
    /// They could not be read; the text says why.
    Unknown(String),
}

/// What became of a log group's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilterCounts {
    /// Log events that the stream or its role refused.
    pub errors: u64,
    /// Log events that were delayed because the stream was full.
    pub throttled: u64,
}

/// What became of a stream's records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StreamCounts {
    /// Records that were refused because the stream was full.
    pub refused: u64,
    /// How far its slowest reader was behind.
    pub iterator_age_ms: u64,
    /// Records that failed behind it, in the transformer or the conversion to Parquet.
    pub failed: u64,
}

impl Health {
    /// Whether it could not be read.
    pub fn is_unknown(&self) -> bool {
        matches!(self.counts, Counts::Unknown(_))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(FilterCounts { errors, throttled }) => {
                let errors = counted(*errors, "delivery error");
                write!(f, "last hour: {errors}, {throttled} throttled")
            }
            Self::Stream(StreamCounts {
                refused,
                iterator_age_ms,
                failed,
            }) => {
                let seconds = iterator_age_ms / 1000;
                write!(
                    f,
                    "last hour: {} refused, read {seconds} s late at most, {failed} failed",
                    counted(*refused, "record")
                )
            }
            Self::Unknown(why) => write!(f, "last hour: unknown: {why}"),
        }
    }
}
