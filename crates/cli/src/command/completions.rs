//! `catchment completions`: what a shell needs to complete the command line.

use clap::CommandFactory;

use super::Status;
use crate::args::{self, Args};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn run(args: &args::Completions, output: &mut Output) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "catchment", &mut script);
    output.result(&script)?;
    Ok(Status::Done)
}
