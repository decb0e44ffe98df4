//! ECS for GuardDuty's findings.

mod details;

use super::super::mapping::{
    As, Choose, Context, Layout, Mapping, Row, Value, constant, ip, keyword, long, row,
};
use super::{account, base, original};

use crate::source::Source;

/// The first that there is of a member of the remote IP details, whatever the action was.
macro_rules! remote {
    ($member:literal, $how:expr) => {
        Value::First(vec![
            Value::Field(
                concat!(
                    "detail.service.action.networkConnectionAction.remoteIpDetails.",
                    $member
                ),
                $how,
            ),
            Value::Field(
                concat!(
                    "detail.service.action.awsApiCallAction.remoteIpDetails.",
                    $member
                ),
                $how,
            ),
            Value::Field(
                concat!(
                    "detail.service.action.kubernetesApiCallAction.remoteIpDetails.",
                    $member
                ),
                $how,
            ),
            Value::Field(
                concat!(
                    "detail.service.action.rdsLoginAttemptAction.remoteIpDetails.",
                    $member
                ),
                $how,
            ),
            Value::Field(
                concat!(
                    "detail.service.action.portProbeAction.portProbeDetails.0.remoteIpDetails.",
                    $member
                ),
                $how,
            ),
        ])
    };
}

/// The local side of a connection.
macro_rules! local {
    ($member:literal, $how:expr) => {
        Value::First(vec![
            Value::Field(
                concat!("detail.service.action.networkConnectionAction.", $member),
                $how,
            ),
            Value::Field(
                concat!(
                    "detail.service.action.portProbeAction.portProbeDetails.0.",
                    $member
                ),
                $how,
            ),
        ])
    };
}

pub(super) fn mapping() -> Mapping {
    Mapping {
        source: Some(Source::GuardDuty),
        about: "The finding is EventBridge's `detail`; keys may begin with a capital letter. Elastic fills `source`, `user` \
                and `container` with arrays of all that a finding names; here they are the first, and `source` is the remote \
                side, or `destination` is that of an outbound connection, and has the geography, too. `related` has those of \
                an instance's first network interface. `event.id` is CloudWatch Logs' id, and `aws.guardduty.id` the \
                finding's. What findings say of resources, of malware and of sequences of signals beyond these rows is in \
                `event.original`; `rule.ruleset`, a part of `rule.name`, is left out.",
        layouts: vec![
            Layout {
                name: "Findings",
                rows: rows(["source", "destination"]),
            },
            Layout {
                name: "Findings of outbound connections",
                rows: rows(["destination", "source"]),
            },
        ],
        choose: Some(Choose {
            fields: &["detail.service.action.networkConnectionAction.connectionDirection"],
            by: |fields| usize::from(fields[0] == b"OUTBOUND"),
        }),
    }
}

/// The rows, with the names of the remote side and of the local one.
fn rows([remote, local]: [&'static str; 2]) -> Vec<Row> {
    let mut rows = vec![
        row(
            "@timestamp",
            Value::Field("detail.updatedAt", As::Date)
                .or(Value::Field("time", As::Date))
                .or(Value::Context(Context::Time)),
        ),
        row("message", keyword("detail.description")),
        row("event.kind", constant("\"alert\"")),
        row("event.type", constant("[\"info\"]")),
        row("event.action", keyword("detail.service.action.actionType")),
        row("event.created", Value::Field("detail.createdAt", As::Date)),
        row(
            "event.start",
            Value::Field("detail.service.eventFirstSeen", As::Date),
        ),
        row(
            "event.end",
            Value::Field("detail.service.eventLastSeen", As::Date),
        ),
        row("event.severity", Value::Field("detail.severity", As::Whole)),
        row(
            "event.provider",
            keyword("detail.service.action.awsApiCallAction.serviceName"),
        ),
        original(),
        row(
            "cloud.region",
            keyword("detail.region")
                .or(keyword("region"))
                .or(Value::Context(Context::Region)),
        ),
        row(
            "cloud.instance.id",
            keyword("detail.resource.instanceDetails.instanceId"),
        ),
        row(
            "cloud.machine.type",
            keyword("detail.resource.instanceDetails.instanceType"),
        ),
        row(
            "cloud.availability_zone",
            keyword("detail.resource.instanceDetails.availabilityZone"),
        ),
        row("cloud.service.name", keyword("detail.service.serviceName")),
    ];
    rows.extend(account(|| {
        let owner = Value::Context(Context::Account);
        keyword("detail.accountId").or(keyword("account")).or(owner)
    }));
    rows.extend(base());
    rows.extend(sides([remote, local]));
    rows.extend(shared());
    rows.extend(details::container());
    rows.extend(details::rows());
    rows
}

/// The two sides of what happened.
fn sides([remote, local]: [&'static str; 2]) -> Vec<Row> {
    let at = |side: &'static str, place: &str, value| Row {
        to: format!("{side}.{place}").into(),
        value,
    };
    vec![
        at(
            remote,
            "address",
            remote!("ipAddressV4", As::Keyword).or(remote!("ipAddressV6", As::Keyword)),
        ),
        at(
            remote,
            "ip",
            remote!("ipAddressV4", As::Ip).or(remote!("ipAddressV6", As::Ip)),
        ),
        at(
            remote,
            "port",
            long("detail.service.action.networkConnectionAction.remotePortDetails.port"),
        ),
        at(remote, "as.number", remote!("organization.asn", As::Long)),
        at(
            remote,
            "as.organization.name",
            remote!("organization.asnOrg", As::Keyword),
        ),
        at(
            remote,
            "geo.city_name",
            remote!("city.cityName", As::Keyword),
        ),
        at(
            remote,
            "geo.country_iso_code",
            remote!("country.countryCode", As::Keyword),
        ),
        at(
            remote,
            "geo.country_name",
            remote!("country.countryName", As::Keyword),
        ),
        at(
            remote,
            "geo.location.lat",
            remote!("geoLocation.lat", As::Number),
        ),
        at(
            remote,
            "geo.location.lon",
            remote!("geoLocation.lon", As::Number),
        ),
        at(
            local,
            "address",
            local!("localIpDetails.ipAddressV4", As::Keyword),
        ),
        at(local, "ip", local!("localIpDetails.ipAddressV4", As::Ip)),
        at(local, "port", local!("localPortDetails.port", As::Long)),
    ]
}

/// ECS's own fields.
fn shared() -> Vec<Row> {
    vec![
        row(
            "network.direction",
            Value::Field(
                "detail.service.action.networkConnectionAction.connectionDirection",
                As::Map(DIRECTIONS),
            ),
        ),
        row(
            "network.transport",
            Value::Field(
                "detail.service.action.networkConnectionAction.protocol",
                As::Map(TRANSPORTS),
            )
            .or(Value::Field(
                "detail.service.action.dnsRequestAction.protocol",
                As::Map(TRANSPORTS),
            )),
        ),
        row(
            "network.iana_number",
            keyword("detail.service.runtimeDetails.context.ianaProtocolNumber"),
        ),
        row(
            "dns.question.name",
            keyword("detail.service.action.dnsRequestAction.domain"),
        ),
        row("rule.name", keyword("detail.type")),
        row("rule.category", Value::Computed(details::CATEGORY)),
        row(
            "host.id",
            keyword("detail.resource.instanceDetails.instanceId"),
        ),
        row(
            "host.type",
            keyword("detail.resource.instanceDetails.instanceType"),
        ),
        row(
            "host.os.platform",
            keyword("detail.resource.instanceDetails.platform"),
        ),
        row(
            "orchestrator.cluster.name",
            keyword("detail.resource.eksClusterDetails.name")
                .or(keyword("detail.resource.ecsClusterDetails.name")),
        ),
        row(
            "orchestrator.namespace",
            keyword("detail.resource.kubernetesDetails.kubernetesWorkloadDetails.namespace"),
        ),
        row(
            "orchestrator.resource.name",
            keyword("detail.resource.kubernetesDetails.kubernetesWorkloadDetails.name"),
        ),
        row(
            "orchestrator.resource.type",
            keyword("detail.resource.kubernetesDetails.kubernetesWorkloadDetails.type"),
        ),
        row(
            "process.executable",
            keyword("detail.service.runtimeDetails.process.executablePath"),
        ),
        row(
            "process.name",
            keyword("detail.service.runtimeDetails.process.name"),
        ),
        row(
            "process.pid",
            long("detail.service.runtimeDetails.process.pid"),
        ),
        row(
            "process.start",
            Value::Field("detail.service.runtimeDetails.process.startTime", As::Date),
        ),
        row(
            "process.working_directory",
            keyword("detail.service.runtimeDetails.process.pwd"),
        ),
        row(
            "threat.indicator.file.path",
            keyword("detail.service.runtimeDetails.context.threatFilePath"),
        ),
        row(
            "threat.software.name",
            keyword("detail.service.runtimeDetails.context.toolName"),
        ),
        row(
            "user.id",
            keyword("detail.resource.accessKeyDetails.principalId").or(keyword(KUBERNETES_UID)),
        ),
        row(
            "user.name",
            keyword("detail.resource.accessKeyDetails.userName")
                .or(keyword(KUBERNETES_USER))
                .or(keyword("detail.resource.rdsDbUserDetails.user")),
        ),
        row(
            "user.roles",
            Value::Elements(
                "detail.resource.kubernetesDetails.kubernetesUserDetails.groups",
                As::Keyword,
            ),
        ),
        row(
            "related.hash",
            Value::List(vec![
                keyword("detail.service.runtimeDetails.process.executableSha256"),
                keyword("detail.service.runtimeDetails.context.moduleSha256"),
            ]),
        ),
        row(
            "related.hosts",
            Value::List(vec![
                keyword("detail.service.action.dnsRequestAction.domain"),
                keyword("detail.resource.instanceDetails.networkInterfaces.0.privateDnsName"),
                keyword("detail.resource.instanceDetails.networkInterfaces.0.publicDnsName"),
            ]),
        ),
        row(
            "related.ip",
            Value::List(vec![
                remote!("ipAddressV4", As::Ip),
                remote!("ipAddressV6", As::Ip),
                local!("localIpDetails.ipAddressV4", As::Ip),
                ip("detail.resource.instanceDetails.networkInterfaces.0.privateIpAddress"),
                ip("detail.resource.instanceDetails.networkInterfaces.0.publicIp"),
            ]),
        ),
        row(
            "related.user",
            Value::List(vec![
                keyword("detail.resource.accessKeyDetails.principalId"),
                keyword("detail.resource.accessKeyDetails.userName"),
                keyword(KUBERNETES_UID),
                keyword(KUBERNETES_USER),
                keyword("detail.resource.rdsDbUserDetails.user"),
            ]),
        ),
    ]
}

const KUBERNETES_UID: &str = "detail.resource.kubernetesDetails.kubernetesUserDetails.uid";
const KUBERNETES_USER: &str = "detail.resource.kubernetesDetails.kubernetesUserDetails.username";

const DIRECTIONS: &[(&str, &str)] = &[
    ("INBOUND", "\"inbound\""),
    ("OUTBOUND", "\"outbound\""),
    ("UNKNOWN", "\"unknown\""),
];

const TRANSPORTS: &[(&str, &str)] = &[("TCP", "\"tcp\""), ("UDP", "\"udp\""), ("ICMP", "\"icmp\"")];
