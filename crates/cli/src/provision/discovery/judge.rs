//! Judges what was found: what the fleet file should name, and in which member's table.

use std::collections::BTreeSet;

use super::account_policy::Standing;
use super::{
    Account, Discovery, Found, Judged, JudgedRegion, Organization, Searched, SearchedState,
    Verdict, propose,
};
use crate::provision::fleet::{Fleet, Member};
use crate::provision::name::{LogGroupPattern, MemberName, Region};
use crate::provision::observed::State;

impl Discovery {
    /// Judges what was found, and says what the fleet file should name. `organization` if its accounts were listed.
    pub fn of(
        fleet: &Fleet,
        searched: Vec<Account<State<Searched>>>,
        organization: Option<Organization>,
    ) -> Self {
        let accounts: Vec<_> = searched
            .into_iter()
            .map(|account| judged(fleet, account))
            .collect();
        let mut taken: BTreeSet<MemberName> = fleet.members.keys().cloned().collect();
        let proposals = accounts
            .iter()
            .filter_map(|one| propose::proposal(fleet, one, &mut taken));
        Self {
            proposals: proposals.collect(),
            accounts,
            organization,
        }
    }

    /// Whether an account could not be read.
    pub fn is_unread(&self) -> bool {
        let mut regions = self.accounts.iter().flat_map(|one| one.regions.values());
        regions.any(|region| matches!(region, SearchedState::Unknown { .. }))
    }
}

/// How many subscription filters a log group takes
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
pub(super) const FILTERS_MAX: usize = 5;

fn judged(fleet: &Fleet, mut account: Account<State<Searched>>) -> Account<SearchedState> {
    let is_unread = |state: &State<Searched>| matches!(state, State::Unknown(_));
    let regions = std::mem::take(&mut account.regions);
    let is_whole = !regions.values().any(is_unread);
    let member = account.member.as_ref();
    let judge = |region: &Region, state| match state {
        State::Present(searched) => {
            SearchedState::Read(of_region(fleet, member, region, searched, is_whole))
        }
        State::Absent => SearchedState::Read(JudgedRegion {
            log_groups: 0,
            account_policy: None,
            found: Vec::new(),
        }),
        State::Unknown(unknown) => SearchedState::Unknown { unknown },
    };
    let judged = regions.into_iter().map(|(region, state)| {
        let judged = judge(&region, state);
        (region, judged)
    });
    account.with_regions(judged.collect())
}

fn of_region(
    fleet: &Fleet,
    member: Option<&MemberName>,
    region: &Region,
    searched: Searched,
    is_whole: bool,
) -> JudgedRegion {
    let Searched {
        log_groups,
        policy,
        found,
    } = searched;
    let standing = Standing::of(fleet, member, region, &policy);
    let judged = found.into_iter().map(|found| Judged {
        by_account_policy: standing.delivers(&found),
        verdict: verdict(fleet, member, &found, &standing, is_whole),
        found,
    });
    JudgedRegion {
        log_groups,
        found: judged.collect(),
        account_policy: standing.shown(),
    }
}

fn verdict(
    fleet: &Fleet,
    member: Option<&MemberName>,
    found: &Found,
    standing: &Standing<'_>,
    is_whole: bool,
) -> Verdict {
    let Found {
        log_group,
        class,
        filters,
        ..
    } = found;
    let listed = member.and_then(|name| fleet.members.get(name));
    let name = LogGroupPattern::from(log_group.clone());
    let is_listed = |member: &Member| {
        let is_selected = || found.takes_filters() && member.log_group(log_group).is_some();
        member.log_groups.contains_key(&name) || is_selected()
    };
    if listed.is_some_and(is_listed) {
        return Verdict::Listed;
    }
    let is_excluded = match listed {
        Some(member) => member.excludes(log_group),
        None => fleet.newcomer.excludes(log_group),
    };
    if is_excluded {
        return Verdict::Refused("the fleet file excludes it".to_owned());
    }
    if !found.takes_filters() {
        return Verdict::Refused(format!(
            "its class {class} takes no subscription filters, and cannot be changed"
        ));
    }
    // what `[defaults]` lists gets a filter of its own
    let is_of_all = member.is_none() && fleet.newcomer.log_group(log_group).is_some();
    match standing.verdict(found) {
        Some(Verdict::Covered) if is_of_all => {}
        Some(verdict) => return verdict,
        None => {}
    }
    if filters.len() >= FILTERS_MAX {
        let names: Vec<&str> = filters.iter().map(|one| one.name.as_str()).collect();
        let (count, names) = (filters.len(), names.join(", "));
        return Verdict::Refused(format!(
            "it has {count} subscription filters, and takes no more: {names}"
        ));
    }
    if let (Some(member), false) = (member, is_whole) {
        // whether the Regions that could not be read have it decides how it has to be listed
        return Verdict::Refused(format!("not every Region of {member} could be read"));
    }
    Verdict::Proposed
}
