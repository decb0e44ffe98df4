//! What only the whole fleet file tells: doubles, Regions without a `logs::Destination`, and log groups that would feed themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Reader;
use super::{LogGroup, Logging, Member};
use crate::provision::name::{AccountId, LogGroupName, MemberName, ProfileName, Region};

/// A member as far as it could be read, with the lines that its parts stand on.
pub(super) struct Entry {
    pub line: usize,
    /// `members[2].`
    pub path: String,
    /// Of each log group.
    pub lines: BTreeMap<LogGroupName, usize>,
    /// Of each Region that the member itself names.
    pub region_lines: BTreeMap<Region, usize>,
    pub name: Option<MemberName>,
    pub profile: Option<ProfileName>,
    pub account: Option<AccountId>,
    pub regions: BTreeSet<Region>,
    pub log_groups: BTreeMap<LogGroupName, LogGroup>,
}

impl Entry {
    /// The member, where nothing is wrong with it.
    pub(super) fn into_member(self) -> Option<(MemberName, Member)> {
        let Self {
            name,
            profile,
            account,
            regions,
            log_groups,
            line: _,
            path: _,
            lines: _,
            region_lines: _,
        } = self;
        Some((
            name?,
            Member {
                profile,
                account: account?,
                regions,
                log_groups,
            },
        ))
    }
}

/// Checks the members against each other and against the logging account.
pub(super) fn entries(reader: &mut Reader<'_>, logging: Option<&Logging>, entries: &[Entry]) {
    for (index, entry) in entries.iter().enumerate() {
        doubles(reader, entry, entries.get(..index).unwrap_or_default());
        if let Some(logging) = logging {
            regions(reader, entry, logging);
            delivery_path(reader, entry, logging);
        }
    }
}

fn doubles(reader: &mut Reader<'_>, entry: &Entry, earlier: &[Entry]) {
    let Entry {
        line,
        path,
        name,
        account,
        ..
    } = entry;
    if let Some(name) = name
        && let Some(other) = earlier
            .iter()
            .find(|other| other.name.as_ref() == Some(name))
    {
        let what = format!(
            "a member is called `{name}` already, on line {}: give each a `name` of its own",
            other.line
        );
        reader.mistake(*line, format!("{path}name"), what);
    }
    let is_there =
        |other: &&Entry| other.account == *account && !other.regions.is_disjoint(&entry.regions);
    if let Some(account) = account
        && let Some(other) = earlier.iter().find(is_there)
    {
        let what = format!(
            "`{account}` is a member already, on line {}: put its log groups there, or name other regions here",
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
                "no logs::Destination in {region}, and one serves its own Region only: one of {}, or add it to logging.regions",
                known.join(", ")
            );
            reader.mistake(*line, format!("{}regions", entry.path), what);
        }
    }
}

/// A log group that the delivery itself writes to would feed itself, for ever.
fn delivery_path(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    if entry.account.as_ref() != Some(&logging.account) {
        return;
    }
    for group in entry.log_groups.keys() {
        if is_on_delivery_path(group) {
            let line = entry.lines.get(group).copied().unwrap_or(entry.line);
            let what = format!(
                "{group} is on the delivery path (Firehose and its transformer write there): it would feed itself"
            );
            reader.mistake(line, entry.path.trim_end_matches('.'), what);
        }
    }
}

/// The names that infra/logging.yaml gives them: `/aws/kinesisfirehose/STACK` and `/aws/lambda/STACK-transformer`.
pub(super) fn is_on_delivery_path(group: &LogGroupName) -> bool {
    let group = group.as_str();
    group.starts_with("/aws/kinesisfirehose/")
        || (group.starts_with("/aws/lambda/") && group.ends_with("transformer"))
}
