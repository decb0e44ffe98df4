//! The tables of the fleet file that hold for the whole fleet: distributions and tags.

use std::collections::BTreeMap;

use catchment_transformer::source::Source;

use super::parse::{SOURCES, key_of};
use super::reader::{At, Reader, Table, nearest};
use crate::provision::resource::{Distribution, OWNER_TAG, Tags};

/// IAM and CloudWatch Logs take 50 tags, one of which is ours
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const TAGS_MAX: usize = 49;
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
const TAG_KEY_CHARACTERS_MAX: usize = 128;
/// The same page.
const TAG_VALUE_CHARACTERS_MAX: usize = 256;

/// How each source spreads over the shards, where the file says so: `[distribution]`.
pub(super) fn distribution<'a>(
    reader: &mut Reader<'a>,
    top: &Table<'a>,
) -> BTreeMap<Source, Distribution> {
    const ALLOWED: [&str; 2] = ["ByLogStream", "Random"];
    let Some(table) = reader.table(top, "distribution", &SOURCES) else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for source in Source::ALL {
        let key = key_of(source);
        match reader.text(&table, key, "\"ByLogStream\" or \"Random\"") {
            Some(At {
                value: "ByLogStream",
                ..
            }) => {
                found.insert(source, Distribution::ByLogStream);
            }
            Some(At {
                value: "Random", ..
            }) => {
                found.insert(source, Distribution::Random);
            }
            Some(At { line, value }) => {
                let meant = nearest(value, &ALLOWED)
                    .map(|meant| format!("; did you mean `{meant}`?"))
                    .unwrap_or_default();
                reader.mistake(
                    line,
                    table.key(key),
                    format!("`{value}` is not a distribution: ByLogStream or Random{meant}"),
                );
            }
            None => {}
        }
    }
    found
}

/// The tags on everything that can bear them: `[tags]`.
pub(super) fn tags<'a>(reader: &mut Reader<'a>, top: &Table<'a>) -> Tags {
    let Some(table) = reader.table(top, "tags", &[]) else {
        return Tags::new();
    };
    let texts = reader.texts(&table);
    if texts.len() > TAGS_MAX {
        reader.mistake(
            table.line,
            table.key(""),
            format!(
                "{} tags; AWS takes {TAGS_MAX} beside catchment's own",
                texts.len()
            ),
        );
    }
    let mut tags = Tags::new();
    for (key, At { line, value }) in texts {
        let is_plain = |text: &str| {
            text.chars()
                .all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
        };
        let what = if key.to_ascii_lowercase().starts_with("aws:") || key == OWNER_TAG {
            Some("a reserved key")
        } else if key.is_empty() || key.chars().count() > TAG_KEY_CHARACTERS_MAX || !is_plain(key) {
            Some("not a tag's key: 1 to 128 letters, digits, spaces and _ . : / = + - @")
        } else if value.chars().count() > TAG_VALUE_CHARACTERS_MAX || !is_plain(value) {
            Some("not a tag's value: up to 256 letters, digits, spaces and _ . : / = + - @")
        } else {
            None
        };
        match what {
            Some(what) => reader.mistake(line, table.key(key), what),
            None => drop(tags.insert(key.to_owned(), value.to_owned())),
        }
    }
    tags
}
