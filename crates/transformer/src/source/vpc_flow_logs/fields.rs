//! The fields of flow logs, each with its type and the version of the format that brought it.
//!
//! From AWS's tables of the available fields: "Flow log records"
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>) and, for version 6, "Transit Gateway Flow Log
//! records" (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>). The types are those of AWS's Parquet files: INT_32
//! and INT_64 are integers here.

/// A field of a flow log line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// AWS's name, as it stands in a format between `${` and `}`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The version of the flow log format that brought it.
    pub(crate) since: u8,
}

/// What the text of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    /// An integer to 65,535.
    Port,
    Text,
    /// The value of a tag, percent-encoded.
    Tag,
}

impl Kind {
    /// Whether the field is always a number.
    pub(crate) const fn is_integer(self) -> bool {
        matches!(self, Self::Integer | Self::Port)
    }

    /// How many times as long as in its line a field may be as what it stands for, escaped: `%01` is `\u0001`.
    pub(crate) const fn times_max(self) -> usize {
        match self {
            Self::Tag => 2,
            Self::Integer | Self::Port | Self::Text => 1,
        }
    }
}

/// AWS's name of a field as the schema `native` has it.
pub(crate) fn native_name(name: &str) -> String {
    name.replace('-', "_")
}

/// Every field, by version, and within a version in AWS's order. The default format is version 2.
#[rustfmt::skip]
pub(crate) const FIELDS: &[Field] = &[
    integer(2, "version"), text(2, "account-id"), text(2, "interface-id"), text(2, "srcaddr"), text(2, "dstaddr"),
    port(2, "srcport"), port(2, "dstport"), integer(2, "protocol"), integer(2, "packets"), integer(2, "bytes"),
    integer(2, "start"), integer(2, "end"), text(2, "action"), text(2, "log-status"),
    text(3, "vpc-id"), text(3, "subnet-id"), text(3, "instance-id"), integer(3, "tcp-flags"), text(3, "type"),
    text(3, "pkt-srcaddr"), text(3, "pkt-dstaddr"),
    text(4, "region"), text(4, "az-id"), text(4, "sublocation-type"), text(4, "sublocation-id"),
    text(5, "pkt-src-aws-service"), text(5, "pkt-dst-aws-service"), text(5, "flow-direction"), integer(5, "traffic-path"),
    text(6, "resource-type"), text(6, "tgw-id"), text(6, "tgw-attachment-id"), text(6, "tgw-src-vpc-account-id"),
    text(6, "tgw-dst-vpc-account-id"), text(6, "tgw-src-vpc-id"), text(6, "tgw-dst-vpc-id"), text(6, "tgw-src-subnet-id"),
    text(6, "tgw-dst-subnet-id"), text(6, "tgw-src-eni"), text(6, "tgw-dst-eni"), text(6, "tgw-src-az-id"),
    text(6, "tgw-dst-az-id"), text(6, "tgw-pair-attachment-id"), integer(6, "packets-lost-no-route"),
    integer(6, "packets-lost-blackhole"), integer(6, "packets-lost-mtu-exceeded"), integer(6, "packets-lost-ttl-expired"),
    text(7, "ecs-cluster-arn"), text(7, "ecs-cluster-name"), text(7, "ecs-container-instance-arn"),
    text(7, "ecs-container-instance-id"), text(7, "ecs-container-id"), text(7, "ecs-second-container-id"),
    text(7, "ecs-service-name"), text(7, "ecs-task-definition-arn"), text(7, "ecs-task-arn"), text(7, "ecs-task-id"),
    text(8, "reject-reason"),
    text(9, "resource-id"),
    integer(10, "encryption-status"),
    tag(11, "instance-tag"), tag(11, "instance-tag-2"), tag(11, "interface-tag"), tag(11, "interface-tag-2"),
    tag(11, "asg-tag"), tag(11, "asg-tag-2"), text(11, "interface-type"), text(11, "next-hop-interface-id"),
    text(11, "next-hop-subnet-id"), text(11, "next-hop-az-id"), text(11, "next-hop-vpc-id"),
    text(11, "next-hop-interface-type"),
];

const fn integer(since: u8, name: &'static str) -> Field {
    let kind = Kind::Integer;
    Field { name, kind, since }
}

const fn port(since: u8, name: &'static str) -> Field {
    let kind = Kind::Port;
    Field { name, kind, since }
}

const fn text(since: u8, name: &'static str) -> Field {
    let kind = Kind::Text;
    Field { name, kind, since }
}

const fn tag(since: u8, name: &'static str) -> Field {
    let kind = Kind::Tag;
    Field { name, kind, since }
}
