//! `CATCHMENT_SOURCES`, made short enough for a Lambda's environment: if necessary, log groups with a common prefix share an entry.

use std::collections::BTreeMap;

use catchment_transformer::source::{FlowLogFormat, Source};
use serde_json::{Value, json};

use super::ParametersError;
use crate::provision::fleet::Fleet;
use crate::provision::name::LogGroupPattern;

/// The room in a Lambda's environment, in bytes, less what the other settings need
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const SOURCES_BYTES_MAX: usize = 4_096 - 512;

/// The value of the setting, and how it was shortened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) json: String,
    pub(super) shortened: Option<Shortened>,
}

/// What a log group carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Carried<'f> {
    source: Source,
    /// The format, if it is not AWS's default.
    format: Option<&'f FlowLogFormat>,
}

impl Carried<'_> {
    fn json(self) -> Value {
        let source = self.source.name();
        match self.format {
            Some(format) => json!({"source": source, "format": format.to_string()}),
            None => source.into(),
        }
    }
}

/// How log groups were merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortened {
    pub log_groups: usize,
    pub entries: usize,
    /// The length without merging.
    pub bytes: usize,
    pub bytes_max: usize,
}

impl Sources {
    /// # Errors
    /// Fails if one name carries two sources, or if even merged entries take too many bytes.
    pub(super) fn of(fleet: &Fleet) -> Result<Self, ParametersError> {
        let each = each(fleet)?;
        let whole = json(&each).to_string();
        if whole.len() <= SOURCES_BYTES_MAX {
            return Ok(Self {
                json: whole,
                shortened: None,
            });
        }
        let merged = merged(&each, None);
        let json = json(&merged).to_string();
        let shortened = Shortened {
            log_groups: each.len(),
            entries: merged.len(),
            bytes: whole.len(),
            bytes_max: SOURCES_BYTES_MAX,
        };
        if json.len() > SOURCES_BYTES_MAX {
            return Err(ParametersError::ManySources {
                shortened,
                bytes: json.len(),
            });
        }
        Ok(Self {
            json,
            shortened: Some(shortened),
        })
    }
}

/// All sources as the transformer reads them, not shortened.
pub(super) fn whole(fleet: &Fleet) -> Result<Value, ParametersError> {
    Ok(json(&each(fleet)?))
}

/// What each log group of the fleet carries.
fn each(fleet: &Fleet) -> Result<Vec<(String, Carried<'_>)>, ParametersError> {
    let mut all: BTreeMap<&LogGroupPattern, Carried<'_>> = BTreeMap::new();
    for (log_group, group) in fleet.members.values().flat_map(|member| &member.log_groups) {
        let other = Carried {
            source: group.source,
            format: group.format.as_ref(),
        };
        let one = *all.entry(log_group).or_insert(other);
        if one.source != other.source {
            return Err(ParametersError::TwoSources {
                log_group: log_group.clone(),
                one: one.source,
                other: other.source,
            });
        }
        if one.format != other.format {
            return Err(ParametersError::TwoFormats {
                log_group: log_group.clone(),
            });
        }
    }
    let each = all.into_iter();
    Ok(each
        .map(|(name, carried)| (name.to_string(), carried))
        .collect())
}

/// The form that the transformer reads: a JSON object with the source of each log group, or of each prefix followed by `*`.
fn json(entries: &[(String, Carried<'_>)]) -> Value {
    let entries = entries
        .iter()
        .map(|(group, carried)| (group.clone(), carried.json()))
        .collect();
    Value::Object(entries)
}

/// Merges neighbours in alphabetical order that have a common prefix and carry the same. The prefix is as long as possible, so
/// that it matches as few log groups outside of the fleet as possible; and none that a pattern of another source selects: `of_pattern`
/// is what the pattern carries whose log groups these are.
fn merged<'f>(
    groups: &[(String, Carried<'f>)],
    of_pattern: Option<Carried<'f>>,
) -> Vec<(String, Carried<'f>)> {
    let (Some((first, carried)), Some((last, _))) = (groups.first(), groups.last()) else {
        return Vec::new();
    };
    if groups.len() == 1 {
        return groups.to_vec();
    }
    // the list is sorted: what the first and the last have in common, all have
    let shared = first
        .chars()
        .zip(last.chars())
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.len_utf8())
        .sum();
    let begins = format!("{}*", &first[..shared]);
    let own = groups.iter().find(|(name, _)| *name == begins);
    let of_pattern = own.map(|(_, carried)| *carried).or(of_pattern);
    let is_free = of_pattern.is_none_or(|of| of == *carried);
    if shared > 0 && is_free && groups.iter().all(|(_, other)| other == carried) {
        return vec![(begins, *carried)];
    }
    let next = |name: &str| name[shared..].chars().next();
    groups
        .chunk_by(|(one, _), (other, _)| next(one) == next(other))
        .flat_map(|chunk| merged(chunk, of_pattern))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flow_logs(format: Option<&FlowLogFormat>) -> Carried<'_> {
        let source = Source::VpcFlowLogs;
        Carried { source, format }
    }

    fn of(source: Source) -> Carried<'static> {
        let format = None;
        Carried { source, format }
    }

    /// What the transformer would say: the exact name wins, then the longest prefix.
    fn carried<'f>(entries: &[(String, Carried<'f>)], name: &str) -> Option<Carried<'f>> {
        let exact = entries.iter().find(|(entry, _)| entry == name);
        let begins = |entry: &&(String, Carried<'f>)| {
            let prefix = entry.0.strip_suffix('*');
            prefix.is_some_and(|prefix| name.starts_with(prefix))
        };
        let longest = || {
            entries
                .iter()
                .filter(begins)
                .max_by_key(|entry| entry.0.len())
        };
        exact.or_else(longest).map(|(_, carried)| *carried)
    }

    #[test]
    fn log_groups_with_a_common_prefix_share_an_entry() {
        let format = FlowLogFormat::parse("${bytes}").unwrap();
        let groups = [
            ("CloudTrail/one", of(Source::CloudTrail)),
            ("CloudTrail/two", of(Source::CloudTrail)),
            ("app", of(Source::Other)),
            ("app/flow-1", flow_logs(None)),
            ("app/flow-2", flow_logs(None)),
            ("custom-1", flow_logs(Some(&format))),
            ("custom-2", flow_logs(Some(&format))),
            ("custom-default", flow_logs(None)),
        ]
        .map(|(name, carried)| (name.to_owned(), carried));
        let text = json(&merged(&groups, None)).to_string();
        assert_eq!(
            text,
            r#"{"CloudTrail/*":"cloudtrail","app":"other","app/flow-*":"vpc-flow-logs","custom-1":{"format":"${bytes}","source":"vpc-flow-logs"},"custom-2":{"format":"${bytes}","source":"vpc-flow-logs"},"custom-default":"vpc-flow-logs"}"#
        );
        catchment_transformer::source::Sources::parse(&text).unwrap();
    }

    proptest! {
        #[test]
        fn every_log_group_keeps_its_source(
            groups in prop::collection::btree_map("[ab/é]{1,6}", 0..4_usize, 0..40),
            patterns in prop::collection::btree_map("[ab/]{0,3}[*]", 0..4_usize, 0..4),
            others in prop::collection::vec("[ab/é]{1,6}", 20),
        ) {
            let format = FlowLogFormat::parse("${bytes}").unwrap();
            let kinds = [of(Source::CloudTrail), of(Source::Other), flow_logs(None), flow_logs(Some(&format))];
            let groups: Vec<_> =
                groups.into_iter().chain(patterns).collect::<BTreeMap<_, _>>()
                    .into_iter().map(|(name, kind)| (name, kinds[kind])).collect();
            let entries = merged(&groups, None);
            // and so does every other one that a pattern selects
            for name in &others {
                if let Some(expected) = carried(&groups, name) {
                    prop_assert_eq!(carried(&entries, name), Some(expected), "{}: {:?}", name, entries);
                }
            }
            prop_assert!(entries.len() <= groups.len());
            for (name, expected) in &groups {
                prop_assert_eq!(carried(&entries, name), Some(*expected), "{}: {:?}", name, entries);
            }
        }
    }
}
