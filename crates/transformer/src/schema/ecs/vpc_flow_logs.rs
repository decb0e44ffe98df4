//! ECS for flow logs.

use super::super::mapping::{
    As, Context, Layout, Mapping, Row, Value, When, constant, ip, keyword, long, row,
};
use super::{account, base, original};
use crate::source::Source;

/// The name of a flag of TCP, if one of the segments of the flow had it.
macro_rules! flag {
    ($bit:literal, $name:literal) => {
        When {
            about: concat!("`tcp-flags` has the bit ", $bit),
            fields: &["tcp-flags"],
            by: |fields| has(fields[0], $bit),
        }
        .then(constant(concat!("\"", $name, "\"")))
    };
}

pub(super) fn mapping() -> Mapping {
    let mut rows = vec![
        row("@timestamp", event_time()),
        row("event.kind", constant("\"event\"")),
        row("event.category", constant("[\"network\"]")),
        row(
            "event.type",
            Value::Field("action", As::Map(TYPES)).or(constant("[\"connection\"]")),
        ),
        row("event.action", keyword("action")),
        row("event.reason", keyword("reject-reason")),
        row("event.outcome", Value::Field("action", As::Map(OUTCOMES))),
        row("event.start", Value::Field("start", As::DateOfSeconds)),
        row("event.end", Value::Field("end", As::DateOfSeconds)),
        original(),
        row(
            "cloud.region",
            keyword("region").or(Value::Context(Context::Region)),
        ),
        row("cloud.availability_zone", keyword("az-id")),
        row("cloud.instance.id", keyword("instance-id")),
    ];
    rows.extend(account(|| {
        keyword("account-id").or(Value::Context(Context::Account))
    }));
    rows.extend(base());
    rows.extend(network());
    rows.extend(own());
    Mapping {
        source: Some(Source::VpcFlowLogs),
        about: "Which fields there are follows from the log group's format, as in `native`. The times are those of the flow: `@timestamp` \
                is its end. Elastic's own implementations disagree on `event.type`: here, as in the newer one, it says whether the flow was allowed. \
                `network.community_id` is left out. `related.ip` has the addresses of packets, too.",
        layouts: vec![Layout { name: "", rows }],
        choose: None,
    }
}

/// When the flow ended, or else when it was logged.
fn event_time() -> Value {
    Value::Field("end", As::DateOfSeconds).or(Value::Context(Context::Time))
}

fn network() -> Vec<Row> {
    vec![
        row("source.address", keyword("srcaddr")),
        row("source.ip", ip("srcaddr")),
        row("source.port", long("srcport")),
        row("source.bytes", long("bytes")),
        row("source.packets", long("packets")),
        row("destination.address", keyword("dstaddr")),
        row("destination.ip", ip("dstaddr")),
        row("destination.port", long("dstport")),
        row("network.bytes", long("bytes")),
        row("network.packets", long("packets")),
        row("network.iana_number", keyword("protocol")),
        row(
            "network.transport",
            Value::Field("protocol", As::Map(TRANSPORTS)),
        ),
        row(
            "network.type",
            Value::Field("type", As::Map(KINDS)).or(Value::Field("srcaddr", IP_VERSION)),
        ),
        row(
            "network.direction",
            Value::Field("flow-direction", As::Map(DIRECTIONS)),
        ),
        row("orchestrator.cluster.id", keyword("ecs-cluster-arn")),
        row("orchestrator.cluster.name", keyword("ecs-cluster-name")),
        row(
            "orchestrator.resource.id",
            keyword("ecs-container-instance-id"),
        ),
        row(
            "orchestrator.resource.name",
            keyword("ecs-container-instance-arn"),
        ),
        row("service.name", keyword("ecs-service-name")),
        row(
            "related.ip",
            Value::List(vec![
                ip("srcaddr"),
                ip("dstaddr"),
                ip("pkt-srcaddr"),
                ip("pkt-dstaddr"),
            ]),
        ),
    ]
}

/// What ECS has no place for, under the names of Elastic's integration, or else AWS's.
fn own() -> Vec<Row> {
    vec![
        row("aws.vpcflow.version", keyword("version")),
        row("aws.vpcflow.account_id", keyword("account-id")),
        row("aws.vpcflow.interface_id", keyword("interface-id")),
        row("aws.vpcflow.action", keyword("action")),
        row("aws.vpcflow.log_status", keyword("log-status")),
        row("aws.vpcflow.vpc_id", keyword("vpc-id")),
        row("aws.vpcflow.subnet_id", keyword("subnet-id")),
        row("aws.vpcflow.instance_id", keyword("instance-id")),
        row("aws.vpcflow.tcp_flags", keyword("tcp-flags")),
        row(
            "aws.vpcflow.tcp_flags_array",
            Value::List(vec![
                flag!(1, "fin"),
                flag!(2, "syn"),
                flag!(4, "rst"),
                flag!(8, "psh"),
                flag!(16, "ack"),
                flag!(32, "urg"),
            ]),
        ),
        row("aws.vpcflow.type", keyword("type")),
        row("aws.vpcflow.pkt_srcaddr", ip("pkt-srcaddr")),
        row("aws.vpcflow.pkt_dstaddr", ip("pkt-dstaddr")),
        row(
            "aws.vpcflow.pkt_src_service",
            keyword("pkt-src-aws-service"),
        ),
        row(
            "aws.vpcflow.pkt_dst_service",
            keyword("pkt-dst-aws-service"),
        ),
        row("aws.vpcflow.sublocation.type", keyword("sublocation-type")),
        row("aws.vpcflow.sublocation.id", keyword("sublocation-id")),
        row("aws.vpcflow.traffic_path", keyword("traffic-path")),
        row("aws.vpcflow", Value::Rest),
    ]
}

/// Whether a number has a bit.
fn has(number: &[u8], bit: u64) -> bool {
    let number = std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    number.is_some_and(|number| number & bit != 0)
}

const TYPES: &[(&str, &str)] = &[
    ("ACCEPT", "[\"connection\",\"allowed\"]"),
    ("REJECT", "[\"connection\",\"denied\"]"),
];

const OUTCOMES: &[(&str, &str)] = &[("ACCEPT", "\"success\""), ("REJECT", "\"failure\"")];

/// IANA's protocol numbers (<https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml>), in Elastic's words.
const TRANSPORTS: &[(&str, &str)] = &[
    ("6", "\"tcp\""),
    ("17", "\"udp\""),
    ("1", "\"icmp\""),
    ("58", "\"ipv6-icmp\""),
    ("0", "\"hopopt\""),
    ("2", "\"igmp\""),
    ("3", "\"ggp\""),
    ("4", "\"ipv4\""),
    ("8", "\"egp\""),
    ("41", "\"ipv6\""),
    ("47", "\"gre\""),
    ("50", "\"esp\""),
    ("51", "\"ah\""),
    ("88", "\"eigrp\""),
    ("89", "\"ospf\""),
    ("103", "\"pim\""),
    ("112", "\"vrrp\""),
    ("132", "\"sctp\""),
];

const KINDS: &[(&str, &str)] = &[("IPv4", "\"ipv4\""), ("IPv6", "\"ipv6\"")];

/// `network.type` of an address.
pub(super) const IP_VERSION: As = As::IpVersion(&["\"ipv4\"", "\"ipv6\""]);

const DIRECTIONS: &[(&str, &str)] = &[("ingress", "\"ingress\""), ("egress", "\"egress\"")];
