//! The names of the values that settings accept.

use super::{Compression, Format, Original, Overflow, PartitionKey, Schema, Setting, SettingError};

/// Returns the choice called `value`.
pub(super) fn choose<T: Copy>(
    setting: Setting,
    choices: Choices<T>,
    value: &str,
) -> Result<T, SettingError> {
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == value) {
        return Ok(*choice);
    }
    let one_of = match setting {
        Setting::PartitionKeys => "a comma-separated list of",
        _ => "one of",
    };
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    let why = format!("unknown value `{value}`; expected {one_of}: {names}");
    Err(SettingError::Value { setting, why })
}

pub(super) type Choices<T> = &'static [(&'static str, T)];
pub(super) const FORMATS: Choices<Format> = &[
    ("events", Format::Events),
    ("document", Format::Document),
    ("message", Format::Message),
];
pub(super) const SCHEMAS: Choices<Schema> = &[
    ("none", Schema::None),
    ("native", Schema::Native),
    ("ecs", Schema::Ecs),
    ("ocsf-1.1", Schema::Ocsf11),
    ("ocsf-1.5", Schema::Ocsf15),
];
pub(super) const ORIGINALS: Choices<Original> =
    &[("keep", Original::Keep), ("drop", Original::Drop)];
pub(super) const COMPRESSIONS: Choices<Compression> =
    &[("none", Compression::None), ("gzip", Compression::Gzip)];
pub(super) const OVERFLOWS: Choices<Overflow> =
    &[("fail", Overflow::Fail), ("reingest", Overflow::Reingest)];
pub(super) const PARTITION_KEYS: Choices<PartitionKey> = &[
    ("account", PartitionKey::Account),
    ("region", PartitionKey::Region),
    ("source", PartitionKey::Source),
    ("class", PartitionKey::Class),
    ("log_group", PartitionKey::LogGroup),
    ("year", PartitionKey::Year),
    ("month", PartitionKey::Month),
    ("day", PartitionKey::Day),
    ("hour", PartitionKey::Hour),
];
