//! `catchment destroy`: the plan towards nothing.

use super::apply::Run;
use super::world::World;
use super::{Status, is_stuck};
use crate::args;
use crate::output::Output;
use crate::plan::destroy;

/// Runs the command.
///
/// # Errors
/// As `apply`.
pub(crate) fn run(args: &args::Destroy, output: &mut Output) -> anyhow::Result<Status> {
    let run = Run {
        question: "Take this down?",
        yes: args.yes,
        format: args.format.output,
        fails: is_stuck,
    };
    run.carry_out(
        World::open(&args.scope, &args.by_hand),
        output,
        |desired, observed| destroy(desired, observed, args.delete_stream),
    )
}
