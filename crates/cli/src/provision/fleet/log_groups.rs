//! The log groups of a member: each a name or a pattern, or a table with a name and what differs from the other log groups.

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;

use super::LogGroup;
use super::defaults::Defaults;
use super::entries::{Common, Entry, entries, listed_twice};
use super::keys;
use super::reader::{At, Reader, Table};
use super::subscribe::Subscribe;
use crate::provision::name::{LogGroupPattern, Region};
use crate::provision::resource::Distribution;

/// The log groups of one member, and where they stand.
#[derive(Default)]
pub(super) struct LogGroups {
    pub by_name: BTreeMap<LogGroupPattern, LogGroup>,
    pub lines: BTreeMap<LogGroupPattern, usize>,
    pub exclude: BTreeSet<LogGroupPattern>,
    /// The Regions that the member itself lists for a log group, each with its key.
    pub regions: Vec<(String, At<Region>)>,
}

/// Reads the log groups of every source. What the member lists for a source stands in the place of what all members have of it.
pub(super) fn log_groups<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    defaults: &Defaults<'a>,
    subscribe: Option<&At<Subscribe>>,
) -> LogGroups {
    let is_by_account = subscribe.is_some_and(|at| at.value.is_by_account());
    let mut groups = LogGroups::default();
    let common = &defaults.log_groups;
    let emit = reader.flag(table, keys::EMIT_SYSTEM_FIELDS);
    let emit_of_all = emit.unwrap_or(defaults.emit_system_fields);
    let mut is_any = false;
    let mut inherited = Vec::new();
    for source in Source::ALL {
        let key = keys::source(source);
        let of_all = common.by_source.get(&source);
        let own = if of_all.is_some() && Reader::is_empty_list(table, key) {
            Vec::new()
        } else if table.has(key) {
            is_any = true;
            entries(reader, table, source)
        } else {
            is_any |= of_all.is_some();
            inherited.extend(of_all.into_iter().flatten().map(|entry| (source, entry)));
            continue;
        };
        for entry in own {
            let (key_of_regions, regions) = entry.regions.clone();
            let listed = regions.into_iter();
            groups
                .regions
                .extend(listed.map(|region| (key_of_regions.clone(), region)));
            if groups.lines.contains_key(&entry.name.value) {
                listed_twice(reader, table, key, &entry.name);
            }
            groups.insert(source, &entry, defaults, emit_of_all);
        }
    }
    for (source, entry) in inherited {
        if !groups.lines.contains_key(&entry.name.value) {
            groups.insert(source, entry, defaults, emit_of_all);
        }
    }
    if !is_any && !is_by_account {
        let what = format!(
            "no log groups; list some under one of: {}",
            keys::sources().join(", ")
        );
        reader.mistake(table.line, table.key("vpc_flow_logs"), what);
    }
    groups.exclude(reader, table, common, is_by_account);
    groups
}

impl LogGroups {
    /// Those of a member that lists none of its own.
    pub(super) fn of_all(defaults: &Defaults<'_>) -> Self {
        let mut groups = Self::default();
        let common = &defaults.log_groups;
        for (source, entries) in &common.by_source {
            for entry in entries {
                groups.insert(*source, entry, defaults, defaults.emit_system_fields);
            }
        }
        groups.exclude = common.exclude.iter().map(|at| at.value.clone()).collect();
        groups
    }

    fn insert(&mut self, source: Source, entry: &Entry, defaults: &Defaults<'_>, emit: bool) {
        let distribution = defaults.distribution.get(&source).copied();
        let (_, regions) = &entry.regions;
        let regions = regions.iter().map(|at| at.value.clone());
        let log_group = LogGroup {
            source,
            distribution: distribution.unwrap_or_else(|| Distribution::default_for(source)),
            pattern: entry.pattern.clone(),
            format: entry.format.clone(),
            emit_system_fields: entry.emit_system_fields.unwrap_or(emit),
            regions: Some(regions.collect()).filter(|regions: &BTreeSet<_>| !regions.is_empty()),
        };
        let At { line, value } = &entry.name;
        self.lines.insert(value.clone(), *line);
        self.by_name.insert(value.clone(), log_group);
    }

    /// Reads what no pattern and no account-level policy selects: the member's own list, or else that of all.
    fn exclude<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        table: &Table<'a>,
        common: &Common,
        is_by_account: bool,
    ) {
        let own: Vec<At<LogGroupPattern>> =
            if !common.exclude.is_empty() && Reader::is_empty_list(table, keys::EXCLUDE) {
                Vec::new()
            } else {
                reader.names(table, keys::EXCLUDE)
            };
        for At { line, value } in &own {
            let key = table.key(keys::EXCLUDE);
            let mut patterns = self.by_name.keys().filter(|one| one.prefix().is_some());
            if !is_by_account && !patterns.any(|pattern| pattern.covers(value)) {
                let what = format!("`{value}` excludes nothing, because no pattern matches it");
                reader.mistake(*line, key, what);
            }
        }
        let listed = if table.has(keys::EXCLUDE) {
            &own
        } else {
            &common.exclude
        };
        self.exclude = listed.iter().map(|at| at.value.clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::entries::PATTERN_CHARACTERS_MAX;
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

    /// The template's fleet with these lines in the place of its flow log groups, and these in `[defaults]`.
    fn with_defaults(own: &str, of_all: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replace("vpc_flow_logs = [\"cwl_vpc_fl_member_account_1\"]\n", own);
        let text = format!("{text}\n[defaults]\n{of_all}\n");
        Fleet::parse(&text).map_err(|error| error.to_string())
    }

    /// The log groups of member `dev1`, each with its source, and what it excludes.
    fn shown(fleet: Fleet) -> Vec<String> {
        let dev1 = fleet.members.into_values().next().unwrap();
        let groups = dev1.log_groups.iter();
        let groups = groups.map(|(name, group)| format!("{name}: {}", group.source));
        let excluded = dev1.exclude.iter().map(|one| format!("not {one}"));
        groups.chain(excluded).collect()
    }

    #[test]
    fn what_a_member_lists_stands_in_the_place_of_what_all_have() {
        let of_all =
            "vpc_flow_logs = [\"/aws/vpc/*\"]\nother = [\"/ecs/*\"]\nexclude = [\"/ecs/test-*\"]";
        let trail = "CloudTrail/member_account_1: cloudtrail";
        assert_eq!(
            shown(with_defaults("", of_all).unwrap()),
            [
                "/aws/vpc/*: vpc-flow-logs",
                "/ecs/*: other",
                trail,
                "not /ecs/test-*"
            ]
        );
        let own = "vpc_flow_logs = [\"flow\", \"/ecs/*\"]\nexclude = [\"/ecs/flow-*\"]\n";
        assert_eq!(
            shown(with_defaults(own, of_all).unwrap()),
            [
                "/ecs/*: vpc-flow-logs",
                trail,
                "flow: vpc-flow-logs",
                "not /ecs/flow-*"
            ]
        );
        let none = "vpc_flow_logs = []\nother = []\nexclude = []\n";
        let of_all = of_all.replace("/ecs/test-*", "/aws/vpc/a");
        assert_eq!(shown(with_defaults(none, &of_all).unwrap()), [trail]);
    }

    #[test]
    fn a_member_may_leave_out_what_all_have_but_not_everything() {
        let text = TEMPLATE.replace("guardduty = [", "other = []\n# guardduty = [");
        let wrong = Fleet::parse(&format!("{text}\n[defaults]\nother = [\"a\"]"));
        insta::assert_snapshot!(wrong.unwrap_err(), @"line 82: members[2].vpc_flow_logs: no log groups; list some under one of: vpc_flow_logs, cloudtrail, guardduty, route53_resolver_query_logs, other");
    }

    #[test]
    fn the_name_counts_before_a_pattern_and_a_pattern_for_what_is_not_excluded() {
        let own = "vpc_flow_logs = [\"/x/*\", \"/x/y/z\"]\nother = [\"/x/y/*\"]\nexclude = [\"/x/y/*\"]\n";
        let fleet = with_defaults(own, "").unwrap();
        let dev1 = fleet.members.into_values().next().unwrap();
        let source = |name: &str| Some(dev1.log_group(&name.parse().unwrap())?.source);
        assert_eq!(source("/x/a"), Some(Source::VpcFlowLogs));
        assert_eq!(source("/x/y/z"), Some(Source::VpcFlowLogs));
        assert_eq!(source("/x/y/a"), None);
    }

    #[test]
    fn accounts_that_differ_in_nothing_else_share_a_table() {
        let table = "\n[[members]]\naccounts = [\"222233334444\", \"333344445555\"]\nother = [\"a\"]\nregions = [\"us-west-2\"]\n";
        let fleet = Fleet::parse(&format!("{TEMPLATE}{table}")).unwrap();
        let names: Vec<_> = fleet.members.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["222233334444", "333344445555", "dev1", "logging"]);
        let wrong = table.replace("[\"a\"]", "[\"a b\"]") + "profile = \"p\"\n";
        let wrong = Fleet::parse(&format!("{TEMPLATE}{wrong}")).unwrap_err();
        insta::assert_snapshot!(wrong, @"
        3 mistakes
          line 136: members[3].profile: a table of several accounts has none; each is named by its number or under [members.accounts], and entered by assume_role
          line 137: members[3].name: member `p` is already listed on line 137; give each member its own `name`
          line 138: members[3].other: `a b` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything
        ");
        let twice = table.replace("333344445555", "111122223333");
        let wrong = Fleet::parse(&format!("{TEMPLATE}{twice}")).unwrap_err();
        insta::assert_snapshot!(wrong, @"line 137: members[3].account: account `111122223333` is already listed on line 54; add its log groups there, or set other regions here");
    }

    #[test]
    fn a_log_group_has_regions_of_its_member_only() {
        let own =
            "vpc_flow_logs = [{ name = \"flow\", regions = [\"us-west-2\", \"us-east-1\"] }]\n";
        insta::assert_snapshot!(with_defaults(own, "").unwrap_err(), @"line 66: members[1].vpc_flow_logs[1].regions: `us-east-1` is not a Region of this member; expected some of: us-west-2");
        // but what all have need not fit each
        let of_all = "cloudtrail = [{ name = \"trail\", regions = [\"us-east-1\"] }]";
        with_defaults("", of_all).unwrap();
    }

    #[test]
    fn what_excludes_nothing_is_a_mistake() {
        let wrong = with_defaults(
            "exclude = [\"/aws/vpc/a\", \"/aws/*\"]\n",
            "vpc_flow_logs = [\"/aws/vpc/*\"]",
        );
        insta::assert_snapshot!(wrong.unwrap_err(), @"line 66: members[1].exclude: `/aws/*` excludes nothing, because no pattern matches it");
        let wrong = with_defaults("", "other = [\"a\", \"b*\"]\nexclude = [\"a\", \"bc\"]");
        insta::assert_snapshot!(wrong.unwrap_err(), @"line 137: defaults.exclude: `a` excludes nothing, because no pattern matches it");
        let wrong = with_defaults("", "other = [\"a*\"]\ncloudtrail = [\"a*\"]");
        insta::assert_snapshot!(wrong.unwrap_err(), @"line 136: defaults.other: log group `a*` is listed twice");
    }

    #[test]
    fn a_pattern_is_no_longer_than_aws_allows() {
        let of = |characters| {
            let pattern = "é".repeat(characters);
            fleet(&format!("[{{ name = \"a\", pattern = \"{pattern}\" }}]"))
        };
        of(PATTERN_CHARACTERS_MAX).unwrap();
        insta::assert_snapshot!(of(PATTERN_CHARACTERS_MAX + 1).unwrap_err(), @"line 67: members[1].cloudtrail[1].pattern: 1025 characters; AWS allows 1024");
    }
}
