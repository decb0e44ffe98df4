//! What a finding of GuardDuty rests on: its action, and what ran.

use super::super::super::mapping::{
    As, Value, When, constant, each, ip, is_address, long, port, row, text,
};
use super::super::{Observable, Version, observable};
use super::process;

macro_rules! network {
    () => {
        "detail.service.action.networkConnectionAction"
    };
}

macro_rules! api_call {
    () => {
        "detail.service.action.awsApiCallAction"
    };
}

macro_rules! kubernetes {
    () => {
        "detail.service.action.kubernetesApiCallAction"
    };
}

macro_rules! login {
    () => {
        "detail.service.action.rdsLoginAttemptAction"
    };
}

macro_rules! dns {
    () => {
        "detail.service.action.dnsRequestAction"
    };
}

macro_rules! probes {
    () => {
        "detail.service.action.portProbeAction.portProbeDetails"
    };
}

/// The address of the remote side of the action at `$at`, which ends in a dot if it is not empty.
macro_rules! remote_address {
    ($at:expr) => {
        ip(concat!($at, "remoteIpDetails.ipAddressV4"))
            .or(ip(concat!($at, "remoteIpDetails.ipAddressV6")))
    };
}

/// Whether the remote side has an address. An endpoint needs one, or a name.
macro_rules! has_address {
    ($at:expr) => {
        When {
            about: "there is an address",
            fields: &[
                concat!($at, "remoteIpDetails.ipAddressV4"),
                concat!($at, "remoteIpDetails.ipAddressV6"),
            ],
            by: |fields| fields.iter().any(|field| is_address(field)),
        }
    };
}

/// The remote side of the action at `$at`, which ends in a dot if it is not empty. Coordinates as two numbers, and autonomous systems,
/// came after 1.1.
macro_rules! remote {
    ($endpoint:literal, $at:expr, $version:expr) => {{
        const HAS_ADDRESS: When = has_address!($at);
        const HAS_PLACE: When = When {
            about: "there is an address, and a city or a country",
            fields: &[
                concat!($at, "remoteIpDetails.ipAddressV4"),
                concat!($at, "remoteIpDetails.ipAddressV6"),
                concat!($at, "remoteIpDetails.city.cityName"),
                concat!($at, "remoteIpDetails.country.countryCode"),
                concat!($at, "remoteIpDetails.country.countryName"),
            ],
            by: |fields| {
                let (addresses, places) = fields.split_at(2);
                addresses.iter().any(|field| is_address(field))
                    && places.iter().any(|field| !field.is_empty())
            },
        };
        let mut rows = vec![
            row(concat!($endpoint, ".ip"), remote_address!($at)),
            row(
                concat!($endpoint, ".location.city"),
                HAS_ADDRESS.then(text(concat!($at, "remoteIpDetails.city.cityName"))),
            ),
            row(
                concat!($endpoint, ".location.country"),
                HAS_ADDRESS.then(
                    text(concat!($at, "remoteIpDetails.country.countryCode"))
                        .or(text(concat!($at, "remoteIpDetails.country.countryName"))),
                ),
            ),
        ];
        if $version == Version::V1_5 {
            rows.extend([
                row(
                    concat!($endpoint, ".location.lat"),
                    HAS_PLACE.then(Value::Field(
                        concat!($at, "remoteIpDetails.geoLocation.lat"),
                        As::Number,
                    )),
                ),
                row(
                    concat!($endpoint, ".location.long"),
                    HAS_PLACE.then(Value::Field(
                        concat!($at, "remoteIpDetails.geoLocation.lon"),
                        As::Number,
                    )),
                ),
                row(
                    concat!($endpoint, ".autonomous_system.number"),
                    HAS_ADDRESS.then(long(concat!($at, "remoteIpDetails.organization.asn"))),
                ),
                row(
                    concat!($endpoint, ".autonomous_system.name"),
                    HAS_ADDRESS.then(text(concat!($at, "remoteIpDetails.organization.asnOrg"))),
                ),
            ]);
        }
        rows
    }};
}

/// The rest of a connection, with the names of its local side and of the remote one.
macro_rules! connection {
    ($local:literal, $remote:literal) => {
        [
            row(
                concat!($local, ".ip"),
                ip(concat!(network!(), ".localIpDetails.ipAddressV4")),
            ),
            row(
                concat!($local, ".port"),
                LOCAL_ADDRESS.then(port(concat!(network!(), ".localPortDetails.port"))),
            ),
            row(
                concat!($remote, ".port"),
                REMOTE_ADDRESS.then(port(concat!(network!(), ".remotePortDetails.port"))),
            ),
            row(
                "connection_info.direction_id",
                Value::Field(
                    concat!(network!(), ".connectionDirection"),
                    As::Map(&[("INBOUND", "1"), ("OUTBOUND", "2")]),
                )
                .or(constant("0")),
            ),
            row(
                "connection_info.protocol_name",
                Value::Field(concat!(network!(), ".protocol"), As::Map(PROTOCOLS)),
            ),
            row("data", text(network!())),
        ]
    };
}

/// The evidences of a finding.
pub(super) fn all(version: Version) -> Value {
    let mut probe = remote!("src_endpoint", "", version);
    probe.extend([
        row("dst_endpoint.ip", ip("localIpDetails.ipAddressV4")),
        row(
            "dst_endpoint.port",
            HAS_ADDRESS.then(port("localPortDetails.port")),
        ),
        row("data", text("localPortDetails")),
    ]);
    Value::List(vec![
        each(probes!(), Value::Object(probe)),
        IS_OUTBOUND.then(outbound(version)),
        IS_INBOUND.then(inbound(version)),
        api_call(version),
        kubernetes(version),
        login(version),
        Value::Object(vec![
            row("query.hostname", text(concat!(dns!(), ".domain"))),
            row(
                "connection_info.direction_id",
                HAS_PROTOCOL.then(constant("0")),
            ),
            row(
                "connection_info.protocol_name",
                Value::Field(concat!(dns!(), ".protocol"), As::Map(PROTOCOLS)),
            ),
            row("data", text(dns!())),
        ]),
        process::all(version),
    ])
}

/// What people search for in the evidences.
pub(super) fn observables() -> Vec<Value> {
    let address = |name, field: Value| observable(name, Observable::Ip, field);
    let (source, target) = ("evidences[].src_endpoint.ip", "evidences[].dst_endpoint.ip");
    let remote = || remote_address!(concat!(network!(), "."));
    let local = || ip(concat!(network!(), ".localIpDetails.ipAddressV4"));
    vec![
        IS_OUTBOUND.then(address(target, remote())),
        IS_OUTBOUND.then(address(source, local())),
        IS_INBOUND.then(address(source, remote())),
        IS_INBOUND.then(address(target, local())),
        address(source, remote_address!(concat!(api_call!(), "."))),
        address(source, remote_address!(concat!(kubernetes!(), "."))),
        address(source, remote_address!(concat!(login!(), "."))),
        each(probes!(), address(source, remote_address!(""))),
        each(probes!(), address(target, ip("localIpDetails.ipAddressV4"))),
        observable(
            "evidences[].query.hostname",
            Observable::Hostname,
            text(concat!(dns!(), ".domain")),
        ),
        observable(
            "evidences[].actor.user.name",
            Observable::UserName,
            text("detail.resource.accessKeyDetails.userName"),
        ),
        process::observable_name(),
    ]
}

const PROTOCOLS: &[(&str, &str)] = &[("TCP", "\"tcp\""), ("UDP", "\"udp\""), ("ICMP", "\"icmp\"")];

const HAS_PROTOCOL: When = When {
    about: "there is a `detail.service.action.dnsRequestAction.protocol`",
    fields: &[concat!(dns!(), ".protocol")],
    by: |fields| !fields[0].is_empty(),
};

const HAS_ADDRESS: When = When {
    about: "there is an address",
    fields: &["localIpDetails.ipAddressV4"],
    by: |fields| is_address(fields[0]),
};

const LOCAL_ADDRESS: When = When {
    about: "there is an address",
    fields: &[concat!(network!(), ".localIpDetails.ipAddressV4")],
    by: |fields| is_address(fields[0]),
};

const REMOTE_ADDRESS: When = has_address!(concat!(network!(), "."));

const IS_OUTBOUND: When = When {
    about: "`connectionDirection` is OUTBOUND",
    fields: &[concat!(network!(), ".connectionDirection")],
    by: |fields| fields[0] == b"OUTBOUND",
};

const IS_INBOUND: When = When {
    about: "it is anything else",
    fields: &[network!(), concat!(network!(), ".connectionDirection")],
    by: |fields| !fields[0].is_empty() && fields[1] != b"OUTBOUND",
};

fn outbound(version: Version) -> Value {
    let mut rows = remote!(
        "dst_endpoint",
        "detail.service.action.networkConnectionAction.",
        version
    );
    rows.extend(connection!("src_endpoint", "dst_endpoint"));
    Value::Object(rows)
}

fn inbound(version: Version) -> Value {
    let mut rows = remote!(
        "src_endpoint",
        "detail.service.action.networkConnectionAction.",
        version
    );
    rows.extend(connection!("dst_endpoint", "src_endpoint"));
    Value::Object(rows)
}

fn api_call(version: Version) -> Value {
    let mut rows = remote!(
        "src_endpoint",
        "detail.service.action.awsApiCallAction.",
        version
    );
    rows.extend([
        row(
            "src_endpoint.svc_name",
            text(concat!(api_call!(), ".domainDetails.domain")),
        ),
        row("api.operation", text(concat!(api_call!(), ".api"))),
        row(
            "api.service.name",
            HAS_API.then(text(concat!(api_call!(), ".serviceName"))),
        ),
        row(
            "api.response.error",
            HAS_API.then(text(concat!(api_call!(), ".errorCode"))),
        ),
        row(
            "actor.user.name",
            text("detail.resource.accessKeyDetails.userName"),
        ),
        row(
            "actor.user.uid",
            text("detail.resource.accessKeyDetails.principalId"),
        ),
        row(
            "actor.user.type",
            HAS_USER.then(text("detail.resource.accessKeyDetails.userType")),
        ),
        row(
            "actor.user.credential_uid",
            HAS_USER.then(text("detail.resource.accessKeyDetails.accessKeyId")),
        ),
        row("data", text(api_call!())),
    ]);
    Value::Object(rows)
}

const HAS_API: When = When {
    about: "there is `api`",
    fields: &[concat!(api_call!(), ".api")],
    by: |fields| !fields[0].is_empty(),
};

const HAS_USER: When = When {
    about: "there is a name or an id of the user",
    fields: &[
        "detail.resource.accessKeyDetails.userName",
        "detail.resource.accessKeyDetails.principalId",
    ],
    by: |fields| fields.iter().any(|field| !field.is_empty()),
};

fn kubernetes(version: Version) -> Value {
    let mut rows = remote!(
        "src_endpoint",
        "detail.service.action.kubernetesApiCallAction.",
        version
    );
    rows.extend([
        row("api.operation", text(concat!(kubernetes!(), ".verb"))),
        row("data", text(kubernetes!())),
    ]);
    Value::Object(rows)
}

fn login(version: Version) -> Value {
    let mut rows = remote!(
        "src_endpoint",
        "detail.service.action.rdsLoginAttemptAction.",
        version
    );
    rows.push(row("data", text(login!())));
    Value::Object(rows)
}
