//! Route 53 Resolver query logs: how their records are recognised, and what they have.

use super::{Objects, Profile};

pub(super) const PROFILE: Profile = Profile {
    // The log group has any name, and AWS documents none of its log streams.
    by_name: |_, _| false,
    // These are in every record
    // (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html>).
    by_content: |content| {
        ["query_timestamp", "query_name", "query_type", "vpc_id"]
            .iter()
            .all(|name| content.field(name).is_some())
    },
    objects: Some(Objects {
        members: MEMBERS,
        example: "srcids.instance",
        recognised_by: &[],
        required: "query_name",
        any_case: false,
    }),
};

/// The members of a record (the same page).
#[rustfmt::skip]
const MEMBERS: &[&str] = &[
    "account_id", "additional_properties", "answers", "firewall_domain_list_id", "firewall_rule_action", "firewall_rule_group_id",
    "query_class", "query_name", "query_timestamp", "query_type", "rcode", "region", "srcaddr", "srcids", "srcport", "transport",
    "version", "vpc_id",
];
