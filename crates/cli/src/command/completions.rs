//! `catchment completions`: what a shell needs to complete the command line.

use clap::CommandFactory;

use super::ExitStatus;
use crate::args::{self, Args};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn run(args: &args::Completions, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "catchment", &mut script);
    output.result(&script)?;
    Ok(ExitStatus::Done)
}
