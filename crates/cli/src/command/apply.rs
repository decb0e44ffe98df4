//! `catchment apply`: makes the accounts match the fleet file.

use super::operations::change::Operation;
use super::operations::exit::{ExitStatus, Usage};
use super::operations::purpose::Purpose;
use super::operations::saved::SavedPlan;
use crate::args;
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// See [`Operation::run`].
pub(super) fn run(args: &args::Apply, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let saved = SavedPlan::read(&args.changes, "apply")?;
    let args::Consent { prune, take_over } = args.consent;
    if saved.is_some() && (prune || take_over) {
        let text = "a saved plan says itself what it may do; pass --prune and --take-over to `catchment plan --out`";
        return Err(Usage(text.into()).into());
    }
    let operation = Operation {
        flags: &args.changes,
        question: "Make these changes?",
        purpose: saved
            .as_ref()
            .map_or(Purpose::Apply { prune, take_over }, |saved| {
                saved.purpose.clone()
            }),
        saved,
    };
    operation.run(output)
}
