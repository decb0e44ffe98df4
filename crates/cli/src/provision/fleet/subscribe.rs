//! How a member is subscribed: by a filter on each log group, or by an account-level policy for all that have no filter.

use super::defaults::Defaults;
use super::reader::{At, Reader, Table};
use super::validate::Entry;
use super::{Logging, entries, keys};
use crate::provision::name::Region;
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
    defaults: &Defaults<'a>,
) -> Option<At<Subscribe>> {
    let own = by(reader, table);
    let pattern = entries::pattern(reader, table, keys::ACCOUNT_PATTERN);
    let by = own.as_ref().or(defaults.subscribe.by.as_ref());
    let is_by_account = by.is_some_and(|at| at.value == By::Account);
    if let (Some(at), false) = (&pattern, is_by_account) {
        let what =
            "an account-level policy has it, and this member has none; set subscribe = \"account\"";
        reader.mistake(at.line, table.key(keys::ACCOUNT_PATTERN), what);
    }
    let pattern = pattern.as_ref().or(defaults.subscribe.pattern.as_ref());
    let value = match by?.value {
        By::LogGroups => Subscribe::LogGroups,
        By::Account => Subscribe::Account {
            pattern: pattern.map(|at| at.value.clone()).unwrap_or_default(),
            // among all log groups there may be those of trails, which make hot shards
            distribution: defaults
                .account_distribution
                .unwrap_or(Distribution::Random),
        },
    };
    let line = by?.line;
    Some(At { line, value })
}

/// Rejects an account-level policy in a Region whose stream is in another: it emits no system fields
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>), and nothing else would tell that
/// its events are not of the stream's Region.
pub(super) fn regions(reader: &mut Reader<'_>, entry: &Entry, logging: &Logging) {
    let Some(At { line, value }) = &entry.subscribe else {
        return;
    };
    let is_elsewhere = |region: &&Region| logging.stream_region(region) != *region;
    if let (true, Some(region)) = (
        value.is_by_account(),
        entry.regions.iter().find(is_elsewhere),
    ) {
        let stream = logging.stream_region(region);
        let what = format!(
            "\"account\" is not possible in {region}: its stream is in {stream}, and events of an account-level policy do not say their Region; set regions = [\"{stream}\"] for it, or list log groups"
        );
        reader.mistake(*line, format!("{}{}", entry.path, keys::SUBSCRIBE), what);
    }
}
