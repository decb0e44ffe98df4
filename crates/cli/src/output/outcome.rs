//! The report at the end of `apply` and `destroy`: done, failed with what to do about it, not tried.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::provision::plan::{Change, ChangeKey, Plan};

/// What became of the changes of a plan.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub done: Vec<ChangeKey>,
    pub failed: BTreeMap<ChangeKey, Failure>,
    /// What was not tried, and the change whose failure stood before it.
    pub not_tried: BTreeMap<ChangeKey, ChangeKey>,
}

/// Why a change was not made, and what to do next.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// What went wrong, and what was behind it, outermost first.
    pub errors: Vec<String>,
    /// What that means.
    pub cause: Option<String>,
    pub hint: String,
}

/// The JSON form: the plan, and what became of it.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    plan: &'a Plan,
    outcome: &'a Outcome,
}

impl Outcome {
    /// The JSON form.
    pub fn document<'a>(&'a self, plan: &'a Plan) -> Document<'a> {
        Document {
            plan,
            outcome: self,
        }
    }

    /// The text form. Empty where there was nothing to change.
    pub fn text(&self, plan: &Plan) -> String {
        if plan.is_empty() {
            return String::new();
        }
        let Self {
            done,
            failed,
            not_tried,
        } = self;
        let mut text = format!(
            "\n{} done, {} failed, {} not tried\n",
            done.len(),
            failed.len(),
            not_tried.len()
        );
        let by_key: BTreeMap<&ChangeKey, &Change> = plan
            .changes
            .iter()
            .map(|change| (&change.key, change))
            .collect();
        let named = |key: &ChangeKey| {
            by_key
                .get(key)
                .map_or_else(|| key.to_string(), ToString::to_string)
        };
        for change in &plan.changes {
            if let Some(Failure {
                errors,
                cause,
                hint,
            }) = failed.get(&change.key)
            {
                let _ = writeln!(text, "\nfailed: {change}");
                for error in errors {
                    let _ = writeln!(text, "  because: {error}");
                }
                if let Some(cause) = cause {
                    let _ = writeln!(text, "  cause: {cause}");
                }
                let _ = writeln!(text, "  hint: {hint}");
            }
        }
        for change in &plan.changes {
            if let Some(first) = not_tried.get(&change.key) {
                let _ = writeln!(
                    text,
                    "\nnot tried: {change}\n  because this failed: {}",
                    named(first)
                );
            }
        }
        text
    }
}
