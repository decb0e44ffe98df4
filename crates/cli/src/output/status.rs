//! A status as text: each resource's state in a word, why, and what to do.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::plan::selected;
use super::tree::{self, Detail};
use crate::provision::plan::{Finding, ResourceStatus};
use crate::provision::status::Status;

/// The status as text, ending in a newline. No colour, no line wrapped.
pub fn text(status: &Status, detail: Detail) -> String {
    let health = status.health.iter().map(|one| (&one.address, &one.counts));
    let health: BTreeMap<_, _> = health.collect();
    let entries = status.resources.iter().map(|resource| {
        let counts = health.get(&resource.address).map(ToString::to_string);
        let mut entry = entry(resource);
        entry.lines.extend(counts);
        entry
    });
    let entries: Vec<Entry> = entries.collect();
    tree::text(&entries, 10, detail, &summary(status))
}

fn entry(resource: &ResourceStatus) -> Entry {
    let ResourceStatus {
        address,
        state,
        findings,
        selected_by,
        notes,
        foreign,
        orphans,
        warnings,
    } = resource;
    let mut lines = Vec::new();
    lines.extend(selected_by.iter().map(selected));
    lines.extend(notes.iter().cloned());
    for Finding { why, hint } in findings {
        lines.push(why.clone());
        lines.extend(hint.iter().map(|hint| format!("  hint: {hint}")));
    }
    lines.extend(
        foreign
            .iter()
            .map(|what| format!("foreign, left alone: {what}")),
    );
    lines.extend(orphans.iter().map(|what| format!("orphan: {what}")));
    lines.extend(warnings.iter().map(|what| format!("warning: {what}")));
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
