//! Judges what was found: what the fleet file should name, and in which member's table.

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;

use super::{
    Account, Discovery, Found, Judged, JudgedRegion, NewMember, Proposal, Searched, SearchedState,
    Verdict,
};
use crate::provision::fleet::{Fleet, Member};
use crate::provision::name::{LogGroupName, LogGroupPattern, MemberName, ProfileName, Region};
use crate::provision::observed::State;

impl Discovery {
    /// Judges what was found, and says what the fleet file should name.
    pub fn of(fleet: &Fleet, searched: Vec<Account<State<Searched>>>) -> Self {
        let accounts: Vec<_> = searched
            .into_iter()
            .map(|account| judged(fleet, account))
            .collect();
        let proposals = accounts.iter().flat_map(|one| proposals(fleet, one));
        Self {
            proposals: proposals.collect(),
            accounts,
        }
    }

    /// Whether an account could not be read.
    pub fn is_unread(&self) -> bool {
        let mut regions = self.accounts.iter().flat_map(|one| one.regions.values());
        regions.any(|region| matches!(region, SearchedState::Unknown { .. }))
    }
}

/// The class that takes subscription filters
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>).
pub(super) const STANDARD: &str = "STANDARD";

/// How many subscription filters a log group takes
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
pub(super) const FILTERS_MAX: usize = 5;

fn judged(fleet: &Fleet, account: Account<State<Searched>>) -> Account<SearchedState> {
    let everywhere = everywhere(&account);
    let judge = |state| match state {
        State::Present(Searched { log_groups, found }) => SearchedState::Read(JudgedRegion {
            log_groups,
            found: found
                .into_iter()
                .map(|found| {
                    let is_everywhere = everywhere.contains(&found.log_group);
                    let verdict = verdict(fleet, account.member.as_ref(), &found, is_everywhere);
                    Judged { found, verdict }
                })
                .collect(),
        }),
        State::Absent => SearchedState::Read(JudgedRegion {
            log_groups: 0,
            found: Vec::new(),
        }),
        State::Unknown(unknown) => SearchedState::Unknown { unknown },
    };
    Account {
        regions: account
            .regions
            .into_iter()
            .map(|(region, state)| (region, judge(state)))
            .collect(),
        member: account.member,
        profile: account.profile,
        role: account.role,
        account: account.account,
    }
}

/// The log groups that every Region of the account has, as far as they could be read.
fn everywhere(account: &Account<State<Searched>>) -> BTreeSet<LogGroupName> {
    let names = account.regions.values().map(|state| match state {
        State::Present(searched) => {
            let found = searched.found.iter();
            found.map(|found| found.log_group.clone()).collect()
        }
        State::Absent | State::Unknown(_) => BTreeSet::new(),
    });
    names.reduce(|all, more| &all & &more).unwrap_or_default()
}

fn verdict(
    fleet: &Fleet,
    member: Option<&MemberName>,
    found: &Found,
    is_everywhere: bool,
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
        let is_selected = || class == STANDARD && member.log_group(log_group).is_some();
        member.log_groups.contains_key(&name) || is_selected()
    };
    if listed.is_some_and(is_listed) {
        return Verdict::Listed;
    }
    if listed.is_some_and(|member| member.excludes(log_group)) {
        return Verdict::Refused("the fleet file excludes it".to_owned());
    }
    if class != STANDARD {
        return Verdict::Refused(format!(
            "its class {class} takes no subscription filters, and cannot be changed"
        ));
    }
    if filters.len() >= FILTERS_MAX {
        let names: Vec<&str> = filters.iter().map(|one| one.name.as_str()).collect();
        let (count, names) = (filters.len(), names.join(", "));
        return Verdict::Refused(format!(
            "it has {count} subscription filters, and takes no more: {names}"
        ));
    }
    if let (Some(member), false) = (member, is_everywhere) {
        return Verdict::Refused(format!(
            "{member} has it in some Regions only; list it by hand, with its Regions: {{ name = \"{log_group}\", regions = [\"…\"] }}"
        ));
    }
    Verdict::Proposed
}

/// What to add to the fleet file for an account: to the member's table, or a new table for each set of Regions that have the same
/// log groups.
fn proposals(fleet: &Fleet, account: &Account<SearchedState>) -> Vec<Proposal> {
    let mut sets: BTreeMap<Vec<(Source, &LogGroupName)>, BTreeSet<&Region>> = BTreeMap::new();
    for (region, state) in &account.regions {
        let SearchedState::Read(read) = state else {
            continue;
        };
        let proposed = read
            .found
            .iter()
            .filter(|one| one.verdict == Verdict::Proposed);
        let groups: Vec<_> = proposed
            .map(|one| (one.found.told.source, &one.found.log_group))
            .collect();
        if !groups.is_empty() {
            sets.entry(groups).or_default().insert(region);
        }
    }
    if account.member.is_some() {
        // what is proposed is in all of its Regions
        sets = sets.into_iter().take(1).collect();
    }
    let is_alone = sets.len() == 1;
    let table = |(groups, regions): (Vec<(Source, &LogGroupName)>, BTreeSet<&Region>)| {
        let mut log_groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (source, group) in groups {
            let key = Fleet::key_of(source);
            log_groups.entry(key).or_default().push(group.clone());
        }
        let regions: BTreeSet<Region> = regions.into_iter().cloned().collect();
        let (member, new) = match &account.member {
            Some(member) => (member.clone(), None),
            None => {
                let name = name_of(fleet, account, regions.first().filter(|_| !is_alone))?;
                let regions = Some(regions).filter(|regions| *regions != fleet.logging.regions);
                let new = NewMember {
                    profile: account.profile.clone(),
                    account: account.account.clone(),
                    regions: regions.unwrap_or_default(),
                };
                (name, Some(new))
            }
        };
        Some(Proposal {
            member,
            new,
            log_groups,
        })
    };
    sets.into_iter().filter_map(table).collect()
}

/// A name for a member that no other has: its profile or account, with the Region or a number if need be.
fn name_of(
    fleet: &Fleet,
    account: &Account<SearchedState>,
    region: Option<&Region>,
) -> Option<MemberName> {
    let profile = account.profile.as_ref().map(ProfileName::as_str);
    let base = match profile.filter(|name| name.parse::<MemberName>().is_ok()) {
        Some(profile) => profile,
        None => account.account.as_str(),
    };
    let base = match region {
        Some(region) => format!("{base}-{region}"),
        None => base.to_owned(),
    };
    std::iter::once(base.clone())
        .chain((2..100).map(|number| format!("{base}-{number}")))
        .filter_map(|name| name.parse().ok())
        .find(|name| !fleet.members.contains_key(name))
}
