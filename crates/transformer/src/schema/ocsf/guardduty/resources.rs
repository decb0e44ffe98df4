//! What a finding of GuardDuty is of.

use super::super::super::mapping::{Value, When, constant, each, row, text};
use super::super::{Observable, observable};

/// The resources of an attack sequence, or else the one of the finding.
pub(super) fn all() -> Value {
    let of_sequence = Value::Each(
        RESOURCES_OF_SEQUENCE,
        vec![
            row("uid", text("uid")),
            row(
                "name",
                text("name").or(HAS_NO_UID.then(constant("\"unknown\""))),
            ),
            row("type", text("resourceType")),
            row("region", text("region")),
            row("owner.account.uid", text("accountId")),
            row("data", text("data")),
        ],
    );
    let of_finding = Value::Object(vec![
        row("uid", resource_uid()),
        row(
            "name",
            text("detail.resource.resourceType").or(constant("\"unknown\"")),
        ),
        row("type", text("detail.resource.resourceType")),
        row("region", text("detail.region").or(text("region"))),
        row("cloud_partition", text("detail.partition")),
        row("data", text("detail.resource")),
    ]);
    of_sequence.or(Value::List(vec![HAS_RESOURCE.then(of_finding)]))
}

const HAS_NO_UID: When = When {
    about: "there is no `uid`",
    fields: &["uid"],
    by: |fields| fields[0].is_empty(),
};

const HAS_RESOURCE: When = When {
    about: "there is `detail.resource`",
    fields: &["detail.resource"],
    by: |fields| !fields[0].is_empty(),
};

/// The id of the resource that the finding is of. A finding names others beside it, such as the key that was used on a bucket.
fn resource_uid() -> Value {
    let instance = || text("detail.resource.instanceDetails.instanceId");
    let key = || text("detail.resource.accessKeyDetails.accessKeyId");
    let container = || text("detail.resource.containerDetails.id");
    let mut values = vec![
        IS_INSTANCE.then(instance()),
        IS_KEY.then(key()),
        IS_CONTAINER.then(container()),
    ];
    values.extend(
        [
            "detail.resource.s3BucketDetails.0.arn",
            "detail.resource.eksClusterDetails.arn",
            "detail.resource.ecsClusterDetails.arn",
            "detail.resource.lambdaDetails.functionArn",
            "detail.resource.rdsDbInstanceDetails.dbInstanceArn",
        ]
        .map(text),
    );
    values.extend([container(), instance(), key()]);
    Value::First(values)
}

const TYPE_OF_RESOURCE: &[&str] = &["detail.resource.resourceType"];

const IS_INSTANCE: When = When {
    about: "`resourceType` is Instance",
    fields: TYPE_OF_RESOURCE,
    by: |fields| fields[0] == b"Instance",
};

const IS_KEY: When = When {
    about: "`resourceType` is AccessKey",
    fields: TYPE_OF_RESOURCE,
    by: |fields| fields[0] == b"AccessKey",
};

const IS_CONTAINER: When = When {
    about: "`resourceType` is Container",
    fields: TYPE_OF_RESOURCE,
    by: |fields| fields[0] == b"Container",
};

/// What people search for in the resources.
pub(super) fn observables() -> [Value; 2] {
    let resource = |uid| observable("resources[].uid", Observable::ResourceUid, uid);
    [
        each(RESOURCES_OF_SEQUENCE, resource(text("uid"))),
        HAS_NO_SEQUENCE.then(resource(resource_uid())),
    ]
}

const RESOURCES_OF_SEQUENCE: &str = "detail.service.detection.sequence.resources";

const HAS_NO_SEQUENCE: When = When {
    about: "there are no resources of a sequence",
    fields: &[RESOURCES_OF_SEQUENCE],
    by: |fields| fields[0].is_empty(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_the_one_type_of_resource_that_it_names() {
        let kinds = ["Instance", "AccessKey", "Container", "S3Bucket", ""];
        for (when, kind) in [
            (IS_INSTANCE, "Instance"),
            (IS_KEY, "AccessKey"),
            (IS_CONTAINER, "Container"),
        ] {
            for other in kinds {
                assert_eq!((when.by)(&[other.as_bytes()]), other == kind, "{other}");
            }
        }
    }
}
