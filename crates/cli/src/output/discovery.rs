//! A discovery as text: the log groups that were found, and the lines for the fleet file.

use std::fmt::Write as _;

use crate::provision::discovery::{
    Account, By, Discovery, Judged, Proposal, SearchedState, Verdict, lines,
};
use crate::provision::name::Region;

/// The discovery as text, ending in a newline. `is_written` if the lines are added to the fleet file.
pub fn text(discovery: &Discovery, is_written: bool) -> String {
    let mut text = String::new();
    for account in &discovery.accounts {
        for (region, state) in &account.regions {
            one_region(&mut text, account, region, state);
        }
    }
    if !discovery.proposals.is_empty() {
        text.push_str(if is_written {
            "added to the fleet file:\n"
        } else {
            "proposed for the fleet file; --write adds it:\n"
        });
        for proposal in &discovery.proposals {
            proposed(&mut text, proposal);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", summary(discovery));
    text
}

fn one_region<T>(text: &mut String, account: &Account<T>, region: &Region, state: &SearchedState) {
    let who = match &account.member {
        Some(member) => format!("member {member} {}", account.account),
        None => format!("account {}", account.account),
    };
    let _ = match state {
        SearchedState::Unknown { unknown } => {
            writeln!(text, "{who}, {region}\n  ! could not be read: {unknown}\n")
        }
        SearchedState::Read(read) => {
            let of = match read.log_groups {
                1 => "1 log group".to_owned(),
                count => format!("{count} log groups"),
            };
            let found = read.found.iter().map(judged).collect::<String>();
            writeln!(
                text,
                "{who}, {region}: {} of {of}\n{found}",
                read.found.len()
            )
        }
    };
}

fn judged(one: &Judged) -> String {
    let Judged { found, verdict } = one;
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
    let (sign, why) = match verdict {
        Verdict::Listed => (" ", "in the fleet file".to_owned()),
        Verdict::Proposed => ("+", "to be added".to_owned()),
        Verdict::Refused(why) => ("!", why.clone()),
    };
    let (group, source) = (&found.log_group, found.told.source);
    format!("  {sign} {group}\n      {source}{by}; {filters}\n      {why}\n")
}

fn proposed(text: &mut String, proposal: &Proposal) {
    if proposal.new.is_none() {
        let _ = writeln!(text, "  # to member {}", proposal.member);
    }
    for line in lines(proposal).lines() {
        let _ = writeln!(text, "  {line}");
    }
}

fn summary(discovery: &Discovery) -> String {
    let (mut proposed, mut listed, mut refused, mut unread) = (0, 0, 0, 0);
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
    if refused > 0 {
        counts.push(format!("{refused} cannot be subscribed"));
    }
    if unread > 0 {
        counts.push(format!("{unread} not searched"));
    }
    format!("Log groups: {}.", counts.join(", "))
}
