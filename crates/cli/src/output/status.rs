//! A status as text: each resource's state in a word, why, and what to do.
//!
//! As JSON a status is the [`Status`] itself (keys may be added, never changed): `things`, a list of `subject` (as in a plan),
//! `state` (`in-sync`, `orphan`, `drifted`, `absent`, `unknown`, `foreign`), `findings` (a list of `why` and `hint`, which is null
//! if `catchment apply` mends it), `foreign` and `orphans` (lists of texts).

use super::tree::{self, Entry};
use crate::provision::plan::{Finding, ResourceStatus};
use crate::provision::status::Status;

/// The status as text, ending in a newline. No colour, no line wrapped.
pub fn text(status: &Status) -> String {
    let entries: Vec<Entry> = status.resources.iter().map(entry).collect();
    format!("{}\n{}\n", tree::text(&entries), summary(status))
}

fn entry(resource: &ResourceStatus) -> Entry {
    let ResourceStatus {
        address,
        state,
        findings,
        foreign,
        orphans,
    } = resource;
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
    lines.extend(orphans.iter().map(|what| format!("  orphan: {what}")));
    Entry {
        address: address.clone(),
        heading: format!("{state:<7}  {}", address.resource),
        lines,
    }
}

fn summary(status: &Status) -> String {
    let counts: Vec<String> = status
        .counts()
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if counts.is_empty() {
        "Nothing asked for.".to_owned()
    } else {
        format!("{}.", counts.join(", "))
    }
}
