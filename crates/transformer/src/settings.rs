//! What can be set, from key and value pairs: the Lambda's environment, or `replay`'s flags of the same names.

use std::fmt;

mod choices;

use choices::{
    COMPRESSIONS, FORMATS, OVERFLOWS, OVERFLOWS_UNBUILT, PARTITION_KEYS, SCHEMAS, SCHEMAS_UNBUILT,
    choose, names,
};

use crate::limits::{DECODED_MIB_DEFAULT, DECODED_MIB_MAX, MIB};
use crate::source::Sources;

/// The form in which log events are put out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line per log event, with its context.
    #[default]
    Events,
    /// The whole subscription message as one JSON object on one line.
    Document,
    /// The bare messages, one a line.
    Message,
}

/// How the bytes of one record's answer are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// One gzip member per record; members in a row are one valid gzip file.
    Gzip,
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
            Self::LogGroup => "log_group",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
        }
    }
}

/// All that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The form of the output.
    pub format: Format,
    /// How the output is packed.
    pub compression: Compression,
    /// The partition keys that each `Ok` answer carries.
    pub partition_keys: Vec<PartitionKey>,
    /// Which log groups carry which source.
    pub sources: Sources,
    /// The most bytes that one record may open to.
    pub decoded_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::default(),
            compression: Compression::default(),
            partition_keys: Vec::new(),
            sources: Sources::default(),
            decoded_bytes_max: DECODED_MIB_DEFAULT * MIB,
        }
    }
}

/// One thing that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// [`Settings::format`].
    Format,
    /// Into which fields a message is parsed; only `none` is built.
    Schema,
    /// [`Settings::compression`].
    Compression,
    /// [`Settings::partition_keys`].
    PartitionKeys,
    /// [`Settings::sources`].
    Sources,
    /// What becomes of a record that does not fit the response; only `fail` is built.
    Overflow,
    /// [`Settings::decoded_bytes_max`], in MiB.
    MaxDecodedMib,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 7] = [
        Self::Format,
        Self::Schema,
        Self::Compression,
        Self::PartitionKeys,
        Self::Sources,
        Self::Overflow,
        Self::MaxDecodedMib,
    ];

    /// The environment variable.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Format => "CATCHMENT_FORMAT",
            Self::Schema => "CATCHMENT_SCHEMA",
            Self::Compression => "CATCHMENT_COMPRESSION",
            Self::PartitionKeys => "CATCHMENT_PARTITION_KEYS",
            Self::Sources => "CATCHMENT_SOURCES",
            Self::Overflow => "CATCHMENT_OVERFLOW",
            Self::MaxDecodedMib => "CATCHMENT_MAX_DECODED_MIB",
        }
    }

    /// What is allowed, for a person.
    pub fn allowed(self) -> String {
        match self {
            Self::Format => names(FORMATS),
            Self::Schema => names(SCHEMAS),
            Self::Compression => names(COMPRESSIONS),
            Self::PartitionKeys => format!("any of {}, each once, with commas between", names(PARTITION_KEYS)),
            Self::Sources => {
                r#"a JSON object such as {"CloudTrail/*":"cloudtrail"}, from log group names to sources"#.to_owned()
            }
            Self::Overflow => names(OVERFLOWS),
            Self::MaxDecodedMib => format!("a whole number from 1 to {DECODED_MIB_MAX}"),
        }
    }
}

/// Why a setting cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum SettingError {
    /// The value is none of those allowed.
    Value {
        /// The setting.
        setting: Setting,
        /// Its value, as given.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A variable that begins with `CATCHMENT_` and is no setting.
    Unknown {
        /// The variable's name.
        variable: String,
    },
}

impl SettingError {
    /// The message, with settings named as `name` does.
    pub fn with_names(&self, name: impl Fn(Setting) -> String) -> String {
        match self {
            Self::Value {
                setting,
                value,
                why,
            } => {
                format!(
                    "{}: `{value}` {why}; allowed: {}",
                    name(*setting),
                    setting.allowed()
                )
            }
            Self::Unknown { variable } => {
                format!(
                    "{variable} is no setting; there are: {}",
                    Setting::ALL.map(name).join(", ")
                )
            }
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.with_names(|setting| setting.variable().to_owned()))
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    /// Reads settings from variables and their values. What does not begin with `CATCHMENT_` is not looked at; an empty
    /// value is the default, as templates set a parameter that was left out.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is wrong.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingError> {
        let mut settings = Self::default();
        for (variable, value) in pairs {
            let (variable, value) = (variable.as_ref(), value.as_ref());
            if !variable.starts_with("CATCHMENT_") || value.is_empty() {
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
        Ok(settings)
    }

    fn set(&mut self, setting: Setting, value: &str) -> Result<(), SettingError> {
        let wrong = |why: String| SettingError::Value {
            setting,
            value: value.to_owned(),
            why,
        };
        match setting {
            Setting::Format => self.format = choose(setting, FORMATS, &[], value)?,
            Setting::Schema => choose(setting, SCHEMAS, &SCHEMAS_UNBUILT, value)?,
            Setting::Compression => self.compression = choose(setting, COMPRESSIONS, &[], value)?,
            Setting::Overflow => choose(setting, OVERFLOWS, &OVERFLOWS_UNBUILT, value)?,
            Setting::PartitionKeys => {
                self.partition_keys.clear();
                for name in value.split(',').map(str::trim) {
                    let key = choose(setting, PARTITION_KEYS, &[], name)?;
                    if self.partition_keys.contains(&key) {
                        return Err(wrong(format!("names `{name}` twice")));
                    }
                    self.partition_keys.push(key);
                }
            }
            Setting::Sources => {
                self.sources =
                    Sources::parse(value).map_err(|why| wrong(format!("is wrong: {why}")))?;
            }
            Setting::MaxDecodedMib => {
                let mib = value
                    .parse()
                    .ok()
                    .filter(|mib| (1..=DECODED_MIB_MAX).contains(mib));
                self.decoded_bytes_max =
                    mib.ok_or_else(|| wrong("is out of range".to_owned()))? * MIB;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(variable: &str, value: &str) -> String {
        Settings::from_pairs([(variable, value)])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn nothing_set_is_the_default_and_so_is_nothing_given() {
        assert_eq!(
            Settings::from_pairs([("PATH", "/bin"), ("CATCHMENT_FORMAT", "")]).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn all_that_can_be_set() {
        let settings = Settings::from_pairs([
            ("CATCHMENT_FORMAT", "document"),
            ("CATCHMENT_SCHEMA", "none"),
            ("CATCHMENT_COMPRESSION", "gzip"),
            ("CATCHMENT_PARTITION_KEYS", "account, source,log_group,year"),
            ("CATCHMENT_SOURCES", r#"{"g":"cloudtrail"}"#),
            ("CATCHMENT_OVERFLOW", "fail"),
            ("CATCHMENT_MAX_DECODED_MIB", "8"),
        ])
        .unwrap();
        use PartitionKey as Key;
        assert_eq!(
            settings,
            Settings {
                format: Format::Document,
                compression: Compression::Gzip,
                partition_keys: vec![Key::Account, Key::Source, Key::LogGroup, Key::Year],
                sources: Sources::parse(r#"{"g":"cloudtrail"}"#).unwrap(),
                decoded_bytes_max: 8 * MIB,
            }
        );
    }

    #[test]
    fn a_wrong_setting_names_the_variable_the_value_and_what_is_allowed() {
        for (variable, value, expected) in [
            (
                "CATCHMENT_FORMAT",
                "json",
                "CATCHMENT_FORMAT: `json` is none of them; allowed: events, document, message",
            ),
            (
                "CATCHMENT_SCHEMA",
                "ocsf",
                "CATCHMENT_SCHEMA: `ocsf` is not built yet; allowed: none",
            ),
            (
                "CATCHMENT_OVERFLOW",
                "reingest",
                "CATCHMENT_OVERFLOW: `reingest` is not built yet; allowed: fail",
            ),
            (
                "CATCHMENT_MAX_DECODED_MIB",
                "0",
                "CATCHMENT_MAX_DECODED_MIB: `0` is out of range; allowed: a whole number from 1 to 1024",
            ),
        ] {
            assert_eq!(error(variable, value), expected);
        }
        assert!(
            error("CATCHMENT_PARTITION_KEYS", "account,account").contains("names `account` twice")
        );
        assert!(
            error("CATCHMENT_PARTITION_KEYS", "account,minute")
                .contains("`minute` is none of them")
        );
        assert!(error("CATCHMENT_SOURCES", "{").contains("not a JSON object"));
        assert!(
            error("CATCHMENT_FROMAT", "events")
                .starts_with("CATCHMENT_FROMAT is no setting; there are: CATCHMENT_FORMAT,")
        );
    }
}
