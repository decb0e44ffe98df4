//! CloudTrail: how its records are recognised, and what they have.

use super::{Objects, Profile, is_account};

pub(super) const PROFILE: Profile = Profile {
    by_name: |group, stream| is_trail(stream) || is_of_trail(group),
    by_content: |content| {
        ["eventVersion", "eventSource", "eventName", "awsRegion"]
            .iter()
            .all(|name| content.field(name).is_some())
    },
    objects: Some(Objects {
        members: MEMBERS,
        example: "userIdentity.type",
        recognised_by: &["eventVersion"],
        required: "eventVersion",
        any_case: false,
    }),
};

/// The members of a record
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>), and of one of
/// CloudTrail Insights
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html>).
#[rustfmt::skip]
const MEMBERS: &[&str] = &[
    "additionalEventData", "addendum", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage", "eventCategory",
    "eventContext", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion", "insightDetails",
    "managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources", "responseElements",
    "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sourceIPAddress", "tlsDetails", "userAgent",
    "userIdentity", "vpcEndpointAccountId", "vpcEndpointId",
];

/// Whether the log group bears a name that AWS gives: CloudTrail's console, Control Tower, and CloudTrail enabled for CloudWatch.
fn is_of_trail(group: &str) -> bool {
    group.starts_with("aws-cloudtrail-logs-")
        || group == "aws-controltower/CloudTrailLogs"
        || group.starts_with("aws/cloudtrail/")
}

/// Whether the log stream bears the name that CloudTrail gives it: `ACCOUNT_CloudTrail_REGION`, of an organization's trail
/// `o-ID_ACCOUNT_CloudTrail_REGION`.
fn is_trail(stream: &str) -> bool {
    let member = match stream.split_once('_') {
        Some((organization, rest)) if organization.starts_with("o-") => rest,
        _ => stream,
    };
    member
        .split_once("_CloudTrail_")
        .is_some_and(|(account, _)| is_account(account))
}
