//! Settings from variables: what is read, and what is refused.

use super::*;
use crate::redact::Key as RedactKey;

fn error(variable: &str, value: &str) -> String {
    Settings::from_pairs([(variable, value)])
        .unwrap_err()
        .to_string()
}

const RULES: &str = r#"[{"name":"small","source":"vpc-flow-logs","action":"sample","rate":10,"detection":{"small":{"bytes|lt":100},"condition":"small"}}]"#;
const REDACT: &str = r#"[{"source":"vpc-flow-logs","fields":["srcaddr"],"action":"hash"}]"#;
const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn absent_and_empty_settings_mean_the_default() {
    assert_eq!(
        Settings::from_pairs([("PATH", "/bin"), ("CATCHMENT_FORMAT", "")]).unwrap(),
        Settings::default()
    );
}

#[test]
fn every_setting_is_read() {
    let settings = Settings::from_pairs([
        ("CATCHMENT_FORMAT", "events"),
        ("CATCHMENT_SCHEMA", "native"),
        ("CATCHMENT_ORIGINAL", "drop"),
        ("CATCHMENT_ACCOUNTS", r#"{"111122223333":"dev1"}"#),
        ("CATCHMENT_COMPRESSION", "gzip"),
        ("CATCHMENT_PARTITION_KEYS", "account, source,log_group,year"),
        ("CATCHMENT_SOURCES", r#"{"g":"cloudtrail"}"#),
        ("CATCHMENT_RULES", RULES),
        ("CATCHMENT_REDACT", REDACT),
        ("CATCHMENT_REDACT_KEY", KEY),
        ("CATCHMENT_OVERFLOW", "reingest"),
        ("CATCHMENT_MAX_DECODED_MIB", "8"),
    ])
    .unwrap();
    use PartitionKey as Key;
    assert_eq!(
        settings,
        Settings {
            format: Format::Events,
            schema: Schema::Native,
            original: Original::Drop,
            accounts: BTreeMap::from([("111122223333".to_owned(), "dev1".to_owned())]),
            compression: Compression::Gzip,
            partition_keys: vec![Key::Account, Key::Source, Key::LogGroup, Key::Year],
            sources: Sources::parse(r#"{"g":"cloudtrail"}"#).unwrap(),
            rules: Rules::parse(RULES).unwrap(),
            redact: Redactions::parse(REDACT).unwrap(),
            redact_key: Some(RedactKey::new(KEY).unwrap()),
            overflow: Overflow::Reingest,
            decoded_bytes_max: 8 * MIB,
        }
    );
}

#[test]
fn an_error_names_the_variable_the_value_and_what_is_expected() {
    for (variable, value, expected) in [
        (
            "CATCHMENT_FORMAT",
            "json",
            "CATCHMENT_FORMAT: unknown value `json`; expected one of: events, document, message",
        ),
        (
            "CATCHMENT_SCHEMA",
            "ocsf-1.2",
            "CATCHMENT_SCHEMA: unknown value `ocsf-1.2`; expected one of: none, native, ecs, ocsf-1.1, ocsf-1.5",
        ),
        (
            "CATCHMENT_OVERFLOW",
            "drop",
            "CATCHMENT_OVERFLOW: unknown value `drop`; expected one of: fail, reingest",
        ),
        (
            "CATCHMENT_PARTITION_KEYS",
            "account,minute",
            "CATCHMENT_PARTITION_KEYS: unknown value `minute`; expected a comma-separated list of: account, region, source, class, log_group, year, month, day, hour",
        ),
        (
            "CATCHMENT_MAX_DECODED_MIB",
            "0",
            "CATCHMENT_MAX_DECODED_MIB: `0` is not a whole number from 1 to 1024",
        ),
    ] {
        assert_eq!(error(variable, value), expected);
    }
    let wrong =
        Settings::from_pairs([("CATCHMENT_RULES", RULES), ("CATCHMENT_FORMAT", "document")]);
    let wrong = wrong.unwrap_err().to_string();
    let why = "CATCHMENT_RULES: only the format `events` has rules";
    assert!(wrong.starts_with(why), "{wrong}");
    let document = [
        ("CATCHMENT_SCHEMA", "native"),
        ("CATCHMENT_FORMAT", "document"),
    ];
    assert_eq!(
        Settings::from_pairs(document).unwrap_err().to_string(),
        "CATCHMENT_SCHEMA: only the format `events` has schemas; expected that format, or the schema `none`"
    );
    assert!(
        error("CATCHMENT_PARTITION_KEYS", "account,account").contains("`account` occurs twice")
    );
    for (accounts, why) in [
        (
            r#"{"dev1":"111122223333"}"#,
            "`dev1` is not an account's 12 digits",
        ),
        (
            r#"{"111122223333":7}"#,
            "`111122223333` has no name, but `7`",
        ),
        (
            r#"{"111122223333":""}"#,
            "`111122223333` has no name, but `\"\"`",
        ),
        (r#"[{"111122223333":"dev1"}]"#, "not a JSON object"),
    ] {
        let why = format!(
            "CATCHMENT_ACCOUNTS: {why}; expected a JSON object from account ids to names, such as "
        );
        let error = error("CATCHMENT_ACCOUNTS", accounts);
        assert!(error.starts_with(&why), "{error}");
    }
    assert!(error("CATCHMENT_SOURCES", "{").contains("not JSON"));
    for (variable, value) in [
        ("CATCHMENT_SOURCES", r#"{"g":"cloudtrail","g":"other"}"#),
        ("CATCHMENT_ACCOUNTS", r#"{"g":"a","g":"b"}"#),
        ("CATCHMENT_RULES", r#"[{"g":"a","g":"b"}]"#),
        ("CATCHMENT_REDACT", r#"[{"g":"a","g":"b"}]"#),
    ] {
        let why = format!("{variable}: `g` occurs twice in one object at line 1 column ");
        let error = error(variable, value);
        assert!(error.starts_with(&why), "{error}");
    }
    let unknown = error("CATCHMENT_SETTING_FILE", "/opt/catchment.json");
    let why = "CATCHMENT_SETTING_FILE is not a setting; expected one of: CATCHMENT_FORMAT,";
    assert!(unknown.starts_with(why), "{unknown}");
    assert!(unknown.ends_with(", CATCHMENT_SETTINGS_FILE"), "{unknown}");
}
