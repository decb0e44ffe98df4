//! ECS for log events without fields: of other sources, and those that are not as their source writes them.

use super::super::mapping::{Context, Layout, Mapping, Value, constant, row};
use super::{account, base};

pub(super) fn mapping() -> Mapping {
    let mut rows = vec![
        row("@timestamp", Value::Context(Context::Time)),
        row("message", Value::Context(Context::Message)),
        row("error.message", Value::Context(Context::Error)),
        row("event.kind", constant("\"event\"")),
        row("cloud.region", Value::Context(Context::Region)),
    ];
    rows.extend(account(|| Value::Context(Context::Account)));
    rows.extend(base());
    Mapping {
        source: None,
        about: "Log events of the source `other`, and those that are not as their source writes them: these have `error.message`, too.",
        layouts: vec![Layout { name: "", rows }],
        choose: None,
    }
}
