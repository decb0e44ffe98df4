//! OCSF for GuardDuty's findings.

mod evidence;
mod process;
mod resources;

use super::super::mapping::{As, Computed, Context, Row, Value, When, constant, long, row, text};
use super::activity::{Activity, finding, rows_of_activity};
use super::{Class, Difference, Table, Version, account, class, versions};
use crate::source::Source;

pub(super) fn table() -> Table {
    let mut rows = class(
        ("2004", "Detection Finding"),
        ("2", "Findings"),
        "[\"cloud\",\"security_control\"]",
    );
    rows.extend(rows_of_activity!(
        "3 if the finding is archived; 2 if there is a `count` other than 1; 1 of all others",
        &["detail.service.archived", "detail.service.count"],
        activity,
        None
    ));
    rows.extend(decision());
    rows.extend([
        row(
            "time",
            milliseconds("detail.updatedAt")
                .or(milliseconds("time"))
                .or(Value::Context(Context::Milliseconds)),
        ),
        row("start_time", milliseconds("detail.service.eventFirstSeen")),
        row("end_time", milliseconds("detail.service.eventLastSeen")),
        row("count", long("detail.service.count")),
        row(
            "confidence_score",
            Value::Field("detail.confidence", As::Whole),
        ),
        row(
            "message",
            text("detail.description").or(text("detail.title")),
        ),
        row(
            "cloud.region",
            text("detail.region")
                .or(text("region"))
                .or(Value::Context(Context::Region)),
        ),
        row("metadata.product.name", constant("\"GuardDuty\"")),
        row("metadata.product.vendor_name", constant("\"AWS\"")),
        row(
            "metadata.product.feature.name",
            text("detail.service.featureName"),
        ),
        row(
            "metadata.product.feature.uid",
            text("detail.service.detectorId"),
        ),
        row("metadata.log_version", text("detail.schemaVersion")),
        row("resources", resources::all()),
        row("observables", observables()),
    ]);
    rows.extend(account(|| {
        let owner = Value::Context(Context::Account);
        text("detail.accountId").or(text("account")).or(owner)
    }));
    rows.extend(finding_info());
    rows.push(row("unmapped", Value::Rest));
    let [mut only_1_1, mut only_1_5] = versions();
    only_1_1.extend([
        row("status_id", status("99", "1")),
        row("evidences", evidence::all(Version::V1_1)),
        row("finding_info.related_events", signals(Version::V1_1)),
    ]);
    only_1_5.extend([
        row("status_id", status("5", "1")),
        row("evidences", evidence::all(Version::V1_5)),
        row("finding_info.related_events", signals(Version::V1_5)),
    ]);
    Table {
        source: Some(Source::GuardDuty),
        about: "The finding is EventBridge's `detail`; keys may begin with a capital letter. What an action says besides these attributes is \
                in the `data` of its evidence, and what the finding says of resources in theirs, as strings of JSON.",
        classes: vec![Class {
            name: "Detection Finding",
            rows,
            only_1_1,
            only_1_5,
        }],
        choose: None,
        differences: DIFFERENCES,
    }
}

fn activity(fields: &[&[u8]]) -> &'static Activity {
    match fields {
        [b"true", _] => &finding::CLOSE,
        [_, b"" | b"1"] => &finding::CREATE,
        _ => &finding::UPDATE,
    }
}

fn milliseconds(field: &'static str) -> Value {
    Value::Field(field, As::Milliseconds)
}

/// How bad it is, what was done, and what became of the finding.
fn decision() -> [Row; 7] {
    let computed = |about, kind, fields, by| {
        Value::Computed(Computed {
            about,
            kind,
            fields,
            by,
        })
    };
    [
        row(
            "severity_id",
            computed(
                "by `detail.severity`: 5 from 9, 4 from 7, 3 from 4, 2 from 1; 0 if there is none",
                "integer",
                &["detail.severity"],
                |fields| Some(severity(fields).0),
            ),
        ),
        row(
            "severity",
            computed(
                "the caption of `severity_id`",
                "string",
                &["detail.severity"],
                |fields| Some(severity(fields).1),
            ),
        ),
        row(
            "action_id",
            computed(
                "2 if the action was `blocked`, 1 if it was not, 0 if the finding does not say",
                "integer",
                BLOCKED,
                |fields| Some(blocked(fields)[0]),
            ),
        ),
        row(
            "action",
            computed("the caption of `action_id`", "string", BLOCKED, |fields| {
                Some(blocked(fields)[1])
            }),
        ),
        row(
            "disposition_id",
            computed(
                "2 if the action was `blocked`, 15 of all others",
                "integer",
                BLOCKED,
                |fields| Some(blocked(fields)[2]),
            ),
        ),
        row(
            "disposition",
            computed(
                "the caption of `disposition_id`",
                "string",
                BLOCKED,
                |fields| Some(blocked(fields)[3]),
            ),
        ),
        row("status", status("\"Archived\"", "\"New\"")),
    ]
}

/// The levels of <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html>.
fn severity(fields: &[&[u8]]) -> (&'static str, &'static str) {
    let text = std::str::from_utf8(fields[0]).unwrap_or_default();
    match text.parse::<f64>() {
        Ok(level) if level >= 9.0 => ("5", "\"Critical\""),
        Ok(level) if level >= 7.0 => ("4", "\"High\""),
        Ok(level) if level >= 4.0 => ("3", "\"Medium\""),
        Ok(level) if level >= 1.0 => ("2", "\"Low\""),
        _ => ("0", "\"Unknown\""),
    }
}

const BLOCKED: &[&str] = &[
    "detail.service.action.networkConnectionAction.blocked",
    "detail.service.action.portProbeAction.blocked",
    "detail.service.action.dnsRequestAction.blocked",
];

/// Action and disposition, with their captions.
fn blocked(fields: &[&[u8]]) -> [&'static str; 4] {
    if fields.contains(&b"true".as_slice()) {
        ["2", "\"Denied\"", "2", "\"Blocked\""]
    } else if fields.contains(&b"false".as_slice()) {
        ["1", "\"Allowed\"", "15", "\"Detected\""]
    } else {
        ["0", "\"Unknown\"", "15", "\"Detected\""]
    }
}

fn status(archived: &'static str, new: &'static str) -> Value {
    IS_ARCHIVED.then(constant(archived)).or(constant(new))
}

const IS_ARCHIVED: When = When {
    about: "`detail.service.archived` is `true`",
    fields: &["detail.service.archived"],
    by: |fields| fields[0] == b"true",
};

fn finding_info() -> [Row; 8] {
    [
        row(
            "finding_info.uid",
            text("detail.arn")
                .or(text("detail.id"))
                .or(Value::Context(Context::EventId)),
        ),
        row(
            "finding_info.title",
            text("detail.title")
                .or(text("detail.type"))
                .or(constant("\"unknown\"")),
        ),
        row("finding_info.desc", text("detail.description")),
        row("finding_info.types", Value::List(vec![text("detail.type")])),
        row(
            "finding_info.created_time",
            milliseconds("detail.createdAt"),
        ),
        row(
            "finding_info.modified_time",
            milliseconds("detail.updatedAt"),
        ),
        row(
            "finding_info.first_seen_time",
            milliseconds("detail.service.eventFirstSeen"),
        ),
        row(
            "finding_info.last_seen_time",
            milliseconds("detail.service.eventLastSeen"),
        ),
    ]
}

/// The signals of an attack sequence.
fn signals(version: Version) -> Value {
    let mut rows = vec![
        row("uid", text("uid").or(constant("\"unknown\""))),
        row("type", text("type")),
    ];
    if version == Version::V1_5 {
        rows.extend([
            row("title", text("name")),
            row("desc", text("description")),
            row("count", long("count")),
            row("created_time", milliseconds("createdAt")),
            row("modified_time", milliseconds("updatedAt")),
            row("first_seen_time", milliseconds("firstSeenAt")),
            row("last_seen_time", milliseconds("lastSeenAt")),
        ]);
    }
    Value::Each("detail.service.detection.sequence.signals", rows)
}

fn observables() -> Value {
    let mut values = evidence::observables();
    values.extend(resources::observables());
    Value::List(values)
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "the mapping as a whole",
        aws: "none of findings as GuardDuty sends them; Security Lake has those that Security Hub passes on",
        ours: "the same class and attributes as the latter, from the finding itself",
    },
    Difference {
        what: "`status` of an archived finding",
        aws: "from Security Hub's workflow",
        ours: "`Archived`: 5 in 1.5; 1.1.0 has no number for it: 99",
    },
    Difference {
        what: "`finding_info.types`",
        aws: "Security Hub's taxonomy",
        ours: "GuardDuty's type of the finding",
    },
    Difference {
        what: "`resources[].uid`, `resources[].type`",
        aws: "Security Hub's",
        ours: "GuardDuty's own id or ARN, and `resourceType`",
    },
    Difference {
        what: "`evidences[].src_endpoint.location`",
        aws: "`coordinates`, and `country` by name",
        ours: "`lat` and `long` in 1.5, because OCSF deprecated `coordinates`; `country` by code, as OCSF says, if the finding has it",
    },
    Difference {
        what: "`evidences[].query.hostname`",
        aws: "`domainWithSuffix`",
        ours: "`domain`: the name that was asked for, and not its domain",
    },
    Difference {
        what: "network connections, port probes and logins",
        aws: "`unmapped`",
        ours: "the endpoints of their evidences",
    },
    Difference {
        what: "hashes, `euid`, `evidences[].data`",
        aws: "hashes and `euid` in the process, with the extension `linux`; `data` is `additionalInfo.value`",
        ours: "`data` is the whole action, or all that the finding says of what ran, as JSON; `additionalInfo` is in `unmapped`",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_the_level_that_guardduty_gives_its_number() {
        for (number, expected) in [
            ("", "0"),
            ("0.9", "0"),
            ("1", "2"),
            ("3.9", "2"),
            ("4.0", "3"),
            ("6.9", "3"),
            ("7", "4"),
            ("8.9", "4"),
            ("9", "5"),
            ("10.0", "5"),
        ] {
            assert_eq!(severity(&[number.as_bytes()]).0, expected, "{number}");
        }
    }
}
