//! Where AWS's mapping of CloudTrail differs from ours.

use super::super::Difference;

pub(super) const ALL: &[Difference] = &[
    Difference {
        what: "`metadata.uid`",
        aws: "`eventID`",
        ours: "CloudWatch Logs' id, as in all sources; `unmapped.eventID` is CloudTrail's",
    },
    Difference {
        what: "`metadata.log_name`, `metadata.loggers`",
        aws: "absent",
        ours: "log group and log stream: with the id, what an event is found by",
    },
    Difference {
        what: "`metadata.product.feature.name` without `eventCategory`",
        aws: "`Management, Data, and Insights`",
        ours: "absent: the record does not say which of these it is",
    },
    Difference {
        what: "`time_dt`, `created_time_dt`",
        aws: "text, with the profile `datetime`",
        ours: "`time`, `created_time`: the same as numbers",
    },
    Difference {
        what: "`sourceIPAddress` that is no address",
        aws: "`src_endpoint.domain`",
        ours: "`src_endpoint.svc_name`, because `AWS Internal` is no domain, and 1.1.0 accepts no endpoint with a `domain` alone",
    },
    Difference {
        what: "`userIdentity.invokedBy`",
        aws: "`actor.invoked_by`",
        ours: "the same in 1.1, and `actor.app_name` in 1.5, because OCSF 1.2.0 deprecated the former",
    },
    Difference {
        what: "`requestParameters.policyArn`",
        aws: "`policy.uid`, in 1.5 alone",
        ours: "`policy.uid` in 1.1, and `policies[].uid` in 1.5, because OCSF deprecated the former",
    },
    Difference {
        what: "`user` in Authentication",
        aws: "`uid_alt` is `userIdentity.principalId`; `name` is `roleSessionName` alone",
        ours: "of a role or a federated user that STS gives credentials for, `uid_alt` is its own id, which is in `session.uid_alt`, too, as AWS \
               has it; in a sign-in, `name` and `account` are the caller's",
    },
    Difference {
        what: "`user` in Account Change",
        aws: "`uid` is the id of the user or role, or else the caller's; `name` may be a role's path or description",
        ours: "`uid` is the ARN, and `uid_alt` the id, as in `actor.user`; the caller's name stands in alone, where the record names no other user",
    },
    Difference {
        what: "`status_id`, `status_code`, `status_detail`",
        aws: "`status` alone",
        ours: "all of them; a sign-in that failed is a failure, too",
    },
    Difference {
        what: "activities that OCSF does not name",
        aws: "99, with `eventName`",
        ours: "the same; which events have which activity AWS does not publish: here they follow from OCSF's descriptions",
    },
    Difference {
        what: "objects and arrays in `unmapped`",
        aws: "leaves, by path",
        ours: "the outermost object without a place, as JSON: the number of names stays bounded",
    },
    Difference {
        what: "the ARNs of `resources` in `observables`",
        aws: "present",
        ours: "absent; those of the caller and the role are present",
    },
];
