//! Where AWS's mapping of Route 53 Resolver query logs differs from ours.

use super::super::Difference;

pub(super) const ALL: &[Difference] = &[
    Difference {
        what: "`metadata.uid`, `metadata.log_name`, `metadata.loggers`",
        aws: "absent",
        ours: "CloudWatch Logs' id, log group and log stream: what an event is found by",
    },
    Difference {
        what: "`time_dt`",
        aws: "text, with the profile `datetime`",
        ours: "`time`, the same as a number; and `query_time`, which OCSF recommends",
    },
    Difference {
        what: "`status_id`, `status`, `status_code`",
        aws: "absent",
        ours: "Success of NOERROR, Failure of all other response codes; `status_code` is `rcode` as the log has it",
    },
    Difference {
        what: "`disposition_id`",
        aws: "absent in its sample",
        ours: "always with its caption",
    },
    Difference {
        what: "`action_id`, `disposition_id` of queries that no rule of DNS Firewall alerted on or blocked",
        aws: "not said",
        ours: "Unknown: the log does not say whether a rule allowed them, or whether there are rules at all",
    },
    Difference {
        what: "`connection_info.protocol_name`",
        aws: "as in the log, `UDP`",
        ours: "lower case, as OCSF says; `protocol_num` and `protocol_ver_id` beside it",
    },
    Difference {
        what: "an endpoint without an address or instance",
        aws: "not said",
        ours: "a name, `srcaddr` or else `unknown`: OCSF requires one of them",
    },
];
