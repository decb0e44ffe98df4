//! What kind of log a log group carries: as configured, or else by AWS's own names and unmistakable content.
//!
//! A source is one file in `source/` and one line in [`sources!`].

mod cloudtrail;
mod content;
mod guardduty;
mod objects;
mod route53_resolver_query_logs;
mod sources;
pub(crate) mod vpc_flow_logs;

use std::fmt;

use serde::{Deserialize, Serialize};

use content::Content;

pub(crate) use objects::{Objects, is_path};
pub(crate) use sources::Carried;
pub use sources::Sources;
pub use vpc_flow_logs::FlowLogFormat;

/// How a source is recognised, and what its messages are.
struct Profile {
    /// Whether AWS gives these names of a log group and a log stream to this source alone.
    by_name: fn(group: &str, stream: &str) -> bool,
    /// Whether a message can only be of this source.
    by_content: fn(&Content<'_>) -> bool,
    /// What is known of its messages, if they are JSON objects.
    objects: Option<Objects>,
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

            /// The name as a JSON string.
            pub(crate) const fn literal(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("\"", $name, "\""),)+
                    Self::Other => "\"other\"",
                }
            }
        }

        /// The profile of each source. The first one that an event fits wins.
        const PROFILES: &[(Source, Profile)] = &[$((Source::$variant, $module::PROFILE),)+];
    };
}

sources! {
    /// VPC Flow Logs: each message is a line of fields.
    VpcFlowLogs = "vpc-flow-logs" in vpc_flow_logs;
    /// CloudTrail: each message is a record in JSON.
    CloudTrail = "cloudtrail" in cloudtrail;
    /// GuardDuty findings: each message is a finding in EventBridge's envelope.
    GuardDuty = "guardduty" in guardduty;
    /// Route 53 Resolver query logs: each message is a query with its answers, in JSON.
    Route53ResolverQueryLogs = "route53-resolver-query-logs" in route53_resolver_query_logs;
}

impl Source {
    /// The source to which alone AWS gives these names of a log group and a log stream. Either may be empty if it is not known.
    pub fn by_name(group: &str, stream: &str) -> Option<Self> {
        first(|profile| (profile.by_name)(group, stream))
    }

    /// The only source that a log event with this message can be of.
    pub fn by_content(message: &str) -> Option<Self> {
        let content = Content::new(message);
        first(|profile| (profile.by_content)(&content))
    }

    /// The source with this name, if its fields are known.
    ///
    /// # Errors
    /// Says which sources there are.
    pub(crate) fn with_fields(name: &str) -> Result<Self, String> {
        let mut sources = PROFILES.iter().map(|(source, _)| *source);
        sources.find(|source| source.name() == name).ok_or_else(|| {
            let names = PROFILES.iter().map(|(source, _)| source.name());
            let names = names.collect::<Vec<_>>().join(", ");
            format!("expected a source whose fields are known, one of: {names}")
        })
    }

    /// What is known of the source's messages, if they are JSON objects.
    pub(crate) fn objects(self) -> Option<&'static Objects> {
        let mut profiles = PROFILES.iter();
        let (_, profile) = profiles.find(|(source, _)| *source == self)?;
        profile.objects.as_ref()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The first source whose profile says so.
fn first(says_so: impl Fn(&Profile) -> bool) -> Option<Source> {
    PROFILES
        .iter()
        .find(|(_, profile)| says_so(profile))
        .map(|(source, _)| *source)
}

/// Whether the text is an account id: 12 digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::JsonStr;
    use crate::limits::CONTENT_BYTES_MAX;

    fn source(sources: &str, group: &str, stream: &str, first: &str) -> &'static str {
        let literals = [group, stream, first].map(|text| serde_json::to_string(text).unwrap());
        let [group, stream, first] = literals
            .each_ref()
            .map(|literal| JsonStr::from_literal(literal));
        Sources::parse(sources)
            .unwrap()
            .of(group, stream, first)
            .source
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
            ("aws-controltower/CloudTrailLogs", "s", "cloudtrail"),
            ("aws/cloudtrail/managementevents", "s", "cloudtrail"),
            ("/aws/vpc/vpc-0a1b2c3d", "s", "vpc-flow-logs"),
            ("/aws/vpc/notes", "s", "other"),
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
                r#"{"version":2,"accountId":"unknown","interfaceId":"eni-1235b8ca123456789","logStatus":"NODATA"}"#,
                "vpc-flow-logs",
            ),
            (
                r#"{"version":2,"accountId":"123456789010","interfaceId":"eni-1235b8ca123456789"}"#,
                "other",
            ),
            (
                r#"{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{}}"#,
                "guardduty",
            ),
            (r#"{"source":"aws.guardduty"}"#, "other"),
            (
                r#"{"vpc_id":"vpc-1","query_timestamp":"2021-02-04T17:51:55Z","query_name":"a.","query_type":"A"}"#,
                "route53-resolver-query-logs",
            ),
            (
                r#"{"vpc_id":"vpc-1","query_timestamp":"2021-02-04T17:51:55Z","query_name":"a."}"#,
                "other",
            ),
            (
                r#"{"query_timestamp":"2021-02-04T17:51:55Z","query_name":"a.","query_type":"A"}"#,
                "other",
            ),
            (
                "1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24",
                "other",
            ),
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
