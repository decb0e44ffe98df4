//! The account-level policy of a member in one Region. It delivers every log group but those that have a filter of their own, so that no
//! event arrives twice: account-level and log-group-level filters add up
//! (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>).

mod selection;

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{AccountPolicyAction, Action, ChangeKey, Coverage};
use selection::{Selection, selection, twice};

use super::filter::{self, Standing, Target, whose};
use super::{Reason, read};
use crate::provision::desired::{AccountLevel, Desired, Filters};
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, Member, Observed, State};
use crate::provision::resource::{
    AccountPolicy, Login, Party, Resource, SELECTION_BYTES_MAX, SubscriptionFilter,
};

/// A member in a Region for which the fleet file says whether there is to be an account-level policy.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub name: &'a MemberName,
    pub login: &'a Login,
    pub region: &'a Region,
    filters: &'a Filters,
    pub account: &'a AccountLevel,
    seen: Option<&'a Member>,
}

/// After which changes a log group's own filter delivers it; `None` if it will not, or may not.
pub(super) type Own = BTreeMap<LogGroupName, Option<BTreeSet<ChangeKey>>>;

pub(super) fn places<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = Place<'a>> {
    let regions = desired.regions();
    regions.filter_map(|(name, member, region, filters)| {
        Some(Place {
            name,
            login: &member.login,
            region,
            filters,
            account: filters.account.as_ref()?,
            seen: observed.members.get(name),
        })
    })
}

impl<'a> Place<'a> {
    fn policy(&self) -> State<AccountPolicy> {
        read(self.seen.and_then(|seen| seen.policies.get(self.region)))
    }

    fn listed(&self) -> State<BTreeMap<LogGroupName, String>> {
        read(self.seen.and_then(|seen| seen.listed.get(self.region)))
    }

    fn first_delivered(&self) -> Result<&'a LogGroupName, Untested> {
        let listed = match self.seen.and_then(|seen| seen.listed.get(self.region)) {
            Some(State::Present(listed)) => listed,
            Some(State::Absent) => return Err(Untested::Nothing),
            Some(State::Unknown(why)) => return Err(Untested::Unlisted(why.clone())),
            None => return Err(Untested::Unlisted("they were not looked at".to_owned())),
        };
        let account = &self.login.account;
        let selected = self.filters.selected(account, listed);
        let ours = self.ours();
        let regarded = self.filters.regarded(account, listed, None).into_iter();
        let mut delivered = regarded.filter(|group| match &ours {
            Some(policy) => !policy.leaves_out(group),
            None => !self.filters.by_name.contains_key(*group) && !selected.contains(group),
        });
        delivered.next().ok_or(Untested::Nothing)
    }

    fn group(&self, name: &LogGroupName) -> Option<&State<LogGroup>> {
        self.seen?.regions.get(self.region)?.get(name)
    }

    /// The one that is there and not ours.
    pub(super) fn of_others(&self) -> Option<AccountPolicy> {
        match self.policy() {
            State::Present(policy) if !policy.filter.is(&self.account.filter) => Some(policy),
            _ => None,
        }
    }

    /// The one that is there and ours, drifted or not.
    pub(super) fn ours(&self) -> Option<AccountPolicy> {
        match self.policy() {
            State::Present(policy) if policy.filter.is(&self.account.filter) => Some(policy),
            _ => None,
        }
    }
}

/// An account-level policy to be proven by one log group that it delivers, which stands for all.
pub(in crate::provision) struct Tested<'a> {
    pub name: &'a MemberName,
    pub login: &'a Login,
    pub region: &'a Region,
    pub filter: &'a SubscriptionFilter,
    pub log_group: Result<&'a LogGroupName, Untested>,
}

/// Why no log group can stand for a policy.
pub(in crate::provision) enum Untested {
    /// They could not be listed.
    Unlisted(String),
    /// There is none.
    Nothing,
}

/// Every account-level policy that is asked for, with the first log group that it delivers.
pub(in crate::provision) fn tested<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = Tested<'a>> {
    let wanted = places(desired, observed).filter(|place| place.account.is_wanted);
    wanted.map(|place| Tested {
        name: place.name,
        login: place.login,
        region: place.region,
        filter: &place.account.filter,
        log_group: place.first_delivered(),
    })
}

fn begin<'p>(plan: &'p mut PlanBuilder, place: Place<'p>) -> ResourcePlan<'p, AccountPolicyAction> {
    let member = place.name.clone();
    let resource = Resource::AccountPolicy(place.account.filter.name.clone());
    let party = Party::Member(member.clone());
    plan.resource(party, resource, place.login, place.region, move |action| {
        Action::AccountPolicy(member.clone(), action)
    })
}

/// Plans the policy: put after the filters of the log groups that it leaves out, or removed after all filters. `asked` is how it delivers.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    asked: &SubscriptionFilter,
    (target, role): (Option<&Target<'_>>, &Readiness),
    own: &Own,
    take_over: bool,
) -> Standing {
    if !place.account.is_wanted {
        return remove(plan, place, own);
    }
    let mut plan = begin(plan, place);
    let seen = match place.policy() {
        State::Unknown(why) => {
            plan.unknown("the account-level policy", &why);
            return Standing::Otherwise;
        }
        State::Absent => None,
        State::Present(seen) => Some(seen),
    };
    let ours = seen.as_ref().filter(|one| one.filter.is(asked));
    let foreign = seen.as_ref().filter(|_| ours.is_none());
    let is_namesake = foreign.is_some_and(|one| one.filter.name == asked.name);
    let otherwise = || match ours {
        Some(_) => Standing::Otherwise,
        None => Standing::Absent,
    };
    if ours.is_none() {
        plan.absent();
    }
    if let Some(foreign) = foreign.filter(|_| !(is_namesake && take_over)) {
        decline_foreign(&mut plan, foreign, asked);
        return otherwise();
    }
    let Selection {
        left_out,
        mut needs,
        notes,
    } = match selection(place, asked, ours, own) {
        Ok(selection) => selection,
        Err((reason, why, hint)) => {
            match reason {
                Reason::Unknown => plan.unknown("the log groups", &why),
                _ => plan.decline(reason, why, hint),
            }
            return otherwise();
        }
    };
    notes.into_iter().for_each(|note| plan.note(note));
    let after = AccountPolicy {
        filter: asked.clone(),
        left_out: Some(left_out),
    };
    let bytes = after.selection().map_or(0, |text| text.len());
    if bytes > SELECTION_BYTES_MAX {
        let why = format!(
            "the names of the log groups that it leaves out would be {bytes} bytes long; AWS takes {SELECTION_BYTES_MAX}"
        );
        let hint = "exclude fewer log groups, or subscribe this member by log groups";
        plan.decline(Reason::Limit, why, hint);
        return otherwise();
    }
    if ours == Some(&after) {
        return match role {
            Readiness::Ready { after } => Standing::AsAsked {
                after: after.clone(),
            },
            Readiness::NotReady(_) => Standing::Otherwise,
        };
    }
    for ready in target.iter().map(|target| &target.ready).chain([role]) {
        match ready {
            Readiness::Ready { after } => needs.extend(after.iter().cloned()),
            Readiness::NotReady(why) => {
                plan.blocked(why);
                return otherwise();
            }
        }
    }
    let why = match (&seen, ours) {
        (None, _) => "absent".to_owned(),
        (Some(seen), None) => format!(
            "--take-over: it delivers to {}",
            whose(&seen.filter.destination)
        ),
        (Some(_), Some(ours)) => format!("drifted: {}", differing(ours, &after).join(", ")),
    };
    let action = AccountPolicyAction::Put {
        before: seen.clone(),
        after,
        destination: Coverage::of(target),
    };
    let put = plan.change("put", action, why, &needs);
    Standing::AsAsked {
        after: BTreeSet::from([put]),
    }
}

fn decline_foreign(
    plan: &mut ResourcePlan<'_, AccountPolicyAction>,
    foreign: &AccountPolicy,
    asked: &SubscriptionFilter,
) {
    let SubscriptionFilter {
        name, destination, ..
    } = &foreign.filter;
    plan.foreign(format!("account-level policy {name}, to {destination}"));
    let why = format!(
        "account-level policy {name} is there, to {}, and AWS takes one per account and Region",
        whose(destination)
    );
    let hint = if *name == asked.name {
        "if it is ours and was redirected, take it back with --take-over; if not, subscribe this member by log groups"
    } else {
        "subscribe this member by log groups, or have whoever made the policy remove it"
    };
    plan.decline(Reason::Foreign, why, hint);
}

/// The names of the fields that differ.
fn differing(before: &AccountPolicy, after: &AccountPolicy) -> Vec<&'static str> {
    let mut fields = filter::differing(&before.filter, &after.filter);
    if before.left_out != after.left_out {
        fields.push("log groups left out");
    }
    fields
}

/// Plans to remove ours because the fleet file asks for filters only: after every filter.
fn remove(plan: &mut PlanBuilder, place: Place<'_>, own: &Own) -> Standing {
    let before = match place.policy() {
        State::Unknown(why) => {
            begin(plan, place).unknown("the account-level policy", &why);
            return Standing::Otherwise;
        }
        State::Present(_) | State::Absent => place.ours(),
    };
    let Some(before) = before else {
        return Standing::Absent;
    };
    let mut plan = begin(plan, place);
    let waits = own.iter().find(|(group, after)| {
        let is_there = place.group(group) != Some(&State::Absent);
        after.is_none() && is_there && !before.leaves_out(group)
    });
    if let Some((group, _)) = waits {
        plan.blocked(format!(
            "it delivers log group {group}, whose own filter is not there yet"
        ));
        return Standing::Otherwise;
    }
    let is_put =
        |after: &Option<BTreeSet<ChangeKey>>| after.as_ref().is_some_and(|one| !one.is_empty());
    let put = own
        .iter()
        .filter(|(group, after)| is_put(after) && !before.leaves_out(group));
    let put: Vec<_> = put.map(|(group, _)| group.as_str()).collect();
    twice(&put).into_iter().for_each(|note| plan.note(note));
    let needs = own.values().flatten().flatten().cloned().collect();
    let why = "subscribe = \"log-groups\": log groups that the fleet file does not name are delivered no more";
    let delete = plan.change(
        "delete",
        AccountPolicyAction::Delete { before },
        why,
        &needs,
    );
    Standing::AsAsked {
        after: BTreeSet::from([delete]),
    }
}

/// Plans to delete it.
pub(super) fn take_down(plan: &mut PlanBuilder, place: Place<'_>, why: &str) -> Removal {
    let seen = match place.policy() {
        State::Absent => return Removal::default(),
        State::Unknown(cause) => {
            begin(plan, place).unknown("the account-level policy", &cause);
            return Removal::Stays(format!(
                "the account-level policy of {} could not be read",
                place.name
            ));
        }
        State::Present(seen) => seen,
    };
    let mut plan = begin(plan, place);
    if !seen.filter.is(&place.account.filter) {
        let SubscriptionFilter {
            name, destination, ..
        } = &seen.filter;
        plan.foreign(format!("account-level policy {name}, to {destination}"));
        return Removal::default();
    }
    let action = AccountPolicyAction::Delete { before: seen };
    let delete = plan.change("delete", action, why, &BTreeSet::new());
    Removal::Gone {
        after: BTreeSet::from([delete]),
    }
}
