//! The settings file: the same settings as JSON, for more than fits into a Lambda's environment.

use serde_json::Value;

use crate::json::distinct;

use super::{Setting, SettingError, Settings};

impl Settings {
    /// Sets what the text of a settings file says: a JSON object from the settings' names, such as `partition_keys`, to values. A
    /// value is the text that the variable has, or the same as JSON: a number, an object, a list.
    pub(super) fn read_file(&mut self, text: &str) -> Result<(), SettingError> {
        let wrong = |why: String| SettingError::File { why };
        // Editors and shells of Windows put a byte order mark before UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = distinct(text, EXPECTED).map_err(wrong)?;
        let not_an_object = || wrong(format!("not a JSON object; expected {EXPECTED}"));
        let values = file.as_object().ok_or_else(not_an_object)?;
        for (key, value) in values {
            let setting = Setting::ALL
                .into_iter()
                .find(|setting| setting.key() == *key);
            let setting = setting.ok_or_else(|| {
                let mut keys = Setting::ALL.to_vec();
                keys.retain(|setting| *setting != Setting::RedactKey);
                let keys: Vec<_> = keys.into_iter().map(Setting::key).collect();
                let keys = keys.join(", ");
                wrong(format!("`{key}` is not a setting; expected one of: {keys}"))
            })?;
            if setting == Setting::RedactKey {
                let variable = setting.variable();
                return Err(wrong(format!(
                    "`{key}`: a secret; expected it in the variable {variable} only"
                )));
            }
            let value = match (setting, value) {
                (Setting::PartitionKeys, Value::Array(keys)) => {
                    keys.iter().map(written).collect::<Vec<_>>().join(",")
                }
                _ => written(value),
            };
            if !value.is_empty() {
                self.set(setting, &value).map_err(|error| {
                    wrong(error.with_names("", |setting| format!("`{}`", setting.key())))
                })?;
            }
        }
        Ok(())
    }
}

const EXPECTED: &str = r#"a JSON object from settings to values, such as {"schema":"native","partition_keys":["account","year"]}"#;

/// A value as the variable has it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Compression, Format, PartitionKey};

    fn settings(file: &str, pairs: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::from_file_and_pairs(Some(file), pairs.iter().copied())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_file_has_the_same_settings_as_the_environment_which_wins() {
        let file = r#"{"format":"document","compression":"gzip","partition_keys":["account","year"],"overflow":"",
            "sources":{"g":{"source":"vpc-flow-logs","format":"${bytes}"}},"max_decoded_mib":8}"#;
        let pairs = [
            ("CATCHMENT_FORMAT", "message"),
            ("CATCHMENT_COMPRESSION", ""),
            ("CATCHMENT_SETTINGS_FILE", "/opt/catchment.json"),
        ];
        let same = Settings::from_pairs([
            ("CATCHMENT_FORMAT", "message"),
            ("CATCHMENT_COMPRESSION", "gzip"),
            ("CATCHMENT_PARTITION_KEYS", "account,year"),
            (
                "CATCHMENT_SOURCES",
                r#"{"g":{"source":"vpc-flow-logs","format":"${bytes}"}}"#,
            ),
            ("CATCHMENT_MAX_DECODED_MIB", "8"),
        ]);
        let settings = settings(file, &pairs).unwrap();
        assert_eq!(settings, same.unwrap());
        assert_eq!(settings.format, Format::Message);
        assert_eq!(settings.compression, Compression::Gzip);
        assert_eq!(
            settings.partition_keys,
            [PartitionKey::Account, PartitionKey::Year]
        );
    }

    #[test]
    fn a_byte_order_mark_is_none_of_the_file() {
        let file = "\u{feff}{\r\n\"compression\":\"gzip\"}\r\n";
        assert_eq!(settings(file, &[]).unwrap().compression, Compression::Gzip);
    }

    #[test]
    fn lists_of_objects_are_read_as_they_are() {
        let rules = r#"[{"name":"a","source":"cloudtrail","action":"drop","detection":{"s":{"apiVersion":[1,2]},"condition":"s"}},{"name":"b","source":"cloudtrail","action":"keep","detection":{"s":{"eventName":"c"},"condition":"s"}}]"#;
        let redact = r#"[{"source":"cloudtrail","fields":["userAgent","requestID"],"action":"mask"},{"source":"guardduty","fields":["detail.id"],"action":"mask"}]"#;
        let file = format!(r#"{{"rules":{rules},"redact":{redact}}}"#);
        let same = [("CATCHMENT_RULES", rules), ("CATCHMENT_REDACT", redact)];
        let same = Settings::from_pairs(same).unwrap();
        assert_eq!(settings(&file, &[]).unwrap(), same);
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        for (file, expected) in [
            (
                "",
                "the settings file: empty; expected a JSON object from settings to values",
            ),
            (
                "[]",
                "the settings file: not a JSON object; expected a JSON object from settings",
            ),
            ("{", "the settings file: not JSON: EOF while parsing"),
            (
                r#"{"schema":"native","schema":"ecs"}"#,
                "the settings file: `schema` occurs twice in one object at line 1 column 2",
            ),
            (
                "{\"redact\":[{\"source\":\"vpc-flow-logs\",\n\"fields\":[\"srcaddr\"],\"fields\":[\"dstaddr\"],\"action\":\"mask\"}]}",
                "the settings file: `fields` occurs twice in one object at line 2 column 29",
            ),
            (
                r#"{"shape":"events"}"#,
                "the settings file: `shape` is not a setting; expected one of: format, schema, original, accounts, compression, partition_keys, sources, rules, redact, overflow, max_decoded_mib",
            ),
            (
                r#"{"format":7}"#,
                "the settings file: `format`: unknown value `7`; expected one of: events, document, message",
            ),
            (
                r#"{"sources":{"g":"flow"}}"#,
                "the settings file: `sources`: log group `g` has unknown source",
            ),
            (
                r#"{"schema":["native"]}"#,
                "the settings file: `schema`: unknown value `[\"native\"]`; expected one of: ",
            ),
            (
                r#"{"accounts":[{"111122223333":"dev1"}]}"#,
                "the settings file: `accounts`: not a JSON object; expected a JSON object from account ids",
            ),
            (
                r#"{"sources":["g"]}"#,
                "the settings file: `sources`: not a JSON object; expected a JSON object from log group",
            ),
            (
                r#"{"max_decoded_mib":0}"#,
                "the settings file: `max_decoded_mib`: `0` is not a whole number",
            ),
        ] {
            let error = settings(file, &[]).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        let error = settings(
            r#"{"schema":"native"}"#,
            &[("CATCHMENT_FORMAT", "document")],
        );
        assert!(
            error
                .unwrap_err()
                .contains("only the format `events` has schemas")
        );
    }
}
