//! One file per command: read, decide, show, act.

mod apply;
mod completions;
mod destroy;
mod fleet;
mod infra;
mod init;
mod man;
mod plan;
mod policies;
mod replay;
mod session;
mod status;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::output::Output;
use crate::provision::plan::{Declined, Reason};

/// How a command ended, where it did not end in an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done, or in sync.
    Done,
    /// Failed, in part or whole; what failed has been said.
    Failed,
    /// There are changes to make, and the exit code was asked to say so.
    Pending,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Done => Self::from(0),
            ExitStatus::Failed => Self::from(1),
            ExitStatus::Pending => Self::from(3),
        }
    }
}

/// What was typed cannot be meant. Ends in exit code 2, as clap's own errors do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Runs the command that was typed.
///
/// # Errors
/// Whatever kept the command from its end.
pub fn run(args: Args, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let status = match args.command {
        Command::Init(args) => init::run(&args, output)?,
        Command::Plan(args) => plan::run(&args, output)?,
        Command::Apply(args) => apply::run(&args, output)?,
        Command::Status(args) => status::run(&args, output)?,
        Command::Destroy(args) => destroy::run(&args, output)?,
        Command::Infra(args) => infra::run(&args, output)?,
        Command::Policies(args) => policies::run(&args, output)?,
        Command::Replay(args) => replay::run(&args, output)?,
        Command::Completions(args) => completions::run(&args, output)?,
        Command::Man => man::run(output)?,
    };
    output.finish()?;
    Ok(status)
}

/// Whether a thing could not be read: then the run failed in part.
fn is_unread(declined: &Declined) -> bool {
    declined.reason == Reason::Unknown
}

/// Whether a thing that was to go stays for a cause that somebody has to mend. What is kept on purpose, or for others, is none.
fn is_stuck(declined: &Declined) -> bool {
    matches!(declined.reason, Reason::Unknown | Reason::Blocked)
}

/// Whether a thing stays other than the fleet file says, for a cause that somebody has to mend. A stream that is kept larger
/// or longer than asked is none.
fn is_unmade(declined: &Declined) -> bool {
    match declined.reason {
        Reason::Unknown | Reason::Foreign | Reason::Blocked | Reason::Limit => true,
        Reason::Kept => false,
    }
}

/// The exit code of an error: 2 for usage, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else {
        ExitCode::from(1)
    }
}
