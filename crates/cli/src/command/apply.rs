//! `catchment apply`: makes the accounts match the fleet file.

use super::operations::change::Operation;
use super::operations::exit::ExitStatus;
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
    let operation = Operation {
        flags: &args.changes,
        question: "Make these changes?",
        purpose: saved.as_ref().map_or(Purpose::Apply, |saved| saved.purpose),
        saved,
    };
    operation.run(output)
}
