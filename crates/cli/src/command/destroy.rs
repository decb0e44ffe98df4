//! `catchment destroy`: removes what catchment set up.

use super::operations::change::Operation;
use super::operations::exit::{ExitStatus, is_stuck};
use crate::args;
use crate::output::Output;
use crate::provision::desired::Desired;
use crate::provision::observed::Observed;
use crate::provision::plan::destroy;

/// Runs the command.
///
/// # Errors
/// See [`Operation::run`].
pub(super) fn run(args: &args::Destroy, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let operation = Operation {
        flags: &args.changes,
        leaving: Some(&args.accounts),
        question: "Delete these resources?",
        planner: |desired: &Desired, observed: &Observed| {
            destroy(desired, observed, args.delete_stream)
        },
        fails: is_stuck,
    };
    operation.run(output)
}
