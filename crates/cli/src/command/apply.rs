//! `catchment apply`: makes the accounts match the fleet file.

use super::operations::change::Operation;
use super::operations::exit::{ExitStatus, is_unmade};
use crate::args;
use crate::output::Output;
use crate::provision::plan::plan;

/// Runs the command.
///
/// # Errors
/// See [`Operation::run`].
pub(super) fn run(args: &args::Apply, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let operation = Operation {
        flags: &args.changes,
        question: "Make these changes?",
        planner: plan,
        fails: is_unmade,
    };
    operation.run(output)
}
