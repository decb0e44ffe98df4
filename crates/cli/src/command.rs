//! One file per command: read, decide, show, act. What commands share is in `operations`.

mod apply;
mod capture;
mod completions;
mod destroy;
mod discover;
mod infra;
mod init;
mod man;
mod operations;
mod plan;
mod policies;
mod replay;
mod schema;
mod status;
mod verify;

use crate::args::{Args, Command};
use crate::output::Output;

pub use operations::exit::ExitStatus;

/// Runs a command.
///
/// # Errors
/// Fails if the command could not finish.
pub fn run(args: Args, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let status = match args.command {
        Command::Init(args) => init::run(&args, output)?,
        Command::Discover(args) => discover::run(&args, output)?,
        Command::Plan(args) => plan::run(&args, output)?,
        Command::Apply(args) => apply::run(&args, output)?,
        Command::Status(args) => status::run(&args, output)?,
        Command::Verify(args) => verify::run(&args, output)?,
        Command::Destroy(args) => destroy::run(&args, output)?,
        Command::Infra(args) => infra::run(&args, output)?,
        Command::Policies(args) => policies::run(&args, output)?,
        Command::Capture(args) => capture::run(&args, output)?,
        Command::Replay(args) => replay::run(&args, output)?,
        Command::Completions(args) => completions::run(&args, output)?,
        Command::Man(args) => man::run(&args, output)?,
        Command::Schema => schema::run(output)?,
    };
    output.finish()?;
    Ok(status)
}

/// Prints the help that was asked for, or what is wrong with the command line.
///
/// # Errors
/// Fails if it cannot be printed.
pub fn explain(usage: &clap::Error, output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.usage(usage)?;
    Ok(if usage.use_stderr() {
        ExitStatus::Usage
    } else {
        ExitStatus::Done
    })
}
