//! ECS for Route 53 Resolver query logs.

use super::super::mapping::{
    As, Context, Layout, Mapping, Row, Value, When, constant, domain, each, ip, keyword, long, row,
};
use super::vpc_flow_logs::IP_VERSION;
use super::{account, base, original};
use crate::source::Source;

pub(super) fn mapping() -> Mapping {
    let mut rows = vec![
        row(
            "@timestamp",
            Value::Field("query_timestamp", As::Date).or(Value::Context(Context::Time)),
        ),
        row("event.kind", constant("\"event\"")),
        row("event.category", constant("[\"network\"]")),
        row("event.type", constant("[\"protocol\"]")),
        row(
            "event.outcome",
            Value::Field("rcode", As::Map(&[("NOERROR", "\"success\"")]))
                .or(HAS_RCODE.then(constant("\"failure\""))),
        ),
        original(),
        row(
            "cloud.region",
            keyword("region").or(Value::Context(Context::Region)),
        ),
        row("cloud.instance.id", keyword("srcids.instance")),
    ];
    rows.extend(account(|| {
        keyword("account_id").or(Value::Context(Context::Account))
    }));
    rows.extend(base());
    rows.extend(query());
    rows.extend(network());
    rows.extend(own());
    Mapping {
        source: Some(Source::Route53ResolverQueryLogs),
        about: "Names stand without the dot at their end, except in answers that are free text. Elastic repeats an answer's alias as its \
                `dns.answers.name`, which in ECS is the name that the answer is for: the log does not say that, so it is left out. \
                `dns.question.registered_domain` and the like need a list of public suffixes, and are left out, too.",
        layouts: vec![Layout { name: "", rows }],
        choose: None,
    }
}

const HAS_RCODE: When = When {
    about: "there is an `rcode`",
    fields: &["rcode"],
    by: |fields| !fields[0].is_empty(),
};

fn query() -> Vec<Row> {
    vec![
        row("dns.question.name", domain("query_name")),
        row("dns.question.class", keyword("query_class")),
        row("dns.question.type", keyword("query_type")),
        row("dns.response_code", keyword("rcode")),
        row(
            "dns.answers",
            Value::Each(
                "answers",
                vec![
                    row("class", keyword("Class")),
                    row("type", keyword("Type")),
                    row("data", IS_TEXT.then(keyword("Rdata")).or(domain("Rdata"))),
                ],
            ),
        ),
        row(
            "related.hosts",
            Value::List(vec![
                each("answers", IS_NAME.then(domain("Rdata"))),
                IS_FORWARD.then(domain("query_name")),
            ]),
        ),
        row(
            "related.ip",
            Value::List(vec![
                each("answers", IS_ADDRESS.then(ip("Rdata"))),
                ip("srcaddr"),
                IS_REVERSE.then(Value::Field("query_name", As::ReverseIp)),
            ]),
        ),
    ]
}

/// Answers that are free text: a dot at their end belongs to it.
const IS_TEXT: When = When {
    about: "`Type` is TXT or SPF",
    fields: &["Type"],
    by: |fields| matches!(fields[0], b"TXT" | b"SPF"),
};

const IS_NAME: When = When {
    about: "`Type` is CNAME or PTR",
    fields: &["Type"],
    by: |fields| matches!(fields[0], b"CNAME" | b"PTR"),
};

const IS_ADDRESS: When = When {
    about: "`Type` is A or AAAA",
    fields: &["Type"],
    by: |fields| matches!(fields[0], b"A" | b"AAAA"),
};

const IS_REVERSE: When = When {
    about: "`query_type` is PTR",
    fields: &["query_type"],
    by: |fields| fields[0] == b"PTR",
};

const IS_FORWARD: When = When {
    about: "`query_type` is not PTR",
    fields: &["query_type"],
    by: |fields| fields[0] != b"PTR",
};

fn network() -> Vec<Row> {
    vec![
        row("source.address", keyword("srcaddr")),
        row("source.ip", ip("srcaddr")),
        row("source.port", long("srcport")),
        row("network.protocol", constant("\"dns\"")),
        row(
            "network.transport",
            Value::Field("transport", As::Map(TRANSPORTS)).or(keyword("transport")),
        ),
        row(
            "network.iana_number",
            Value::Field("transport", As::Map(NUMBERS)),
        ),
        row("network.type", Value::Field("srcaddr", IP_VERSION)),
    ]
}

const TRANSPORTS: &[(&str, &str)] = &[("UDP", "\"udp\""), ("TCP", "\"tcp\"")];

const NUMBERS: &[(&str, &str)] = &[("UDP", "\"17\""), ("TCP", "\"6\"")];

/// What ECS has no place for, under the names of Elastic's integration, or else AWS's.
fn own() -> Vec<Row> {
    vec![
        row("aws.vpc_id", keyword("vpc_id")),
        row("aws.instance_id", keyword("srcids.instance")),
        row(
            "aws.route53.firewall.action",
            keyword("firewall_rule_action"),
        ),
        row(
            "aws.route53.firewall.rule_group.id",
            keyword("firewall_rule_group_id"),
        ),
        row(
            "aws.route53.firewall.domain_list.id",
            keyword("firewall_domain_list_id"),
        ),
        row(
            "aws.route53.resolver_endpoint",
            keyword("srcids.resolver_endpoint"),
        ),
        row(
            "aws.route53.resolver_network_interface",
            keyword("srcids.resolver_network_interface"),
        ),
        row("aws.route53.version", keyword("version")),
    ]
}
