//! `CATCHMENT_SOURCES`, made short enough for a Lambda's environment: if necessary, log groups with a common prefix share an entry.

use std::collections::BTreeMap;

use catchment_transformer::source::Source;

use super::ParametersError;
use crate::provision::fleet::Fleet;
use crate::provision::name::LogGroupName;

/// The room in a Lambda's environment, in bytes, less what the other settings need
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const SOURCES_BYTES_MAX: usize = 4_096 - 512;

/// The value of the setting, and how it was shortened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) json: String,
    pub(super) shortened: Option<Shortened>,
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
        let groups = groups(fleet)?;
        let each: Vec<_> = groups
            .iter()
            .map(|(name, source)| (name.to_string(), *source))
            .collect();
        let whole = json(&each);
        if whole.len() <= SOURCES_BYTES_MAX {
            return Ok(Self {
                json: whole,
                shortened: None,
            });
        }
        let merged = merged(&each);
        let json = json(&merged);
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

/// The source of each log group of the fleet.
fn groups(fleet: &Fleet) -> Result<BTreeMap<&LogGroupName, Source>, ParametersError> {
    let mut sources: BTreeMap<&LogGroupName, Source> = BTreeMap::new();
    for (log_group, group) in fleet.members.values().flat_map(|member| &member.log_groups) {
        let one = *sources.entry(log_group).or_insert(group.source);
        if one != group.source {
            return Err(ParametersError::TwoSources {
                log_group: log_group.clone(),
                one,
                other: group.source,
            });
        }
    }
    Ok(sources)
}

/// The form that the transformer reads: a JSON object with the source of each log group, or of each prefix followed by `*`.
fn json(entries: &[(String, Source)]) -> String {
    let entries = entries
        .iter()
        .map(|(group, source)| (group.clone(), source.to_string().into()))
        .collect();
    serde_json::Value::Object(entries).to_string()
}

/// Merges neighbours in alphabetical order that have a common prefix and the same source. The prefix is as long as possible, so
/// that it matches as few log groups outside of the fleet as possible.
fn merged(groups: &[(String, Source)]) -> Vec<(String, Source)> {
    let (Some((first, source)), Some((last, _))) = (groups.first(), groups.last()) else {
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
    if shared > 0 && groups.iter().all(|(_, other)| other == source) {
        return vec![(format!("{}*", &first[..shared]), *source)];
    }
    let next = |name: &str| name[shared..].chars().next();
    groups
        .chunk_by(|(one, _), (other, _)| next(one) == next(other))
        .flat_map(merged)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the transformer would say: the exact name wins, then the longest prefix.
    fn source(entries: &[(String, Source)], name: &str) -> Option<Source> {
        let exact = entries.iter().find(|(entry, _)| entry == name);
        let begins = |entry: &&(String, Source)| {
            let prefix = entry.0.strip_suffix('*');
            prefix.is_some_and(|prefix| name.starts_with(prefix))
        };
        let longest = || {
            entries
                .iter()
                .filter(begins)
                .max_by_key(|entry| entry.0.len())
        };
        exact.or_else(longest).map(|(_, source)| *source)
    }

    #[test]
    fn log_groups_with_a_common_prefix_share_an_entry() {
        let groups = [
            ("CloudTrail/one", Source::CloudTrail),
            ("CloudTrail/two", Source::CloudTrail),
            ("app", Source::Other),
            ("app/flow-1", Source::VpcFlowLogs),
            ("app/flow-2", Source::VpcFlowLogs),
        ]
        .map(|(name, source)| (name.to_owned(), source));
        assert_eq!(
            json(&merged(&groups)),
            r#"{"CloudTrail/*":"cloudtrail","app":"other","app/flow-*":"vpc-flow-logs"}"#
        );
    }

    proptest! {
        #[test]
        fn every_log_group_keeps_its_source(
            groups in prop::collection::btree_map("[ab/é]{1,6}", 0..3_usize, 0..40),
        ) {
            let groups: Vec<_> =
                groups.into_iter().map(|(name, source)| (name, Source::ALL[source])).collect();
            let entries = merged(&groups);
            prop_assert!(entries.len() <= groups.len());
            for (name, expected) in &groups {
                prop_assert_eq!(source(&entries, name), Some(*expected), "{}: {:?}", name, entries);
            }
        }
    }
}
