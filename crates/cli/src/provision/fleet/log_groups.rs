//! The log groups of a member: each a name, or a table with a name and what differs from the other log groups.

use std::collections::BTreeMap;

use catchment_transformer::source::Source;

use super::LogGroup;
use super::defaults::Defaults;
use super::keys;
use super::reader::{Reader, Table};
use crate::provision::name::LogGroupName;
use crate::provision::resource::{Distribution, FilterPattern};

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>
const PATTERN_CHARACTERS_MAX: usize = 1_024;

/// The log groups of one member, and the line of each.
#[derive(Default)]
pub(super) struct LogGroups {
    pub by_name: BTreeMap<LogGroupName, LogGroup>,
    pub lines: BTreeMap<LogGroupName, usize>,
}

/// Reads the log groups of every source.
pub(super) fn log_groups<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    defaults: &Defaults<'a>,
) -> LogGroups {
    let mut groups = LogGroups::default();
    let emit = reader.flag(table, keys::EMIT_SYSTEM_FIELDS);
    let emit_of_all = emit.unwrap_or(defaults.emit_system_fields);
    for source in Source::ALL {
        let key = keys::source(source);
        let distribution = defaults.distribution.get(&source).copied();
        let distribution = distribution.unwrap_or_else(|| Distribution::default_for(source));
        for (name, own) in reader.named::<LogGroupName>(table, key, &keys::LOG_GROUP) {
            let (line, name) = (name.line, name.value);
            if groups.lines.insert(name.clone(), line).is_some() {
                let what = format!("log group `{name}` is listed twice");
                reader.mistake(line, table.key(key), what);
            }
            let own = own.as_ref();
            let emit = own.and_then(|own| reader.flag(own, keys::EMIT_SYSTEM_FIELDS));
            let log_group = LogGroup {
                source,
                distribution,
                pattern: own.and_then(|own| pattern(reader, own)).unwrap_or_default(),
                emit_system_fields: emit.unwrap_or(emit_of_all),
            };
            groups.by_name.insert(name, log_group);
        }
    }
    let sources = keys::sources();
    if !sources.iter().any(|source| table.has(source)) {
        let what = format!(
            "no log groups; list some under one of: {}",
            sources.join(", ")
        );
        reader.mistake(table.line, table.key("vpc_flow_logs"), what);
    }
    groups
}

fn pattern<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Option<FilterPattern> {
    let text = reader.text(table, "pattern", "a filter pattern such as \"ERROR\"")?;
    let characters = text.value.chars().count();
    if characters > PATTERN_CHARACTERS_MAX {
        let what = format!("{characters} characters; AWS allows {PATTERN_CHARACTERS_MAX}");
        reader.mistake(text.line, table.key("pattern"), what);
    }
    Some(FilterPattern::new(text.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::{Fleet, TEMPLATE};

    /// The template's fleet with this list in the place of its CloudTrail log group.
    fn fleet(list: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replace("[\"CloudTrail/member_account_1\"]", list);
        Fleet::parse(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_log_group_may_have_a_pattern() {
        let pattern = r#"{ $.eventSource = "iam.amazonaws.com" }"#;
        let fleet = fleet(&format!(
            "[\"a\", {{ name = \"b\", pattern = '{pattern}' }}]"
        ))
        .unwrap();
        let groups = &fleet.members.values().next().unwrap().log_groups;
        let patterns: Vec<_> = groups
            .values()
            .map(|group| group.pattern.as_str())
            .collect();
        assert_eq!(patterns, ["", pattern, ""]);
    }

    #[test]
    fn the_nearest_setting_of_system_fields_counts() {
        let list =
            "[\"a\", { name = \"b\", emit_system_fields = false }]\nemit_system_fields = true";
        let emitting = |fleet: Fleet| -> Vec<String> {
            let groups = fleet
                .members
                .into_values()
                .flat_map(|member| member.log_groups);
            let emitting = groups.filter(|(_, group)| group.emit_system_fields);
            emitting.map(|(name, _)| name.to_string()).collect()
        };
        assert_eq!(
            emitting(fleet(list).unwrap()),
            ["a", "cwl_vpc_fl_member_account_1"]
        );
        let all = format!("{TEMPLATE}\n[defaults]\nemit_system_fields = true\n");
        assert_eq!(emitting(Fleet::parse(&all).unwrap()).len(), 3);
    }

    #[test]
    fn a_pattern_is_no_longer_than_aws_allows() {
        let of = |characters| {
            let pattern = "é".repeat(characters);
            fleet(&format!("[{{ name = \"a\", pattern = \"{pattern}\" }}]"))
        };
        of(PATTERN_CHARACTERS_MAX).unwrap();
        insta::assert_snapshot!(of(PATTERN_CHARACTERS_MAX + 1).unwrap_err(), @"line 63: members[1].cloudtrail[1].pattern: 1025 characters; AWS allows 1024");
    }
}
