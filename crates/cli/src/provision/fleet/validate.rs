//! Validates the fleet file as a whole: duplicates, Regions without a `logs::Destination`, and log groups that would loop.

use std::collections::{BTreeMap, BTreeSet};

use super::log_groups::LogGroups;
use super::reader::{At, Reader};
use super::subscribe::Subscribe;
use super::{Logging, Member, keys};
use crate::provision::name::{AccountId, LogGroupName, MemberName, ProfileName, Region};
use crate::provision::resource::AssumedRole;

/// A member as far as it could be read, with the lines of its parts.
pub(super) struct Entry {
    pub line: usize,
    /// For example `members[2].`, with the dot.
    pub path: String,
    /// The line of each Region that the member itself lists.
    pub region_lines: BTreeMap<Region, usize>,
    pub name: Option<MemberName>,
    pub profile: Option<ProfileName>,
    pub role: Option<AssumedRole>,
    pub account: Option<AccountId>,
    pub regions: BTreeSet<Region>,
    pub subscribe: Option<At<Subscribe>>,
    pub log_groups: LogGroups,
}

impl Entry {
    /// The member, unless a part is missing.
    pub(super) fn into_member(self) -> Option<(MemberName, Member)> {
        let member = Member {
            profile: self.profile,
            role: self.role,
            account: self.account?,
            regions: self.regions,
            subscribe: self.subscribe.map(|at| at.value),
            log_groups: self.log_groups.by_name,
            exclude: self.log_groups.exclude,
        };
        Some((self.name?, member))
    }
}

/// Validates the members against each other and against the logging account.
pub(super) fn entries(reader: &mut Reader<'_>, logging: Option<&Logging>, entries: &[Entry]) {
    let mut earlier = Earlier::default();
    for entry in entries {
        earlier.duplicates(reader, entry);
        if let Some(logging) = logging {
            regions(reader, entry, logging);
            delivery_path(reader, entry, logging);
            log_group_regions(reader, entry);
            by_account(reader, entry, logging);
        }
    }
}

/// The lines of the members read so far, by what must be different for each.
#[derive(Default)]
struct Earlier<'e> {
    names: BTreeMap<&'e MemberName, usize>,
    accounts: BTreeMap<(&'e AccountId, &'e Region), usize>,
}

impl<'e> Earlier<'e> {
    fn duplicates(&mut self, reader: &mut Reader<'_>, entry: &'e Entry) {
        let Entry {
            line,
            path,
            name,
            account,
            regions,
            ..
        } = entry;
        if let Some(name) = name {
            if let Some(other) = self.names.get(name) {
                let what = format!(
                    "member `{name}` is already listed on line {other}; give each member its own `name`"
                );
                reader.mistake(*line, format!("{path}name"), what);
            }
            self.names.entry(name).or_insert(*line);
        }
        if let Some(account) = account {
            let places = regions.iter().map(|region| (account, region));
            let others = places.clone().filter_map(|place| self.accounts.get(&place));
            if let Some(other) = others.min() {
                let what = format!(
                    "account `{account}` is already listed on line {other}; add its log groups there, or set other regions here"
                );
                reader.mistake(*line, format!("{path}account"), what);
            }
            for place in places {
                self.accounts.entry(place).or_insert(*line);
            }
        }
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

/// Rejects a log group's own Regions that its member does not have.
fn log_group_regions(reader: &mut Reader<'_>, entry: &Entry) {
    for (key, At { line, value }) in &entry.log_groups.regions {
        if !entry.regions.contains(value) {
            let known: Vec<_> = entry.regions.iter().map(Region::as_str).collect();
            let what = format!(
                "`{value}` is not a Region of this member; expected some of: {}",
                known.join(", ")
            );
            reader.mistake(*line, key, what);
        }
    }
}

/// Rejects an account-level policy in a Region whose stream is in another: it emits no system fields
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>), and nothing else would tell that
/// its events are not of the stream's Region.
fn by_account(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    let Some(At { line, value }) = &entry.subscribe else {
        return;
    };
    let is_elsewhere = |region: &&Region| logging.stream_region(region) != *region;
    if let (true, Some(region)) = (
        value.is_by_account(),
        entry.regions.iter().find(is_elsewhere),
    ) {
        let stream = logging.stream_region(region);
        let what = format!(
            "\"account\" is not possible in {region}: its stream is in {stream}, and events of an account-level policy do not say their Region; set regions = [\"{stream}\"] for it, or list log groups"
        );
        reader.mistake(*line, format!("{}{}", entry.path, keys::SUBSCRIBE), what);
    }
}

/// Rejects log groups that the delivery itself writes to. Patterns leave them out.
fn delivery_path(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    if entry.account.as_ref() != Some(&logging.account) {
        return;
    }
    for (group, line) in &entry.log_groups.lines {
        if group.exact().is_some_and(|name| is_on_delivery_path(&name)) {
            let what = format!(
                "log group `{group}` is on the delivery path: Firehose or the transformer writes to it, so subscribing it would create a loop"
            );
            reader.mistake(*line, entry.path.trim_end_matches('.'), what);
        }
    }
}

/// Whether infra/logging.yaml gives this name: `/aws/kinesisfirehose/STACK` and `/aws/lambda/STACK-transformer`.
pub(crate) fn is_on_delivery_path(group: &LogGroupName) -> bool {
    let group = group.as_str();
    group.starts_with("/aws/kinesisfirehose/")
        || (group.starts_with("/aws/lambda/") && group.ends_with("transformer"))
}
