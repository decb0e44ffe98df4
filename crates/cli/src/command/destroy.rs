//! `catchment destroy`: the plan towards nothing.

use super::apply::Run;
use super::session::Session;
use super::{ExitStatus, is_stuck};
use crate::args;
use crate::output::Output;
use crate::provision::plan::destroy;

/// Runs the command.
///
/// # Errors
/// As `apply`.
pub(super) fn run(args: &args::Destroy, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let run = Run {
        question: "Take this down?",
        yes: args.yes,
        format: args.format.output,
        fails: is_stuck,
    };
    run.carry_out(
        Session::open(&args.scope, &args.by_hand),
        output,
        |desired, observed| destroy(desired, observed, args.delete_stream),
    )
}
