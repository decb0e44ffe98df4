//! Lists of log groups: the entries of one, and those of `[defaults]`, which are for all members.

use std::collections::BTreeMap;

use catchment_transformer::source::{FlowLogFormat, Source};

use super::reader::{At, Reader, Table};
use super::{formats, keys};
use crate::provision::name::{LogGroupPattern, Region};
use crate::provision::resource::FilterPattern;

/// The log groups that `[defaults]` lists.
#[derive(Default)]
pub(super) struct Common {
    pub by_source: BTreeMap<Source, Vec<Entry>>,
    pub exclude: Vec<At<LogGroupPattern>>,
}

/// One entry of a list of log groups.
#[derive(Clone)]
pub(super) struct Entry {
    pub name: At<LogGroupPattern>,
    pub pattern: FilterPattern,
    pub format: Option<FlowLogFormat>,
    pub emit_system_fields: Option<bool>,
    /// The key of its Regions, and those it lists.
    pub regions: (String, Vec<At<Region>>),
}

/// Reads the log groups in `[defaults]`.
pub(super) fn common<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Common {
    let exclude = reader.names(table, keys::EXCLUDE);
    let mut common = Common {
        by_source: BTreeMap::new(),
        exclude,
    };
    for source in Source::ALL {
        let key = keys::source(source);
        if table.has(key) {
            let listed = entries(reader, table, source);
            for Entry { name, .. } in &listed {
                let mut others = common.by_source.values().flatten();
                if others.any(|other| other.name.value == name.value) {
                    listed_twice(reader, table, key, name);
                }
            }
            common.by_source.insert(source, listed);
        }
    }
    common
}

impl Common {
    /// Reports what `[defaults]` excludes, but none of the members' `patterns` selects.
    pub(super) fn report_idle<'e>(
        &self,
        reader: &mut Reader<'_>,
        patterns: &(impl Iterator<Item = &'e LogGroupPattern> + Clone),
    ) {
        for At { line, value } in &self.exclude {
            if !patterns
                .clone()
                .any(|one| one.prefix().is_some() && one.covers(value))
            {
                let what = format!("`{value}` excludes nothing, because no pattern matches it");
                reader.mistake(*line, format!("defaults.{}", keys::EXCLUDE), what);
            }
        }
    }
}

/// Reads a list of log groups.
pub(super) fn entries<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    source: Source,
) -> Vec<Entry> {
    let key = keys::source(source);
    let listed = reader.named::<LogGroupPattern>(table, key, &keys::LOG_GROUP);
    let entry = |(name, own): (_, Option<Table<'a>>)| match own {
        Some(own) => Entry {
            name,
            pattern: pattern(reader, &own, "pattern")
                .map_or_else(FilterPattern::default, |at| at.value),
            format: formats::format(reader, &own, source),
            emit_system_fields: reader.flag(&own, keys::EMIT_SYSTEM_FIELDS),
            regions: (own.key(keys::REGIONS), reader.names(&own, keys::REGIONS)),
        },
        None => Entry {
            name,
            pattern: FilterPattern::default(),
            format: None,
            emit_system_fields: None,
            regions: (String::new(), Vec::new()),
        },
    };
    listed.into_iter().map(entry).collect()
}

/// Reports a log group that is listed before.
pub(super) fn listed_twice<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    key: &str,
    name: &At<LogGroupPattern>,
) {
    let what = format!("log group `{}` is listed twice", name.value);
    reader.mistake(name.line, table.key(key), what);
}

/// Reads a filter pattern.
pub(super) fn pattern<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    key: &str,
) -> Option<At<FilterPattern>> {
    let text = reader.text(table, key, "a filter pattern such as \"ERROR\"")?;
    let characters = text.value.chars().count();
    if characters > PATTERN_CHARACTERS_MAX {
        let what = format!("{characters} characters; AWS allows {PATTERN_CHARACTERS_MAX}");
        reader.mistake(text.line, table.key(key), what);
    }
    let (line, value) = (text.line, FilterPattern::new(text.value));
    Some(At { line, value })
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>
pub(super) const PATTERN_CHARACTERS_MAX: usize = 1_024;
