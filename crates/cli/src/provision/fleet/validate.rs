//! Validates the fleet file as a whole: duplicates, Regions without a `logs::Destination`, and log groups that would loop.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Reader;
use super::{LogGroup, Logging, Member};
use crate::provision::name::{AccountId, LogGroupName, MemberName, ProfileName, Region};

/// A member as far as it could be read, with the lines of its parts.
pub(super) struct Entry {
    pub line: usize,
    /// For example `members[2].`, with the dot.
    pub path: String,
    /// The line of each log group.
    pub lines: BTreeMap<LogGroupName, usize>,
    /// The line of each Region that the member itself lists.
    pub region_lines: BTreeMap<Region, usize>,
    pub name: Option<MemberName>,
    pub profile: Option<ProfileName>,
    pub account: Option<AccountId>,
    pub regions: BTreeSet<Region>,
    pub log_groups: BTreeMap<LogGroupName, LogGroup>,
}

impl Entry {
    /// The member, unless a part is missing.
    pub(super) fn into_member(self) -> Option<(MemberName, Member)> {
        let member = Member {
            profile: self.profile,
            account: self.account?,
            regions: self.regions,
            log_groups: self.log_groups,
        };
        Some((self.name?, member))
    }
}

/// Validates the members against each other and against the logging account.
pub(super) fn entries(reader: &mut Reader<'_>, logging: Option<&Logging>, entries: &[Entry]) {
    for (index, entry) in entries.iter().enumerate() {
        duplicates(reader, entry, entries.get(..index).unwrap_or_default());
        if let Some(logging) = logging {
            regions(reader, entry, logging);
            delivery_path(reader, entry, logging);
        }
    }
}

fn duplicates(reader: &mut Reader<'_>, entry: &Entry, earlier: &[Entry]) {
    let Entry {
        line,
        path,
        name,
        account,
        ..
    } = entry;
    let is_namesake = |other: &&Entry| other.name == *name;
    if let Some(name) = name
        && let Some(other) = earlier.iter().find(is_namesake)
    {
        let what = format!(
            "member `{name}` is already listed on line {}; give each member its own `name`",
            other.line
        );
        reader.mistake(*line, format!("{path}name"), what);
    }
    let is_same =
        |other: &&Entry| other.account == *account && !other.regions.is_disjoint(&entry.regions);
    if let Some(account) = account
        && let Some(other) = earlier.iter().find(is_same)
    {
        let what = format!(
            "account `{account}` is already listed on line {}; add its log groups there, or set other regions here",
            other.line
        );
        reader.mistake(*line, format!("{path}account"), what);
    }
}

fn regions(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    for (region, line) in &entry.region_lines {
        if !logging.regions.contains(region) {
            let known: Vec<_> = logging.regions.iter().map(Region::as_str).collect();
            let what = format!(
                "no logs::Destination in {region}; expected one of: {}. For {region}, add it to logging.regions too",
                known.join(", ")
            );
            reader.mistake(*line, format!("{}regions", entry.path), what);
        }
    }
}

/// Rejects log groups that the delivery itself writes to.
fn delivery_path(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    if entry.account.as_ref() != Some(&logging.account) {
        return;
    }
    for group in entry.log_groups.keys() {
        if is_on_delivery_path(group) {
            let line = entry.lines.get(group).copied().unwrap_or(entry.line);
            let what = format!(
                "log group `{group}` is on the delivery path: Firehose or the transformer writes to it, so subscribing it would create a loop"
            );
            reader.mistake(line, entry.path.trim_end_matches('.'), what);
        }
    }
}

/// Whether infra/logging.yaml gives this name: `/aws/kinesisfirehose/STACK` and `/aws/lambda/STACK-transformer`.
pub(super) fn is_on_delivery_path(group: &LogGroupName) -> bool {
    let group = group.as_str();
    group.starts_with("/aws/kinesisfirehose/")
        || (group.starts_with("/aws/lambda/") && group.ends_with("transformer"))
}
