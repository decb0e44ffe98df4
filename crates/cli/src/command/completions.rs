//! `catchment completions`: prints a completion script for a shell.

use clap::CommandFactory;

use super::operations::exit::ExitStatus;
use crate::args::{self, Args};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Fails if standard output cannot be written to.
pub(super) fn run(args: &args::Completions, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "catchment", &mut script);
    output.result(&script)?;
    Ok(ExitStatus::Done)
}
