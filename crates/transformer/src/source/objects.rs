//! The members that messages of JSON have, so that a slip of the pen in the name of a field does not go unnoticed.

use super::Source;

impl Source {
    /// Checks that messages of a source of JSON may have this member.
    ///
    /// # Errors
    /// Says which they may have.
    pub(crate) fn has_member(self, name: &str) -> Result<(), String> {
        let members = match self {
            Self::CloudTrail => CLOUDTRAIL,
            Self::GuardDuty => EVENTBRIDGE,
            Self::Route53ResolverQueryLogs => ROUTE53_RESOLVER_QUERY_LOGS,
            Self::VpcFlowLogs | Self::Other => return Ok(()),
        };
        if members.contains(&name) {
            return Ok(());
        }
        let members = members.join(", ");
        Err(format!("there is no `{name}`; expected one of: {members}"))
    }
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
const EVENTBRIDGE: &[&str] = &[
    "account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version",
];

/// The members of a query log
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html>).
#[rustfmt::skip]
const ROUTE53_RESOLVER_QUERY_LOGS: &[&str] = &[
    "account_id", "additional_properties", "answers", "firewall_domain_list_id", "firewall_rule_action", "firewall_rule_group_id",
    "query_class", "query_name", "query_timestamp", "query_type", "rcode", "region", "srcaddr", "srcids", "srcport", "transport",
    "version", "vpc_id",
];
