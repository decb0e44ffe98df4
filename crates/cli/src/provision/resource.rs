//! The nouns that desired and observed share: stream modes, encryption, filters, tags, logins and resource addresses.

mod account_policy;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use catchment_transformer::source::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::provision::name::{
    AccountId, Arn, DestinationName, ExternalId, FilterName, LogGroupName, LogGroupPattern,
    MemberName, ProfileName, Region, RoleName, SessionName, StreamName,
};

pub use account_policy::{AccountPolicy, SELECTION_BYTES_MAX};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tag that names a resource's fleet: `<logging account>/<logs::Destination name>`, which is different for each fleet.
pub const OWNER_TAG: &str = "catchment:fleet";

/// How a Kinesis data stream scales.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", content = "shards", rename_all = "kebab-case")]
pub enum StreamMode {
    /// Provisioned, with this many open shards.
    #[serde(rename = "provisioned")]
    Shards(u32),
    /// Kinesis scales on its own.
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "key", rename_all = "kebab-case")]
pub enum Encryption {
    /// Not encrypted at rest.
    None,
    /// AWS's own key, `alias/aws/kinesis`.
    AwsManaged,
    /// A customer managed key, on which the role needs `kms:GenerateDataKey`.
    Customer(Arn),
}

/// The `KeyId` of AWS's own key
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html>).
pub const AWS_MANAGED_KEY: &str = "alias/aws/kinesis";

impl Encryption {
    /// The `KeyId` for StartStreamEncryption; `None` if the stream is not encrypted.
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

/// How a subscription filter spreads log events over the stream's shards.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Distribution {
    /// One log stream goes to one shard: it keeps its order, and a busy one makes a hot shard.
    ByLogStream,
    /// Evenly.
    Random,
}

impl Distribution {
    /// The distribution if the file names none. A trail writes few, large log streams, and binding each to one shard makes hot
    /// shards. Flow logs are many small log streams and findings are few, so both can keep their order.
    pub fn default_for(source: Source) -> Self {
        match source {
            Source::CloudTrail => Self::Random,
            Source::VpcFlowLogs
            | Source::GuardDuty
            | Source::Route53ResolverQueryLogs
            | Source::Other => Self::ByLogStream,
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByLogStream => "ByLogStream",
            Self::Random => "Random",
        })
    }
}

/// A filter pattern. AWS's pages write both `""` and `" "` for "every event", so the two are equal.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FilterPattern(String);

impl FilterPattern {
    /// A pattern with the white space as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern to send to PutSubscriptionFilter.
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

/// The system fields that say where a log event comes from, which a copy of a log group in another account or Region does not
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>).
pub const SYSTEM_FIELDS: [&str; 2] = ["@aws.account", "@aws.region"];

/// A subscription filter, desired or observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionFilter {
    pub name: FilterName,
    pub pattern: FilterPattern,
    /// Where it delivers: a `logs::Destination`, or anything if the filter is foreign.
    pub destination: Arn,
    pub distribution: Distribution,
    /// What each event carries beside its message, such as `@aws.account`.
    pub system_fields: BTreeSet<String>,
    /// The role that delivers. Ours have none, because the `logs::Destination` has its own.
    pub role: Option<Arn>,
}

impl SubscriptionFilter {
    /// Whether this is the filter that `desired` describes, drifted or not. Filters cannot be tagged, so ours is the one with our
    /// name that delivers to our `logs::Destination`.
    pub fn is(&self, desired: &Self) -> bool {
        self.is_of(&desired.name, &desired.destination)
    }

    /// The same, by the two fields that say it.
    pub fn is_of(&self, name: &FilterName, destination: &Arn) -> bool {
        self.name == *name && self.destination == *destination
    }
}

/// The two ARNs of a `logs::Destination`: the stream that it delivers to, and the role that it delivers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DestinationEnds {
    pub target: Arn,
    pub role: Arn,
}

/// Whose credentials to use, and the account that they must belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    /// A named profile; `None` for the default credential chain.
    pub profile: Option<ProfileName>,
    /// A role in the account, assumed with the profile's credentials; `None` if those are the account's own.
    pub role: Option<AssumedRole>,
    pub account: AccountId,
}

/// A role to assume, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssumedRole {
    pub arn: Arn,
    pub external_id: Option<ExternalId>,
    pub session_name: Option<SessionName>,
}

/// Who owns a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
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

/// One resource that catchment sets up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(from = "ResourceShape", into = "ResourceShape")]
pub enum Resource {
    Stream(StreamName),
    Role(RoleName),
    Destination(DestinationName),
    Filter {
        log_group: LogGroupName,
        name: FilterName,
    },
    /// The log groups that a pattern selects. Catchment only lists them.
    LogGroups(LogGroupPattern),
    /// The account-level subscription filter policy, by the name of our filters.
    AccountPolicy(FilterName),
}

/// A resource as JSON: its kind and its names side by side.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(rename = "Resource")]
enum ResourceShape {
    Stream {
        name: StreamName,
    },
    Role {
        name: RoleName,
    },
    Destination {
        name: DestinationName,
    },
    Filter {
        log_group: LogGroupName,
        name: FilterName,
    },
    LogGroups {
        pattern: LogGroupPattern,
    },
    AccountPolicy {
        name: FilterName,
    },
}

impl From<Resource> for ResourceShape {
    fn from(resource: Resource) -> Self {
        match resource {
            Resource::Stream(name) => Self::Stream { name },
            Resource::Role(name) => Self::Role { name },
            Resource::Destination(name) => Self::Destination { name },
            Resource::Filter { log_group, name } => Self::Filter { log_group, name },
            Resource::LogGroups(pattern) => Self::LogGroups { pattern },
            Resource::AccountPolicy(name) => Self::AccountPolicy { name },
        }
    }
}

impl From<ResourceShape> for Resource {
    fn from(shape: ResourceShape) -> Self {
        match shape {
            ResourceShape::Stream { name } => Self::Stream(name),
            ResourceShape::Role { name } => Self::Role(name),
            ResourceShape::Destination { name } => Self::Destination(name),
            ResourceShape::Filter { log_group, name } => Self::Filter { log_group, name },
            ResourceShape::LogGroups { pattern } => Self::LogGroups(pattern),
            ResourceShape::AccountPolicy { name } => Self::AccountPolicy(name),
        }
    }
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
            Self::LogGroups(pattern) => write!(f, "log groups {pattern}"),
            Self::AccountPolicy(name) => write!(f, "account-level policy {name}"),
        }
    }
}

/// A resource and where it is. Sorts account by account, Region by Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ResourceAddress {
    pub party: Party,
    pub account: AccountId,
    /// `None` for a role: IAM has no Region.
    pub region: Option<Region>,
    pub resource: Resource,
}

impl ResourceAddress {
    /// The address of a resource that is called in `region`, whether it belongs to that Region or to none.
    pub fn new(party: Party, account: &AccountId, region: &Region, resource: Resource) -> Self {
        let region = match resource {
            Resource::Role(_) => None,
            Resource::Stream(_)
            | Resource::Destination(_)
            | Resource::Filter { .. }
            | Resource::LogGroups(_)
            | Resource::AccountPolicy(_) => Some(region.clone()),
        };
        Self {
            party,
            account: account.clone(),
            region,
            resource,
        }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            party,
            account,
            region,
            resource,
        } = self;
        write!(f, "{resource} ({party} {account}")?;
        if let Some(region) = region {
            write!(f, ", {region}")?;
        }
        f.write_str(")")
    }
}
