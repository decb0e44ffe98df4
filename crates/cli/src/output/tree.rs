//! The layout that plans and statuses share: accounts, their Regions, and in each the resources with details.

use std::collections::BTreeMap;

use super::entry::{Entry, Item, item};
use super::group::{grouped, is_shortened};
use super::screen::visible;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Each resource, with all values.
    Full,
    /// What fits a screen: if there is more, resources that are alike are shown as one, and values are left out.
    Screen,
}

impl From<bool> for Detail {
    /// The flag `--detail`.
    fn from(detail: bool) -> Self {
        if detail { Self::Full } else { Self::Screen }
    }
}

/// Lays out the entries, each line of detail indented by `indent`, and the summary below them.
pub(super) fn text(entries: &[Entry], indent: usize, detail: Detail, summary: &str) -> String {
    let full = entries.iter().map(item).collect();
    let mut lines = lines(full, indent, &[summary]);
    if detail == Detail::Screen && lines.len() > SCREEN_LINES {
        for items in (0..).map_while(|step| grouped(entries, step)) {
            if !is_shortened(&items, entries) {
                break;
            }
            lines = self::lines(items, indent, &[SHORTENED, summary]);
            if lines.len() <= SCREEN_LINES {
                break;
            }
        }
    }
    join(&lines)
}

const SCREEN_LINES: usize = 50;

const SHORTENED: &str = "Shortened to fit a screen; --detail shows everything.";

/// The Regions of an account, each with the lines of its resources.
type Regions = Vec<(String, Vec<String>)>;

/// Accounts, Regions and resources keep the order in which they first appear.
fn lines(items: Vec<Item>, indent: usize, below: &[&str]) -> Vec<String> {
    let mut accounts: Vec<(String, Regions)> = Vec::new();
    let mut place_of = BTreeMap::new();
    for item in items {
        let Item {
            account,
            region,
            heading,
            lines,
        } = item;
        let next = accounts.len();
        let at = *place_of.entry(account.clone()).or_insert(next);
        if at == next {
            accounts.push((account, Vec::new()));
        }
        let Some((_, regions)) = accounts.get_mut(at) else {
            continue;
        };
        let details = lines.iter().map(|line| format!("{:indent$}{line}", ""));
        let all = std::iter::once(format!("    {heading}")).chain(details);
        match regions.iter_mut().find(|(name, _)| *name == region) {
            Some((_, shown)) => shown.extend(all),
            None => regions.push((region, all.collect())),
        }
    }
    let mut lines = Vec::new();
    for (account, regions) in accounts {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(account);
        for (region, shown) in regions {
            lines.push(format!("  {region}"));
            lines.extend(shown);
        }
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(below.iter().map(ToString::to_string));
    lines
}

/// A line break in a name must not look like a line of ours.
fn join(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", visible(line).trim_end()))
        .collect()
}
