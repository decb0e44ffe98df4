//! The nouns that desired and observed share: stream modes, encryption, filters, tags, and the name of each thing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::provision::name::{
    AccountId, Arn, DestinationName, FilterName, LogGroupName, MemberName, Region, RoleName,
    StreamName,
};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tag that says whose a thing is: `<logging account>/<logs::Destination name>`, so two fleets never meet.
pub const OWNER_TAG: &str = "catchment:fleet";

/// How a Kinesis data stream scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamMode {
    /// Provisioned, with this many open shards.
    Shards(u32),
    /// Kinesis scales by itself.
    OnDemand,
}

impl fmt::Display for StreamMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shards(1) => f.write_str("1 shard"),
            Self::Shards(shards) => write!(f, "{shards} shards"),
            Self::OnDemand => f.write_str("on-demand"),
        }
    }
}

/// Server-side encryption of a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Not encrypted at rest.
    None,
    /// AWS's own key, `alias/aws/kinesis`.
    AwsManaged,
    /// A customer key. The role then needs `kms:GenerateDataKey` on it.
    Customer(Arn),
}

/// What StartStreamEncryption is given for AWS's own key
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html>).
pub const AWS_MANAGED_KEY: &str = "alias/aws/kinesis";

impl Encryption {
    /// The `KeyId` for StartStreamEncryption; none for a stream that is not encrypted.
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::AwsManaged => Some(AWS_MANAGED_KEY),
            Self::Customer(key) => Some(key.as_str()),
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::AwsManaged => f.write_str("aws/kinesis"),
            Self::Customer(key) => write!(f, "{key}"),
        }
    }
}

/// How a subscription filter spreads log events over a stream's shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Distribution {
    /// All of one log stream to one shard: order is kept, a busy log stream makes a hot shard.
    ByLogStream,
    /// Evenly.
    Random,
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByLogStream => "ByLogStream",
            Self::Random => "Random",
        })
    }
}

/// What kind of log a log group carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    VpcFlowLogs,
    #[serde(rename = "cloudtrail")]
    CloudTrail,
    #[serde(rename = "guardduty")]
    GuardDuty,
    Other,
}

impl Source {
    /// All of them, in the order of the fleet file.
    pub const ALL: [Self; 4] = [
        Self::VpcFlowLogs,
        Self::CloudTrail,
        Self::GuardDuty,
        Self::Other,
    ];

    /// The distribution where the file names none. A trail writes few, large log streams, which make hot shards when each is
    /// bound to one; a network interface's flow logs are many small log streams, and findings are few: their order is kept.
    pub fn distribution(self) -> Distribution {
        match self {
            Self::CloudTrail => Distribution::Random,
            Self::VpcFlowLogs | Self::GuardDuty | Self::Other => Distribution::ByLogStream,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VpcFlowLogs => "vpc-flow-logs",
            Self::CloudTrail => "cloudtrail",
            Self::GuardDuty => "guardduty",
            Self::Other => "other",
        })
    }
}

/// A filter pattern. AWS's pages use `""` and `" "` for "every event": the same thing here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilterPattern(String);

impl FilterPattern {
    /// The pattern as it was written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern as PutSubscriptionFilter is given it.
    pub fn as_str(&self) -> &str {
        self.0.trim()
    }
}

impl PartialEq for FilterPattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for FilterPattern {}

/// A subscription filter, on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionFilter {
    pub name: FilterName,
    pub pattern: FilterPattern,
    /// Where it delivers: a `logs::Destination`, or for a foreign filter anything.
    pub destination: Arn,
    pub distribution: Distribution,
    /// The role that delivers. Ours have none: a `logs::Destination` has its own.
    pub role: Option<Arn>,
}

impl SubscriptionFilter {
    /// Whether it is the one that `desired` speaks of, whatever else of it drifted. Filters bear no tags: ours is the one
    /// with our name that delivers to our `logs::Destination`.
    pub fn is(&self, desired: &Self) -> bool {
        self.name == desired.name && self.destination == desired.destination
    }
}

/// Whose credentials a change needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    Logging,
    Member(MemberName),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logging => f.write_str("logging account"),
            Self::Member(name) => write!(f, "member {name}"),
        }
    }
}

/// One thing that catchment sets up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    Stream(StreamName),
    Role(RoleName),
    Destination(DestinationName),
    Filter {
        log_group: LogGroupName,
        name: FilterName,
    },
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(name) => write!(f, "stream {name}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Destination(name) => write!(f, "logs::Destination {name}"),
            Self::Filter { log_group, name } => {
                write!(f, "subscription filter {name} on {log_group}")
            }
        }
    }
}

/// A thing and where it is. The order is that of reading: account by account, Region by Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceAddress {
    pub party: Party,
    pub account: AccountId,
    /// None for a role: IAM has no Region.
    pub region: Option<Region>,
    pub thing: Resource,
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            party,
            account,
            region,
            thing,
        } = self;
        write!(f, "{thing} ({party} {account}")?;
        if let Some(region) = region {
            write!(f, ", {region}")?;
        }
        f.write_str(")")
    }
}
