//! The container of a GuardDuty finding, and what ECS has no place for.

use crate::schema::mapping::{As, Computed, Row, Value, ip, keyword, long, row};

/// The container that the finding is of, or else the first one of its task.
macro_rules! container {
    ($member:literal, $how:expr) => {
        Value::First(vec![
            Value::Field(concat!("detail.resource.containerDetails.", $member), $how),
            Value::Field(
                concat!(
                    "detail.resource.ecsClusterDetails.taskDetails.containers.0.",
                    $member
                ),
                $how,
            ),
        ])
    };
}

/// What ECS says of a container.
pub(super) fn container() -> Vec<Row> {
    vec![
        row("container.id", container!("id", As::Keyword)),
        row("container.name", container!("name", As::Keyword)),
        row(
            "container.runtime",
            container!("containerRuntime", As::Keyword),
        ),
        row("container.image.name", container!("image", As::Keyword)),
        row(
            "container.security_context.privileged",
            container!("securityContext.privileged", As::Boolean),
        ),
    ]
}

/// What ECS has no place for, under the names of Elastic's integration, or else GuardDuty's.
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("aws.guardduty.id", keyword("detail.id")),
        row("aws.guardduty.arn", keyword("detail.arn")),
        row("aws.guardduty.type", keyword("detail.type")),
        row("aws.guardduty.title", keyword("detail.title")),
        row("aws.guardduty.partition", keyword("detail.partition")),
        row(
            "aws.guardduty.schema_version",
            keyword("detail.schemaVersion"),
        ),
        row(
            "aws.guardduty.confidence",
            Value::Field("detail.confidence", As::Number),
        ),
        row(
            "aws.guardduty.severity.code",
            Value::Field("detail.severity", As::Number),
        ),
        row("aws.guardduty.severity.value", Value::Computed(SEVERITY)),
        row(
            "aws.guardduty.resource.type",
            keyword("detail.resource.resourceType"),
        ),
        row(
            "aws.guardduty.resource.access_key_details.accesskey_id",
            keyword("detail.resource.accessKeyDetails.accessKeyId"),
        ),
        row(
            "aws.guardduty.resource.access_key_details.user.type",
            keyword("detail.resource.accessKeyDetails.userType"),
        ),
        row(
            "aws.guardduty.resource.eks_cluster_details.arn",
            keyword("detail.resource.eksClusterDetails.arn"),
        ),
        row(
            "aws.guardduty.resource.ecs_cluster_details.arn",
            keyword("detail.resource.ecsClusterDetails.arn"),
        ),
        row(
            "aws.guardduty.resource.s3_bucket_details",
            Value::Each(
                "detail.resource.s3BucketDetails",
                vec![
                    row("arn", keyword("arn")),
                    row("name", keyword("name")),
                    row("type", keyword("type")),
                    row("owner.id", keyword("owner.id")),
                ],
            ),
        ),
        row(
            "aws.guardduty.service.archived",
            Value::Field("detail.service.archived", As::Boolean),
        ),
        row("aws.guardduty.service.count", long("detail.service.count")),
        row(
            "aws.guardduty.service.detector_id",
            keyword("detail.service.detectorId"),
        ),
        row(
            "aws.guardduty.service.resource_role",
            keyword("detail.service.resourceRole"),
        ),
        row(
            "aws.guardduty.service.action.aws_api_call_action.api",
            keyword("detail.service.action.awsApiCallAction.api"),
        ),
        row(
            "aws.guardduty.service.action.aws_api_call_action.caller_type",
            keyword("detail.service.action.awsApiCallAction.callerType"),
        ),
        row(
            "aws.guardduty.service.action.aws_api_call_action.error_code",
            keyword("detail.service.action.awsApiCallAction.errorCode"),
        ),
        row(
            "aws.guardduty.service.additional_info.type",
            keyword("detail.service.additionalInfo.type"),
        ),
        row(
            "aws.guardduty.service.additional_info.value",
            keyword("detail.service.additionalInfo.value"),
        ),
        row(
            "aws.guardduty.service.detection.sequence.uid",
            keyword("detail.service.detection.sequence.uid"),
        ),
        row(
            "aws.guardduty.service.detection.sequence.description",
            keyword("detail.service.detection.sequence.description"),
        ),
        row(
            "aws.guardduty.service.detection.sequence.signals",
            Value::Each(
                "detail.service.detection.sequence.signals",
                vec![
                    row("uid", keyword("uid")),
                    row("type", keyword("type")),
                    row("name", keyword("name")),
                    row("severity", Value::Field("severity", As::Number)),
                    row("count", long("count")),
                    row("actor_ids", Value::Elements("actorIds", As::Keyword)),
                ],
            ),
        ),
        row(
            "aws.guardduty.service.detection.sequence.actors",
            Value::Each(
                "detail.service.detection.sequence.actors",
                vec![
                    row("id", keyword("id")),
                    row("user.name", keyword("user.name")),
                    row("user.uid", keyword("user.uid")),
                    row("user.type", keyword("user.type")),
                ],
            ),
        ),
        row(
            "aws.guardduty.service.detection.sequence.endpoints",
            Value::Each(
                "detail.service.detection.sequence.endpoints",
                vec![
                    row("id", keyword("id")),
                    row("ip", ip("ip")),
                    row("domain", keyword("domain")),
                    row("port", long("port")),
                ],
            ),
        ),
        row(
            "aws.guardduty.service.detection.sequence.resources",
            Value::Each(
                "detail.service.detection.sequence.resources",
                vec![
                    row("uid", keyword("uid")),
                    row("name", keyword("name")),
                    row("type", keyword("resourceType")),
                    row("account_id", keyword("accountId")),
                    row("region", keyword("region")),
                ],
            ),
        ),
    ]
}

/// GuardDuty's levels (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html>).
const SEVERITY: Computed = Computed {
    about: "GuardDuty's word for `detail.severity`: `Critical` from 9, `High` from 7, `Medium` from 4, `Low` from 1",
    kind: "string",
    fields: &["detail.severity"],
    by: |fields| {
        let severity: f64 = std::str::from_utf8(fields[0]).ok()?.parse().ok()?;
        [
            (9.0, "\"Critical\""),
            (7.0, "\"High\""),
            (4.0, "\"Medium\""),
            (1.0, "\"Low\""),
        ]
        .into_iter()
        .find_map(|(least, word)| (severity >= least).then_some(word))
    },
};

/// GuardDuty's threat purposes (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html>).
pub(super) const CATEGORY: Computed = Computed {
    about: "what stands before the colon in `detail.type`, if it is one of the threat purposes that GuardDuty documents",
    kind: "string",
    fields: &["detail.type"],
    by: |fields| {
        let purpose = fields[0].split(|byte| *byte == b':').next()?;
        let known = PURPOSES
            .iter()
            .find(|json| json.trim_matches('"').as_bytes() == purpose);
        known.copied()
    },
};

#[rustfmt::skip]
const PURPOSES: &[&str] = &[
    "\"AttackSequence\"", "\"Backdoor\"", "\"Behavior\"", "\"CredentialAccess\"", "\"Cryptocurrency\"", "\"CryptoCurrency\"",
    "\"DefenseEvasion\"", "\"Discovery\"", "\"Execution\"", "\"Exfiltration\"", "\"Impact\"", "\"InitialAccess\"", "\"Object\"",
    "\"PenTest\"", "\"Persistence\"", "\"Policy\"", "\"PrivilegeEscalation\"", "\"Recon\"", "\"Stealth\"", "\"Trojan\"",
    "\"UnauthorizedAccess\"",
];
