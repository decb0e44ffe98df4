//! What `catchment discover` finds in the accounts: the log groups of the sources, and which of them the fleet file should name.

mod account_policy;
mod judge;
mod merge;
mod organization;
mod propose;

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;
use schemars::JsonSchema;
use serde::Serialize;

use crate::provision::fleet::{Fleet, Member, is_on_delivery_path};
use crate::provision::name::{
    AccountId, LogGroupName, LogGroupPattern, MemberName, ProfileName, Region,
};
use crate::provision::observed::State;
use crate::provision::resource::{AccountPolicy, AssumedRole, Login, SubscriptionFilter};

pub use account_policy::{JudgedPolicy, PolicyState};
pub use merge::{Alike, MergeError, alike, lines, merged};
pub use organization::{Gone, LeftOut, Listed, Organization, accounts_of_organization};

/// An account to search, or one that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account<T> {
    /// Its name in the fleet file; `null` if it is not there.
    pub member: Option<MemberName>,
    pub profile: Option<ProfileName>,
    /// The role that the profile's credentials assume in the account.
    #[serde(skip)]
    pub role: Option<AssumedRole>,
    pub account: AccountId,
    /// Its name in the organization; `null` unless that was asked.
    pub name: Option<String>,
    pub regions: BTreeMap<Region, T>,
}

impl<T> Account<T> {
    /// The same with something else in its Regions.
    pub fn with_regions<Other>(&self, regions: BTreeMap<Region, Other>) -> Account<Other> {
        Account {
            member: self.member.clone(),
            profile: self.profile.clone(),
            role: self.role.clone(),
            account: self.account.clone(),
            name: self.name.clone(),
            regions,
        }
    }
}

/// A log group of one of the sources, as found in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    pub log_group: LogGroupName,
    /// AWS's name of its class. Only `STANDARD` takes subscription filters.
    pub class: String,
    #[serde(flatten)]
    pub told: Told,
    pub filters: Vec<SubscriptionFilter>,
}

/// The class that takes subscription filters
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>).
const STANDARD: &str = "STANDARD";

impl Found {
    fn takes_filters(&self) -> bool {
        self.class == STANDARD
    }
}

/// The source of a log group, and how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    #[schemars(with = "String")]
    pub source: Source,
    pub by: By,
}

/// By what the source of a log group is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The fleet file names it.
    FleetFile,
    /// A name that AWS gives.
    LogGroup,
    /// The name of its latest log stream.
    LogStream,
    /// Its latest log event.
    LogEvent,
}

impl By {
    fn told(self, source: Source) -> Told {
        Told { source, by: self }
    }
}

/// What was found in one Region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// How many log groups there are, of any source.
    pub log_groups: usize,
    /// The account-level subscription filter policy. If it is `Unknown`, the rest counts all the same.
    pub policy: State<AccountPolicy>,
    /// Those of the sources, by name.
    pub found: Vec<Found>,
}

/// What becomes of a log group that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "verdict", content = "why", rename_all = "kebab-case")]
pub enum Verdict {
    /// The fleet file names it.
    Listed,
    /// The fleet file subscribes the whole account, by an account-level policy.
    Covered,
    /// The fleet file should name it.
    Proposed,
    /// It cannot be subscribed, and why.
    Refused(String),
}

/// A log group, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Judged {
    #[serde(flatten)]
    pub found: Found,
    /// Whether the account-level policy that is there delivers it; `null` if that is not known.
    pub by_account_policy: Option<bool>,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// One Region of an account, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JudgedRegion {
    pub log_groups: usize,
    /// The account-level subscription filter policy; `null` if there is none.
    pub account_policy: Option<PolicyState>,
    pub found: Vec<Judged>,
}

/// Log groups for one `[[members]]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proposal {
    pub member: MemberName,
    /// A table to add; `null` if the member is in the file.
    pub new: Option<NewMember>,
    /// The log groups to add, by the key of their source. Of a new member, what `[defaults]` lists is left out.
    pub log_groups: BTreeMap<&'static str, Vec<Entry>>,
}

/// An entry of a list of log groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry {
    /// In all Regions of the member.
    Everywhere(LogGroupPattern),
    /// In these.
    In {
        name: LogGroupPattern,
        regions: BTreeSet<Region>,
    },
}

/// A member that the fleet file lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewMember {
    pub profile: Option<ProfileName>,
    pub account: AccountId,
    /// Empty for all of the logging account's Regions.
    pub regions: BTreeSet<Region>,
    /// The account's name in the organization; `null` unless that was asked.
    pub name: Option<String>,
}

/// Everything that was found, and what follows for the fleet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Discovery {
    pub accounts: Vec<Account<SearchedState>>,
    pub proposals: Vec<Proposal>,
    /// `null` without --organization.
    pub organization: Option<Organization>,
}

/// One Region of an account, or why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SearchedState {
    Read(JudgedRegion),
    Unknown { unknown: String },
}

/// The accounts of the fleet file to search: these members, or all of them if there are none.
pub fn accounts(fleet: &Fleet, members: &[MemberName]) -> Vec<Account<()>> {
    let members = fleet
        .members
        .iter()
        .filter(|(name, _)| members.is_empty() || members.contains(name));
    members
        .map(|(name, member)| of_member(name, member))
        .collect()
}

fn of_member(name: &MemberName, member: &Member) -> Account<()> {
    let regions = member.regions.iter();
    Account {
        member: Some(name.clone()),
        profile: member.profile.clone(),
        role: member.role.clone(),
        account: member.account.clone(),
        name: None,
        regions: regions.map(|region| (region.clone(), ())).collect(),
    }
}

/// The accounts to search for a login: the members of its account, and the account's Regions that no member covers.
pub fn accounts_of(fleet: &Fleet, login: &Login) -> Vec<Account<()>> {
    let members = fleet.members.iter();
    let members = members.filter(|(_, member)| member.account == login.account);
    let mut accounts: Vec<_> = members
        .map(|(name, member)| of_member(name, member))
        .collect();
    let is_covered =
        |region: &&Region| accounts.iter().any(|one| one.regions.contains_key(*region));
    let rest: BTreeMap<Region, ()> = fleet
        .logging
        .regions
        .iter()
        .filter(|region| !is_covered(region))
        .map(|region| (region.clone(), ()))
        .collect();
    if !rest.is_empty() {
        accounts.push(Account {
            member: None,
            profile: login.profile.clone(),
            role: login.role.clone(),
            account: login.account.clone(),
            name: None,
            regions: rest,
        });
    }
    accounts
}

/// How to find out the source of a log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// Its name says it.
    Known(Told),
    /// It belongs to another AWS service, or to the delivery itself.
    None,
    /// Its log streams and events may say it.
    Look,
}

/// The source that the name of a log stream tells.
pub fn of_stream(name: &str) -> Option<Told> {
    Source::by_name("", name).map(|source| By::LogStream.told(source))
}

/// The source that the message of a log event tells.
pub fn of_event(message: &str) -> Option<Told> {
    Source::by_content(message).map(|source| By::LogEvent.told(source))
}

/// What a log group's name says about its source. `fleet` and `account` are needed for those that the fleet file names, and for
/// those that the delivery itself writes to.
pub fn lead(fleet: &Fleet, account: &Account<()>, group: &LogGroupName) -> Lead {
    let member = account.member.as_ref();
    let listed = match member {
        Some(name) => fleet.members.get(name).and_then(|one| one.log_group(group)),
        None => fleet.newcomer.log_group(group),
    };
    if let Some(listed) = listed {
        return Lead::Known(By::FleetFile.told(listed.source));
    }
    if account.account == fleet.logging.account && is_on_delivery_path(group) {
        return Lead::None;
    }
    match Source::by_name(group.as_str(), "") {
        Some(source) => Lead::Known(By::LogGroup.told(source)),
        None if is_of_another_service(group.as_str()) => Lead::None,
        None => Lead::Look,
    }
}

/// Whether an AWS service other than those of the sources gives names like this: `/aws/lambda/…`, `/aws/rds/…`
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>).
fn is_of_another_service(group: &str) -> bool {
    group.strip_prefix("/aws/").is_some_and(|rest| {
        !["vpc", "flow", "cloudtrail", "events", "route53"]
            .iter()
            .any(|ours| rest.starts_with(ours))
    })
}

#[cfg(test)]
mod tests;
