//! OCSF for Route 53 Resolver query logs.

mod differences;

use super::super::mapping::{
    As, Context, Row, Value, When, constant, each, ip, is_address, port, row, text,
};
use super::activity::dns::TRAFFIC;
use super::vpc_flow_logs::{IP_VERSION, IP_VERSION_ID};
use super::{Class, Observable, Table, account, class, informational, observable, versions};
use crate::source::Source;

pub(super) fn table() -> Table {
    let mut rows = class(
        ("4003", "DNS Activity"),
        ("4", "Network Activity"),
        "[\"cloud\",\"security_control\"]",
    );
    rows.extend(informational());
    rows.extend([
        row("activity_id", constant(TRAFFIC.id)),
        row("activity_name", constant(TRAFFIC.name)),
        row("type_uid", constant(TRAFFIC.type_uid)),
        row("type_name", constant(TRAFFIC.type_name)),
        row(
            "time",
            milliseconds().or(Value::Context(Context::Milliseconds)),
        ),
        row("query_time", milliseconds()),
        row(
            "cloud.region",
            text("region").or(Value::Context(Context::Region)),
        ),
        row("metadata.product.name", constant("\"Route 53\"")),
        row("metadata.product.vendor_name", constant("\"AWS\"")),
        row(
            "metadata.product.feature.name",
            constant("\"Resolver Query Logs\""),
        ),
        row("metadata.product.version", text("version")),
    ]);
    rows.extend(account(|| {
        text("account_id").or(Value::Context(Context::Account))
    }));
    rows.extend(query());
    rows.extend(decision());
    rows.extend(connection());
    rows.push(row("observables", observables()));
    rows.push(row("unmapped", Value::Rest));
    let [only_1_1, only_1_5] = versions();
    Table {
        source: Some(Source::Route53ResolverQueryLogs),
        about: "Names keep the dot at their end, as in AWS's mapping. An answer without `Rdata` is left out, because OCSF requires it.",
        classes: vec![Class {
            name: "DNS Activity",
            rows,
            only_1_1,
            only_1_5,
        }],
        choose: None,
        differences: differences::ALL,
    }
}

fn milliseconds() -> Value {
    Value::Field("query_timestamp", As::Milliseconds)
}

fn query() -> [Row; 7] {
    [
        row(
            "query",
            HAS_NAME.then(Value::Object(vec![
                row("hostname", text("query_name")),
                row("type", text("query_type")),
                row("class", text("query_class")),
            ])),
        ),
        row(
            "rcode_id",
            Value::Field("rcode", As::Map(RCODE_IDS)).or(HAS_RCODE.then(constant("99"))),
        ),
        row(
            "rcode",
            Value::Field("rcode", As::Map(RCODES)).or(text("rcode")),
        ),
        row(
            "status_id",
            Value::Field("rcode", As::Map(&[("NOERROR", "1")]))
                .or(HAS_RCODE.then(constant("2")))
                .or(constant("0")),
        ),
        row(
            "status",
            Value::Field("rcode", As::Map(&[("NOERROR", "\"Success\"")]))
                .or(HAS_RCODE.then(constant("\"Failure\"")))
                .or(constant("\"Unknown\"")),
        ),
        row("status_code", text("rcode")),
        row(
            "answers",
            each(
                "answers",
                HAS_DATA.then(Value::Object(vec![
                    row("rdata", text("Rdata")),
                    row("type", text("Type")),
                    row("class", text("Class")),
                ])),
            ),
        ),
    ]
}

const HAS_NAME: When = When {
    about: "there is a `query_name`",
    fields: &["query_name"],
    by: |fields| !fields[0].is_empty(),
};

const HAS_RCODE: When = When {
    about: "there is an `rcode`",
    fields: &["rcode"],
    by: |fields| !fields[0].is_empty(),
};

const HAS_DATA: When = When {
    about: "there is an `Rdata`",
    fields: &["Rdata"],
    by: |fields| !fields[0].is_empty(),
};

/// What DNS Firewall did. It is logged only if a rule with the action ALERT or BLOCK matched.
fn decision() -> [Row; 5] {
    let action = |map| Value::Field("firewall_rule_action", As::Map(map));
    let other_id = || HAS_ACTION.then(constant("99")).or(constant("0"));
    let other = || {
        let other = HAS_ACTION.then(text("firewall_rule_action"));
        other.or(constant("\"Unknown\""))
    };
    [
        row("action_id", action(ACTION_IDS).or(other_id())),
        row("action", action(ACTIONS).or(other())),
        row("disposition_id", action(DISPOSITION_IDS).or(other_id())),
        row("disposition", action(DISPOSITIONS).or(other())),
        row("firewall_rule.uid", text("firewall_rule_group_id")),
    ]
}

const HAS_ACTION: When = When {
    about: "there is a `firewall_rule_action`",
    fields: &["firewall_rule_action"],
    by: |fields| !fields[0].is_empty(),
};

const ACTION_IDS: &[(&str, &str)] = &[("BLOCK", "2"), ("ALERT", "1"), ("ALLOW", "1")];

const ACTIONS: &[(&str, &str)] = &[
    ("BLOCK", "\"Denied\""),
    ("ALERT", "\"Allowed\""),
    ("ALLOW", "\"Allowed\""),
];

const DISPOSITION_IDS: &[(&str, &str)] = &[("BLOCK", "2"), ("ALERT", "19"), ("ALLOW", "1")];

const DISPOSITIONS: &[(&str, &str)] = &[
    ("BLOCK", "\"Blocked\""),
    ("ALERT", "\"Alert\""),
    ("ALLOW", "\"Allowed\""),
];

fn connection() -> [Row; 13] {
    [
        row("connection_info.direction_id", constant("0")),
        row("connection_info.direction", constant("\"Unknown\"")),
        row(
            "connection_info.protocol_name",
            Value::Field(
                "transport",
                As::Map(&[("UDP", "\"udp\""), ("TCP", "\"tcp\"")]),
            )
            .or(text("transport")),
        ),
        row(
            "connection_info.protocol_num",
            Value::Field("transport", As::Map(&[("UDP", "17"), ("TCP", "6")])),
        ),
        row(
            "connection_info.protocol_ver_id",
            Value::Field("srcaddr", IP_VERSION_ID),
        ),
        row(
            "connection_info.protocol_ver",
            Value::Field("srcaddr", IP_VERSION),
        ),
        row("src_endpoint.ip", ip("srcaddr")),
        row("src_endpoint.port", port("srcport")),
        row("src_endpoint.vpc_uid", text("vpc_id")),
        row("src_endpoint.instance_uid", text("srcids.instance")),
        row(
            "src_endpoint.name",
            IS_UNKNOWN.then(text("srcaddr").or(constant("\"unknown\""))),
        ),
        row(
            "dst_endpoint.instance_uid",
            text("srcids.resolver_endpoint"),
        ),
        row(
            "dst_endpoint.interface_uid",
            text("srcids.resolver_network_interface"),
        ),
    ]
}

const IS_UNKNOWN: When = When {
    about: "there is no address and no instance",
    fields: &["srcaddr", "srcids.instance"],
    by: |fields| !is_address(fields[0]) && fields[1].is_empty(),
};

fn observables() -> Value {
    let resource = |name, field| observable(name, Observable::ResourceUid, text(field));
    Value::List(vec![
        observable(
            "query.hostname",
            Observable::Hostname,
            HAS_NAME.then(text("query_name")),
        ),
        observable("src_endpoint.ip", Observable::Ip, ip("srcaddr")),
        resource("src_endpoint.instance_uid", "srcids.instance"),
        resource("dst_endpoint.instance_uid", "srcids.resolver_endpoint"),
        each(
            "answers",
            IS_ADDRESS.then(observable("answers[].rdata", Observable::Ip, ip("Rdata"))),
        ),
        each(
            "answers",
            IS_NAME.then(observable(
                "answers[].rdata",
                Observable::Hostname,
                text("Rdata"),
            )),
        ),
    ])
}

const IS_ADDRESS: When = When {
    about: "`Type` is A or AAAA",
    fields: &["Type"],
    by: |fields| matches!(fields[0], b"A" | b"AAAA"),
};

const IS_NAME: When = When {
    about: "`Type` is CNAME or PTR",
    fields: &["Type"],
    by: |fields| matches!(fields[0], b"CNAME" | b"PTR"),
};

/// IANA's names of response codes (<https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-6>), and OCSF's
/// numbers, which are IANA's.
const RCODE_IDS: &[(&str, &str)] = &[
    ("NOERROR", "0"),
    ("FORMERR", "1"),
    ("SERVFAIL", "2"),
    ("NXDOMAIN", "3"),
    ("NOTIMP", "4"),
    ("REFUSED", "5"),
    ("YXDOMAIN", "6"),
    ("YXRRSET", "7"),
    ("NXRRSET", "8"),
    ("NOTAUTH", "9"),
    ("NOTZONE", "10"),
];

const RCODES: &[(&str, &str)] = &[
    ("NOERROR", "\"NoError\""),
    ("FORMERR", "\"FormError\""),
    ("SERVFAIL", "\"ServError\""),
    ("NXDOMAIN", "\"NXDomain\""),
    ("NOTIMP", "\"NotImp\""),
    ("REFUSED", "\"Refused\""),
    ("YXDOMAIN", "\"YXDomain\""),
    ("YXRRSET", "\"YXRRSet\""),
    ("NXRRSET", "\"NXRRSet\""),
    ("NOTAUTH", "\"NotAuth\""),
    ("NOTZONE", "\"NotZone\""),
];
