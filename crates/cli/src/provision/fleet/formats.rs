//! The table `[flow_log_formats]`: the custom formats of flow logs, which their lines do not say.

use std::collections::BTreeMap;

use catchment_transformer::source::{FlowLogFormat, Source};

use super::reader::{At, Reader, Table};
use super::validate::Entry;
use crate::provision::name::LogGroupPattern;

/// Reads the format of each log group that has one. A key is the name of a log group, or the beginning of several with `*`.
pub(super) fn formats<'a>(
    reader: &mut Reader<'a>,
    top: &Table<'a>,
    entries: &[Entry],
) -> BTreeMap<LogGroupPattern, FlowLogFormat> {
    let Some(table) = reader.table(top, "flow_log_formats", &[]) else {
        return BTreeMap::new();
    };
    let all = entries.iter().flat_map(|entry| &entry.log_groups.by_name);
    let groups: Vec<_> = all
        .filter(|(_, group)| group.source == Source::VpcFlowLogs)
        .map(|(name, _)| name)
        .collect();
    // the more specific a key, the later it comes, and the last one wins
    let mut texts: Vec<_> = reader.texts(&table).into_iter().collect();
    texts.sort_by_key(|(key, _)| (!key.ends_with('*'), key.len()));
    let mut formats = BTreeMap::new();
    for (key, At { line, value }) in texts {
        let means = |name: &&&LogGroupPattern| match key.strip_suffix('*') {
            Some(prefix) => name.as_str().starts_with(prefix),
            None => name.as_str() == key,
        };
        let mut meant = groups.iter().filter(means).peekable();
        if meant.peek().is_none() {
            let what = "no member lists such a log group under vpc_flow_logs";
            reader.mistake(line, table.key(key), what);
        }
        match FlowLogFormat::parse(value) {
            Ok(format) => formats.extend(meant.map(|name| ((*name).clone(), format.clone()))),
            Err(why) => reader.mistake(line, table.key(key), why),
        }
    }
    formats
}

#[cfg(test)]
mod tests {
    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(table: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replace(
            "vpc_flow_logs = [\"cwl_vpc_fl_member_account_1\"]",
            "vpc_flow_logs = [\"flow-1\", \"flow-2\", \"web\"]",
        );
        Fleet::parse(&format!("{text}[flow_log_formats]\n{table}"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_most_specific_key_says_a_log_groups_format() {
        let fleet = fleet(
            "\"flow-1\" = \"${bytes}\"\n\"flow-*\" = \"${srcaddr} ${dstaddr}\"\n\"*\" = \"${version}\"",
        );
        let formats: Vec<_> = fleet
            .unwrap()
            .flow_log_formats
            .into_iter()
            .map(|(name, format)| format!("{name}: {format}"))
            .collect();
        assert_eq!(
            formats,
            [
                "flow-1: ${bytes}",
                "flow-2: ${srcaddr} ${dstaddr}",
                "web: ${version}"
            ]
        );
    }

    #[test]
    fn a_wrong_format_and_a_key_without_a_log_group_are_mistakes() {
        let table = "\"flow-1\" = \"${scraddr}\"\n\"CloudTrail/*\" = \"${version}\"\nweb = 1";
        insta::assert_snapshot!(fleet(table).unwrap_err(), @"
        3 mistakes
          line 101: flow_log_formats.flow-1: `scraddr` is not a field of flow logs up to version 11
          line 102: flow_log_formats.CloudTrail/*: no member lists such a log group under vpc_flow_logs
          line 103: flow_log_formats.web: expected a string, found an integer
        ");
    }
}
