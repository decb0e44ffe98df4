//! The keys of each table of the fleet file.

use catchment_transformer::source::Source;

pub(super) const TOP: [&str; 5] = [
    "logging",
    "members",
    "distribution",
    "flow_log_formats",
    "tags",
];
pub(super) const LOGGING: [&str; 9] = [
    "profile",
    "account",
    "regions",
    "destination",
    "role",
    "filter",
    "organization",
    "silent_hours",
    "stream",
];
pub(super) const STREAM: [&str; 5] = ["name", "shards", "mode", "retention_hours", "encryption"];

/// The keys of a member: its own, and one for each source.
pub(super) fn member() -> Vec<&'static str> {
    let mut keys = vec!["name", "profile", "account", "regions"];
    keys.extend(sources());
    keys
}

/// The key of each source.
pub(super) fn sources() -> Vec<&'static str> {
    Source::ALL.map(source).to_vec()
}

/// The key of a source, under which a member lists its log groups.
pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::VpcFlowLogs => "vpc_flow_logs",
        Source::CloudTrail => "cloudtrail",
        Source::GuardDuty => "guardduty",
        Source::Other => "other",
    }
}
