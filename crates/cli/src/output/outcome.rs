//! The report at the end of `apply` and `destroy`: done, failed with what to do about it, not tried.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::causes::{general, groups};
use crate::provision::plan::{Change, ChangeKey, Declined, Failure, Outcome, Plan};
use crate::provision::resource::ResourceAddress;

/// The text form, with the declined resources that make the command fail; each cause is told once. Empty if there was nothing to
/// change.
pub fn text(plan: &Plan, outcome: &Outcome, failing: &[&Declined]) -> String {
    if plan.is_empty() {
        return String::new();
    }
    let Outcome {
        done,
        failed,
        not_tried,
        interrupted,
    } = outcome;
    let mut text = format!(
        "\n{} done, {} failed, {} not tried",
        done.len(),
        failed.len(),
        not_tried.len() + interrupted.len()
    );
    if !failing.is_empty() {
        let _ = write!(text, "; {} not as the fleet file says", failing.len());
    }
    text.push('\n');
    let changes: Vec<(ResourceAddress, &Change)> = plan
        .changes
        .iter()
        .map(|change| (change.address(), change))
        .collect();
    let by_key: BTreeMap<&ChangeKey, &Change> = changes
        .iter()
        .map(|(_, change)| (&change.key, *change))
        .collect();
    let items = changes.iter().filter_map(|(address, change)| {
        let why = why_failed(failed.get(&change.key)?);
        Some((address, general(&why, address), (change.to_string(), why)))
    });
    section(&mut text, ("failed", "change"), items);
    let items = changes.iter().filter_map(|(address, change)| {
        let first = by_key.get(not_tried.get(&change.key)?)?;
        let why = format!("  because this failed: {first}");
        Some((address, why.clone(), (change.to_string(), why)))
    });
    section(&mut text, ("not tried", "change"), items);
    let items = changes
        .iter()
        .filter(|(_, change)| interrupted.contains(&change.key));
    let items = items.map(|(address, change)| {
        let why = "  because the run was interrupted".to_owned();
        (address, String::new(), (change.to_string(), why))
    });
    section(&mut text, ("not tried", "change"), items);
    let items = failing.iter().map(|one| {
        let why = format!("  because: {}\n  hint: {}", one.why, one.hint);
        let key = general(&why, &one.address);
        (&one.address, key, (one.address.to_string(), why))
    });
    section(&mut text, ("not planned", "resource"), items);
    text
}

/// Writes each group of items: what is said of it and what it is called, its first item, and why.
fn section<'a>(
    text: &mut String,
    (said, noun): (&str, &str),
    items: impl Iterator<Item = (&'a ResourceAddress, String, (String, String))>,
) {
    for group in groups(items) {
        let (first, why) = &group.items[0];
        if group.items.len() == 1 {
            let _ = writeln!(text, "\n{said}: {first}\n{why}");
        } else {
            let _ = writeln!(text, "\n{said}: {}", group.summary(noun));
            let _ = writeln!(text, "  the first is: {first}\n{why}");
        }
    }
}

fn why_failed(failure: &Failure) -> String {
    let Failure {
        errors,
        cause,
        hint,
    } = failure;
    let errors = errors.iter().map(|error| format!("  because: {error}"));
    let cause = cause.iter().map(|cause| format!("  cause: {cause}"));
    let lines = errors.chain(cause).chain([format!("  hint: {hint}")]);
    lines.collect::<Vec<_>>().join("\n")
}
