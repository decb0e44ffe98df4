//! A status as text: one word for each thing, why, and what to do.
//!
//! As JSON a status is the [`Status`] itself (keys may be added, never changed): `things`, a list of `subject` (as in a plan),
//! `state` (`in-sync`, `drifted`, `absent`, `unknown`, `foreign`), `findings` (a list of `why` and `hint`, which is null where
//! `catchment apply` mends it) and `foreign` (a list of texts).

use super::tree::{self, Entry};
use crate::provision::status::{Finding, ResourceStatus, Status};

/// The status as text, ending in a newline. No colour, no line wrapped.
pub fn text(status: &Status) -> String {
    let entries: Vec<Entry> = status.things.iter().map(entry).collect();
    format!("{}\n{}\n", tree::text(&entries), summary(status))
}

fn entry(thing: &ResourceStatus) -> Entry {
    let ResourceStatus {
        subject,
        state,
        findings,
        foreign,
    } = thing;
    let mut lines = Vec::new();
    for Finding { why, hint } in findings {
        lines.push(format!("  {why}"));
        lines.extend(hint.iter().map(|hint| format!("    hint: {hint}")));
    }
    lines.extend(
        foreign
            .iter()
            .map(|what| format!("  foreign, left alone: {what}")),
    );
    Entry {
        subject: subject.clone(),
        heading: format!("{state:<7}  {}", subject.thing),
        lines,
    }
}

fn summary(status: &Status) -> String {
    let counts = status.counts();
    let told: Vec<String> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if told.is_empty() {
        "Nothing asked for.".to_owned()
    } else {
        format!("{}.", told.join(", "))
    }
}
