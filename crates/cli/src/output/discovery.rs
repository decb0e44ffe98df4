//! A discovery as text: the log groups that were found, and the lines for the fleet file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::provision::discovery::{
    Account, Alike, By, Discovery, Judged, JudgedPolicy, JudgedRegion, Organization, PolicyState,
    SearchedState, Verdict, alike, lines,
};
use crate::provision::name::{FilterName, LogGroupName, Region};
use crate::provision::resource::AccountPolicy;

/// The discovery as text, ending in a newline. `is_written` if the lines are added to the fleet file.
pub fn text(discovery: &Discovery, is_written: bool) -> String {
    let mut text = String::new();
    for block in blocks(discovery) {
        block.write(&mut text);
    }
    if let Some(organization) = &discovery.organization {
        of_organization(&mut text, organization);
    }
    if !discovery.proposals.is_empty() {
        text.push_str(if is_written {
            "added to the fleet file:\n"
        } else {
            "proposed for the fleet file; --write adds it:\n"
        });
        for alike in alike(&discovery.proposals) {
            proposed(&mut text, discovery, &alike);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", summary(discovery));
    text
}

/// A Region of accounts in which the same was found.
struct Block<'d> {
    region: &'d Region,
    accounts: Vec<(&'d Account<SearchedState>, &'d SearchedState)>,
    /// What was found, without what differs from account to account.
    alike: String,
}

/// So many accounts are shown as one if they are alike. Fewer read better as they are.
const ALIKE_MIN: usize = 6;

/// How many of many are named.
const NAMED_MAX: usize = 3;

/// How many accounts of a new table are shown.
const ACCOUNTS_MAX: usize = 10;

fn blocks(discovery: &Discovery) -> Vec<Block<'_>> {
    let mut blocks: BTreeMap<(&Region, String), Block<'_>> = BTreeMap::new();
    let mut order = Vec::new();
    for account in &discovery.accounts {
        for (region, state) in &account.regions {
            let alike = alike_in(account, state);
            let key = (region, alike.clone());
            let block = blocks.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                Block {
                    region,
                    accounts: Vec::new(),
                    alike,
                }
            });
            block.accounts.push((account, state));
        }
    }
    let mut all = Vec::new();
    for key in order {
        let Some(block) = blocks.remove(&key) else {
            continue;
        };
        if block.accounts.len() >= ALIKE_MIN {
            all.push(block);
            continue;
        }
        all.extend(block.accounts.into_iter().map(|one| Block {
            accounts: vec![one],
            region: block.region,
            alike: String::new(),
        }));
    }
    all
}

/// What was found in an account, but for its number, and for the IDs of its VPCs.
fn alike_in(account: &Account<SearchedState>, state: &SearchedState) -> String {
    let mut found = match state {
        SearchedState::Unknown { unknown } => vec![unread(unknown)],
        SearchedState::Read(read) => {
            let found = read.found.iter();
            let found = found.map(|one| {
                let group = but_for_vpc(one.found.log_group.as_str());
                judged(read, one, &group)
            });
            let none = "  no log groups of the sources\n".to_owned();
            let none = Some(none).filter(|_| read.found.is_empty());
            let policy = std::iter::once(account_policy(read));
            policy.chain(none).chain(found).collect()
        }
    };
    found.dedup();
    found.concat().replace(account.account.as_str(), "ACCOUNT")
}

fn but_for_vpc(log_group: &str) -> String {
    match log_group.rsplit_once("vpc-") {
        Some((before, id)) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{before}vpc-ID")
        }
        _ => log_group.to_owned(),
    }
}

fn unread(why: &str) -> String {
    format!("  ! could not be read: {why}\n")
}

impl Block<'_> {
    fn write(&self, text: &mut String) {
        let region = self.region;
        let [(account, state)] = self.accounts.as_slice() else {
            let names = self.accounts.iter().map(|(account, _)| name(account));
            let (names, alike) = (some_of(names), &self.alike);
            let _ = writeln!(text, "{names}, {region}: all alike\n{alike}");
            return;
        };
        let who = match (&account.member, &account.name) {
            (Some(member), _) => format!("member {member} {}", account.account),
            (None, Some(name)) => format!("account {name} {}", account.account),
            (None, None) => format!("account {}", account.account),
        };
        let _ = match state {
            SearchedState::Unknown { unknown } => {
                writeln!(text, "{who}, {region}\n{}", unread(unknown))
            }
            SearchedState::Read(read) => {
                let of = match read.log_groups {
                    1 => "1 log group".to_owned(),
                    count => format!("{count} log groups"),
                };
                let found = read.found.iter();
                let found: String = found
                    .map(|one| judged(read, one, one.found.log_group.as_str()))
                    .collect();
                let (count, policy) = (read.found.len(), account_policy(read));
                writeln!(text, "{who}, {region}: {count} of {of}\n{policy}{found}")
            }
        };
    }
}

fn name<T>(account: &Account<T>) -> String {
    match (&account.member, &account.name) {
        (Some(member), _) => member.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => account.account.to_string(),
    }
}

/// The first of some names, and how many there are.
fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let named: Vec<String> = names.take(NAMED_MAX).collect();
    match more {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn of_organization(text: &mut String, organization: &Organization) {
    let Organization {
        accounts,
        not_selected,
        left_out,
        gone,
    } = organization;
    let _ = write!(text, "organization: {accounts} accounts");
    if *not_selected > 0 {
        let _ = write!(text, ", {not_selected} not selected");
    }
    text.push('\n');
    let mut by_cause: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in left_out {
        let name = format!("{} {}", one.name, one.account);
        by_cause.entry(&one.why).or_default().push(name);
    }
    for (why, names) in by_cause {
        let _ = writeln!(text, "  - {} left out: {why}", some_of(names.into_iter()));
    }
    for one in gone {
        let _ = writeln!(
            text,
            "  ! member {} {}: {}",
            one.member, one.account, one.why
        );
    }
    if !gone.is_empty() {
        text.push_str("    the fleet file keeps such members until you take them out\n");
    }
    text.push('\n');
}

/// The account-level policy of a Region, whose it is, and what it delivers; nothing if there is none.
fn account_policy(read: &JudgedRegion) -> String {
    let JudgedPolicy { policy, is_foreign } = match &read.account_policy {
        None => return String::new(),
        Some(PolicyState::Unknown { unknown }) => {
            return format!("  ! the account-level policy could not be read: {unknown}\n");
        }
        Some(PolicyState::Read(policy)) => policy,
    };
    let AccountPolicy { filter, left_out } = policy;
    let whose = if *is_foreign {
        "foreign account-level policy"
    } else {
        "account-level policy"
    };
    let events = match filter.pattern.as_str() {
        "" => String::new(),
        pattern => format!("; only log events that match \"{pattern}\""),
    };
    let groups = match left_out {
        None => "which log groups it delivers is not known".to_owned(),
        Some(left_out) if left_out.is_empty() => "delivers all log groups".to_owned(),
        Some(left_out) => {
            let names = some_of(left_out.iter().map(LogGroupName::to_string));
            format!("delivers all log groups but {names}")
        }
    };
    let (name, destination) = (&filter.name, &filter.destination);
    format!("  {whose} {name} to {destination}\n      {groups}{events}\n")
}

fn judged(read: &JudgedRegion, one: &Judged, group: &str) -> String {
    let Judged {
        found,
        by_account_policy,
        verdict,
    } = one;
    let by = match found.told.by {
        By::FleetFile => "",
        By::LogGroup => ", by its name",
        By::LogStream => ", by its latest log stream",
        By::LogEvent => ", by its latest log event",
    };
    let filters = match found.filters.as_slice() {
        [] => "no subscription filter".to_owned(),
        filters => {
            let each = filters
                .iter()
                .map(|one| format!("{} to {}", one.name, one.destination));
            format!("filters: {}", each.collect::<Vec<_>>().join(", "))
        }
    };
    let policy = match (&read.account_policy, by_account_policy) {
        (Some(PolicyState::Read(policy)), Some(true)) => {
            format!("; delivered by {}", policy.policy.filter.name)
        }
        _ => String::new(),
    };
    let (sign, why) = match verdict {
        Verdict::Listed => (" ", "in the fleet file".to_owned()),
        Verdict::Covered => (
            " ",
            "the fleet file subscribes the whole account".to_owned(),
        ),
        Verdict::Proposed => ("+", "to be added".to_owned()),
        Verdict::Refused(why) => ("!", why.clone()),
    };
    let source = found.told.source;
    format!("  {sign} {group}\n      {source}{by}; {filters}{policy}\n      {why}\n")
}

fn proposed(text: &mut String, discovery: &Discovery, alike: &Alike<'_>) {
    if alike.new.is_none() {
        let names = alike.proposals.iter().map(|one| one.member.to_string());
        let members = if names.len() == 1 {
            "member"
        } else {
            "members"
        };
        let _ = writeln!(text, "  # to {members} {}", some_of(names));
    }
    for name in delivering(discovery, alike) {
        let _ = writeln!(
            text,
            "  # foreign account-level policy {name} delivers log events of these, too"
        );
    }
    for line in lines(alike, ACCOUNTS_MAX).lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
}

/// The account-level policies that deliver log groups which are proposed.
fn delivering<'d>(discovery: &'d Discovery, alike: &Alike<'_>) -> BTreeSet<&'d FilterName> {
    let is_of = |account: &&Account<SearchedState>| {
        let mut proposals = alike.proposals.iter();
        proposals.any(|one| match &one.new {
            Some(new) => account.member.is_none() && new.account == account.account,
            None => account.member.as_ref() == Some(&one.member),
        })
    };
    let accounts = discovery.accounts.iter().filter(is_of);
    let regions = accounts.flat_map(|account| account.regions.values());
    let delivering = regions.filter_map(|state| match state {
        SearchedState::Read(JudgedRegion {
            account_policy: Some(PolicyState::Read(policy)),
            found,
            ..
        }) => {
            let is_both = |one: &Judged| {
                one.verdict == Verdict::Proposed && one.by_account_policy == Some(true)
            };
            let is_delivering = policy.is_foreign && found.iter().any(is_both);
            is_delivering.then_some(&policy.policy.filter.name)
        }
        SearchedState::Read(_) | SearchedState::Unknown { .. } => None,
    });
    delivering.collect()
}

fn summary(discovery: &Discovery) -> String {
    let (mut proposed, mut listed, mut covered, mut refused, mut unread) = (0, 0, 0, 0, 0);
    for state in discovery
        .accounts
        .iter()
        .flat_map(|one| one.regions.values())
    {
        match state {
            SearchedState::Unknown { .. } => unread += 1,
            SearchedState::Read(read) => {
                for one in &read.found {
                    match one.verdict {
                        Verdict::Listed => listed += 1,
                        Verdict::Covered => covered += 1,
                        Verdict::Proposed => proposed += 1,
                        Verdict::Refused(_) => refused += 1,
                    }
                }
            }
        }
    }
    let mut counts = vec![
        format!("{proposed} to add"),
        format!("{listed} in the fleet file"),
    ];
    if covered > 0 {
        counts.push(format!("{covered} by account-level policy"));
    }
    if refused > 0 {
        counts.push(format!("{refused} cannot be subscribed"));
    }
    if unread > 0 {
        counts.push(format!("{unread} not searched"));
    }
    format!("Log groups: {}.", counts.join(", "))
}

#[cfg(test)]
mod tests;
