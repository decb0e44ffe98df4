//! What kind of log a log group carries: as configured, or else by AWS's own names and unmistakable content.
//!
//! A source is one file in `source/` and one line in [`sources!`].

mod cloudtrail;
mod content;
mod guardduty;
mod vpc_flow_logs;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use content::Content;

use crate::json::JsonStr;
use crate::limits::CONTENT_BYTES_MAX;

/// How a source is told.
struct Rules {
    /// Whether AWS gives these names of a log group and a log stream to this source alone.
    by_name: fn(group: &str, stream: &str) -> bool,
    /// Whether a message can only be of this source.
    by_content: fn(&Content<'_>) -> bool,
}

macro_rules! sources {
    ($($(#[$doc:meta])* $variant:ident = $name:literal in $module:ident;)+) => {
        /// What kind of log a log group carries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Source {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
            /// Anything else.
            #[serde(rename = "other")]
            Other,
        }

        impl Source {
            /// Every source.
            pub const ALL: [Self; [$($name,)+ "other"].len()] = [$(Self::$variant,)+ Self::Other];

            /// The name in settings, output and partition keys.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other => "other",
                }
            }
        }

        /// The rules of each source. An earlier one wins.
        const RULES: &[(Source, Rules)] = &[$((Source::$variant, $module::RULES),)+];
    };
}

sources! {
    /// VPC Flow Logs: each message is a line of fields.
    VpcFlowLogs = "vpc-flow-logs" in vpc_flow_logs;
    /// CloudTrail: each message is a record in JSON.
    CloudTrail = "cloudtrail" in cloudtrail;
    /// GuardDuty findings: each message is a finding in EventBridge's envelope.
    GuardDuty = "guardduty" in guardduty;
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which log groups carry which source, as `CATCHMENT_SOURCES` says: a JSON object that maps the name of a log group, or the
/// beginning of one followed by `*`, to a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    exact: BTreeMap<String, Source>,
    /// The longest first, so that the most specific one wins.
    prefixes: Vec<(String, Source)>,
}

impl Sources {
    /// Parses the value of `CATCHMENT_SOURCES`.
    ///
    /// # Errors
    /// Returns a sentence that says what is wrong.
    pub fn parse(json: &str) -> Result<Self, String> {
        let entries: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|error| format!("not a JSON object: {error}"))?;
        let mut sources = Self::default();
        for (group, value) in entries {
            let source = Source::ALL
                .into_iter()
                .find(|source| value == source.name())
                .ok_or_else(|| {
                    let names = Source::ALL.map(Source::name).join(", ");
                    format!(
                        "log group `{group}` has unknown source {value}; expected one of: {names}"
                    )
                })?;
            match group.strip_suffix('*') {
                Some(prefix) => sources.prefixes.push((prefix.to_owned(), source)),
                None => drop(sources.exact.insert(group, source)),
            }
        }
        sources
            .prefixes
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(sources)
    }

    /// Returns the source of a message's log events. `first` is the message of the first one.
    pub(crate) fn of(&self, group: JsonStr<'_>, stream: JsonStr<'_>, first: JsonStr<'_>) -> Source {
        let by_name = self.by_name(&group.text(), &stream.text());
        by_name.unwrap_or_else(|| match first.literal().len() {
            ..=CONTENT_BYTES_MAX => by_content(&first.text()),
            _ => Source::Other,
        })
    }

    /// Returns the source of the log events of a subscription message. `first` is the message of the first one.
    pub fn of_text(&self, group: &str, stream: &str, first: &str) -> Source {
        let by_name = self.by_name(group, stream);
        by_name.unwrap_or_else(|| by_content(first))
    }

    fn by_name(&self, group: &str, stream: &str) -> Option<Source> {
        let configured = self.configured(group);
        configured.or_else(|| told(|rules| (rules.by_name)(group, stream)))
    }

    fn configured(&self, group: &str) -> Option<Source> {
        let by_prefix = || {
            let mut prefixes = self.prefixes.iter();
            prefixes.find(|(prefix, _)| group.starts_with(prefix.as_str()))
        };
        self.exact
            .get(group)
            .or_else(|| by_prefix().map(|(_, source)| source))
            .copied()
    }
}

fn by_content(first: &str) -> Source {
    let content = Content::new(first);
    told(|rules| (rules.by_content)(&content)).unwrap_or(Source::Other)
}

/// The first source whose rules say so.
fn told(says_so: impl Fn(&Rules) -> bool) -> Option<Source> {
    RULES
        .iter()
        .find(|(_, rules)| says_so(rules))
        .map(|(source, _)| *source)
}

/// Whether the text is an account id: 12 digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(sources: &str, group: &str, stream: &str, first: &str) -> &'static str {
        let literals = [group, stream, first].map(|text| serde_json::to_string(text).unwrap());
        let [group, stream, first] = literals
            .each_ref()
            .map(|literal| JsonStr::from_literal(literal));
        Sources::parse(sources)
            .unwrap()
            .of(group, stream, first)
            .name()
    }

    #[test]
    fn awss_own_names_tell_the_source() {
        for (group, stream, expected) in [
            ("g", "eni-0123456789abcdef0-all", "vpc-flow-logs"),
            ("g", "eni-0123456789abcdef0-reject", "vpc-flow-logs"),
            ("g", "eni-0123456789abcdef0-accept", "vpc-flow-logs"),
            ("g", "eni-0123456789abcdef0", "other"),
            ("g", "eni--all", "other"),
            ("g", "eni-0123456789abcdef0-some", "other"),
            ("g", "11112222333_CloudTrail_us-west-2", "other"),
            ("g", "1111222233334_CloudTrail_us-west-2", "other"),
            ("g", "eni-web-all", "other"),
            ("g", "111122223333_CloudTrail_us-west-2", "cloudtrail"),
            ("g", "111122223333_CloudTrail_us-west-2_3", "cloudtrail"),
            (
                "g",
                "o-abcdefghij_111122223333_CloudTrail_us-west-2",
                "cloudtrail",
            ),
            ("g", "my_CloudTrail_notes", "other"),
            (
                "aws-cloudtrail-logs-111122223333-5ce01234",
                "s",
                "cloudtrail",
            ),
            ("/aws/events/guardduty-demo", "s", "guardduty"),
            ("/aws/events/billing", "s", "other"),
        ] {
            assert_eq!(
                source("{}", group, stream, "x"),
                expected,
                "{group} {stream}"
            );
        }
    }

    #[test]
    fn unmistakable_content_tells_the_source() {
        for (first, expected) in [
            (
                "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "vpc-flow-logs",
            ),
            (
                "2 unknown eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA",
                "vpc-flow-logs",
            ),
            (
                "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT",
                "other",
            ),
            (
                r#"{"eventVersion":"1.08","userIdentity":{},"eventSource":"iam.amazonaws.com","eventName":"X","awsRegion":"us-east-1"}"#,
                "cloudtrail",
            ),
            (
                "2 unknown eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - SKIPDATA",
                "vpc-flow-logs",
            ),
            (
                "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK OK",
                "other",
            ),
            (
                "2 123456789010 eni- 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "other",
            ),
            (
                "2 12345678901 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "other",
            ),
            (
                "3 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "other",
            ),
            (
                r#"["1.08","iam.amazonaws.com","X","us-east-1","aws.guardduty","GuardDuty Finding"]"#,
                "other",
            ),
            (r#"{"eventVersion":"1.08"}"#, "other"),
            (
                r#"{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{}}"#,
                "guardduty",
            ),
            (r#"{"source":"aws.guardduty"}"#, "other"),
            ("hello", "other"),
            ("", "other"),
        ] {
            assert_eq!(source("{}", "g", "s", first), expected, "{first}");
        }
    }

    #[test]
    fn configured_sources_win_and_the_longest_prefix_first() {
        let sources =
            r#"{"a/b":"other","a/*":"cloudtrail","a/b*":"guardduty","*":"vpc-flow-logs"}"#;
        for (group, expected) in [
            ("a/b", "other"),
            ("a/bc", "guardduty"),
            ("a/c", "cloudtrail"),
            ("z", "vpc-flow-logs"),
        ] {
            assert_eq!(
                source(sources, group, "111122223333_CloudTrail_us-west-2", "x"),
                expected,
                "{group}"
            );
        }
    }

    #[test]
    fn an_error_names_the_wrong_value() {
        assert!(
            Sources::parse("[]")
                .unwrap_err()
                .starts_with("not a JSON object")
        );
        assert_eq!(
            Sources::parse(r#"{"g":"flow"}"#).unwrap_err(),
            "log group `g` has unknown source \"flow\"; expected one of: vpc-flow-logs, cloudtrail, guardduty, other"
        );
    }

    #[test]
    fn serde_and_display_know_a_source_by_the_same_name() {
        for source in Source::ALL {
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(json, format!("\"{source}\""));
            assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source);
        }
    }

    #[test]
    fn the_content_of_a_message_too_long_for_a_log_event_is_not_looked_at() {
        let record = |padding: usize| {
            let padding = "x".repeat(padding);
            format!(r#"{{"eventVersion":1,"eventSource":1,"eventName":1,"awsRegion":"{padding}"}}"#)
        };
        let literal = serde_json::to_string(&record(0)).unwrap();
        let most = CONTENT_BYTES_MAX - literal.len();
        assert_eq!(source("{}", "g", "s", &record(most)), "cloudtrail");
        assert_eq!(source("{}", "g", "s", &record(most + 1)), "other");
    }
}
