//! The one printer: results on standard output, everything else on standard error.
//!
//! The rules of the terminal: a result is exactly what was asked for, so that it can be piped on; progress, summaries
//! and errors never mix with it; nothing is coloured off a terminal or under `NO_COLOR`; a reader that goes away (as
//! `head` does) ends the program quietly.

mod outcome;
pub mod plan;
mod policy;
mod progress;
pub mod status;
mod tree;

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

pub use outcome::{Failure, Outcome};
pub use progress::Progress;

/// Where results and notes go.
pub struct Output {
    result: Box<dyn Write>,
    notes: Box<dyn Write>,
}

impl Output {
    /// Standard output and standard error.
    #[expect(clippy::disallowed_methods, reason = "this is the room that prints")]
    pub fn to_terminal() -> Self {
        Self {
            result: Box::new(io::BufWriter::new(io::stdout())),
            notes: Box::new(io::stderr()),
        }
    }

    /// Writes a part of the result, as it is.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.result.write_all(bytes)
    }

    /// Writes a part of the result as indented JSON.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.result, value)?;
        self.result(b"\n")
    }

    /// Writes one line beside the result, which is flushed first so that the two stand in order.
    ///
    /// # Errors
    /// Standard output or standard error cannot be written to.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.result.flush()?;
        writeln!(self.notes, "{line}")
    }

    /// Writes an error and what caused it, a line each.
    ///
    /// # Errors
    /// Standard output or standard error cannot be written to.
    pub fn error(&mut self, error: &anyhow::Error) -> io::Result<()> {
        self.note(&format!("error: {error}"))?;
        error.chain().skip(1).try_for_each(|cause| {
            // a cause of several lines, such as every mistake in a file, stays under its word
            let told = cause.to_string().replace('\n', "\n  ");
            self.note(&format!("  because: {told}"))
        })?;
        match error.downcast_ref::<Hinted>() {
            Some(Hinted { hint, .. }) => self.note(&format!("  hint: {hint}")),
            None => Ok(()),
        }
    }

    /// Whether a question can be asked: somebody sees it, and can answer.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that knows the terminal"
    )]
    pub fn is_interactive() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Writes a question beside the result, without ending its line.
    ///
    /// # Errors
    /// Standard output or standard error cannot be written to.
    pub fn question(&mut self, question: &str) -> io::Result<()> {
        self.result.flush()?;
        write!(self.notes, "{question} ")?;
        self.notes.flush()
    }

    /// Ends the result.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub fn finish(&mut self) -> io::Result<()> {
        self.result.flush()
    }
}

/// Asks a person on the terminal; `None` if there is no terminal. It is also called while progress is drawn, past `Output`.
///
/// # Errors
/// The terminal cannot be written to or read from.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the terminal is known"
)]
pub fn ask(question: &str) -> io::Result<Option<String>> {
    if !Output::is_interactive() {
        return Ok(None);
    }
    let mut terminal = io::stderr();
    write!(terminal, "{question} ")?;
    terminal.flush()?;
    let mut answer = String::new();
    let length = io::stdin().read_line(&mut answer)?;
    Ok((length > 0).then_some(answer))
}

/// An error that says what to do next.
#[derive(Debug)]
pub struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl Hinted {
    /// Adds what to do next to an error.
    pub fn new(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Hinted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// Whether `error` only says that nobody reads the output any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
