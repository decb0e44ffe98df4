//! The fields that can be redacted: what a name or a path has to be, so that a slip of the pen stops the start instead of passing values on.

use super::Action;
use crate::source::Source;
use crate::source::vpc_flow_logs::{FIELDS, Kind};

/// The sources whose fields are known.
pub(super) const SOURCES: [Source; 3] =
    [Source::VpcFlowLogs, Source::CloudTrail, Source::GuardDuty];

/// The field with this name: AWS's name of a flow log's field, or a path.
pub(super) fn field(source: Source, name: &str, action: Action) -> Result<String, String> {
    match source {
        Source::VpcFlowLogs => of_flow_logs(name, action),
        Source::CloudTrail => path(name, CLOUDTRAIL, |path| path == "eventVersion"),
        _ => path(name, GUARDDUTY, |path| {
            ["detail", "detail-type", "source"].contains(&path)
        }),
    }
}

/// Whether fields of a source are the same, or one stands in the other.
pub(super) fn meet(source: Source, one: &str, other: &str) -> bool {
    // Indexes of arrays: a redaction is for all values of one.
    let keys = |path: &str| -> Vec<String> {
        let keys = path.split('.');
        let keys = keys.filter(|key| !is_index(key));
        let plain = |key: &str| match source {
            Source::GuardDuty => key.to_ascii_lowercase(),
            _ => key.to_owned(),
        };
        keys.map(plain).collect()
    };
    let (one, other) = (keys(one), keys(other));
    one.iter().zip(&other).all(|(one, other)| one == other)
}

fn of_flow_logs(name: &str, action: Action) -> Result<String, String> {
    let mut known = FIELDS.iter();
    let field = known
        .find(|field| field.name == name || field.name.replace('-', "_") == name)
        .ok_or("not a field of flow logs")?;
    if ["version", "log-status"].contains(&field.name) {
        return Err("flow logs are told by it".to_owned());
    }
    if action == Action::Hash && matches!(field.kind, Kind::Integer | Kind::Port) {
        return Err("it is an integer, and a hash is none; expected the action `mask`".to_owned());
    }
    Ok(field.name.to_owned())
}

fn path(path: &str, first: &[&str], tells: impl Fn(&str) -> bool) -> Result<String, String> {
    let keys: Vec<&str> = path.split('.').collect();
    if keys.iter().any(|key| key.is_empty()) || path.contains(['[', ']', '*']) {
        return Err("not a path, such as userIdentity.userName".to_owned());
    }
    if let Some(index) = keys.iter().find(|key| is_index(key)) {
        return Err(format!(
            "leave out `{index}`: a path leads to every value of an array"
        ));
    }
    if !first.contains(&keys[0]) {
        let first = first.join(", ");
        return Err(format!(
            "there is no `{}`; expected one of: {first}",
            keys[0]
        ));
    }
    match tells(path) {
        true => Err("messages of this source are told by it".to_owned()),
        false => Ok(path.to_owned()),
    }
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The members of a CloudTrail record
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>), and of one of
/// CloudTrail Insights
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html>).
#[rustfmt::skip]
const CLOUDTRAIL: &[&str] = &[
    "additionalEventData", "addendum", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage", "eventCategory",
    "eventContext", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion", "insightDetails",
    "managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources", "responseElements",
    "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sourceIPAddress", "tlsDetails", "userAgent",
    "userIdentity", "vpcEndpointAccountId", "vpcEndpointId",
];

/// The members of EventBridge's envelope
/// (<https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>).
#[rustfmt::skip]
const GUARDDUTY: &[&str] = &[
    "account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version",
];
