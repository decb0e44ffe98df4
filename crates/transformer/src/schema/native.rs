//! The schema `native`: each source's own fields under their own names.

mod vpc_flow_logs;

use super::table::{Rows, Table};
use crate::source::Source;

/// What a reader should know of the schema.
pub(super) const ABOUT: &str = "\
The source's own fields under its own names. The object stands in the line under `event`, in the place of `message`. A message that \
is a JSON object already, because the log group has a transformer or a pipeline makes it OCSF, is passed on as it is.";

/// The table of each source.
pub(super) fn tables() -> Vec<Table> {
    vec![
        vpc_flow_logs::table(),
        Table {
            source: Source::CloudTrail,
            about: "The record, as it is: the same members in the same order, and numbers as they were written.",
            rows: Rows::Whole,
        },
        Table {
            source: Source::GuardDuty,
            about: "The event of EventBridge, as it is, with the finding under `detail`: the same members in the same order, and numbers \
                    as they were written.",
            rows: Rows::Whole,
        },
        Table {
            source: Source::Route53ResolverQueryLogs,
            about: "The record, as it is: the same members in the same order, and numbers as they were written.",
            rows: Rows::Whole,
        },
    ]
}
