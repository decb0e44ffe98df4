//! The plan: the changes that make the accounts as desired, what was declined and why, and what is foreign.

mod account;
mod builder;
mod change;
mod destination;
mod filter;
mod leaving;
mod listed;
mod log_groups;
mod member_role;
mod members;
mod orphan;
mod outcome;
mod ready_made;
mod regions;
mod role;
mod state;
mod stream;
mod switch;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::provision::desired::{Desired, Kept, Logging};
use crate::provision::name::{AccountId, Arn, MemberName, Region};
use crate::provision::observed::{LogGroup, Observed, State};
use crate::provision::resource::ResourceAddress;
use builder::{Place, PlanBuilder, Readiness, Removal};
use orphan::Orphans;
use stream::Fate;

pub(super) use account::{Untested, tested};
pub use change::{
    AccountPolicyAction, Action, Change, ChangeKey, Coverage, DestinationAction, Effect,
    FilterAction, RoleAction, StreamAction,
};
pub(super) use filter::Place as FilterPlace;
pub(super) use log_groups::unlisted;
pub use outcome::{Failure, Outcome};
pub use state::{Finding, ResourceState, ResourceStatus};
pub use tags::TagChange;

/// What to do, in an order that can be followed from first to last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Plan {
    /// Each comes after all that it needs.
    pub changes: Vec<Change>,
    /// What is not as the fleet file says, and stays so.
    pub declined: Vec<Declined>,
    /// What others set up beside ours. It is left alone.
    pub foreign: Vec<Foreign>,
    /// What our statements still name and the fleet file does not.
    pub orphans: Vec<Orphan>,
    /// What is well now, and soon may not be.
    pub warnings: Vec<Warning>,
    /// What is worth knowing and asks for nothing: the log groups that a pattern matches, but that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What is well now, and soon may not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Warning {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    /// What it is, as one clause for a person.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// What is worth knowing of a resource and asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Note {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    pub what: String,
}

/// What our statements still name and the fleet file does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Orphan {
    /// The role or `logs::Destination` whose policy names it; for a whole Region, the `logs::Destination` there.
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    /// The account; `None` for a whole Region or organization, or a stream.
    pub account: Option<AccountId>,
    /// The organization, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    pub regions: BTreeSet<Region>,
    /// Whether this plan cuts it off.
    pub is_cut_off: bool,
    /// What it is, as one clause for a person.
    pub what: String,
    /// What becomes of it, or would if it were cut off.
    pub consequence: String,
}

impl fmt::Display for Orphan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.consequence)
    }
}

/// What the operator allows that a plan does not do by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// Cut off what the fleet file no longer names.
    pub prune: bool,
    /// Take back filters with our name that deliver elsewhere.
    pub take_over: bool,
}

/// What is not as the fleet file says, and stays so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Declined {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    pub reason: Reason,
    /// What is wrong, as one clause for a person.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

/// Why something was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It could not be read.
    Unknown,
    /// It exists and is someone else's.
    Foreign,
    /// What it needs does not exist and will not; or what needs it will not go.
    Blocked,
    /// The change would lose or expose data (shrink or delete a stream, lower retention, remove encryption), or take what others use.
    Kept,
    /// It would be larger than AWS allows.
    Limit,
}

/// What others set up beside ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Foreign {
    #[serde(rename = "subject")]
    pub address: ResourceAddress,
    /// What it is, for example `subscription filter to-splunk, to arn:…`.
    pub what: String,
}

/// Plans what makes the accounts as desired. Pure and deterministic: the same two sides give the same plan.
pub fn plan(desired: &Desired, observed: &Observed, consent: Consent) -> Plan {
    set_up(desired, observed, consent).plan
}

/// Says how each desired resource stands, account by account, Region by Region.
pub fn resources(desired: &Desired, observed: &Observed) -> Vec<ResourceStatus> {
    let plan = set_up(desired, observed, Consent::default());
    plan.resources.into_values().collect()
}

fn set_up(desired: &Desired, observed: &Observed, consent: Consent) -> PlanBuilder {
    let mut plan = PlanBuilder::default();
    let orphans = Orphans::of(desired, observed);
    let (mut kept, mut first) = (orphans.kept.clone(), BTreeSet::new());
    if let (true, Some(leftover)) = (consent.prune, &orphans.leftover) {
        let hint =
            "once everything in it is read, delete it by hand: catchment will not look there again";
        let removals = take_down(
            &mut plan,
            leftover,
            observed,
            &orphans,
            ("--prune", Fate::Stays { hint }),
            &mut BTreeMap::new(),
        );
        kept = orphans.rest(&removals);
        for removal in removals.into_values() {
            if let Removal::Gone { after } = removal {
                first.extend(after);
            }
        }
    } else if consent.prune {
        kept = Kept::default();
    }
    let logging = desired.logging.as_ref();
    let logging = logging.map(|logging| {
        orphans.report(&mut plan, logging, &kept);
        logging.keeping(&kept)
    });
    let mut destinations: BTreeMap<&Arn, filter::Target<'_>> = BTreeMap::new();
    if let Some(logging) = &logging {
        let seen = observed.logging.as_ref();
        let home = place(logging, &logging.home);
        let mut state = read(seen.map(|seen| &seen.role));
        if let (Some(why), State::Present(role), false) =
            (&orphans.unknown_sources, &mut state, consent.prune)
        {
            let why = format!("it is not known whose filters deliver with it: {why}");
            role.trust = State::Unknown(why);
        }
        let uses = regions::uses(logging, seen);
        let role = role::set_up(&mut plan, home, &logging.role, &state, &uses, &first);
        let (switched, targets) = regions::set_up(&mut plan, logging, seen, &role, uses);
        destinations.extend(targets);
        if let (Some(switched), Some(wide), Readiness::Ready { after }) =
            (switched, role.surplus, role.ready)
        {
            first.extend(after.into_iter().chain(switched));
            role::revoke(&mut plan, home, &logging.role, &wide, &first);
        }
    }
    members::set_up(&mut plan, desired, observed, destinations, consent, &first);
    plan
}

/// Plans to remove all that is ours, in the opposite order: filters before the `logs::Destination`, that before stream and role.
/// A stream may hold data that nobody has read yet: it goes only with `delete_stream`, and only if catchment created it.
pub fn destroy(desired: &Desired, observed: &Observed, delete_stream: bool) -> Plan {
    let mut plan = PlanBuilder::default();
    let orphans = Orphans::of(desired, observed);
    let fate = if delete_stream {
        Fate::Deleted
    } else {
        let hint = "once everything in it is read, destroy with --delete-stream";
        Fate::Stays { hint }
    };
    let mut delivering = Removal::default();
    let mut filters = BTreeMap::new();
    for part in [Some(desired), orphans.leftover.as_ref()] {
        let how = ("destroy", fate);
        let removals =
            part.map(|part| take_down(&mut plan, part, observed, &orphans, how, &mut filters));
        let removals = removals.unwrap_or_default().into_values();
        removals.for_each(|one| delivering.join(one));
    }
    members::take_down_roles(&mut plan, desired, observed, &filters);
    if let Some(logging) = &desired.logging {
        let home = place(logging, &logging.home);
        let state = read(observed.logging.as_ref().map(|seen| &seen.role));
        role::take_down(
            &mut plan,
            home,
            &logging.role,
            &state,
            &delivering,
            "destroy",
        );
    }
    if let Some(leaving) = &desired.leaving {
        leaving::take_out(&mut plan, leaving, observed);
    }
    plan.plan
}

/// Plans to remove filters, each `logs::Destination` and its stream, and says what becomes of each `logs::Destination`, and of all filters of
/// each member.
fn take_down(
    plan: &mut PlanBuilder,
    desired: &Desired,
    observed: &Observed,
    orphans: &Orphans,
    (verb, fate): (&str, Fate),
    of_members: &mut BTreeMap<MemberName, Removal>,
) -> BTreeMap<Region, Removal> {
    let mut subscribed: BTreeMap<&Arn, Removal> = BTreeMap::new();
    for place in log_groups::places(desired, observed) {
        let removal = log_groups::take_down(plan, place);
        let of_member = of_members.entry(place.name.clone()).or_default();
        of_member.join(removal.clone());
        let all = subscribed.entry(&place.filter.destination).or_default();
        all.join(removal);
    }
    for (place, seen) in filters(desired, observed) {
        let removal = filter::take_down(plan, place, &seen, verb);
        let of_member = of_members.entry(place.name.clone()).or_default();
        of_member.join(removal.clone());
        let all = subscribed.entry(&place.filter.destination).or_default();
        all.join(removal);
    }
    for place in account::places(desired, observed) {
        let removal = account::take_down(plan, place, verb);
        let of_member = of_members.entry(place.name.clone()).or_default();
        of_member.join(removal.clone());
        let destination = &place.account.filter.destination;
        subscribed.entry(destination).or_default().join(removal);
    }
    let Some(logging) = &desired.logging else {
        return BTreeMap::new();
    };
    let why = why_removed(verb, desired, logging, orphans);
    let seen = observed.logging.as_ref();
    regions::take_down(plan, logging, seen, subscribed, &why, fate)
}

/// Why a `logs::Destination` goes. AWS deletes one even if filters still deliver to it, and disables them.
fn why_removed(verb: &str, part: &Desired, logging: &Logging, orphans: &Orphans) -> String {
    let members = part.others.iter().map(ToString::to_string);
    let mut accounts = orphans.accounts(logging);
    // the role trusts its own account in any case
    accounts.remove(&logging.login.account);
    for member in part.members.values() {
        accounts.remove(&member.login.account);
    }
    let accounts = accounts.into_keys();
    let accounts = accounts.map(|account| format!("account {account}"));
    let names: Vec<_> = members.chain(accounts).collect();
    if names.is_empty() {
        return verb.to_owned();
    }
    format!(
        "{verb}; the filters of {} were not looked at, and will deliver nothing",
        names.join(", ")
    )
}

/// Every desired filter, and what was seen on its log group.
pub(super) fn filters<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = (filter::Place<'a>, State<LogGroup>)> {
    let regions = desired.regions();
    regions.flat_map(|(name, member, region, filters)| {
        let seen = observed.members.get(name);
        let login = &member.login;
        let selected = log_groups::selected(login, filters, seen, region);
        let seen = seen.and_then(|seen| seen.regions.get(region));
        let named = filters.by_name.iter();
        let named = named.map(|(group, filter)| (group, filter, None));
        named
            .chain(selected)
            .map(move |(group, filter, selected_by)| {
                let place = filter::Place {
                    name,
                    login,
                    region,
                    group,
                    filter,
                    selected_by,
                };
                (place, read(seen.and_then(|seen| seen.get(group))))
            })
    })
}

fn place<'a>(logging: &'a Logging, region: &'a Region) -> Place<'a> {
    Place {
        member: None,
        login: &logging.login,
        region,
        owner: &logging.owner,
    }
}

/// What was not looked at is unknown, never absent.
fn read<T: Clone>(seen: Option<&State<T>>) -> State<T> {
    seen.cloned()
        .unwrap_or_else(|| State::Unknown("it was not looked at".to_owned()))
}

impl Plan {
    /// Whether there is nothing to change, though something may have been declined.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
