//! What a finding of GuardDuty rests on: its action, and what ran.

use super::super::super::mapping::{As, Value, When, constant, ip, long, port, row, text};
use super::super::Version;

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

macro_rules! runtime {
    ($member:literal) => {
        concat!("detail.service.runtimeDetails.process.", $member)
    };
}

/// The remote side of the action at `$at`, which ends in a dot if it is not empty. Coordinates as two numbers, and autonomous systems,
/// came after 1.1.
macro_rules! remote {
    ($endpoint:literal, $at:expr, $version:expr) => {{
        let mut rows = vec![
            row(
                concat!($endpoint, ".ip"),
                ip(concat!($at, "remoteIpDetails.ipAddressV4"))
                    .or(ip(concat!($at, "remoteIpDetails.ipAddressV6"))),
            ),
            row(
                concat!($endpoint, ".location.city"),
                text(concat!($at, "remoteIpDetails.city.cityName")),
            ),
            row(
                concat!($endpoint, ".location.country"),
                text(concat!($at, "remoteIpDetails.country.countryCode"))
                    .or(text(concat!($at, "remoteIpDetails.country.countryName"))),
            ),
        ];
        if $version == Version::V1_5 {
            const HAS_PLACE: When = When {
                about: "it has a city or a country",
                fields: &[
                    concat!($at, "remoteIpDetails.city.cityName"),
                    concat!($at, "remoteIpDetails.country.countryCode"),
                    concat!($at, "remoteIpDetails.country.countryName"),
                ],
                by: |fields| fields.iter().any(|field| !field.is_empty()),
            };
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
                    long(concat!($at, "remoteIpDetails.organization.asn")),
                ),
                row(
                    concat!($endpoint, ".autonomous_system.name"),
                    text(concat!($at, "remoteIpDetails.organization.asnOrg")),
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
                port(concat!(network!(), ".localPortDetails.port")),
            ),
            row(
                concat!($remote, ".port"),
                port(concat!(network!(), ".remotePortDetails.port")),
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
                Value::Field(
                    concat!(network!(), ".protocol"),
                    As::Map(&[("TCP", "\"tcp\""), ("UDP", "\"udp\""), ("ICMP", "\"icmp\"")]),
                ),
            ),
            row("data", text(network!())),
        ]
    };
}

/// The addresses of the remote side of each action.
pub(super) const REMOTE_ADDRESSES: [&str; 5] = [
    concat!(network!(), ".remoteIpDetails.ipAddressV4"),
    concat!(api_call!(), ".remoteIpDetails.ipAddressV4"),
    concat!(kubernetes!(), ".remoteIpDetails.ipAddressV4"),
    concat!(login!(), ".remoteIpDetails.ipAddressV4"),
    concat!(probes!(), ".0.remoteIpDetails.ipAddressV4"),
];

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
    Value::Each(probes!(), probe).or(Value::List(vec![
        IS_OUTBOUND.then(outbound(version)),
        IS_INBOUND.then(inbound(version)),
        api_call(version),
        kubernetes(version),
        login(version),
        Value::Object(vec![
            row("query.hostname", text(concat!(dns!(), ".domain"))),
            row("data", text(dns!())),
        ]),
        process(version),
    ]))
}

const HAS_ADDRESS: When = When {
    about: "there is an address",
    fields: &["localIpDetails.ipAddressV4"],
    by: |fields| !fields[0].is_empty(),
};

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

fn process(version: Version) -> Value {
    let mut rows = vec![
        row("process.pid", long(runtime!("pid"))),
        row("process.uid", text(runtime!("uuid"))),
        row("process.name", HAS_PROCESS.then(text(runtime!("name")))),
        row(
            "process.created_time",
            HAS_PROCESS.then(Value::Field(runtime!("startTime"), As::Milliseconds)),
        ),
        row(
            "process.user.name",
            HAS_PROCESS.then(text(runtime!("user"))),
        ),
        row(
            "process.file.name",
            HAS_FILE.then(text(runtime!("name")).or(text(runtime!("executablePath")))),
        ),
        row(
            "process.file.path",
            HAS_FILE.then(text(runtime!("executablePath"))),
        ),
        row("process.file.type_id", HAS_FILE.then(constant("1"))),
        row(
            "process.file.type",
            HAS_FILE.then(constant("\"Regular File\"")),
        ),
        row("data", text("detail.service.runtimeDetails")),
    ];
    if version == Version::V1_5 {
        rows.push(row(
            "process.working_directory",
            HAS_PROCESS.then(text(runtime!("pwd"))),
        ));
    }
    Value::Object(rows)
}

const HAS_PROCESS: When = When {
    about: "the process has an id",
    fields: &[runtime!("pid"), runtime!("uuid")],
    by: |fields| fields.iter().any(|field| !field.is_empty()),
};

const HAS_FILE: When = When {
    about: "the process has an id and a path",
    fields: &[
        runtime!("pid"),
        runtime!("uuid"),
        runtime!("executablePath"),
    ],
    by: |fields| fields[..2].iter().any(|field| !field.is_empty()) && !fields[2].is_empty(),
};
