//! The report at the end of `apply` and `destroy`: done, failed with what to do about it, not tried.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::causes::groups;
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
    let of_changes = |text: &mut String, said: &str, why: &dyn Fn(&Change) -> Option<String>| {
        let told = changes
            .iter()
            .filter_map(|(address, change)| Some((address, why(change)?, (*change, why(change)?))));
        for group in groups(told) {
            let (first, why) = &group.items[0];
            if group.items.len() == 1 {
                let _ = writeln!(text, "\n{said}: {first}\n{why}");
            } else {
                let _ = writeln!(text, "\n{said}: {}", group.summary("change"));
                let _ = writeln!(text, "  the first is: {first}\n{why}");
            }
        }
    };
    of_changes(&mut text, "failed", &|change| {
        failed.get(&change.key).map(why_failed)
    });
    let by_key: BTreeMap<&ChangeKey, &Change> = changes
        .iter()
        .map(|(_, change)| (&change.key, *change))
        .collect();
    of_changes(&mut text, "not tried", &|change| {
        let first = by_key.get(not_tried.get(&change.key)?)?;
        Some(format!("  because this failed: {first}"))
    });
    of_changes(&mut text, "not tried", &|change| {
        let is_interrupted = interrupted.contains(&change.key);
        is_interrupted.then(|| "  because the run was interrupted".to_owned())
    });
    let left = failing.iter().map(|one| {
        let why = format!("  because: {}\n  hint: {}", one.why, one.hint);
        (&one.address, why.clone(), (*one, why))
    });
    for group in groups(left) {
        let (first, why) = &group.items[0];
        if group.items.len() == 1 {
            let _ = writeln!(text, "\nnot planned: {}\n{why}", first.address);
        } else {
            let _ = writeln!(text, "\nnot planned: {}", group.summary("resource"));
            let _ = writeln!(text, "  the first is: {}\n{why}", first.address);
        }
    }
    text
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
