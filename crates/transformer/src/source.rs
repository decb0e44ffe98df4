//! What kind of log a log group carries: as configured, else by AWS's own names and unmistakable content.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::JsonStr;
use crate::message::Header;

/// What kind of log a log group carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// VPC Flow Logs, one line of fields a message.
    VpcFlowLogs,
    /// CloudTrail, one record as JSON a message.
    #[serde(rename = "cloudtrail")]
    CloudTrail,
    /// GuardDuty findings, in EventBridge's envelope.
    #[serde(rename = "guardduty")]
    GuardDuty,
    /// Anything else.
    Other,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [
        Self::VpcFlowLogs,
        Self::CloudTrail,
        Self::GuardDuty,
        Self::Other,
    ];

    /// The name used in settings, output and partition keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VpcFlowLogs => "vpc-flow-logs",
            Self::CloudTrail => "cloudtrail",
            Self::GuardDuty => "guardduty",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which log groups carry which source, as `CATCHMENT_SOURCES` says: a JSON object from a log group's name, or the
/// beginning of one followed by `*`, to a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    exact: BTreeMap<String, Source>,
    /// Longest first, so that the first that fits is the one that says most.
    prefixes: Vec<(String, Source)>,
}

impl Sources {
    /// Reads the value of `CATCHMENT_SOURCES`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let entries: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|error| format!("not a JSON object: {error}"))?;
        let mut sources = Self::default();
        for (group, value) in entries {
            let source = Source::ALL
                .into_iter()
                .find(|source| value == source.name())
                .ok_or_else(|| {
                    format!(
                        "log group `{group}` has {value}, which is none of {}",
                        Source::ALL.map(Source::name).join(", ")
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

    /// The source of one message's log events, of which `first` is what the first one says.
    pub(crate) fn of(&self, header: &Header<'_>, first: JsonStr<'_>) -> Source {
        let group = header.log_group.text();
        if let Some(source) = self.exact.get(group.as_ref()) {
            return *source;
        }
        if let Some((_, source)) = self
            .prefixes
            .iter()
            .find(|(prefix, _)| group.starts_with(prefix.as_str()))
        {
            return *source;
        }
        by_name(&group, &header.log_stream.text())
            .or_else(|| by_content(&first.text()))
            .unwrap_or(Source::Other)
    }
}

/// The names that AWS itself gives: flow logs' and CloudTrail's log streams, the console's log group for a trail, and
/// EventBridge's prefix for its targets.
fn by_name(group: &str, stream: &str) -> Option<Source> {
    let interface = stream
        .strip_prefix("eni-")
        .and_then(|rest| rest.split_once('-'));
    if interface
        .is_some_and(|(id, traffic)| is_hex(id) && matches!(traffic, "all" | "accept" | "reject"))
    {
        return Some(Source::VpcFlowLogs);
    }
    let member = match stream.split_once('_') {
        Some((organization, rest)) if organization.starts_with("o-") => rest,
        _ => stream,
    };
    let trail = member
        .split_once("_CloudTrail_")
        .is_some_and(|(account, _)| is_account(account));
    if trail || group.starts_with("aws-cloudtrail-logs-") {
        return Some(Source::CloudTrail);
    }
    (group.starts_with("/aws/events/") && group.contains("guardduty")).then_some(Source::GuardDuty)
}

/// What the first message is beyond doubt.
fn by_content(text: &str) -> Option<Source> {
    if is_flow_log(text) {
        return Some(Source::VpcFlowLogs);
    }
    let marks: Marks<'_> = serde_json::from_str(text).ok()?;
    if marks
        .source
        .is_some_and(|source| source.get() == r#""aws.guardduty""#)
        && marks
            .detail_type
            .is_some_and(|kind| kind.get() == r#""GuardDuty Finding""#)
    {
        return Some(Source::GuardDuty);
    }
    let trail = [
        marks.event_version,
        marks.event_source,
        marks.event_name,
        marks.aws_region,
    ];
    trail
        .iter()
        .all(Option::is_some)
        .then_some(Source::CloudTrail)
}

#[derive(Deserialize)]
struct Marks<'a> {
    #[serde(borrow, default, rename = "eventVersion")]
    event_version: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "eventSource")]
    event_source: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "eventName")]
    event_name: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "awsRegion")]
    aws_region: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
}

/// A line of the default format, version 2: fourteen fields that end in a log status.
fn is_flow_log(text: &str) -> bool {
    let fields: Vec<&str> = text.trim_end().split(' ').take(15).collect();
    let [version, account, interface, .., status] = fields[..] else {
        return false;
    };
    fields.len() == 14
        && version == "2"
        && (is_account(account) || account == "unknown")
        && interface.strip_prefix("eni-").is_some_and(is_hex)
        && matches!(status, "OK" | "NODATA" | "SKIPDATA")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(sources: &str, group: &str, stream: &str, first: &str) -> &'static str {
        let literals =
            ["111122223333", group, stream, first].map(|text| serde_json::to_string(text).unwrap());
        let [owner, log_group, log_stream, first] = literals
            .each_ref()
            .map(|literal| JsonStr::from_literal(literal.as_bytes()));
        let header = Header {
            owner,
            log_group,
            log_stream,
        };
        Sources::parse(sources).unwrap().of(&header, first).name()
    }

    #[test]
    fn awss_own_names_tell() {
        for (group, stream, expected) in [
            ("g", "eni-0123456789abcdef0-all", "vpc-flow-logs"),
            ("g", "eni-0123456789abcdef0-reject", "vpc-flow-logs"),
            ("g", "eni-0123456789abcdef0", "other"),
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
    fn unmistakable_content_tells() {
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
    fn what_is_configured_wins_and_the_longest_name_first() {
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
    fn a_wrong_value_is_named() {
        assert!(
            Sources::parse("[]")
                .unwrap_err()
                .starts_with("not a JSON object")
        );
        assert_eq!(
            Sources::parse(r#"{"g":"flow"}"#).unwrap_err(),
            "log group `g` has \"flow\", which is none of vpc-flow-logs, cloudtrail, guardduty, other"
        );
    }
}
