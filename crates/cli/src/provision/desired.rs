//! What should be: every resource of the fleet, per account and Region.

mod build;
mod document;
mod error;
mod kept;
mod leaving;
mod role;
mod selection;
mod sender;
mod stack_set;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::name::{
    AccountId, Arn, DestinationName, MemberName, OrganizationId, PolicyName, Region, RoleName,
    StreamName,
};
use crate::provision::policy::Document;
use crate::provision::resource::{DestinationEnds, Encryption, Login, StreamMode, Tags};

pub use build::Scope;
pub use document::{NamedDocument, TEST_EVENTS, documents};
pub use error::{
    DESTINATION_POLICY_BYTES_MAX, DesiredError, INLINE_POLICY_CHARACTERS_MAX,
    TRUST_POLICY_CHARACTERS_MAX,
};
pub use kept::Kept;
pub use leaving::Leaving;
pub use role::Grants;
pub use selection::{AccountLevel, Filters, Selected};
pub use sender::{Need, Sender};
pub use stack_set::stack_set;

/// Everything that catchment sets up, or the part of it in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// `None` if only members are in scope.
    pub logging: Option<Logging>,
    pub members: BTreeMap<MemberName, Member>,
    /// The fleet's members out of scope. Their filters are not observed.
    pub others: BTreeSet<MemberName>,
    /// What `destroy` takes from the logging account along with members.
    pub leaving: Option<Leaving>,
}

/// The logging account's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    pub login: Login,
    /// The value of our ownership tag, [`OWNER_TAG`](crate::provision::resource::OWNER_TAG).
    pub owner: String,
    /// The Region whose connection carries calls to IAM, which has none: the first.
    pub home: Region,
    /// The accounts of all members, also of those out of scope.
    pub accounts: BTreeSet<AccountId>,
    /// The organization of all accounts, if the fleet file names it.
    pub organization: Option<OrganizationId>,
    pub role: Role,
    pub regions: BTreeMap<Region, LoggingRegion>,
}

impl Logging {
    /// The Region with the stream to which the `logs::Destination` of this Region delivers.
    pub fn stream_behind(&self, region: &Region) -> Option<(&Region, &LoggingRegion)> {
        let target = &self.regions.get(region)?.destination.ends.target;
        let mut regions = self.regions.iter();
        regions.find(|(_, place)| place.stream.arn == *target)
    }
}

/// One Region of the logging account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggingRegion {
    pub stream: Stream,
    /// Whether the fleet has the stream; if not, its `logs::Destination` delivers to another Region's.
    pub has_stream: bool,
    pub destination: Destination,
}

/// A Kinesis data stream, which may have more capacity and retention than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub name: StreamName,
    pub arn: Arn,
    pub mode: StreamMode,
    /// 24 to 8,760.
    pub retention_hours: u32,
    pub encryption: Encryption,
    pub tags: Tags,
}

/// The IAM role that CloudWatch Logs delivers with, or that of a member's filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: RoleName,
    pub arn: Arn,
    /// Our statements of the trust policy.
    pub trust: Document,
    /// The permissions boundary that it must have; `None` if any will do.
    pub boundary: Option<Arn>,
    /// Whether others make it: then it is used, and never changed.
    pub is_ready_made: bool,
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
    pub ends: DestinationEnds,
    /// Our statements of the destination policy.
    pub policy: Document,
    pub tags: Tags,
}

/// A member account's part: one subscription filter on each log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub login: Login,
    /// The role that its filters name, or would name. `None` if the fleet file says nothing of it.
    pub sender: Option<Sender>,
    pub regions: BTreeMap<Region, Filters>,
}

impl Desired {
    /// Every Region of every member, with its filters.
    pub fn regions(&self) -> impl Iterator<Item = (&MemberName, &Member, &Region, &Filters)> {
        self.members.iter().flat_map(|(name, member)| {
            let regions = member.regions.iter();
            regions.map(move |(region, filters)| (name, member, region, filters))
        })
    }
}
