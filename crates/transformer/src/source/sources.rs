//! `CATCHMENT_SOURCES`: which log groups carry which source, and in which format.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Source;
use super::vpc_flow_logs::FlowLogFormat;
use crate::json::{JsonStr, distinct, members};
use crate::limits::CONTENT_BYTES_MAX;

/// Which log groups carry which source, as `CATCHMENT_SOURCES` says: a JSON object that maps the name of a log group, or the
/// beginning of one followed by `*`, to a source, or to an object of `source` and `format` if flow logs have a custom format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    exact: BTreeMap<String, Carried>,
    /// The longest first, so that the most specific one wins.
    prefixes: Vec<(String, Carried)>,
    /// The formats of flow logs, each once. The first one is the default.
    formats: Vec<FlowLogFormat>,
}

/// What a log group carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) source: Source,
    /// An index of [`Sources::formats`], for flow logs.
    pub(crate) format: usize,
}

impl Carried {
    /// What is known of a log group that nothing is known of.
    pub(crate) const OTHER: Self = Self {
        source: Source::Other,
        format: 0,
    };
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            exact: BTreeMap::new(),
            prefixes: Vec::new(),
            formats: vec![FlowLogFormat::default()],
        }
    }
}

impl Sources {
    /// Parses the value of `CATCHMENT_SOURCES`.
    ///
    /// # Errors
    /// Returns a sentence that says what is wrong.
    pub fn parse(json: &str) -> Result<Self, String> {
        let json = distinct(json, EXPECTED)?;
        let entries = json
            .as_object()
            .ok_or_else(|| format!("not a JSON object; expected {EXPECTED}"))?;
        let mut sources = Self::default();
        for (group, value) in entries {
            let carried = sources
                .carried(value)
                .map_err(|why| format!("log group `{group}` has {why}"))?;
            let prefix = group.strip_suffix('*');
            if group.is_empty() || prefix.unwrap_or(group).contains('*') {
                return Err(format!(
                    "`{group}` is no log group; expected a name, or the beginning of one and `*`"
                ));
            }
            match prefix {
                Some(prefix) => sources.prefixes.push((prefix.to_owned(), carried)),
                None => drop(sources.exact.insert(group.clone(), carried)),
            }
        }
        sources
            .prefixes
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(sources)
    }

    /// Reads what a log group carries.
    fn carried(&mut self, value: &Value) -> Result<Carried, String> {
        let (name, format) = match value.is_object() {
            true => {
                let object = members(value, &["source", "format"])?;
                (object.get("source"), object.get("format"))
            }
            false => (Some(value), None),
        };
        let source = Source::ALL
            .into_iter()
            .find(|source| name.is_some_and(|name| name == source.name()))
            .ok_or_else(|| {
                let names = Source::ALL.map(Source::name).join(", ");
                let has = match name {
                    Some(name) => format!("unknown source {name}"),
                    None => "no source".to_owned(),
                };
                format!("{has}; expected one of: {names}")
            })?;
        let format = match format {
            None => 0,
            Some(_) if source != Source::VpcFlowLogs => {
                return Err(format!(
                    "a format, but only {} have one",
                    Source::VpcFlowLogs
                ));
            }
            Some(format) => {
                let text = format.as_str().unwrap_or_default();
                let format =
                    FlowLogFormat::parse(text).map_err(|why| format!("a wrong format: {why}"))?;
                let known = self.formats.iter().position(|known| *known == format);
                known.unwrap_or_else(|| {
                    self.formats.push(format);
                    self.formats.len() - 1
                })
            }
        };
        Ok(Carried { source, format })
    }

    /// The formats of flow logs that log groups have; [`Carried::format`] is an index of them.
    pub(crate) fn formats(&self) -> &[FlowLogFormat] {
        &self.formats
    }

    /// Returns what a message's log events are. `first` is the message of the first one.
    pub(crate) fn of(
        &self,
        group: JsonStr<'_>,
        stream: JsonStr<'_>,
        first: JsonStr<'_>,
    ) -> Carried {
        let group = group.text();
        if let Some(carried) = self.configured(&group) {
            return carried;
        }
        let source = Source::by_name(&group, &stream.text()).unwrap_or_else(|| {
            if first.literal().len() > CONTENT_BYTES_MAX {
                return Source::Other;
            }
            Source::by_content(&first.text()).unwrap_or(Source::Other)
        });
        Carried { source, format: 0 }
    }

    fn configured(&self, group: &str) -> Option<Carried> {
        let by_prefix = || {
            let mut prefixes = self.prefixes.iter();
            prefixes.find(|(prefix, _)| group.starts_with(prefix.as_str()))
        };
        self.exact
            .get(group)
            .or_else(|| by_prefix().map(|(_, carried)| carried))
            .copied()
    }
}

const EXPECTED: &str =
    r#"a JSON object from log group names to sources, such as {"CloudTrail/*":"cloudtrail"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_wrong_value() {
        assert!(
            Sources::parse("[]")
                .unwrap_err()
                .starts_with("not a JSON object")
        );
        assert_eq!(
            Sources::parse(r#"{"g":"flow"}"#).unwrap_err(),
            "log group `g` has unknown source \"flow\"; expected one of: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs, other"
        );
        for (value, expected) in [
            (
                r#"{"source":"vpc-flow-logs","shape":""}"#,
                "log group `g` has unknown key `shape`; expected one of: source, format",
            ),
            (
                r#"{"source":"cloudtrail","format":"${version}"}"#,
                "log group `g` has a format, but only vpc-flow-logs have one",
            ),
            (
                r#"{"source":"vpc-flow-logs","format":"${version} ${version}"}"#,
                "log group `g` has a wrong format: field `version` occurs twice",
            ),
            (
                r#"{"source":"vpc-flow-logs","format":2}"#,
                "log group `g` has a wrong format: the format has no fields",
            ),
            (
                r#"{"format":"${version}"}"#,
                "log group `g` has no source; expected one of: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs, other",
            ),
        ] {
            let sources = format!(r#"{{"g":{value}}}"#);
            assert_eq!(Sources::parse(&sources).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_name_that_no_log_group_has_is_refused() {
        for group in ["", "fl*ow", "flow**", "**"] {
            assert_eq!(
                Sources::parse(&format!(r#"{{"{group}":"cloudtrail"}}"#)).unwrap_err(),
                format!(
                    "`{group}` is no log group; expected a name, or the beginning of one and `*`"
                )
            );
        }
    }

    #[test]
    fn log_groups_have_their_formats_and_each_format_is_kept_once() {
        let sources = r#"{"a":{"source":"vpc-flow-logs","format":"${bytes}  ${srcaddr}"},"b*":{"source":"vpc-flow-logs","format":"${bytes} ${srcaddr}"},
            "c":"vpc-flow-logs","d":{"source":"vpc-flow-logs"},"e":{"source":"cloudtrail"}}"#;
        let sources = Sources::parse(sources).unwrap();
        let format = |group| sources.configured(group).unwrap().format;
        assert_eq!(["a", "bc", "c", "d", "e"].map(format), [1, 1, 0, 0, 0]);
        let formats: Vec<_> = sources.formats().iter().map(ToString::to_string).collect();
        assert_eq!(formats[1..], ["${bytes} ${srcaddr}"]);
    }
}
