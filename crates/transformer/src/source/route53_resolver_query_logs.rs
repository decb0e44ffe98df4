//! Route 53 Resolver query logs: how their records are told.

use super::Rules;

pub(super) const RULES: Rules = Rules {
    // The log group has any name, and AWS documents none of its log streams.
    by_name: |_, _| false,
    // These are in every record
    // (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html>).
    by_content: |content| {
        ["query_timestamp", "query_name", "query_type", "vpc_id"]
            .iter()
            .all(|name| content.field(name).is_some())
    },
};
