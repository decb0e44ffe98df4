//! Where AWS's mapping of CloudTrail differs from ours.

use super::super::Difference;

pub(super) const ALL: &[Difference] = &[
    Difference {
        what: "`metadata.uid`",
        aws: "`eventID`",
        ours: "CloudWatch Logs' id, as in all sources; `unmapped.eventID` is CloudTrail's",
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
        what: "`userIdentity.arn`, `userIdentity.principalId`",
        aws: "1.1: `uuid`, `uid`; 1.5: `uid`, `uid_alt`",
        ours: "`uid`, `uid_alt` in both: OCSF 1.1.0 has no `uuid` in a user, and one query then serves both versions",
    },
    Difference {
        what: "`userIdentity.invokedBy`",
        aws: "`actor.invoked_by`",
        ours: "the same in 1.1, and `actor.app_name` in 1.5, because OCSF 1.2.0 deprecated the former",
    },
    Difference {
        what: "`requestParameters.policyArn`",
        aws: "`policy.uid`",
        ours: "the same in 1.1, and `policies[].uid` in 1.5, because OCSF deprecated the former",
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
        what: "`requestParameters`, `responseElements` in 1.1",
        aws: "leaves in `unmapped`, by path",
        ours: "`api.request.data`, `api.response.data`, as in 1.5: strings of JSON",
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
