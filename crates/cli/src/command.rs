//! One file per command: read, decide, show, act.

mod replay;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::output::Output;

/// How a command ended, where it did not end in an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done, or in sync.
    Done,
    /// Failed, in part or whole; what failed has been said.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::from(0),
            Status::Failed => Self::from(1),
        }
    }
}

/// What was typed cannot be meant. Ends in exit code 2, as clap's own errors do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Runs the command that was typed.
///
/// # Errors
/// Whatever kept the command from its end.
pub(crate) fn run(args: Args, output: &mut Output) -> anyhow::Result<Status> {
    let status = match args.command {
        Command::Replay(args) => replay::run(&args, output)?,
    };
    output.finish()?;
    Ok(status)
}

/// The exit code of an error: 2 for usage, else 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else {
        ExitCode::from(1)
    }
}
