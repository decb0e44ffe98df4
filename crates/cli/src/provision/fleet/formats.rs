//! The custom format of a flow log, which its lines do not say.

use catchment_transformer::source::{FlowLogFormat, Source};

use super::keys;
use super::reader::{Reader, Table};

/// Reads the format of a log group, if it has one of its own.
pub(super) fn format<'a>(
    reader: &mut Reader<'a>,
    log_group: &Table<'a>,
    source: Source,
) -> Option<FlowLogFormat> {
    let text = reader.text(log_group, keys::FORMAT, EXPECTED)?;
    let key = log_group.key(keys::FORMAT);
    if source != Source::VpcFlowLogs {
        let what = format!("only log groups under vpc_flow_logs have a format, not {source}");
        reader.mistake(text.line, key, what);
        return None;
    }
    let format = FlowLogFormat::parse(text.value);
    format
        .map_err(|why| reader.mistake(text.line, key, why))
        .ok()
}

/// Says where formats belong, to those who have them in a table of their own.
pub(super) fn moved(reader: &mut Reader<'_>) {
    let mistakes = reader.mistakes.iter_mut();
    for mistake in mistakes.filter(|mistake| mistake.key == "flow_log_formats") {
        MOVED.clone_into(&mut mistake.what);
    }
}

const EXPECTED: &str = "a flow log's format such as \"${version} ${srcaddr} ${dstaddr}\"";
const MOVED: &str = "a format stands with its log group: vpc_flow_logs = [{ name = \"…\", format = \"${version} …\" }]";

#[cfg(test)]
mod tests {
    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(list: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replace("[\"cwl_vpc_fl_member_account_1\"]", list);
        Fleet::parse(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_log_group_may_have_a_format() {
        let list = "[\"a\", { name = \"b\", format = \"${srcaddr} ${bytes}\" }]";
        let members = fleet(list).unwrap().members;
        let groups = members.values().flat_map(|member| &member.log_groups);
        let formats = groups.filter_map(|(name, group)| Some((name, group.format.as_ref()?)));
        let formats: Vec<_> = formats
            .map(|(name, format)| format!("{name}: {format}"))
            .collect();
        assert_eq!(formats, ["b: ${srcaddr} ${bytes}"]);
    }

    #[test]
    fn a_wrong_format_and_one_of_another_source_are_mistakes() {
        let list = "[{ name = \"a\", format = \"${scraddr}\" }, { name = \"b\", format = 1 }]\nguardduty = [{ name = \"c\", format = \"${version}\" }]";
        insta::assert_snapshot!(fleet(list).unwrap_err(), @r#"
        3 mistakes
          line 66: members[1].vpc_flow_logs[1].format: `scraddr` is not a field of flow logs up to version 11
          line 66: members[1].vpc_flow_logs[2].format: expected a flow log's format such as "${version} ${srcaddr} ${dstaddr}", found an integer
          line 67: members[1].guardduty[1].format: only log groups under vpc_flow_logs have a format, not guardduty
        "#);
    }

    #[test]
    fn a_table_of_formats_is_answered_with_their_new_place() {
        let text = format!("{TEMPLATE}\n[flow_log_formats]\na = \"${{version}}\"\n");
        insta::assert_snapshot!(Fleet::parse(&text).unwrap_err(), @r#"line 136: flow_log_formats: a format stands with its log group: vpc_flow_logs = [{ name = "…", format = "${version} …" }]"#);
    }
}
