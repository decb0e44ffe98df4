//! What to add to the fleet file for an account: log groups for the member's table, or a whole table.

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;

use super::{Account, Entry, Judged, NewMember, Proposal, SearchedState, Verdict};
use crate::provision::fleet::Fleet;
use crate::provision::name::{LogGroupPattern, MemberName, ProfileName, Region};

/// Log groups, each with its source and the Regions that have it.
type Places = BTreeMap<(Source, LogGroupPattern), BTreeSet<Region>>;

/// What to add for an account; `None` if nothing is. The name of a new member is added to those that are `taken`.
pub(super) fn proposal(
    fleet: &Fleet,
    account: &Account<SearchedState>,
    taken: &mut BTreeSet<MemberName>,
) -> Option<Proposal> {
    let places = places(account);
    if let Some(member) = &account.member {
        if places.is_empty() {
            return None;
        }
        let all = account.regions.keys().cloned().collect();
        let names = places
            .iter()
            .map(|((source, name), regions)| (*source, entry(name, regions, &all)));
        let mut log_groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (source, name) in names {
            let key = Fleet::key_of(source);
            log_groups.entry(key).or_default().push(name);
        }
        return Some(Proposal {
            member: member.clone(),
            new: None,
            log_groups,
        });
    }
    let regions = regions(account);
    if regions.is_empty() {
        return None;
    }
    let log_groups = unless_of_all(fleet, account, &places, &regions);
    let member = name_of(account, taken)?;
    taken.insert(member.clone());
    let is_everywhere = regions == fleet.logging.regions;
    Some(Proposal {
        member,
        new: Some(NewMember {
            profile: account.profile.clone().filter(|_| account.role.is_none()),
            account: account.account.clone(),
            regions: if is_everywhere {
                BTreeSet::new()
            } else {
                regions
            },
            name: account.name.clone(),
        }),
        log_groups,
    })
}

/// Where a new member is to be subscribed, by log groups or as a whole.
fn regions(account: &Account<SearchedState>) -> BTreeSet<Region> {
    let is_meant = |one: &Judged| matches!(one.verdict, Verdict::Proposed | Verdict::Covered);
    let regions = account.regions.iter();
    let meant = regions.filter(|(_, state)| match state {
        SearchedState::Read(read) => read.found.iter().any(is_meant),
        SearchedState::Unknown { .. } => false,
    });
    meant.map(|(region, _)| region.clone()).collect()
}

/// Where the log groups are that the file should name.
fn places(account: &Account<SearchedState>) -> Places {
    let mut places = Places::new();
    for (region, state) in &account.regions {
        let SearchedState::Read(read) = state else {
            continue;
        };
        let proposed = read
            .found
            .iter()
            .filter(|one| one.verdict == Verdict::Proposed);
        for one in proposed {
            let name = one.found.log_group.clone().into();
            let place = places.entry((one.found.told.source, name)).or_default();
            place.insert(region.clone());
        }
    }
    places
}

fn entry(name: &LogGroupPattern, regions: &BTreeSet<Region>, all: &BTreeSet<Region>) -> Entry {
    if name.prefix().is_some() || regions == all {
        Entry::Everywhere(name.clone())
    } else {
        Entry::In {
            name: name.clone(),
            regions: regions.clone(),
        }
    }
}

/// The lists of a new member that differ from those of `[defaults]`: each stands in the place of that list, with all that the member has.
fn unless_of_all(
    fleet: &Fleet,
    account: &Account<SearchedState>,
    places: &Places,
    regions: &BTreeSet<Region>,
) -> BTreeMap<&'static str, Vec<Entry>> {
    let mut lists = BTreeMap::new();
    for source in Source::ALL {
        let of_all = fleet.newcomer.log_groups.iter();
        let mut own = Vec::new();
        let mut is_as_of_all = true;
        for (name, common) in of_all.filter(|(_, one)| one.source == source) {
            if name.prefix().is_some() {
                own.push(Entry::Everywhere(name.clone()));
                continue;
            }
            let wanted = match &common.regions {
                Some(of_group) => of_group & regions,
                None => regions.clone(),
            };
            let found = places.get(&(source, name.clone()));
            let found = found.map_or_else(BTreeSet::new, |found| found & &wanted);
            if found == wanted {
                own.push(Entry::Everywhere(name.clone()));
                continue;
            }
            is_as_of_all = false;
            if !found.is_empty() {
                own.push(entry(name, &found, regions));
            }
        }
        let is_of_all = |name: &LogGroupPattern| {
            let exact = name.exact();
            exact.is_some_and(|name| fleet.newcomer.log_group(&name).is_some())
        };
        let more = places
            .iter()
            .filter(|((of, name), _)| *of == source && !is_of_all(name));
        let more: BTreeSet<Entry> = more
            .map(
                |((_, name), found)| match pattern_of(account, source, name) {
                    Some(pattern) => Entry::Everywhere(pattern),
                    None => entry(name, found, regions),
                },
            )
            .collect();
        if !is_as_of_all || !more.is_empty() {
            own.extend(more);
            lists.insert(Fleet::key_of(source), own);
        }
    }
    lists
}

/// The pattern that stands for the log groups of an organization's flow logs if their names end in the ID of a VPC, as those that
/// telemetry rules make do: they are other ones in each account. `None` if it would also select what cannot be subscribed
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/telemetry-config-rules.html>).
fn pattern_of(
    account: &Account<SearchedState>,
    source: Source,
    name: &LogGroupPattern,
) -> Option<LogGroupPattern> {
    let (before, id) = name.as_str().rsplit_once("vpc-")?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if account.name.is_none() || source != Source::VpcFlowLogs || !is_id {
        return None;
    }
    let pattern: LogGroupPattern = format!("{before}vpc-*").parse().ok()?;
    let read = account.regions.values().filter_map(|state| match state {
        SearchedState::Read(read) => Some(&read.found),
        SearchedState::Unknown { .. } => None,
    });
    let mut refused = read.flatten().filter(|one| {
        let is_meant = one.verdict != Verdict::Proposed || one.found.told.source != source;
        is_meant && pattern.matches(&one.found.log_group)
    });
    refused.next().is_none().then_some(pattern)
}

/// A name for a member that no other has: its account's name in the organization, its profile or its account, with a number if need be.
fn name_of(account: &Account<SearchedState>, taken: &BTreeSet<MemberName>) -> Option<MemberName> {
    let profile = account.profile.as_ref().map(ProfileName::as_str);
    let profile =
        profile.filter(|name| account.role.is_none() && name.parse::<MemberName>().is_ok());
    let base = match (&account.name, profile) {
        (Some(name), _) => Some(valid(name)).filter(|name| !name.is_empty()),
        (None, profile) => profile.map(str::to_owned),
    };
    let base = base.unwrap_or_else(|| account.account.to_string());
    std::iter::once(base.clone())
        .chain((2..10_000).map(|number| format!("{base}-{number}")))
        .filter_map(|name| name.parse().ok())
        .find(|name| !taken.contains(name))
}

/// A name of the organization as a member may have it. AWS allows any characters in those
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>).
fn valid(name: &str) -> String {
    let mut valid = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || "._".contains(letter) {
            valid.push(letter.to_ascii_lowercase());
        } else if !valid.ends_with('-') {
            valid.push('-');
        }
    }
    let valid: String = valid.trim_matches('-').chars().take(NAME_MAX).collect();
    valid
}

/// A member's name has 64 characters at most; some are left for a number.
const NAME_MAX: usize = 58;
