//! Where AWS's mapping of flow logs differs from ours.

use super::super::Difference;

pub(super) const ALL: &[Difference] = &[
    Difference {
        what: "`metadata.uid`, `metadata.log_name`, `metadata.loggers`",
        aws: "absent",
        ours: "CloudWatch Logs' id, log group and log stream: what an event is found by",
    },
    Difference {
        what: "`time_dt`, `start_time_dt`, `end_time_dt`",
        aws: "text, with the profile `datetime`",
        ours: "`time`, `start_time`, `end_time`: the same as numbers",
    },
    Difference {
        what: "fields that are `-`",
        aws: "`-`",
        ours: "absent, because `-` is no address, port or name",
    },
    Difference {
        what: "`status_id`, `action_id`, `disposition_id` and `boundary_id` with their captions",
        aws: "in part",
        ours: "always with both, of NODATA and SKIPDATA as Unknown; `action_id` is required by 1.1.0",
    },
    Difference {
        what: "`connection_info.protocol_ver_id`, `protocol_name`",
        aws: "absent",
        ours: "present; `protocol_ver` stays `IPv4` or `IPv6`, as AWS has it, and is not OCSF's longer caption",
    },
    Difference {
        what: "an endpoint without an address (NODATA, SKIPDATA)",
        aws: "not said",
        ours: "`interface_uid`, or else the name `unknown`: OCSF requires one of them",
    },
    Difference {
        what: "interface, instance, VPC and subnet of flows without `flow-direction`",
        aws: "not said",
        ours: "in `unmapped`, because they are of one endpoint, but of which one is unknown",
    },
    Difference {
        what: "`reject-reason`",
        aws: "`unmapped.reject_reason`",
        ours: "`status_detail`, which is for the reason of a status",
    },
    Difference {
        what: "fields of transit gateways",
        aws: "`unmapped`",
        ours: "interface, VPC, subnet and zone of each side are in its endpoint; all others are in `unmapped`",
    },
];
