//! The schemas `ocsf-1.1` and `ocsf-1.5`: the Open Cybersecurity Schema Framework, versions 1.1.0 and 1.5.0.

mod activity;
mod cloudtrail;
mod guardduty;
mod other;
mod route53_resolver_query_logs;
mod vpc_flow_logs;

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::mapping::{
    Choose, Context, Layout, Mapping, RateRow, Row, Value, constant, describe, row,
};
use crate::source::Source;

/// What a reader should know of the schemas.
const ABOUT: &str = "\
The [Open Cybersecurity Schema Framework](https://schema.ocsf.io): version 1.1.0, which Amazon Security Lake stores, or 1.5.0. The line \
is the OCSF event. What an attribute may hold, and the captions of the numbers, are OCSF's \
(<https://github.com/ocsf/ocsf-schema>, tags v1.1.0 and v1.5.0). Times are milliseconds since 1970, without the profile `datetime`. \
`metadata.uid` is the id that CloudWatch Logs gave the event, as OCSF defines the attribute.

What OCSF has no place for is in `unmapped`, by the path of the field, each as a string; objects and arrays are their JSON. `unmapped` \
is an object, as OCSF requires, and a map of strings in a table; in OpenSearch, map it as `flat_object`, so that dots in names mean \
nothing. Parts that services fill as they like, such as CloudTrail's `requestParameters`, are strings of JSON. So no field ever changes \
its type. `raw_data` is the whole message; `CATCHMENT_ORIGINAL=drop` leaves it out. An event that rules sample has the rate in \
`metadata.labels`, such as `sample_rate:100`.

A message of flow logs, CloudTrail, GuardDuty or the Resolver that is OCSF already, with a number of at most nine digits as `class_uid` \
and a string as `metadata.version`, each once, because the log group has a transformer (`parseToOCSF`) or a pipeline, is passed on with \
all its members, its own version, whichever it is, and without `metadata.uid`; only `class_uid` comes first. Flow logs that `parseVPC` \
has made objects become what their lines would; an object without `version` or `logStatus`, or with other members, keeps its `message`.

AWS's mapping is the one in <https://github.com/ocsf/examples> (`mappings/markdown/AWS`, v1.1.0 and v1.5.0), which `parseToOCSF` of \
CloudWatch Logs and Security Lake follow. What it does with an event follows from it as far as it says so. Tables below say where this \
one differs from it, and why.";

/// Where an event says for how many it is delivered: OCSF's labels are "added at normalization time"
/// (<https://schema.ocsf.io/1.5.0/objects/metadata>). `unmapped` holds the members of the message alone.
pub(super) const RATE: RateRow = RateRow {
    row: || {
        let rate = Value::Context(Context::SampleRate);
        row("metadata.labels", Value::List(vec![rate]))
    },
    prefix: "sample_rate:",
};

/// What every line begins with, before the number of its class.
pub(super) const CLASS_UID: &[u8] = br#"{"class_uid":"#;

/// A version of OCSF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1_1,
    V1_5,
}

/// How the log events of a source become OCSF.
struct Table {
    source: Option<Source>,
    about: &'static str,
    classes: Vec<Class>,
    choose: Option<Choose>,
    differences: &'static [Difference],
}

/// The rows of a class of events.
struct Class {
    name: &'static str,
    /// In both versions.
    rows: Vec<Row>,
    only_1_1: Vec<Row>,
    only_1_5: Vec<Row>,
}

/// Where AWS's mapping differs from ours.
struct Difference {
    what: &'static str,
    aws: &'static str,
    ours: &'static str,
}

fn tables() -> Vec<Table> {
    vec![
        vpc_flow_logs::table(),
        cloudtrail::table(),
        guardduty::table(),
        route53_resolver_query_logs::table(),
        other::table(),
    ]
}

/// The mapping of each source.
pub(super) fn mappings(version: Version) -> Vec<Mapping> {
    let mappings = tables().into_iter().map(|table| {
        let layouts = table.classes.into_iter().map(|class| {
            let mut rows = class.rows;
            rows.extend(match version {
                Version::V1_1 => class.only_1_1,
                Version::V1_5 => class.only_1_5,
            });
            Layout {
                name: class.name,
                rows,
            }
        });
        Mapping {
            source: table.source,
            about: table.about,
            layouts: layouts.collect(),
            choose: table.choose,
        }
    });
    mappings.collect()
}

/// Appends what the page says of both versions.
pub(super) fn describe_all(
    since: impl Fn(Option<Source>, &str) -> Option<u8>,
    text: &mut String,
) -> fmt::Result {
    write!(text, "\n## `ocsf-1.1`, `ocsf-1.5`\n\n{ABOUT}\n")?;
    for table in tables() {
        let mut layouts = Vec::new();
        for class in table.classes {
            for (name, rows) in [
                (class.name, class.rows),
                ("Only in 1.1.0", class.only_1_1),
                ("Only in 1.5.0", class.only_1_5),
            ] {
                layouts.push(Layout { name, rows });
            }
        }
        let mapping = Mapping {
            source: table.source,
            about: table.about,
            layouts,
            choose: None,
        };
        describe(&mapping, &since, text)?;
        if !table.differences.is_empty() {
            text.push_str("\n| what | AWS | here, and why |\n|---|---|---|\n");
        }
        for Difference { what, aws, ours } in table.differences {
            writeln!(text, "| {what} | {aws} | {ours} |")?;
        }
    }
    Ok(())
}

/// What all events of a class have: its names, and the profiles that apply.
fn class(
    (uid, name): (&str, &str),
    (category_uid, category): (&str, &str),
    profiles: &'static str,
) -> Vec<Row> {
    let owned = |to, json: String| row(to, Value::Constant(Cow::Owned(json)));
    vec![
        owned("class_uid", uid.to_owned()),
        owned("class_name", format!("\"{name}\"")),
        owned("category_uid", category_uid.to_owned()),
        owned("category_name", format!("\"{category}\"")),
        row("cloud.provider", constant("\"AWS\"")),
        row("metadata.profiles", constant(profiles)),
        row("metadata.uid", Value::Context(Context::EventId)),
        row("metadata.log_name", Value::Context(Context::LogGroup)),
        row(
            "metadata.loggers",
            Value::List(vec![Value::Object(vec![
                row("name", constant("\"CloudWatch Logs\"")),
                row("uid", Value::Context(Context::LogStream)),
            ])]),
        ),
        row("raw_data", Value::Context(Context::Original)),
    ]
}

/// The version of OCSF, which is the only difference between the versions of most classes.
fn versions() -> [Vec<Row>; 2] {
    ["\"1.1.0\"", "\"1.5.0\""].map(|version| vec![row("metadata.version", constant(version))])
}

/// The severity of what is no alert.
fn informational() -> [Row; 2] {
    [
        row("severity_id", constant("1")),
        row("severity", constant("\"Informational\"")),
    ]
}

/// The account that `id` is, and its name.
fn account(id: fn() -> Value) -> [Row; 4] {
    [
        row("cloud.account.uid", id()),
        row("cloud.account.name", Value::Name(Box::new(id()))),
        row("cloud.account.type_id", constant("10")),
        row("cloud.account.type", constant("\"AWS Account\"")),
    ]
}

/// A value that people search for, wherever it stands.
fn observable(name: &str, kind: Observable, value: Value) -> Value {
    let (id, caption) = match kind {
        Observable::Hostname => ("1", "\"Hostname\""),
        Observable::Ip => ("2", "\"IP Address\""),
        Observable::UserName => ("4", "\"User Name\""),
        Observable::ProcessName => ("9", "\"Process Name\""),
        Observable::ResourceUid => ("10", "\"Resource UID\""),
    };
    Value::Object(vec![
        row("name", Value::Constant(format!("\"{name}\"").into())),
        row("type_id", constant(id)),
        row("type", constant(caption)),
        row("value", value),
    ])
}

/// A type of observables.
#[derive(Clone, Copy)]
enum Observable {
    Hostname,
    Ip,
    UserName,
    ProcessName,
    ResourceUid,
}

const IAM: (&str, &str) = ("3", "Identity & Access Management");
