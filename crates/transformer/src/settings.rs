//! Settings, from key and value pairs: the Lambda's environment, or the flags of `replay` of the same names.

mod choices;
mod error;
mod file;

use choices::{COMPRESSIONS, FORMATS, ORIGINALS, OVERFLOWS, PARTITION_KEYS, SCHEMAS, choose};

use std::collections::BTreeMap;

use crate::json::distinct;
use crate::limits::{DECODED_MIB_DEFAULT, DECODED_MIB_MAX, MIB};
use crate::redact::{Key, Redactions};
use crate::rules::Rules;
use crate::source::{Sources, is_account};

pub use error::SettingError;

/// The variable that names the settings file.
pub const SETTINGS_FILE: &str = "CATCHMENT_SETTINGS_FILE";

/// What the settings' variables begin with.
const PREFIX: &str = "CATCHMENT_";

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line per log event, with its context. A line in which U+FFFD replaces bytes that were not UTF-8 has a
    /// member `error` that says so.
    #[default]
    Events,
    /// The whole subscription message as one JSON object on one line. If U+FFFD replaces bytes of it that were not UTF-8, a
    /// member `error` at its end says so.
    Document,
    /// The bare messages, one a line. Bytes that are not UTF-8 stay as they are.
    Message,
}

/// What becomes of a log event's message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Schema {
    /// It stays the string that it was.
    #[default]
    None,
    /// It becomes an object, with the source's own names. What is not as its source writes it stays `message`, and a member
    /// `error` says why.
    Native,
    /// The line is a document of the Elastic Common Schema. What is not as its source writes it keeps its message in `message`, and
    /// `error.message` says why.
    Ecs,
    /// The line is an event of the Open Cybersecurity Schema Framework 1.1.0. What is not as its source writes it keeps its message in
    /// `message`, and `unmapped.error` says why.
    Ocsf11,
    /// The same in version 1.5.0.
    Ocsf15,
}

/// Whether documents of a schema hold the message that they come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Original {
    /// They do, in the field that the schema has for it.
    #[default]
    Keep,
    /// They do not.
    Drop,
}

/// How the output is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip members for each record; concatenated members are one valid gzip file.
    Gzip,
}

/// What happens to a record whose answer does not fit into the response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It is `ProcessingFailed`.
    #[default]
    Fail,
    /// It is split and put back to the stream it came from.
    Reingest,
}

/// A key for S3 dynamic partitioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKey {
    /// The account that owns the log group.
    Account,
    /// The Region of the events.
    Region,
    /// The source, by its name.
    Source,
    /// The class of the line of the first event: OCSF's uid, or the source if the schema has no classes.
    Class,
    /// The log group's name.
    LogGroup,
    /// The year of the first event, UTC, four digits.
    Year,
    /// Its month, two digits.
    Month,
    /// Its day of the month, two digits.
    Day,
    /// Its hour, two digits.
    Hour,
}

impl PartitionKey {
    /// The name of the key in `metadata.partitionKeys`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
            Self::Source => "source",
            Self::Class => "class",
            Self::LogGroup => "log_group",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
        }
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The form of the output.
    pub format: Format,
    /// What becomes of a log event's message.
    pub schema: Schema,
    /// Whether documents of a schema hold the message that they come from.
    pub original: Original,
    /// The names of accounts, by their ids.
    pub accounts: BTreeMap<String, String>,
    /// How the output is compressed.
    pub compression: Compression,
    /// The partition keys of each `Ok` answer.
    pub partition_keys: Vec<PartitionKey>,
    /// Which log groups carry which source.
    pub sources: Sources,
    /// Which log events are dropped or sampled.
    pub rules: Rules,
    /// Which fields are masked, or replaced by a keyed hash.
    pub redact: Redactions,
    /// The key of these hashes.
    pub redact_key: Option<Key>,
    /// What happens to a record whose answer does not fit.
    pub overflow: Overflow,
    /// The most bytes that one record may open to.
    pub decoded_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::default(),
            schema: Schema::default(),
            original: Original::default(),
            accounts: BTreeMap::new(),
            compression: Compression::default(),
            partition_keys: Vec::new(),
            sources: Sources::default(),
            rules: Rules::default(),
            redact: Redactions::default(),
            redact_key: None,
            overflow: Overflow::default(),
            decoded_bytes_max: DECODED_MIB_DEFAULT * MIB,
        }
    }
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// [`Settings::format`].
    Format,
    /// [`Settings::schema`].
    Schema,
    /// [`Settings::original`].
    Original,
    /// [`Settings::accounts`].
    Accounts,
    /// [`Settings::compression`].
    Compression,
    /// [`Settings::partition_keys`].
    PartitionKeys,
    /// [`Settings::sources`].
    Sources,
    /// [`Settings::rules`].
    Rules,
    /// [`Settings::redact`].
    Redact,
    /// [`Settings::redact_key`].
    RedactKey,
    /// [`Settings::overflow`].
    Overflow,
    /// [`Settings::decoded_bytes_max`], in MiB.
    MaxDecodedMib,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 12] = [
        Self::Format,
        Self::Schema,
        Self::Original,
        Self::Accounts,
        Self::Compression,
        Self::PartitionKeys,
        Self::Sources,
        Self::Rules,
        Self::Redact,
        Self::RedactKey,
        Self::Overflow,
        Self::MaxDecodedMib,
    ];

    /// The environment variable.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Format => "CATCHMENT_FORMAT",
            Self::Schema => "CATCHMENT_SCHEMA",
            Self::Original => "CATCHMENT_ORIGINAL",
            Self::Accounts => "CATCHMENT_ACCOUNTS",
            Self::Compression => "CATCHMENT_COMPRESSION",
            Self::PartitionKeys => "CATCHMENT_PARTITION_KEYS",
            Self::Sources => "CATCHMENT_SOURCES",
            Self::Rules => "CATCHMENT_RULES",
            Self::Redact => "CATCHMENT_REDACT",
            Self::RedactKey => "CATCHMENT_REDACT_KEY",
            Self::Overflow => "CATCHMENT_OVERFLOW",
            Self::MaxDecodedMib => "CATCHMENT_MAX_DECODED_MIB",
        }
    }

    /// The key in the settings file.
    pub fn key(self) -> String {
        let name = self.variable().trim_start_matches(PREFIX);
        name.to_ascii_lowercase()
    }
}

impl Settings {
    /// Reads settings from variables and their values. Ignores variables that do not begin with `CATCHMENT_`. An empty value
    /// means the default, because templates pass a parameter that was left out as an empty string.
    ///
    /// # Errors
    /// Returns the first wrong setting.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingError> {
        Self::from_file_and_pairs(None, pairs)
    }

    /// Reads settings from the text of a settings file, if there is one, and from variables as
    /// [`from_pairs`](Self::from_pairs) does. A variable wins over the file.
    ///
    /// # Errors
    /// Returns the first wrong setting.
    pub fn from_file_and_pairs<K: AsRef<str>, V: AsRef<str>>(
        file: Option<&str>,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingError> {
        let mut settings = Self::default();
        if let Some(text) = file {
            settings.read_file(text)?;
        }
        for (variable, value) in pairs {
            let (variable, value) = (variable.as_ref(), value.as_ref());
            if !variable.starts_with(PREFIX) || variable == SETTINGS_FILE || value.is_empty() {
                continue;
            }
            let setting = Setting::ALL
                .into_iter()
                .find(|setting| setting.variable() == variable)
                .ok_or_else(|| SettingError::Unknown {
                    variable: variable.to_owned(),
                })?;
            settings.set(setting, value)?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// Checks what each setting alone cannot tell.
    fn check(&self) -> Result<(), SettingError> {
        let wrong = |setting, why| Err(SettingError::Value { setting, why });
        let other_format = self.format != Format::Events;
        if self.schema != Schema::None && other_format {
            let why =
                "only the format `events` has schemas; expected that format, or the schema `none`";
            return wrong(Setting::Schema, why.to_owned());
        }
        if !self.rules.is_empty() && other_format {
            let why = "only the format `events` has rules; expected that format, or no rules";
            return wrong(Setting::Rules, why.to_owned());
        }
        agree(&self.rules, &self.redact).or_else(|why| wrong(Setting::Rules, why))?;
        if self.redact.hash() && self.redact_key.is_none() {
            let why = format!(
                "missing, but the action `hash` takes a key; expected {}",
                Key::expected()
            );
            return wrong(Setting::RedactKey, why);
        }
        Ok(())
    }

    fn set(&mut self, setting: Setting, value: &str) -> Result<(), SettingError> {
        let wrong = |why| SettingError::Value { setting, why };
        match setting {
            Setting::Format => self.format = choose(setting, FORMATS, value)?,
            Setting::Schema => self.schema = choose(setting, SCHEMAS, value)?,
            Setting::Original => self.original = choose(setting, ORIGINALS, value)?,
            Setting::Accounts => {
                self.accounts = accounts(value).map_err(wrong)?;
            }
            Setting::Compression => self.compression = choose(setting, COMPRESSIONS, value)?,
            Setting::Overflow => self.overflow = choose(setting, OVERFLOWS, value)?,
            Setting::PartitionKeys => {
                self.partition_keys.clear();
                for name in value.split(',').map(str::trim) {
                    let key = choose(setting, PARTITION_KEYS, name)?;
                    if self.partition_keys.contains(&key) {
                        return Err(wrong(format!("`{name}` occurs twice; expected it once")));
                    }
                    self.partition_keys.push(key);
                }
            }
            Setting::Sources => {
                self.sources = Sources::parse(value).map_err(wrong)?;
            }
            Setting::Rules => {
                self.rules = Rules::parse(value).map_err(wrong)?;
            }
            Setting::Redact => {
                self.redact = Redactions::parse(value).map_err(wrong)?;
            }
            Setting::RedactKey => {
                self.redact_key = Some(Key::new(value).map_err(wrong)?);
            }
            Setting::MaxDecodedMib => {
                let mib = value
                    .parse()
                    .ok()
                    .filter(|mib| (1..=DECODED_MIB_MAX).contains(mib));
                let why = || format!("`{value}` is not a whole number from 1 to {DECODED_MIB_MAX}");
                let mib = mib.ok_or_else(|| wrong(why()))?;
                self.decoded_bytes_max = mib * MIB;
            }
        }
        Ok(())
    }
}

/// Checks that no rule looks at what is redacted.
///
/// # Errors
/// Says which rule does, and at what.
pub fn agree(rules: &Rules, redact: &Redactions) -> Result<(), String> {
    for rule in rules.all() {
        let redacted = |field: &String| redact.of(rule.source, field);
        if let Some(field) = rule.fields.iter().find_map(redacted) {
            return Err(format!(
                "rule `{}` looks at `{field}`, which is redacted before rules see it; expected one or the other",
                rule.name
            ));
        }
    }
    Ok(())
}

/// Reads the names of accounts.
fn accounts(text: &str) -> Result<BTreeMap<String, String>, String> {
    let wrong = |why: &str| format!("{why}; expected {ACCOUNTS}");
    let json = distinct(text, ACCOUNTS)?;
    let entries = json.as_object().ok_or_else(|| wrong("not a JSON object"))?;
    let entries = entries.iter().map(|(id, name)| {
        if !is_account(id) {
            return Err(wrong(&format!("`{id}` is not an account's 12 digits")));
        }
        match name.as_str().filter(|name| !name.is_empty()) {
            Some(name) => Ok((id.clone(), name.to_owned())),
            None => Err(wrong(&format!("`{id}` has no name, but `{name}`"))),
        }
    });
    entries.collect()
}

const ACCOUNTS: &str =
    r#"a JSON object from account ids to names, such as {"111122223333":"dev1"}"#;

#[cfg(test)]
mod tests;
