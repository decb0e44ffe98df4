//! Why a setting cannot be used, in words that name it as the user wrote it.

use std::fmt;

use super::{SETTINGS_FILE, Setting};

/// Why a setting cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum SettingError {
    /// The setting does not accept its value.
    Value {
        /// The setting.
        setting: Setting,
        /// What is wrong with the value, and what is expected in its place.
        why: String,
    },
    /// The settings file cannot be used.
    File {
        /// What is wrong with it.
        why: String,
    },
    /// A variable begins with `CATCHMENT_` but is not a setting.
    Unknown {
        /// The variable's name.
        variable: String,
    },
}

impl SettingError {
    /// Returns the message, with the settings file called `file`, and settings called as `name` calls them.
    pub fn with_names(&self, file: &str, name: impl Fn(Setting) -> String) -> String {
        match self {
            Self::Value { setting, why } => format!("{}: {why}", name(*setting)),
            Self::File { why } => format!("{file}: {why}"),
            Self::Unknown { variable } => {
                let settings = Setting::ALL.map(name).join(", ");
                format!("{variable} is not a setting; expected one of: {settings}, {SETTINGS_FILE}")
            }
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            &self.with_names("the settings file", |setting| setting.variable().to_owned()),
        )
    }
}

impl std::error::Error for SettingError {}
