//! What ran, as GuardDuty's runtime monitoring saw it.

use super::super::super::mapping::{As, Value, When, constant, long, row, text};
use super::super::{Observable, Version, observable};

macro_rules! runtime {
    () => {
        "detail.service.runtimeDetails"
    };
}

/// Whether there is a process at `$at`, which ends in a dot.
macro_rules! has_process {
    ($at:expr) => {
        When {
            about: "the process has an id",
            fields: &[concat!($at, "pid"), concat!($at, "uuid")],
            by: |fields| fields.iter().any(|field| !field.is_empty()),
        }
    };
}

/// That process.
macro_rules! process {
    ($to:literal, $at:expr, $version:expr) => {{
        const HAS_PROCESS: When = has_process!($at);
        const HAS_FILE: When = When {
            about: "the process has an id and a path",
            fields: &[
                concat!($at, "pid"),
                concat!($at, "uuid"),
                concat!($at, "executablePath"),
            ],
            by: |fields| fields[..2].iter().any(|field| !field.is_empty()) && !fields[2].is_empty(),
        };
        let path = || text(concat!($at, "executablePath"));
        let name = || text(concat!($at, "name"));
        let mut rows = vec![
            row(concat!($to, "pid"), long(concat!($at, "pid"))),
            row(concat!($to, "uid"), text(concat!($at, "uuid"))),
            row(concat!($to, "name"), HAS_PROCESS.then(name())),
            row(
                concat!($to, "created_time"),
                HAS_PROCESS.then(Value::Field(concat!($at, "startTime"), As::Milliseconds)),
            ),
            row(
                concat!($to, "user.name"),
                HAS_PROCESS.then(text(concat!($at, "user"))),
            ),
            row(
                concat!($to, "user.uid"),
                HAS_PROCESS.then(text(concat!($at, "userId"))),
            ),
            row(
                concat!($to, "parent_process.uid"),
                HAS_PROCESS.then(text(concat!($at, "parentUuid"))),
            ),
            row(concat!($to, "file.name"), HAS_FILE.then(name().or(path()))),
            row(concat!($to, "file.path"), HAS_FILE.then(path())),
            row(concat!($to, "file.type_id"), HAS_FILE.then(constant("1"))),
            row(
                concat!($to, "file.type"),
                HAS_FILE.then(constant("\"Regular File\"")),
            ),
        ];
        if $version == Version::V1_5 {
            rows.push(row(
                concat!($to, "working_directory"),
                HAS_PROCESS.then(text(concat!($at, "pwd"))),
            ));
        }
        rows
    }};
}

/// The process that acted, and the one that it did something to.
pub(super) fn all(version: Version) -> Value {
    let mut rows = process!("actor.process.", concat!(runtime!(), ".process."), version);
    rows.extend(process!(
        "process.",
        concat!(runtime!(), ".context.targetProcess."),
        version
    ));
    rows.push(row("data", text(runtime!())));
    Value::Object(rows)
}

/// The name of the process that acted, which people search for.
pub(super) fn observable_name() -> Value {
    const HAS_PROCESS: When = has_process!(concat!(runtime!(), ".process."));
    HAS_PROCESS.then(observable(
        "evidences[].actor.process.name",
        Observable::ProcessName,
        text(concat!(runtime!(), ".process.name")),
    ))
}
