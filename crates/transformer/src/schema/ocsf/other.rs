//! OCSF for log events without fields: of other sources, and those that are not as their source writes them.

use super::super::mapping::{Context, Row, Value, constant, row};
use super::{Class, Table, account, class, versions};

pub(super) fn table() -> Table {
    let mut rows: Vec<Row> = class(("0", "Base Event"), ("0", "Uncategorized"), "[\"cloud\"]");
    // The message stands in `message`: not a second time.
    rows.retain(|row| row.to != "raw_data");
    rows.extend([
        row("activity_id", constant("0")),
        row("activity_name", constant("\"Unknown\"")),
        row("type_uid", constant("0")),
        row("type_name", constant("\"Base Event: Unknown\"")),
        row("severity_id", constant("0")),
        row("severity", constant("\"Unknown\"")),
        row("time", Value::Context(Context::Milliseconds)),
        row("message", Value::Context(Context::Message)),
        row("cloud.region", Value::Context(Context::Region)),
        row("metadata.product.name", constant("\"CloudWatch Logs\"")),
        row("metadata.product.vendor_name", constant("\"AWS\"")),
        row("unmapped.error", Value::Context(Context::Error)),
    ]);
    rows.extend(account(|| Value::Context(Context::Account)));
    let [only_1_1, only_1_5] = versions();
    Table {
        source: None,
        about: "Log events of the source `other`, and those that are not as their source writes them: these have `unmapped.error`, too.",
        classes: vec![Class {
            name: "Base Event",
            rows,
            only_1_1,
            only_1_5,
        }],
        choose: None,
        differences: &[],
    }
}
