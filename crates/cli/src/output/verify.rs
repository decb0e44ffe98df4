//! A verification as text: how far each log group's path is proven, and where it ends.

use super::entry::Entry;
use super::tree::{self, Detail};
use crate::provision::resource::Resource;
use crate::provision::verification::{Fault, Object, PathState, Verification, Verified};

/// The verification as text, ending in a newline. No colour, no line wrapped.
pub fn text(verification: &Verification, detail: Detail) -> String {
    let entries: Vec<Entry> = verification.paths.iter().map(entry).collect();
    tree::text(&entries, 12, detail, &summary(verification))
}

fn entry(path: &Verified) -> Entry {
    let Verified {
        address,
        source,
        state,
        stream_ms,
        objects,
        fault,
        notes,
    } = path;
    let group = match &address.resource {
        Resource::Filter { log_group, .. } => log_group.to_string(),
        other => other.to_string(),
    };
    let mut lines = Vec::new();
    if let Some(ms) = stream_ms {
        lines.push(format!("in the stream after {}", seconds(*ms)));
    }
    for Object { firehose, url, ms } in objects {
        lines.push(format!(
            "through Firehose stream {firehose} after {}: {url}",
            seconds(*ms)
        ));
    }
    if let Some(Fault { hop, why, hint }) = fault {
        lines.push(format!("{hop}: {why}"));
        lines.push(format!("  hint: {hint}"));
    }
    lines.extend(notes.iter().cloned());
    Entry {
        address: address.clone(),
        heading: format!("{state:<10}  log group {group} ({source})"),
        lines,
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

fn summary(verification: &Verification) -> String {
    let counts = verification.counts().into_iter();
    let counts = counts.filter(|(_, count)| *count > 0);
    let mut counts: Vec<String> = counts
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if counts.is_empty() {
        return "No log group in scope.".to_owned();
    }
    if verification.has(PathState::Sent) {
        let half =
            "the rest of the path was not looked at, for want of the logging account's credentials";
        counts.push(half.to_owned());
    }
    format!("{}.", counts.join(", "))
}
