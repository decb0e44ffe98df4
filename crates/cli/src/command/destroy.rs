//! `catchment destroy`: removes what catchment set up.

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
pub(super) fn run(args: &args::Destroy, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let saved = SavedPlan::read(&args.changes, "destroy")?;
    let asked = Purpose::Destroy {
        delete_stream: args.delete_stream,
        accounts: args.accounts.clone(),
    };
    let operation = Operation {
        flags: &args.changes,
        question: "Delete these resources?",
        purpose: saved.as_ref().map_or(asked, |saved| saved.purpose.clone()),
        saved,
    };
    operation.run(output)
}
