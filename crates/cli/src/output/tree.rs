//! The layout that plans and statuses share: accounts, their Regions, and in each the resources with details.

use crate::provision::name::{AccountId, Region};
use crate::provision::resource::{Party, ResourceAddress};

/// A resource: its heading, and lines of detail below it.
pub(super) struct Entry {
    pub address: ResourceAddress,
    pub heading: String,
    pub lines: Vec<String>,
}

/// Lays out the entries. Accounts, Regions and resources keep the order in which they first appear.
pub(super) fn text(entries: &[Entry]) -> String {
    let mut lines = Vec::new();
    for (party, account) in distinct(
        entries
            .iter()
            .map(|entry| (&entry.address.party, &entry.address.account)),
    ) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(account_heading(party, account));
        let of_account = || {
            entries
                .iter()
                .filter(|entry| (&entry.address.party, &entry.address.account) == (party, account))
        };
        for region in distinct(of_account().map(|entry| entry.address.region.as_ref())) {
            lines.push(format!(
                "  {}",
                region.map_or("all Regions", Region::as_str)
            ));
            for entry in of_account().filter(|entry| entry.address.region.as_ref() == region) {
                lines.push(format!("    {}", entry.heading));
                lines.extend(entry.lines.iter().map(|line| format!("        {line}")));
            }
        }
    }
    lines
        .iter()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

fn account_heading(party: &Party, account: &AccountId) -> String {
    match party {
        Party::Logging => format!("logging account {account}"),
        Party::Member(name) if name.as_str() == account.as_str() => {
            format!("member account {account}")
        }
        Party::Member(name) => format!("member account {account} ({name})"),
    }
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}
