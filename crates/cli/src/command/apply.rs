//! `catchment apply`: makes the accounts match the fleet file.

use super::operations::change::Operation;
use super::operations::exit::{ExitStatus, is_unmade};
use super::plan::consent;
use crate::args;
use crate::output::Output;
use crate::provision::desired::Desired;
use crate::provision::observed::Observed;
use crate::provision::plan::plan;

/// Runs the command.
///
/// # Errors
/// See [`Operation::run`].
pub(super) fn run(args: &args::Apply, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let consent = consent(args.consent);
    let operation = Operation {
        flags: &args.changes,
        leaving: None,
        question: "Make these changes?",
        planner: |desired: &Desired, observed: &Observed| plan(desired, observed, consent),
        fails: is_unmade,
    };
    operation.run(output)
}
