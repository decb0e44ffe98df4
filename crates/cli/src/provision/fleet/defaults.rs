//! The tables `[defaults]`, `[distribution]` and `[tags]`, which apply to the whole fleet.

use std::collections::BTreeMap;

use catchment_transformer::source::Source;

use super::Logging;
use super::assume::Entrance;
use super::entries::{self, Common};
use super::keys;
use super::reader::{At, Reader, Table};
use super::subscribe;
use crate::provision::resource::{Distribution, OWNER_TAG, Tags};

/// IAM and CloudWatch Logs allow 50 tags, one of which is ours
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const TAGS_MAX: usize = 49;
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
const TAG_KEY_CHARACTERS_MAX: usize = 128;
/// The same page.
const TAG_VALUE_CHARACTERS_MAX: usize = 256;

/// What members and log groups have unless they say otherwise.
pub(super) struct Defaults<'a> {
    pub entrance: Entrance<'a>,
    pub distribution: BTreeMap<Source, Distribution>,
    /// That of account-level policies.
    pub account_distribution: Option<Distribution>,
    pub emit_system_fields: bool,
    pub subscribe: subscribe::Common,
    pub log_groups: Common,
    /// Whether the file says so.
    is_emit_given: bool,
}

impl Defaults<'_> {
    /// Fills in what follows from the logging account. In a stream that serves several Regions, nothing but the system fields tells an
    /// event's Region.
    pub(super) fn serve(&mut self, logging: &Logging) {
        if !self.is_emit_given {
            self.emit_system_fields = logging.stream_regions().len() < logging.regions.len();
        }
    }
}

/// Reads `[defaults]` and `[distribution]`.
pub(super) fn defaults<'a>(reader: &mut Reader<'a>, top: &Table<'a>) -> Defaults<'a> {
    let table = reader.table(top, "defaults", &keys::defaults());
    let emit = table
        .as_ref()
        .and_then(|table| reader.flag(table, keys::EMIT_SYSTEM_FIELDS));
    let subscribe = table.as_ref().map(|table| subscribe::common(reader, table));
    let log_groups = table.as_ref().map(|table| entries::common(reader, table));
    let entrance = table.map(|table| Entrance::of_all(reader, &table));
    let (distribution, account_distribution) = distribution(reader, top);
    Defaults {
        entrance: entrance.unwrap_or_default(),
        distribution,
        account_distribution,
        subscribe: subscribe.unwrap_or_default(),
        emit_system_fields: emit.unwrap_or_default(),
        is_emit_given: emit.is_some(),
        log_groups: log_groups.unwrap_or_default(),
    }
}

/// How each source's log events spread over the shards, and those of account-level policies.
fn distribution<'a>(
    reader: &mut Reader<'a>,
    top: &Table<'a>,
) -> (BTreeMap<Source, Distribution>, Option<Distribution>) {
    let Some(table) = reader.table(top, "distribution", &keys::distribution()) else {
        return (BTreeMap::new(), None);
    };
    let mut read = |key: &str| {
        let text = reader.text(&table, key, "\"ByLogStream\" or \"Random\"")?;
        match text.value {
            "ByLogStream" => Some(Distribution::ByLogStream),
            "Random" => Some(Distribution::Random),
            other => {
                let what = format!(
                    "unknown distribution `{other}`; expected \"ByLogStream\" or \"Random\""
                );
                reader.mistake(text.line, table.key(key), what);
                None
            }
        }
    };
    let sources = Source::ALL.into_iter();
    let of_sources = sources
        .filter_map(|source| Some((source, read(keys::source(source))?)))
        .collect();
    (of_sources, read(keys::ACCOUNT_DISTRIBUTION))
}

/// Reads `[tags]`: the tags for every resource that can have some.
pub(super) fn tags<'a>(reader: &mut Reader<'a>, top: &Table<'a>) -> Tags {
    let Some(table) = reader.table(top, "tags", &[]) else {
        return Tags::new();
    };
    let texts = reader.texts(&table);
    if texts.len() > TAGS_MAX {
        let what = format!(
            "{} tags; AWS allows {TAGS_MAX} besides catchment's own",
            texts.len()
        );
        reader.mistake(table.line, table.key(""), what);
    }
    let mut tags = Tags::new();
    for (key, At { line, value }) in texts {
        let is_plain = |text: &str| {
            text.chars()
                .all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
        };
        let what = if key.to_ascii_lowercase().starts_with("aws:") || key == OWNER_TAG {
            "this key is reserved"
        } else if key.is_empty() || key.chars().count() > TAG_KEY_CHARACTERS_MAX || !is_plain(key) {
            "not a valid tag key; expected 1 to 128 letters, digits, spaces and _ . : / = + - @"
        } else if value.chars().count() > TAG_VALUE_CHARACTERS_MAX || !is_plain(value) {
            "not a valid tag value; expected up to 256 letters, digits, spaces and _ . : / = + - @"
        } else {
            tags.insert(key.to_owned(), value.to_owned());
            continue;
        };
        reader.mistake(line, table.key(key), what);
    }
    tags
}
