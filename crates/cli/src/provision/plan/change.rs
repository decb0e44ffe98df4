//! One change: one call to AWS, complete, with what it needs and why.

mod account_policy;
mod destination;
mod filter;
mod role;
mod stream;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::provision::name::{
    DestinationName, LogGroupName, MemberName, Region, RoleName, StreamName,
};
use crate::provision::resource::{Login, Party, Resource, ResourceAddress};

pub use account_policy::AccountPolicyAction;
pub use destination::DestinationAction;
pub use filter::{Coverage, FilterAction};
pub use role::RoleAction;
pub use stream::StreamAction;

/// One change. Apply looks nothing up and decides nothing, so what is shown is what is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "ChangeShape")]
pub struct Change {
    /// Unique in the plan, and the same from run to run.
    pub key: ChangeKey,
    pub login: Login,
    /// The Region to call. For a role, any Region will do.
    pub region: Region,
    pub action: Action,
    /// Why, as one clause for a person.
    pub why: String,
    /// The changes that must be made first. If one of them fails, this one is not tried.
    pub needs: BTreeSet<ChangeKey>,
}

/// A change's name: where, which resource, and what is done to it, for example
/// `logging/us-west-2/stream/Demo_Kinesis_Stream/retention`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ChangeKey(String);

/// What is done, to which resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Stream(StreamName, StreamAction),
    Role(RoleName, RoleAction),
    /// The role of a member's filters.
    MemberRole(MemberName, RoleName, RoleAction),
    Destination(DestinationName, DestinationAction),
    Filter(MemberName, LogGroupName, FilterAction),
    AccountPolicy(MemberName, AccountPolicyAction),
}

/// What an action does to the resource as a whole, for a person and for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Create,
    /// A policy or a tag is part of its resource, so to create or delete one is an update.
    Update,
    Delete,
}

impl Effect {
    /// Of putting a resource in the place of what was there.
    fn of_put<T>(before: Option<&T>) -> Self {
        before.map_or(Self::Create, |_| Self::Update)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

impl Change {
    /// The resource that is changed.
    pub fn address(&self) -> ResourceAddress {
        let (party, resource) = match &self.action {
            Action::Stream(name, _) => (Party::Logging, Resource::Stream(name.clone())),
            Action::Role(name, _) => (Party::Logging, Resource::Role(name.clone())),
            Action::MemberRole(member, name, _) => {
                (Party::Member(member.clone()), Resource::Role(name.clone()))
            }
            Action::Destination(name, _) => (Party::Logging, Resource::Destination(name.clone())),
            Action::Filter(member, log_group, action) => {
                let name = action.filter().name.clone();
                let log_group = log_group.clone();
                let filter = Resource::Filter { log_group, name };
                (Party::Member(member.clone()), filter)
            }
            Action::AccountPolicy(member, action) => {
                let name = action.policy().filter.name.clone();
                (Party::Member(member.clone()), Resource::AccountPolicy(name))
            }
        };
        ResourceAddress::new(party, &self.login.account, &self.region, resource)
    }
}

impl fmt::Display for Change {
    /// One line: `raise retention from 24 to 168 hours: stream Demo_Kinesis_Stream (logging account 999988887777, us-west-2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.address())
    }
}

/// A change as JSON: the resource stands before the action, whose fields stand beside it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
struct ChangeShape {
    /// Unique in the plan, and the same from run to run.
    key: ChangeKey,
    subject: ResourceAddress,
    #[serde(flatten)]
    action: ActionShape,
    /// Why, as one clause for a person.
    why: String,
    /// The keys of the changes that come first.
    needs: BTreeSet<ChangeKey>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Action")]
enum ActionShape {
    Stream(StreamAction),
    Role(RoleAction),
    Destination(DestinationAction),
    Filter(FilterAction),
    AccountPolicy(AccountPolicyAction),
}

impl JsonSchema for Change {
    fn schema_name() -> Cow<'static, str> {
        ChangeShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ChangeShape::json_schema(generator)
    }
}

impl From<Change> for ChangeShape {
    fn from(change: Change) -> Self {
        let subject = change.address();
        let Change {
            key,
            login: _,
            region: _,
            action,
            why,
            needs,
        } = change;
        let action = match action {
            Action::Stream(_, action) => ActionShape::Stream(action),
            Action::Role(_, action) | Action::MemberRole(_, _, action) => ActionShape::Role(action),
            Action::Destination(_, action) => ActionShape::Destination(action),
            Action::Filter(_, _, action) => ActionShape::Filter(action),
            Action::AccountPolicy(_, action) => ActionShape::AccountPolicy(action),
        };
        Self {
            key,
            subject,
            action,
            why,
            needs,
        }
    }
}

impl Action {
    /// Whether the resource is created, updated or deleted.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Stream(_, action) => action.effect(),
            Self::Role(_, action) | Self::MemberRole(_, _, action) => action.effect(),
            Self::Destination(_, action) => action.effect(),
            Self::Filter(_, _, action) => action.effect(),
            Self::AccountPolicy(_, action) => action.effect(),
        }
    }
}

impl fmt::Display for Action {
    /// What is done, in the imperative, without the resource's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(_, action) => action.fmt(f),
            Self::Role(_, action) | Self::MemberRole(_, _, action) => action.fmt(f),
            Self::Destination(_, action) => action.fmt(f),
            Self::Filter(_, _, action) => action.fmt(f),
            Self::AccountPolicy(_, action) => action.fmt(f),
        }
    }
}

impl ChangeKey {
    /// The key of the change that does `verb` to the resource at `address`.
    pub fn new(address: &ResourceAddress, verb: &str) -> Self {
        let ResourceAddress {
            party,
            account: _,
            region,
            resource,
        } = address;
        let party = match party {
            Party::Logging => "logging".to_owned(),
            Party::Member(name) => format!("member/{name}"),
        };
        let region = region.as_ref().map_or("global", Region::as_str);
        let resource = match resource {
            Resource::Stream(name) => format!("stream/{name}"),
            Resource::Role(name) => format!("role/{name}"),
            Resource::Destination(name) => format!("destination/{name}"),
            Resource::Filter { log_group, name } => format!("filter/{log_group}/{name}"),
            Resource::LogGroups(pattern) => format!("log-groups/{pattern}"),
            Resource::AccountPolicy(name) => format!("account-policy/{name}"),
        };
        Self(format!("{party}/{region}/{resource}/{verb}"))
    }
}

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
