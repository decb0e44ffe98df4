//! How a member is subscribed: by a filter on each log group, or by an account-level policy for all that have no filter.

use super::reader::{At, Reader, Table};
use super::{entries, keys};
use crate::provision::resource::{Distribution, FilterPattern};

/// How a member is subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribe {
    /// By a filter on each log group that the fleet file names. An account-level policy of ours is removed.
    LogGroups,
    /// The log groups that the fleet file does not name, too: by an account-level policy.
    Account {
        pattern: FilterPattern,
        distribution: Distribution,
    },
}

impl Subscribe {
    /// Whether an account-level policy is asked for.
    pub fn is_by_account(&self) -> bool {
        matches!(self, Self::Account { .. })
    }
}

/// What `[defaults]` says of it.
#[derive(Default)]
pub(super) struct Common {
    by: Option<At<By>>,
    pattern: Option<At<FilterPattern>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    LogGroups,
    Account,
}

impl Common {
    /// How a member is subscribed that says nothing itself.
    pub(super) fn subscribe(&self, distribution: Option<Distribution>) -> Option<Subscribe> {
        let by = self.by.as_ref()?.value;
        Some(by.with(self.pattern.as_ref(), distribution))
    }
}

impl By {
    fn with(
        self,
        pattern: Option<&At<FilterPattern>>,
        distribution: Option<Distribution>,
    ) -> Subscribe {
        match self {
            Self::LogGroups => Subscribe::LogGroups,
            Self::Account => Subscribe::Account {
                pattern: pattern.map(|at| at.value.clone()).unwrap_or_default(),
                // among all log groups there may be those of trails, which make hot shards
                distribution: distribution.unwrap_or(Distribution::Random),
            },
        }
    }
}

/// Reads `subscribe` and `account_pattern` in `[defaults]`.
pub(super) fn common<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Common {
    Common {
        by: by(reader, table),
        pattern: entries::pattern(reader, table, keys::ACCOUNT_PATTERN),
    }
}

fn by<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Option<At<By>> {
    const EXPECTED: &str = "\"log-groups\" or \"account\"";
    let At { line, value } = reader.text(table, keys::SUBSCRIBE, EXPECTED)?;
    let value = match value {
        "log-groups" => By::LogGroups,
        "account" => By::Account,
        other => {
            let what = format!("unknown way to subscribe `{other}`; expected {EXPECTED}");
            reader.mistake(line, table.key(keys::SUBSCRIBE), what);
            return None;
        }
    };
    Some(At { line, value })
}

/// How a member is subscribed, and the line that says so.
pub(super) fn subscribe<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    common: &Common,
    distribution: Option<Distribution>,
) -> Option<At<Subscribe>> {
    let own = by(reader, table);
    let pattern = entries::pattern(reader, table, keys::ACCOUNT_PATTERN);
    let by = own.as_ref().or(common.by.as_ref());
    let is_by_account = by.is_some_and(|at| at.value == By::Account);
    if let (Some(at), false) = (&pattern, is_by_account) {
        let what =
            "an account-level policy has it, and this member has none; set subscribe = \"account\"";
        reader.mistake(at.line, table.key(keys::ACCOUNT_PATTERN), what);
    }
    let pattern = pattern.as_ref().or(common.pattern.as_ref());
    let &At { line, value: by } = by?;
    let value = by.with(pattern, distribution);
    Some(At { line, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::{Fleet, TEMPLATE};

    /// How the template's members are subscribed, with these lines in the place of dev1's flow log groups, and these in `[defaults]`.
    fn subscribed(own: &str, of_all: &str) -> Result<Vec<Option<Subscribe>>, String> {
        let text = TEMPLATE.replace("vpc_flow_logs = [\"cwl_vpc_fl_member_account_1\"]\n", own);
        let fleet = Fleet::parse(&format!("{text}\n[defaults]\n{of_all}\n"));
        let members = fleet.map_err(|error| error.to_string())?.members;
        Ok(members.into_values().map(|one| one.subscribe).collect())
    }

    fn account(pattern: &str, distribution: Distribution) -> Option<Subscribe> {
        let pattern = FilterPattern::new(pattern);
        Some(Subscribe::Account {
            pattern,
            distribution,
        })
    }

    #[test]
    fn the_member_counts_before_the_defaults() {
        assert_eq!(subscribed("", "").unwrap(), [None, None]);
        let all = "subscribe = \"account\"\naccount_pattern = \"a\"";
        let of_all = || account("a", Distribution::Random);
        assert_eq!(subscribed("", all).unwrap(), [of_all(), of_all()]);
        let own = "account_pattern = \"b\"\n";
        let of_own = account("b", Distribution::Random);
        assert_eq!(subscribed(own, all).unwrap(), [of_own, of_all()]);
        let own = "subscribe = \"log-groups\"\n";
        let of_own = Some(Subscribe::LogGroups);
        assert_eq!(subscribed(own, all).unwrap(), [of_own, of_all()]);
        let by_stream = "subscribe = \"account\"\n[distribution]\naccount = \"ByLogStream\"";
        let of_all = account("", Distribution::ByLogStream);
        assert_eq!(subscribed("", by_stream).unwrap()[1], of_all);
    }

    #[test]
    fn a_member_without_log_groups_may_exclude_any() {
        let own = "subscribe = \"account\"\nexclude = [\"a\", \"b*\"]\n";
        let text = TEMPLATE.replace("cloudtrail = [\"CloudTrail/member_account_1\"]\n", own);
        let text = text.replace("vpc_flow_logs = [\"cwl_vpc_fl_member_account_1\"]\n", "");
        let fleet = Fleet::parse(&text).unwrap();
        let dev1 = fleet.members.values().next().unwrap();
        assert_eq!((dev1.log_groups.len(), dev1.exclude.len()), (0, 2));
        subscribed("", "subscribe = \"account\"\nexclude = [\"a\"]").unwrap();
    }

    #[test]
    fn a_pattern_needs_an_account_level_policy() {
        let wrong = subscribed("account_pattern = \"a\"\n", "");
        insta::assert_snapshot!(wrong.unwrap_err(), @r#"line 66: members[1].account_pattern: an account-level policy has it, and this member has none; set subscribe = "account""#);
    }

    #[test]
    fn events_must_tell_their_region() {
        let text = TEMPLATE.replacen("[\"us-west-2\"]", "[\"us-west-2\", \"eu-west-1\"]", 1);
        let text = text.replace("# region = \"us-west-2\"", "region = \"us-west-2\"");
        let all = "\n[defaults]\nsubscribe = \"account\"\n";
        let wrong = Fleet::parse(&format!("{text}{all}")).unwrap_err();
        insta::assert_snapshot!(wrong, @r#"
        2 mistakes
          line 137: members[1].subscribe: "account" is not possible in eu-west-1: its stream is in us-west-2, and events of an account-level policy do not say their Region; set regions = ["us-west-2"] for it, or list log groups
          line 137: members[2].subscribe: "account" is not possible in eu-west-1: its stream is in us-west-2, and events of an account-level policy do not say their Region; set regions = ["us-west-2"] for it, or list log groups
        "#);
    }
}
