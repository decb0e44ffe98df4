//! ECS for CloudTrail.

mod categories;

use super::super::mapping::{
    As, Computed, Context, Layout, Mapping, Row, Value, When, constant, ip, keyword, row,
};
use super::{account, base, original};
use crate::source::Source;

pub(super) fn mapping() -> Mapping {
    let mut rows = vec![
        row(
            "@timestamp",
            Value::Field("eventTime", As::Date).or(Value::Context(Context::Time)),
        ),
        row("event.kind", constant("\"event\"")),
        row("event.action", keyword("eventName")),
        row("event.category", Value::Computed(categories::CATEGORY)),
        row("event.type", Value::Computed(categories::TYPE)),
        row("event.outcome", Value::Computed(OUTCOME)),
        row("event.provider", keyword("eventSource")),
        row("event.created", Value::Context(Context::Time)),
        original(),
        row(
            "cloud.region",
            keyword("awsRegion").or(Value::Context(Context::Region)),
        ),
    ];
    rows.extend(account(|| {
        let owner = Value::Context(Context::Account);
        keyword("userIdentity.accountId")
            .or(keyword("recipientAccountId"))
            .or(owner)
    }));
    rows.extend(base());
    rows.extend(shared());
    rows.extend(own());
    Mapping {
        source: Some(Source::CloudTrail),
        about: "What services put into a record as they like (`requestParameters`, `responseElements`, `additionalEventData`, \
                `serviceEventDetails`, `insightDetails`) is a string of JSON, so that an index neither grows without end nor refuses a record \
                whose types differ; the fields that Elastic takes from it stand beside it, and its `flattened` copies are left out. `event.id` \
                is CloudWatch Logs' id, and `aws.cloudtrail.event_id` CloudTrail's. `cloud.account.id` is the caller's account, as in \
                Elastic's integration. Left out are what that makes of parts of names (the session's name in an ARN, the service's in \
                `eventSource`), and the entities that it can guess who acted and what was acted on by (`actor`, `target`, `related.entity`).",
        layouts: vec![Layout { name: "", rows }],
        choose: None,
    }
}

/// ECS's own fields.
fn shared() -> Vec<Row> {
    vec![
        row("source.address", keyword("sourceIPAddress")),
        row("source.ip", ip("sourceIPAddress")),
        row("user.name", user_name()),
        row("user.email", IS_EMAIL.then(user_name())),
        row(
            "user.id",
            keyword("userIdentity.principalId").or(keyword(ON_BEHALF_OF)),
        ),
        row("user.target.name", keyword("requestParameters.userName")),
        row("user.target.id", keyword("responseElements.user.userId")),
        row(
            "user.changes.name",
            keyword("requestParameters.newUserName"),
        ),
        row("group.name", keyword("requestParameters.groupName")),
        row("group.id", keyword("responseElements.group.groupId")),
        row(
            "service.name",
            IS_SERVICE.then(keyword("userIdentity.invokedBy")),
        ),
        row("user_agent.original", keyword("userAgent")),
        row(
            "tls.version",
            Value::Field("tlsDetails.tlsVersion", As::Map(TLS_VERSIONS)),
        ),
        row(
            "tls.version_protocol",
            Value::Field("tlsDetails.tlsVersion", As::Map(TLS_PROTOCOLS)),
        ),
        row("tls.cipher", keyword("tlsDetails.cipherSuite")),
        row(
            "tls.client.server_name",
            keyword("tlsDetails.clientProvidedHostHeader"),
        ),
        row("related.ip", Value::List(vec![ip("sourceIPAddress")])),
        row(
            "related.user",
            Value::List(vec![
                keyword("userIdentity.userName"),
                keyword(ISSUER_NAME),
                keyword(SIGN_IN_NAME),
                keyword("userIdentity.principalId"),
                keyword(ON_BEHALF_OF),
                keyword("requestParameters.userName"),
                keyword("requestParameters.newUserName"),
                keyword("responseElements.user.userId"),
            ]),
        ),
    ]
}

/// What ECS has no place for, under the names of Elastic's integration, or else CloudTrail's.
fn own() -> Vec<Row> {
    vec![
        row("aws.cloudtrail.event_version", keyword("eventVersion")),
        row("aws.cloudtrail.event_id", keyword("eventID")),
        row("aws.cloudtrail.event_type", keyword("eventType")),
        row("aws.cloudtrail.event_category", keyword("eventCategory")),
        row(
            "aws.cloudtrail.user_identity.type",
            keyword("userIdentity.type"),
        ),
        row(
            "aws.cloudtrail.user_identity.arn",
            keyword("userIdentity.arn"),
        ),
        row(
            "aws.cloudtrail.user_identity.access_key_id",
            keyword("userIdentity.accessKeyId"),
        ),
        row(
            "aws.cloudtrail.user_identity.invoked_by",
            keyword("userIdentity.invokedBy"),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.mfa_authenticated",
            keyword("userIdentity.sessionContext.attributes.mfaAuthenticated"),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.creation_date",
            Value::Field(
                "userIdentity.sessionContext.attributes.creationDate",
                As::Date,
            ),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.session_issuer.type",
            keyword("userIdentity.sessionContext.sessionIssuer.type"),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.session_issuer.principal_id",
            keyword("userIdentity.sessionContext.sessionIssuer.principalId"),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.session_issuer.arn",
            keyword("userIdentity.sessionContext.sessionIssuer.arn"),
        ),
        row(
            "aws.cloudtrail.user_identity.session_context.session_issuer.account_id",
            keyword("userIdentity.sessionContext.sessionIssuer.accountId"),
        ),
        row("aws.cloudtrail.error_code", keyword("errorCode")),
        row("aws.cloudtrail.error_message", keyword("errorMessage")),
        row(
            "aws.cloudtrail.request_parameters",
            keyword("requestParameters"),
        ),
        row(
            "aws.cloudtrail.response_elements",
            keyword("responseElements"),
        ),
        row(
            "aws.cloudtrail.additional_eventdata",
            keyword("additionalEventData"),
        ),
        row(
            "aws.cloudtrail.service_event_details",
            keyword("serviceEventDetails"),
        ),
        row("aws.cloudtrail.insight_details", keyword("insightDetails")),
        row(
            "aws.cloudtrail.console_login.additional_eventdata.login_to",
            keyword("additionalEventData.LoginTo"),
        ),
        row(
            "aws.cloudtrail.console_login.additional_eventdata.mobile_version",
            Value::Field("additionalEventData.MobileVersion", As::Map(YES_NO)),
        ),
        row(
            "aws.cloudtrail.console_login.additional_eventdata.mfa_used",
            Value::Field("additionalEventData.MFAUsed", As::Map(YES_NO)),
        ),
        row("aws.cloudtrail.request_id", keyword("requestID")),
        row("aws.cloudtrail.api_version", keyword("apiVersion")),
        row(
            "aws.cloudtrail.management_event",
            keyword("managementEvent"),
        ),
        row(
            "aws.cloudtrail.read_only",
            Value::Field("readOnly", As::Boolean),
        ),
        row(
            "aws.cloudtrail.resources",
            Value::Each(
                "resources",
                vec![
                    row("arn", keyword("ARN").or(keyword("arn"))),
                    row("account_id", keyword("accountId")),
                    row("type", keyword("type")),
                ],
            ),
        ),
        row(
            "aws.cloudtrail.recipient_account_id",
            keyword("recipientAccountId"),
        ),
        row("aws.cloudtrail.shared_event_id", keyword("sharedEventID")),
        row("aws.cloudtrail.vpc_endpoint_id", keyword("vpcEndpointId")),
        row(
            "aws.cloudtrail.session_credential_from_console",
            keyword("sessionCredentialFromConsole"),
        ),
    ]
}

const ISSUER_NAME: &str = "userIdentity.sessionContext.sessionIssuer.userName";

/// What IAM Identity Center calls the user who signs in.
const SIGN_IN_NAME: &str = "additionalEventData.UserName";

const ON_BEHALF_OF: &str = "userIdentity.onBehalfOf.userId";

fn user_name() -> Value {
    keyword("userIdentity.userName")
        .or(keyword(ISSUER_NAME))
        .or(keyword(SIGN_IN_NAME))
}

const IS_EMAIL: When = When {
    about: "that is an address of e-mail",
    fields: &["userIdentity.userName", ISSUER_NAME, SIGN_IN_NAME],
    by: |fields| {
        let name = fields.iter().find(|field| !field.is_empty());
        name.is_some_and(|name| name[1..].contains(&b'@'))
    },
};

const IS_SERVICE: When = When {
    about: "`userIdentity.type` is AWSService",
    fields: &["userIdentity.type"],
    by: |fields| fields[0] == b"AWSService",
};

const TLS_VERSIONS: &[(&str, &str)] = &[
    ("TLSv1.3", "\"1.3\""),
    ("TLSv1.2", "\"1.2\""),
    ("TLSv1.1", "\"1.1\""),
    ("TLSv1", "\"1\""),
];

const TLS_PROTOCOLS: &[(&str, &str)] = &[
    ("TLSv1.3", "\"tls\""),
    ("TLSv1.2", "\"tls\""),
    ("TLSv1.1", "\"tls\""),
    ("TLSv1", "\"tls\""),
];

const YES_NO: &[(&str, &str)] = &[("Yes", "true"), ("No", "false")];

const OUTCOME: Computed = Computed {
    about: "`failure` if there is `errorCode` or `errorMessage`, or a `ConsoleLogin` whose `responseElements.ConsoleLogin` is not \
            `Success`; `success` in all other records",
    kind: "string",
    fields: &[
        "errorCode",
        "errorMessage",
        "eventName",
        "responseElements.ConsoleLogin",
    ],
    by: |fields| match fields {
        [b"", b"", b"ConsoleLogin", b"Success" | b""] => Some("\"success\""),
        [b"", b"", b"ConsoleLogin", _] => Some("\"failure\""),
        [b"", b"", ..] => Some("\"success\""),
        _ => Some("\"failure\""),
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_an_error_is_a_success_but_for_a_login_that_says_otherwise() {
        for (fields, expected) in [
            (["", "", "RunInstances", ""], "\"success\""),
            (["", "", "RunInstances", "Failure"], "\"success\""),
            (["", "", "ConsoleLogin", "Success"], "\"success\""),
            (["", "", "ConsoleLogin", ""], "\"success\""),
            (["", "", "ConsoleLogin", "Failure"], "\"failure\""),
            (["AccessDenied", "", "RunInstances", ""], "\"failure\""),
            (["", "denied", "ConsoleLogin", "Success"], "\"failure\""),
        ] {
            let outcome = (OUTCOME.by)(&fields.map(str::as_bytes));
            assert_eq!(outcome, Some(expected), "{fields:?}");
        }
    }
}
