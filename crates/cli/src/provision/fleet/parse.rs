//! Reads the fleet file, with a function for each table.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::accounts::accounts;
use super::assume::Entrance;
use super::defaults::{self, Defaults};
use super::formats;
use super::keys;
use super::log_groups::log_groups;
use super::newcomer::Newcomer;
use super::reader::{At, Reader, Table};
use super::redact::redact;
use super::roles;
use super::rules::rules;
use super::subscribe;
use super::validate::{self, Entry};
use super::{Fleet, FleetError, Logging, Mistake, Stream};
use crate::provision::name::{
    AccountId, Arn, DestinationName, FilterName, MemberName, ProfileName, Region, RoleKey, RoleName,
};
use crate::provision::resource::{Encryption, StreamMode};

/// The limit of UpdateShardCount (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html>).
const SHARDS_MAX: u32 = 10_000;
/// One day (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html>).
const RETENTION_HOURS_MIN: u32 = 24;
/// One year; the same page.
const RETENTION_HOURS_MAX: u32 = 8_760;
/// The default: one week, so that nothing is lost over a long weekend.
const RETENTION_HOURS_DEFAULT: u32 = 168;
/// A day, the longest that an alarm with periods of an hour looks back in infra/alarms.yaml
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
const SILENT_HOURS_MAX: u32 = 24;
/// Flow logs and trails write every few minutes, so an hour of silence is a problem unless the file says otherwise.
const SILENT_HOURS_DEFAULT: u32 = 1;

/// Reads the file table by table, then validates it as a whole.
pub(super) fn fleet(text: &str, needs_members: bool) -> Result<Fleet, FleetError> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text);
    if !errors.is_empty() {
        let mistake = |error: &toml::de::Error| Mistake {
            line: error.span().map(|span| reader.line(span.start)),
            key: String::new(),
            what: format!("invalid TOML: {}", error.message()),
        };
        return Err(FleetError {
            mistakes: errors.iter().map(mistake).collect(),
        });
    }
    let top = reader.top(document.get_ref(), &keys::TOP);
    formats::moved(&mut reader);
    reader.needs(
        &top,
        "logging",
        "a table [logging] with account, regions, destination and role",
    );
    if needs_members {
        let example = "a table [[members]] with account and log groups";
        reader.needs(&top, "members", example);
    }
    let mut defaults = defaults::defaults(&mut reader, &top);
    let tags = defaults::tags(&mut reader, &top);
    let logging = reader
        .table(&top, "logging", &keys::LOGGING)
        .and_then(|table| logging(&mut reader, &table));
    if let Some(logging) = &logging {
        defaults.serve(logging);
    }
    let entries: Vec<Entry> = reader
        .tables(&top, "members", &keys::member())
        .iter()
        .flat_map(|table| members(&mut reader, table, logging.as_ref(), &defaults))
        .collect();
    let patterns = entries
        .iter()
        .flat_map(|entry| entry.log_groups.by_name.keys());
    let mut subscribed = entries.iter().filter_map(|entry| entry.subscribe.as_ref());
    if !subscribed.any(|at| at.value.is_by_account()) {
        defaults.log_groups.report_idle(&mut reader, &patterns);
    }
    let redact = redact(&mut reader, &top);
    let rules = rules(&mut reader, &top, &redact);
    validate::entries(&mut reader, logging.as_ref(), &entries);
    match logging {
        Some(logging) if reader.mistakes.is_empty() => {
            let members = entries.into_iter().filter_map(Entry::into_member).collect();
            Ok(Fleet {
                logging,
                members,
                newcomer: Newcomer::of(&defaults),
                rules,
                redact,
                tags,
            })
        }
        _ => {
            reader.mistakes.sort();
            // what is wrong in a table of several accounts is wrong for each of them
            reader.mistakes.dedup();
            Err(FleetError {
                mistakes: reader.mistakes,
            })
        }
    }
}

fn logging<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Option<Logging> {
    reader.needs(table, "account", "account = \"999988887777\"");
    reader.needs(table, "regions", "regions = [\"us-west-2\"]");
    reader.needs(table, "destination", "destination = \"kinesisDest\"");
    reader.needs(table, "role", "role = \"cwrole\"");
    reader.needs(
        table,
        "stream",
        "a table [logging.stream] with name and shards",
    );
    let profile = reader.name(table, "profile");
    let account = reader.name(table, "account");
    let regions = regions(reader, table);
    let destination: Option<At<DestinationName>> = reader.name(table, "destination");
    let role: Option<At<RoleName>> = reader.name(table, "role");
    let filter: Option<At<FilterName>> = reader.name(table, "filter");
    let organization = reader.name(table, keys::ORGANIZATION);
    let access = roles::access(reader, table);
    let silent_hours = reader.number(table, "silent_hours", 0..=SILENT_HOURS_MAX);
    let inner = reader.table(table, "stream", &keys::STREAM);
    let stream = inner.and_then(|inner| stream(reader, &inner, &regions));
    let destination = destination.map(|destination| destination.value);
    let role = role.map(|role| role.value);
    let names = (destination.as_ref(), role.as_ref());
    let member_role = roles::of_members(reader, table, access, names);
    let ready_made = reader.names::<RoleKey>(table, keys::READY_MADE);
    let ready_made: BTreeSet<_> = ready_made.into_iter().map(|at| at.value).collect();
    let boundary = roles::boundary(reader, table, &regions);
    let destination = destination?;
    let filter = filter.map_or_else(
        || FilterName::for_destination(&destination),
        |filter| filter.value,
    );
    Some(Logging {
        profile: profile.map(|profile| profile.value),
        account: account?.value,
        regions,
        role: role?,
        filter,
        organization: organization.map(|organization| organization.value),
        access,
        member_role,
        ready_made,
        boundary,
        silent_hours: silent_hours.unwrap_or(SILENT_HOURS_DEFAULT),
        stream: stream?,
        destination,
    })
}

/// Regions that exist, or may by now, all of one partition: no role or ARN serves two.
fn regions<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> BTreeSet<Region> {
    let regions: Vec<At<Region>> = reader.names(table, "regions");
    for At {
        line,
        value: region,
    } in &regions
    {
        if let Some(what) = region.mistake() {
            reader.mistake(*line, table.key("regions"), what);
        }
    }
    if let Some((At { value: first, .. }, rest)) = regions.split_first() {
        let (of_first, elsewhere) = (first.partition(), |at: &&At<Region>| {
            at.value.partition() != first.partition()
        });
        for At {
            line,
            value: region,
        } in rest.iter().filter(elsewhere)
        {
            let what = format!(
                "`{region}` is in partition {}, but `{first}` is in {of_first}; make a fleet for each partition",
                region.partition()
            );
            reader.mistake(*line, table.key("regions"), what);
        }
    }
    values(regions)
}

fn stream<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    regions: &BTreeSet<Region>,
) -> Option<Stream> {
    reader.needs(table, "name", "name = \"Demo_Kinesis_Stream\"");
    let name = reader.name(table, "name");
    let shards = reader.number(table, "shards", 1..=SHARDS_MAX);
    let mode = reader.text(table, "mode", "\"on-demand\"");
    let mode = match mode {
        Some(mode) if mode.value != "on-demand" => {
            let what = format!(
                "unknown mode `{}`; expected \"on-demand\", or remove it and set `shards`",
                mode.value
            );
            reader.mistake(mode.line, table.key("mode"), what);
            None
        }
        Some(mode) if table.has("shards") => {
            reader.mistake(
                mode.line,
                table.key("mode"),
                "an on-demand stream has no fixed number of shards; remove `mode` or `shards`",
            );
            None
        }
        Some(_) => Some(StreamMode::OnDemand),
        None if table.has("mode") => None,
        None if table.has("shards") => shards.map(StreamMode::Shards),
        None => {
            reader.mistake(
                table.line,
                table.key("shards"),
                "missing; expected `shards` or mode = \"on-demand\"",
            );
            None
        }
    };
    let retention = reader.number(
        table,
        "retention_hours",
        RETENTION_HOURS_MIN..=RETENTION_HOURS_MAX,
    );
    let region = only_region(reader, table, regions);
    let encryption = match &region {
        Some(only) => encryption(reader, table, &BTreeSet::from([only.clone()])),
        None => encryption(reader, table, regions),
    };
    Some(Stream {
        name: name?.value,
        mode: mode?,
        retention_hours: if table.has("retention_hours") {
            retention?
        } else {
            RETENTION_HOURS_DEFAULT
        },
        encryption: encryption?,
        region,
    })
}

/// The Region of the only stream, which has to be one of the fleet's.
fn only_region<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    regions: &BTreeSet<Region>,
) -> Option<Region> {
    let At { line, value } = reader.name::<Region>(table, keys::REGION)?;
    if !regions.contains(&value) {
        let known: Vec<_> = regions.iter().map(Region::as_str).collect();
        let what = format!(
            "`{value}` is not in logging.regions; expected one of: {}",
            known.join(", ")
        );
        reader.mistake(line, table.key(keys::REGION), what);
    }
    Some(value)
}

fn encryption<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    regions: &BTreeSet<Region>,
) -> Option<Encryption> {
    const EXPECTED: &str =
        "\"none\", \"aws/kinesis\" or the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID";
    if !table.has("encryption") {
        return Some(Encryption::None);
    }
    let text = reader.text(table, "encryption", EXPECTED)?;
    let what = match text.value {
        "none" => return Some(Encryption::None),
        "aws/kinesis" | "alias/aws/kinesis" => return Some(Encryption::AwsManaged),
        other => match other.parse::<Arn>() {
            Ok(key) if key.service() == "kms" && key.resource().starts_with("key/") => {
                let is_elsewhere = |region: &&Region| key.region().as_ref() != Some(*region);
                let elsewhere = regions.iter().find(is_elsewhere).map(|region| {
                    format!("`{other}` is not a key in {region}, which also has a stream")
                });
                let of_other = || regions.first()?.of_other_partition(&key);
                match elsewhere.or_else(of_other) {
                    None => return Some(Encryption::Customer(key)),
                    Some(what) => what,
                }
            }
            _ => format!("unknown encryption `{other}`; expected {EXPECTED}"),
        },
    };
    reader.mistake(text.line, table.key("encryption"), what);
    None
}

/// The members of a table: one, or one for each of its `accounts`, which all have the same log groups.
fn members<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    logging: Option<&Logging>,
    defaults: &Defaults<'a>,
) -> Vec<Entry> {
    if !table.has(keys::ACCOUNTS) {
        reader.needs(table, "account", "account = \"111122223333\"");
        let account = reader.name(table, "account");
        return vec![member(reader, table, account, logging, defaults)];
    }
    for key in ["account", "name", "profile"].map(|key| (key, table.has(key))) {
        if let (key, true) = key {
            let what = "a table of several accounts has none; each is named by its number or under [members.accounts], and entered by assume_role";
            reader.mistake(table.line, table.key(key), what);
        }
    }
    let accounts = accounts(reader, table);
    accounts
        .into_iter()
        .map(|(name, account)| {
            let line = account.line;
            let entry = member(reader, table, Some(account), logging, defaults);
            let name = name.or(entry.name);
            Entry {
                line,
                name,
                ..entry
            }
        })
        .collect()
}

fn member<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    account: Option<At<AccountId>>,
    logging: Option<&Logging>,
    defaults: &Defaults<'a>,
) -> Entry {
    let entrance = Entrance::read(reader, table);
    let regions: Vec<At<Region>> = reader.names(table, "regions");
    let subscribe = subscribe::subscribe(
        reader,
        table,
        &defaults.subscribe,
        defaults.account_distribution,
    );
    let log_groups = log_groups(reader, table, defaults, subscribe.as_ref());
    let name = match reader.name::<MemberName>(table, "name") {
        Some(name) => Some(name.value),
        None if table.has("name") => None,
        None => {
            let text = Fleet::implied_name(
                entrance.profile().map(ProfileName::as_str),
                account.as_ref().map(|at| at.value.as_str()),
            );
            let name = text.and_then(|text| text.parse().ok());
            if let (Some(text), None) = (text, &name) {
                reader.mistake(
                    table.line,
                    table.key("name"),
                    format!("`{text}` is not a valid member name; set one with name = \"…\""),
                );
            }
            name
        }
    };
    let region_lines: BTreeMap<_, _> = regions
        .iter()
        .map(|at| (at.value.clone(), at.line))
        .collect();
    let regions = match logging {
        Some(logging) if regions.is_empty() => logging.regions.clone(),
        _ => values(regions),
    };
    let account = account.map(|at| at.value);
    let of_all = &defaults.entrance;
    let (profile, role) = entrance.of_member(reader, table, of_all, account.as_ref(), &regions);
    Entry {
        line: table.line,
        path: table.key(""),
        region_lines,
        name,
        profile,
        role,
        account,
        regions,
        subscribe,
        log_groups,
    }
}

fn values<T: Ord>(names: Vec<At<T>>) -> BTreeSet<T> {
    names.into_iter().map(|name| name.value).collect()
}
