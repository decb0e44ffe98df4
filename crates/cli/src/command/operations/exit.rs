//! How a command ends.

use std::process::ExitCode;

use super::interrupt::Interrupted;
use crate::provision::plan::{Declined, Reason};

/// The exit code, by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done, or in sync.
    Done = 0,
    /// Failed, in part or whole.
    Failed = 1,
    /// Invalid command-line usage, as clap's own errors.
    Usage = 2,
    /// Changes are pending, and the caller asked for an exit code that says so.
    Pending = 3,
    /// Ended by Ctrl-C with work left, as a shell reports it: 128 and the number of the signal.
    Interrupted = 130,
}

impl ExitStatus {
    /// The status of a command that ended in an error.
    pub fn of_error(error: &anyhow::Error) -> Self {
        if error.is::<Usage>() {
            Self::Usage
        } else if error.is::<Interrupted>() {
            Self::Interrupted
        } else {
            Self::Failed
        }
    }

    /// The status of a command that got to its end.
    pub(crate) fn of_success(is_success: bool) -> Self {
        if is_success { Self::Done } else { Self::Failed }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// Invalid command-line usage that clap cannot detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);

/// Whether a resource could not be read.
pub(crate) fn is_unread(declined: &Declined) -> bool {
    declined.reason == Reason::Unknown
}

/// Whether a resource cannot be set up as the fleet file says. A stream that is larger or keeps records longer than asked for
/// does not count.
pub(crate) fn is_unmade(declined: &Declined) -> bool {
    match declined.reason {
        Reason::Unknown | Reason::Foreign | Reason::Blocked | Reason::Limit => true,
        Reason::Kept => false,
    }
}

/// Whether a resource cannot be removed until somebody intervenes. Resources kept on purpose or for others do not count.
pub(crate) fn is_stuck(declined: &Declined) -> bool {
    matches!(declined.reason, Reason::Unknown | Reason::Blocked)
}
