//! The one printer: results on standard output, everything else on standard error.
//!
//! The rules of the terminal: a result is exactly what was asked for, so that it can be piped on; progress, summaries
//! and errors never mix with it; nothing is coloured off a terminal or under `NO_COLOR`; a reader that goes away (as
//! `head` does) ends the program quietly.

pub(crate) mod plan;
mod policy;
pub(crate) mod status;
mod tree;

use std::io::{self, Write};

/// Where results and notes go.
pub(crate) struct Output {
    result: Box<dyn Write>,
    notes: Box<dyn Write>,
}

impl Output {
    /// Standard output and standard error.
    #[expect(clippy::disallowed_methods, reason = "this is the room that prints")]
    pub(crate) fn to_terminal() -> Self {
        Self {
            result: Box::new(io::BufWriter::new(io::stdout())),
            notes: Box::new(io::stderr()),
        }
    }

    /// Writes a part of the result, as it is.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub(crate) fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.result.write_all(bytes)
    }

    /// Writes one line beside the result, which is flushed first so that the two stand in order.
    ///
    /// # Errors
    /// Standard output or standard error cannot be written to.
    pub(crate) fn note(&mut self, line: &str) -> io::Result<()> {
        self.result.flush()?;
        writeln!(self.notes, "{line}")
    }

    /// Writes an error and what caused it, a line each.
    ///
    /// # Errors
    /// Standard output or standard error cannot be written to.
    pub(crate) fn error(&mut self, error: &anyhow::Error) -> io::Result<()> {
        self.note(&format!("error: {error}"))?;
        error
            .chain()
            .skip(1)
            .try_for_each(|cause| self.note(&format!("  because: {cause}")))
    }

    /// Ends the result.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.result.flush()
    }
}

/// Whether `error` only says that nobody reads the output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
