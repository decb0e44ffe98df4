//! ARNs: how they are built from names, and what their parts are.

use super::{
    AccountId, Arn, DestinationName, FirehoseName, LogGroupPattern, Region, RoleName, StreamName,
};

impl Arn {
    /// The ARN of a Kinesis data stream.
    pub(crate) fn stream(region: &Region, account: &AccountId, name: &StreamName) -> Self {
        Self(format!(
            "arn:{}:kinesis:{region}:{account}:stream/{name}",
            region.partition()
        ))
    }

    /// The ARN of a Firehose stream.
    pub fn firehose(region: &Region, account: &AccountId, name: &FirehoseName) -> Self {
        Self(format!(
            "arn:{}:firehose:{region}:{account}:deliverystream/{name}",
            region.partition()
        ))
    }

    /// The ARN of an IAM role without a path, in the partition of `region`.
    pub(crate) fn role(region: &Region, account: &AccountId, name: &RoleName) -> Self {
        Self(format!(
            "arn:{}:iam::{account}:role/{name}",
            region.partition()
        ))
    }

    /// The ARN of a `logs::Destination`.
    pub(crate) fn destination(
        region: &Region,
        account: &AccountId,
        name: &DestinationName,
    ) -> Self {
        Self(format!(
            "arn:{}:logs:{region}:{account}:destination:{name}",
            region.partition()
        ))
    }

    /// The ARNs of a log group, or of all that a pattern matches, for an identity policy: the plain one of the service authorization reference, and the one with
    /// `:*`, which IAM checks most calls against
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>). A pattern needs one: its `*`
    /// stands for `:*`, too.
    pub(crate) fn log_group(
        region: &Region,
        account: &AccountId,
        name: &LogGroupPattern,
    ) -> Vec<Self> {
        let partition = region.partition();
        let plain = format!("arn:{partition}:logs:{region}:{account}:log-group:{name}");
        match name.prefix() {
            Some(_) => vec![Self(plain)],
            None => vec![Self(plain.clone()), Self(format!("{plain}:*"))],
        }
    }

    /// The log streams of a log group, or of all that a pattern matches, as the permission to send their events names them
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateSubscriptionFilter-IAMrole.html>).
    pub(crate) fn events_of(region: &Region, account: &AccountId, name: &LogGroupPattern) -> Self {
        let partition = region.partition();
        let streams = if name.prefix().is_some() { "" } else { ":*" };
        Self(format!(
            "arn:{partition}:logs:{region}:{account}:log-group:{name}{streams}"
        ))
    }

    /// The ARN of a log stream of a log group, or of all that a pattern matches.
    pub(crate) fn log_stream(
        region: &Region,
        account: &AccountId,
        log_group: &LogGroupPattern,
        name: &str,
    ) -> Self {
        let partition = region.partition();
        Self(format!(
            "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:log-stream:{name}"
        ))
    }

    /// All Firehose streams of an account in a Region, for an identity policy.
    pub(crate) fn firehoses(region: &Region, account: &AccountId) -> Self {
        let partition = region.partition();
        Self(format!(
            "arn:{partition}:firehose:{region}:{account}:deliverystream/*"
        ))
    }

    /// All log groups of an account in a Region, for an identity policy.
    pub(crate) fn log_groups(region: &Region, account: &AccountId) -> Self {
        let partition = region.partition();
        Self(format!(
            "arn:{partition}:logs:{region}:{account}:log-group:*"
        ))
    }

    /// The `aws:SourceArn` of CloudWatch Logs in one account and Region.
    pub(crate) fn logs_of(region: &Region, account: &AccountId) -> Self {
        Self(format!(
            "arn:{}:logs:{region}:{account}:*",
            region.partition()
        ))
    }

    /// The `aws:SourceArn` of CloudWatch Logs in every account of one Region.
    pub(crate) fn logs_of_all(region: &Region) -> Self {
        Self(format!("arn:{}:logs:{region}:*:*", region.partition()))
    }

    /// The name of the resource: the last part.
    pub fn resource_name(&self) -> &str {
        self.resource()
            .rsplit(['/', ':'])
            .next()
            .unwrap_or_default()
    }

    /// The ARNs of the resources of this name in every Region, for an identity policy
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
    pub(crate) fn in_every_region(&self) -> Self {
        let mut parts: Vec<&str> = self.0.splitn(6, ':').collect();
        if let Some(region) = parts.get_mut(3) {
            *region = "*";
        }
        Self(parts.join(":"))
    }

    /// The partition, for example `aws-cn`.
    pub(crate) fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, for example `logs`.
    pub(crate) fn service(&self) -> &str {
        self.part(2)
    }

    /// The Region, if the ARN has one.
    pub(crate) fn region(&self) -> Option<Region> {
        self.part(3).parse().ok()
    }

    /// The account, if the ARN has one.
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.part(4).parse().ok()
    }

    /// Everything after the account, for example `destination:kinesisDest`.
    pub(crate) fn resource(&self) -> &str {
        self.part(5)
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}
