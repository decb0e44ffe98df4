//! The report at the end of `apply` and `destroy`: done, failed with what to do about it, not tried.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::provision::plan::{Change, ChangeKey, Failure, Outcome, Plan};

/// The text form. Empty if there was nothing to change.
pub fn text(plan: &Plan, outcome: &Outcome) -> String {
    if plan.is_empty() {
        return String::new();
    }
    let Outcome {
        done,
        failed,
        not_tried,
    } = outcome;
    let mut text = format!(
        "\n{} done, {} failed, {} not tried\n",
        done.len(),
        failed.len(),
        not_tried.len()
    );
    let changes = &plan.changes;
    for (change, failure) in changes
        .iter()
        .filter_map(|change| Some((change, failed.get(&change.key)?)))
    {
        let Failure {
            errors,
            cause,
            hint,
        } = failure;
        let _ = writeln!(text, "\nfailed: {change}");
        for error in errors {
            let _ = writeln!(text, "  because: {error}");
        }
        if let Some(cause) = cause {
            let _ = writeln!(text, "  cause: {cause}");
        }
        let _ = writeln!(text, "  hint: {hint}");
    }
    let by_key: BTreeMap<&ChangeKey, &Change> =
        changes.iter().map(|change| (&change.key, change)).collect();
    for (change, first) in changes
        .iter()
        .filter_map(|change| Some((change, by_key.get(not_tried.get(&change.key)?)?)))
    {
        let _ = writeln!(
            text,
            "\nnot tried: {change}\n  because this failed: {first}"
        );
    }
    text
}
