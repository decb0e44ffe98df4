//! The keys of each table of the fleet file.

use catchment_transformer::source::Source;

pub(super) const TOP: [&str; 7] = [
    "logging",
    "members",
    "defaults",
    "distribution",
    "rules",
    "redact",
    "tags",
];
pub(super) const RULE: [&str; 5] = ["name", "source", "action", "rate", "detection"];
pub(super) const REDACT: [&str; 3] = ["source", "fields", "action"];
pub(super) const LOGGING: [&str; 13] = [
    "profile",
    "account",
    "regions",
    "destination",
    "role",
    "filter",
    ORGANIZATION,
    ACCESS,
    MEMBER_ROLE,
    READY_MADE,
    BOUNDARY,
    "silent_hours",
    "stream",
];
pub(super) const STREAM: [&str; 6] = [
    "name",
    "shards",
    "mode",
    "retention_hours",
    "encryption",
    REGION,
];

pub(super) const ORGANIZATION: &str = "organization";
pub(super) const ACCESS: &str = "access";
pub(super) const MEMBER_ROLE: &str = "member_role";
pub(super) const READY_MADE: &str = "ready_made";
pub(super) const BOUNDARY: &str = "permissions_boundary";

/// What members and log groups have in common, unless they say otherwise; besides the log groups of each source.
const COMMON: [&str; 8] = [
    "profile",
    ASSUME_ROLE,
    EXTERNAL_ID,
    SESSION_NAME,
    EMIT_SYSTEM_FIELDS,
    SUBSCRIBE,
    ACCOUNT_PATTERN,
    EXCLUDE,
];
pub(super) const ASSUME_ROLE: &str = "assume_role";
pub(super) const EXTERNAL_ID: &str = "external_id";
pub(super) const SESSION_NAME: &str = "session_name";
pub(super) const EMIT_SYSTEM_FIELDS: &str = "emit_system_fields";
pub(super) const SUBSCRIBE: &str = "subscribe";
pub(super) const ACCOUNT_PATTERN: &str = "account_pattern";
pub(super) const ACCOUNTS: &str = "accounts";
pub(super) const EXCLUDE: &str = "exclude";
pub(super) const REGIONS: &str = "regions";
pub(super) const REGION: &str = "region";

/// The keys of a member: its own, and what members have in common.
pub(super) fn member() -> Vec<&'static str> {
    let mut keys = vec!["name", "account", ACCOUNTS, REGIONS];
    keys.extend(defaults());
    keys
}

/// The keys of `[defaults]`.
pub(super) fn defaults() -> Vec<&'static str> {
    let mut keys = COMMON.to_vec();
    keys.extend(sources());
    keys
}

/// The keys of a log group that is written as a table.
pub(super) const LOG_GROUP: [&str; 5] = ["name", "pattern", FORMAT, EMIT_SYSTEM_FIELDS, REGIONS];
pub(super) const FORMAT: &str = "format";

/// The key of each source.
pub(super) fn sources() -> Vec<&'static str> {
    Source::ALL.map(source).to_vec()
}

/// The key of the distribution of account-level policies, beside those of the sources.
pub(super) const ACCOUNT_DISTRIBUTION: &str = "account";

/// The keys of `[distribution]`.
pub(super) fn distribution() -> Vec<&'static str> {
    let mut keys = sources();
    keys.push(ACCOUNT_DISTRIBUTION);
    keys
}

/// The key of a source, under which a member lists its log groups.
pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::VpcFlowLogs => "vpc_flow_logs",
        Source::CloudTrail => "cloudtrail",
        Source::GuardDuty => "guardduty",
        Source::Route53ResolverQueryLogs => "route53_resolver_query_logs",
        Source::Other => "other",
    }
}
