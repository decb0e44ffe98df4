//! OCSF for CloudTrail.

mod caller;
mod differences;
mod events;

use super::super::mapping::{
    As, Choose, Computed, Context, Row, Value, When, constant, ip, row, text,
};
use super::activity::{Activity, rows_of_activity};
use super::{Class, IAM, Observable, Table, account, class, informational, observable};
use crate::source::Source;

pub(super) fn table() -> Table {
    Table {
        source: Some(Source::CloudTrail),
        about: "The class follows from `eventSource` and `eventName`: Authentication for sign-in, and for what STS and IAM Identity Center \
                give credentials with; Account Change for what IAM does to a user or a role; API Activity for all others. \
                `api.request.data` and `api.response.data` are strings of JSON.",
        classes: vec![api_activity(), authentication(), account_change()],
        choose: Some(Choose {
            fields: EVENT,
            by: |fields| match (
                events::authentication(fields),
                events::account_change(fields),
            ) {
                (Some(_), _) => 1,
                (_, Some(_)) => 2,
                _ => 0,
            },
        }),
        differences: differences::ALL,
    }
}

const EVENT: &[&str] = &["eventSource", "eventName"];

fn api_activity() -> Class {
    let mut rows = class(
        ("6003", "API Activity"),
        ("6", "Application Activity"),
        "[\"cloud\"]",
    );
    rows.extend(rows_of_activity!(
        "2 if `readOnly` is `true`; or else by the first word of `eventName`",
        &["readOnly", "eventName"],
        events::api,
        Some(text("eventName"))
    ));
    rows.extend(all());
    rows.push(row(
        "resources",
        Value::Each(
            "resources",
            vec![
                row("uid", text("ARN").or(text("arn")).or(text("ARNPrefix"))),
                row(
                    "name",
                    HAS_NO_ARN.then(text("type").or(constant("\"unknown\""))),
                ),
                row("type", text("type")),
                row("owner.account.uid", text("accountId")),
            ],
        ),
    ));
    rows.push(row("observables", Value::List(observables())));
    let [only_1_1, only_1_5] = versions();
    Class {
        name: "API Activity",
        rows,
        only_1_1,
        only_1_5,
    }
}

const HAS_NO_ARN: When = When {
    about: "there is no ARN",
    fields: &["ARN", "arn", "ARNPrefix"],
    by: |fields| fields.iter().all(|field| field.is_empty()),
};

fn authentication() -> Class {
    let mut rows = class(("3002", "Authentication"), IAM, "[\"cloud\"]");
    rows.extend(rows_of_activity!(
        "1 for what begins a session, 2 for what ends one, 99 for all others",
        EVENT,
        events::authentication_or_other,
        Some(text("eventName"))
    ));
    rows.extend(all());
    rows.extend([
        row(
            "user.name",
            text("requestParameters.roleSessionName")
                .or(text("requestParameters.name"))
                .or(caller::name())
                .or(caller::IS_NOBODY.then(constant("\"unknown\""))),
        ),
        row("user.account.uid", text("userIdentity.accountId")),
        row(
            "user.uid",
            text("requestParameters.roleArn")
                .or(text("userIdentity.arn"))
                .or(caller::HAS_NO_ID.then(text("userIdentity.principalId"))),
        ),
        row(
            "user.uid_alt",
            text("responseElements.assumedRoleUser.assumedRoleId")
                .or(text("responseElements.federatedUser.federatedUserId"))
                .or(IS_NO_ROLE.then(text("userIdentity.principalId"))),
        ),
        row(
            "session.uid",
            text("responseElements.assumedRoleUser.arn")
                .or(text("responseElements.federatedUser.arn")),
        ),
        row(
            "session.uid_alt",
            text("responseElements.assumedRoleUser.assumedRoleId")
                .or(text("responseElements.federatedUser.federatedUserId")),
        ),
        row(
            "session.credential_uid",
            text("responseElements.credentials.accessKeyId"),
        ),
        row(
            "is_mfa",
            Value::Field(
                "additionalEventData.MFAUsed",
                As::Map(&[("Yes", "true"), ("No", "false")]),
            ),
        ),
        row(
            "auth_protocol_id",
            Value::Field(
                "eventName",
                As::Map(&[
                    ("AssumeRoleWithSAML", "5"),
                    ("AssumeRoleWithWebIdentity", "4"),
                ]),
            ),
        ),
        row(
            "auth_protocol",
            Value::Field(
                "eventName",
                As::Map(&[
                    ("AssumeRoleWithSAML", "\"SAML\""),
                    ("AssumeRoleWithWebIdentity", "\"OpenID\""),
                ]),
            ),
        ),
        row("service.name", text("eventSource")),
        row("dst_endpoint.svc_name", text("additionalEventData.LoginTo")),
    ]);
    let mut searched = observables();
    searched.push(observable(
        "user.uid",
        Observable::ResourceUid,
        text("requestParameters.roleArn"),
    ));
    rows.push(row("observables", Value::List(searched)));
    let [only_1_1, only_1_5] = versions();
    Class {
        name: "Authentication",
        rows,
        only_1_1,
        only_1_5,
    }
}

const IS_NO_ROLE: When = When {
    about: "there is no `requestParameters.roleArn`",
    fields: &["requestParameters.roleArn"],
    by: |fields| fields[0].is_empty(),
};

fn account_change() -> Class {
    let mut rows = class(("3001", "Account Change"), IAM, "[\"cloud\"]");
    rows.extend(rows_of_activity!(
        "by `eventName`, such as 1 for CreateUser; 99 for those that OCSF does not name",
        EVENT,
        events::account_change_or_other,
        Some(text("eventName"))
    ));
    rows.extend(all());
    rows.extend([
        row(
            "user.name",
            text("requestParameters.userName")
                .or(text("requestParameters.roleName"))
                .or(text("responseElements.user.userName"))
                .or(text("responseElements.role.roleName"))
                .or(caller::name())
                .or(text("userIdentity.arn"))
                .or(text("userIdentity.accountId"))
                .or(constant("\"unknown\"")),
        ),
        row(
            "user.uid",
            text("responseElements.user.arn").or(text("responseElements.role.arn")),
        ),
        row(
            "user.uid_alt",
            text("responseElements.user.userId").or(text("responseElements.role.roleId")),
        ),
    ]);
    let searched = |policy| {
        let mut searched = observables();
        searched.extend([
            observable(
                "user.name",
                Observable::UserName,
                text("requestParameters.userName"),
            ),
            observable(
                policy,
                Observable::ResourceUid,
                text("requestParameters.policyArn"),
            ),
        ]);
        row("observables", Value::List(searched))
    };
    let [mut only_1_1, mut only_1_5] = versions();
    let policy = || {
        Value::Object(vec![
            row("uid", text("requestParameters.policyArn")),
            row("name", text("requestParameters.policyName")),
        ])
    };
    only_1_1.extend([searched("policy.uid"), row("policy", policy())]);
    only_1_5.extend([
        searched("policies[].uid"),
        row("policies", Value::List(vec![policy()])),
    ]);
    Class {
        name: "Account Change",
        rows,
        only_1_1,
        only_1_5,
    }
}

/// What differs between the versions in all classes. `invoked_by` is deprecated since 1.2.0.
fn versions() -> [Vec<Row>; 2] {
    let [mut only_1_1, mut only_1_5] = super::versions();
    for (rows, to) in [
        (&mut only_1_1, "actor.invoked_by"),
        (&mut only_1_5, "actor.app_name"),
    ] {
        let source = text("eventSource").or(constant("\"unknown\""));
        rows.push(row(
            to,
            text("userIdentity.invokedBy").or(caller::IS_NOBODY.then(source)),
        ));
    }
    [only_1_1, only_1_5]
}

/// What events of all classes have.
fn all() -> Vec<Row> {
    let mut rows = vec![
        row(
            "time",
            Value::Field("eventTime", As::Milliseconds).or(Value::Context(Context::Milliseconds)),
        ),
        row("status_id", Value::Computed(STATUS_ID)),
        row("status", Value::Computed(STATUS)),
        row("status_code", text("errorCode")),
        row("status_detail", text("errorMessage")),
        row(
            "cloud.region",
            text("awsRegion").or(Value::Context(Context::Region)),
        ),
        row("metadata.event_code", text("eventType")),
        row("metadata.product.name", constant("\"CloudTrail\"")),
        row("metadata.product.vendor_name", constant("\"AWS\"")),
        row("metadata.product.version", text("eventVersion")),
        row("metadata.product.feature.name", text("eventCategory")),
        row(
            "api.operation",
            text("eventName").or(constant("\"unknown\"")),
        ),
        row("api.version", text("apiVersion")),
        row("api.service.name", text("eventSource")),
        row(
            "api.request.uid",
            text("requestID").or(HAS_REQUEST.then(constant("\"unknown\""))),
        ),
        row(
            "api.request.data",
            HAS_REQUEST.then(text("requestParameters")),
        ),
        row("api.response.error", text("errorCode")),
        row("api.response.message", text("errorMessage")),
        row("api.response.data", text("responseElements")),
        row("http_request.user_agent", text("userAgent")),
        row("src_endpoint.ip", ip("sourceIPAddress")),
        row(
            "src_endpoint.svc_name",
            IS_NO_ADDRESS.then(
                text("sourceIPAddress")
                    .or(text("eventSource"))
                    .or(constant("\"unknown\"")),
            ),
        ),
        row("src_endpoint.uid", text("vpcEndpointId")),
    ];
    rows.extend(informational());
    rows.extend(account(|| {
        text("recipientAccountId").or(Value::Context(Context::Account))
    }));
    rows.extend(caller::rows());
    rows.push(row("unmapped", Value::Rest));
    rows
}

const HAS_REQUEST: When = When {
    about: "there are `requestParameters`",
    fields: &["requestParameters"],
    by: |fields| !fields[0].is_empty(),
};

const IS_NO_ADDRESS: When = When {
    about: "`sourceIPAddress` is no address",
    fields: &["sourceIPAddress"],
    by: |fields| !super::super::mapping::is_address(fields[0]),
};

fn observables() -> Vec<Value> {
    vec![
        observable("src_endpoint.ip", Observable::Ip, ip("sourceIPAddress")),
        observable(
            "src_endpoint.svc_name",
            Observable::Hostname,
            IS_HOST.then(text("sourceIPAddress")),
        ),
        observable(
            "actor.user.name",
            Observable::UserName,
            text("userIdentity.userName").or(text("additionalEventData.UserName")),
        ),
        observable(
            "actor.user.uid",
            Observable::ResourceUid,
            text("userIdentity.arn"),
        ),
    ]
}

const IS_HOST: When = When {
    about: "that is a name",
    fields: &["sourceIPAddress"],
    by: |fields| fields[0].ends_with(b".amazonaws.com"),
};

/// The fields that say whether an event succeeded.
const OUTCOME: &[&str] = &[
    "errorCode",
    "errorMessage",
    "responseElements.ConsoleLogin",
    "serviceEventDetails.CredentialChallenge",
    "serviceEventDetails.CredentialVerification",
    "serviceEventDetails.UserAuthentication",
];

fn has_failed(fields: &[&[u8]]) -> bool {
    let (errors, outcomes) = fields.split_at(2);
    errors.iter().any(|error| !error.is_empty()) || outcomes.iter().any(|it| *it == b"Failure")
}

const STATUS_ID: Computed = Computed {
    about: "2 if there is `errorCode` or `errorMessage`, or a sign-in says `Failure`; 1 in all other events",
    kind: "integer",
    fields: OUTCOME,
    by: |fields| Some(if has_failed(fields) { "2" } else { "1" }),
};

const STATUS: Computed = Computed {
    about: "the caption of `status_id`",
    kind: "string",
    fields: OUTCOME,
    by: |fields| {
        Some(if has_failed(fields) {
            "\"Failure\""
        } else {
            "\"Success\""
        })
    },
};
