//! OCSF for flow logs.

mod differences;

use super::super::mapping::{
    As, Context, Row, Value, When, constant, ip, long, row, text, with, without,
};
use super::activity::{Activity, network, rows_of_activity};
use super::{Class, Observable, Table, account, class, informational, observable, versions};
use crate::source::Source;

pub(super) fn table() -> Table {
    let mut rows = class(
        ("4001", "Network Activity"),
        ("4", "Network Activity"),
        "[\"cloud\",\"security_control\"]",
    );
    rows.extend(informational());
    rows.extend(rows_of_activity!(
        "by `action`: 6 of ACCEPT, 5 of REJECT, 0 of neither",
        &["action"],
        activity,
        None
    ));
    rows.extend(decision());
    rows.extend([
        row(
            "time",
            of_seconds("start").or(Value::Context(Context::Milliseconds)),
        ),
        row("start_time", of_seconds("start")),
        row("end_time", of_seconds("end")),
        row("status_code", text("log-status")),
        row("status_detail", text("reject-reason")),
        row(
            "cloud.region",
            text("region").or(Value::Context(Context::Region)),
        ),
        row("cloud.zone", text("az-id")),
        row("metadata.product.name", constant("\"Amazon VPC\"")),
        row("metadata.product.vendor_name", constant("\"AWS\"")),
        row("metadata.product.feature.name", constant("\"Flowlogs\"")),
        row("metadata.product.version", text("version")),
        row("traffic.bytes", long("bytes")),
        row("traffic.packets", long("packets")),
    ]);
    rows.extend(account(|| {
        text("account-id").or(Value::Context(Context::Account))
    }));
    rows.extend(connection());
    rows.extend(endpoint(&SOURCE));
    rows.extend(endpoint(&DESTINATION));
    rows.push(row("observables", observables()));
    rows.extend(unplaced());
    let [only_1_1, only_1_5] = versions();
    Table {
        source: Some(Source::VpcFlowLogs),
        about: "Which fields there are follows from the log group's format, as in `native`.",
        classes: vec![Class {
            name: "Network Activity",
            rows,
            only_1_1,
            only_1_5,
        }],
        choose: None,
        differences: differences::ALL,
    }
}

fn activity(fields: &[&[u8]]) -> &'static Activity {
    match fields {
        [b"ACCEPT"] => &network::TRAFFIC,
        [b"REJECT"] => &network::REFUSE,
        _ => &network::UNKNOWN,
    }
}

/// A place that follows from `action`, and what it is without one.
fn by_action(to: &'static str, map: &'static [(&str, &str)], unknown: &'static str) -> Row {
    row(
        to,
        Value::Field("action", As::Map(map)).or(constant(unknown)),
    )
}

/// What the security group or the network access list did.
fn decision() -> [Row; 6] {
    [
        by_action("action_id", &[("ACCEPT", "1"), ("REJECT", "2")], "0"),
        by_action(
            "action",
            &[("ACCEPT", "\"Allowed\""), ("REJECT", "\"Denied\"")],
            "\"Unknown\"",
        ),
        by_action("disposition_id", &[("ACCEPT", "1"), ("REJECT", "2")], "0"),
        by_action(
            "disposition",
            &[("ACCEPT", "\"Allowed\""), ("REJECT", "\"Blocked\"")],
            "\"Unknown\"",
        ),
        by_action("status_id", &[("ACCEPT", "1"), ("REJECT", "2")], "0"),
        by_action(
            "status",
            &[("ACCEPT", "\"Success\""), ("REJECT", "\"Failure\"")],
            "\"Unknown\"",
        ),
    ]
}

fn of_seconds(field: &'static str) -> Value {
    Value::Field(field, As::MillisecondsOfSeconds)
}

fn connection() -> [Row; 9] {
    [
        row(
            "connection_info.direction_id",
            Value::Field(
                "flow-direction",
                As::Map(&[("ingress", "1"), ("egress", "2")]),
            )
            .or(constant("0")),
        ),
        row(
            "connection_info.direction",
            Value::Field(
                "flow-direction",
                As::Map(&[("ingress", "\"Inbound\""), ("egress", "\"Outbound\"")]),
            )
            .or(constant("\"Unknown\"")),
        ),
        row("connection_info.protocol_num", long("protocol")),
        row(
            "connection_info.protocol_name",
            Value::Field("protocol", As::Map(PROTOCOLS)),
        ),
        row(
            "connection_info.protocol_ver_id",
            Value::Field("type", As::Map(&[("IPv4", "4"), ("IPv6", "6")]))
                .or(Value::Field("srcaddr", IP_VERSION_ID)),
        ),
        row(
            "connection_info.protocol_ver",
            text("type").or(Value::Field("srcaddr", IP_VERSION)),
        ),
        row("connection_info.tcp_flags", long("tcp-flags")),
        row(
            "connection_info.boundary_id",
            Value::Field("traffic-path", As::Map(BOUNDARY_IDS)),
        ),
        row(
            "connection_info.boundary",
            Value::Field("traffic-path", As::Map(BOUNDARIES)),
        ),
    ]
}

/// `protocol_ver_id` of an address.
pub(super) const IP_VERSION_ID: As = As::IpVersion(&["4", "6"]);

/// `protocol_ver` of an address.
pub(super) const IP_VERSION: As = As::IpVersion(&["\"IPv4\"", "\"IPv6\""]);

/// One side of a connection.
struct Side {
    /// Its attributes: `ip`, `intermediate_ips`, `port`, `svc_name`, `interface_uid`, `instance_uid`, `vpc_uid`, `subnet_uid`, `zone`,
    /// `name`.
    places: [&'static str; 10],
    address: &'static str,
    inner_address: &'static str,
    port: &'static str,
    service: &'static str,
    /// The transit gateway's interface, VPC, subnet and zone.
    gateway: [&'static str; 4],
    /// Whether the flow's interface is on this side.
    is_own: When,
    is_behind: When,
}

macro_rules! side {
    ($endpoint:literal, $side:literal, $direction:literal, $word:literal) => {
        Side {
            places: [
                concat!($endpoint, ".ip"),
                concat!($endpoint, ".intermediate_ips"),
                concat!($endpoint, ".port"),
                concat!($endpoint, ".svc_name"),
                concat!($endpoint, ".interface_uid"),
                concat!($endpoint, ".instance_uid"),
                concat!($endpoint, ".vpc_uid"),
                concat!($endpoint, ".subnet_uid"),
                concat!($endpoint, ".zone"),
                concat!($endpoint, ".name"),
            ],
            address: concat!($side, "addr"),
            inner_address: concat!("pkt-", $side, "addr"),
            port: concat!($side, "port"),
            service: concat!("pkt-", $side, "-aws-service"),
            gateway: [
                concat!("tgw-", $side, "-eni"),
                concat!("tgw-", $side, "-vpc-id"),
                concat!("tgw-", $side, "-subnet-id"),
                concat!("tgw-", $side, "-az-id"),
            ],
            is_own: When {
                about: concat!("`flow-direction` is ", $direction),
                fields: &["flow-direction"],
                by: |fields| fields[0] == $word,
            },
            is_behind: When {
                about: concat!("`pkt-", $side, "addr` is another"),
                fields: &[concat!($side, "addr"), concat!("pkt-", $side, "addr")],
                by: |fields| !fields[1].is_empty() && fields[0] != fields[1],
            },
        }
    };
}

const SOURCE: Side = side!("src_endpoint", "src", "`egress`", b"egress");
const DESTINATION: Side = side!("dst_endpoint", "dst", "`ingress`", b"ingress");

fn endpoint(side: &Side) -> [Row; 10] {
    let [
        ip_,
        intermediate,
        port,
        service,
        interface,
        instance,
        vpc,
        subnet,
        zone,
        name,
    ] = side.places;
    let [gateway_interface, gateway_vpc, gateway_subnet, gateway_zone] = side.gateway;
    let own = |field| side.is_own.then(text(field));
    let nothing = vec![
        side.address,
        side.inner_address,
        gateway_interface,
        "interface-id",
    ];
    [
        row(ip_, ip(side.inner_address).or(ip(side.address))),
        row(
            intermediate,
            side.is_behind.then(Value::List(vec![ip(side.address)])),
        ),
        row(port, long(side.port)),
        row(service, text(side.service)),
        row(
            interface,
            own("interface-id")
                .or(without(vec![side.address], text("interface-id")))
                .or(text(gateway_interface)),
        ),
        row(instance, own("instance-id")),
        row(vpc, own("vpc-id").or(text(gateway_vpc))),
        row(subnet, own("subnet-id").or(text(gateway_subnet))),
        row(zone, text(gateway_zone)),
        row(
            name,
            no_ip(side.inner_address)
                .or(without(vec![side.inner_address], no_ip(side.address)))
                .or(without(nothing, constant("\"unknown\""))),
        ),
    ]
}

fn no_ip(field: &'static str) -> Value {
    Value::Field(field, As::NoIp)
}

fn observables() -> Value {
    let address = |name: &str, side: &Side| {
        observable(
            name,
            Observable::Ip,
            ip(side.inner_address).or(ip(side.address)),
        )
    };
    let intermediate = |name: &str, side: &Side| {
        observable(name, Observable::Ip, side.is_behind.then(ip(side.address)))
    };
    let instance = |name: &str, when: When| {
        observable(
            name,
            Observable::ResourceUid,
            when.then(text("instance-id")),
        )
    };
    Value::List(vec![
        address("src_endpoint.ip", &SOURCE),
        intermediate("src_endpoint.intermediate_ips[]", &SOURCE),
        address("dst_endpoint.ip", &DESTINATION),
        intermediate("dst_endpoint.intermediate_ips[]", &DESTINATION),
        instance("src_endpoint.instance_uid", SOURCE.is_own),
        instance("dst_endpoint.instance_uid", DESTINATION.is_own),
        instance("unmapped.instance_id", IS_NEITHER),
    ])
}

/// What belongs to one of the endpoints, but the flow log does not say to which; and what has no place at all.
fn unplaced() -> [Row; 5] {
    [
        row(
            "unmapped.interface_id",
            IS_NEITHER.then(with(vec!["srcaddr", "dstaddr"], text("interface-id"))),
        ),
        row("unmapped.instance_id", IS_NEITHER.then(text("instance-id"))),
        row("unmapped.vpc_id", IS_NEITHER.then(text("vpc-id"))),
        row("unmapped.subnet_id", IS_NEITHER.then(text("subnet-id"))),
        row("unmapped", Value::Rest),
    ]
}

const IS_NEITHER: When = When {
    about: "`flow-direction` does not say whose it is",
    fields: &["flow-direction"],
    by: |fields| !matches!(fields[0], b"ingress" | b"egress"),
};

/// IANA's protocol numbers (<https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml>), in lower case.
const PROTOCOLS: &[(&str, &str)] = &[
    ("6", "\"tcp\""),
    ("17", "\"udp\""),
    ("1", "\"icmp\""),
    ("58", "\"ipv6-icmp\""),
    ("2", "\"igmp\""),
    ("47", "\"gre\""),
    ("50", "\"esp\""),
    ("51", "\"ah\""),
    ("132", "\"sctp\""),
];

/// AWS's traffic paths (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, "traffic-path").
const BOUNDARY_IDS: &[(&str, &str)] = &[
    ("1", "4"),
    ("2", "5"),
    ("3", "6"),
    ("4", "7"),
    ("5", "8"),
    ("6", "9"),
    ("7", "10"),
    ("8", "11"),
];

const BOUNDARIES: &[(&str, &str)] = &[
    ("1", "\"Same VPC\""),
    ("2", "\"Internet/VPC Gateway\""),
    ("3", "\"Virtual Private Gateway\""),
    ("4", "\"Intra-region VPC\""),
    ("5", "\"Inter-region VPC\""),
    ("6", "\"Local Gateway\""),
    ("7", "\"Gateway VPC\""),
    ("8", "\"Internet Gateway\""),
];
