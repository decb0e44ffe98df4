//! Terminal output: results on standard output, everything else on standard error.
//!
//! A result is exactly what was asked for, so that it can be piped; progress, summaries and errors never mix with it.
//! Colour follows `--color`, and by default the terminal, `NO_COLOR` and `CLICOLOR`. `screen` makes hostile characters visible.
//! If the reader goes away, as `head` does, a command that only prints ends quietly; one with work to do goes on.

mod aside;
mod causes;
pub mod discovery;
pub mod document;
mod entry;
mod group;
mod indent;
pub mod outcome;
pub mod plan;
mod policy;
mod progress;
mod reading;
mod screen;
pub mod status;
#[cfg(test)]
mod tests;
mod tree;
pub mod verify;

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::value::RawValue;
use terminal_size::terminal_size_of;

use document::{Document, Versioned};
use indent::indented;
use screen::{DataWriter, Look, visible_json};

pub use progress::Progress;
pub use reading::Reading;
pub use tree::Detail;

/// The two streams that everything is printed to.
pub struct Output {
    result: DataWriter<Box<dyn Write>>,
    result_look: Look,
    notes: io::Stderr,
    notes_look: Look,
    outlives_reader: bool,
    is_unread: bool,
}

impl Output {
    #[expect(clippy::disallowed_methods, reason = "only this module prints")]
    pub fn to_terminal(colour: ColorChoice) -> Self {
        colour.write_global();
        let (result, notes) = (io::stdout(), io::stderr());
        let (result_look, notes_look) = (look(&result), look(&notes));
        let is_terminal = result.is_terminal();
        Self {
            result: DataWriter::new(Box::new(io::BufWriter::new(result)), is_terminal),
            result_look,
            notes,
            notes_look,
            outlives_reader: false,
            is_unread: false,
        }
    }

    /// From now on, the command goes on if its output is no longer read.
    pub fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// Whether the reader of the result has gone away.
    pub fn is_unread(&self) -> bool {
        self.is_unread
    }

    fn unless_unread(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if self.outlives_reader && error.kind() == io::ErrorKind::BrokenPipe => {
                self.drop_result();
                self.is_unread = true;
                Ok(())
            }
            written => written.map_err(|error| {
                io::Error::new(error.kind(), format!("cannot write the result: {error}"))
            }),
        }
    }

    fn drop_result(&mut self) {
        self.result = DataWriter::new(Box::new(io::sink()), false);
    }

    /// Writes a part of the result, byte by byte.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.result.write_all(bytes);
        self.unless_unread(written)
    }

    /// Writes a part of the result that is text for a person: coloured and wrapped, and never with control characters.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        let written = self.result.write_rendered(&self.result_look.render(text));
        self.unless_unread(written)
    }

    /// Writes lines of JSON as a part of the result, indented; those that are not JSON as they are.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn indented(&mut self, lines: &[u8]) -> io::Result<()> {
        for line in String::from_utf8_lossy(lines).lines() {
            let is_json = serde_json::from_str::<&RawValue>(line).is_ok();
            let text = if is_json {
                indented(line)
            } else {
                line.to_owned()
            };
            let written = self.result.write_rendered(&visible_json(&text));
            self.unless_unread(written)?;
            self.result(b"\n")?;
        }
        Ok(())
    }

    /// Writes a part of the result as indented JSON.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string_pretty(value)?;
        let written = self.result.write_rendered(&visible_json(&json));
        self.unless_unread(written)?;
        self.result(b"\n")
    }

    /// Writes the result as JSON, in the shape of all commands.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn document(&mut self, document: Document<'_>) -> io::Result<()> {
        self.json(&Versioned::from(document))
    }

    /// Writes a line to standard error. Flushes the result first, so that the two appear in order.
    ///
    /// # Errors
    /// Fails if standard output or standard error cannot be written to.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.finish()?;
        match writeln!(self.notes, "{}", self.notes_look.render(line)) {
            Err(error) if self.outlives_reader && error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(())
            }
            written => written,
        }
    }

    /// Writes an error, its causes and its hint, a line each.
    ///
    /// # Errors
    /// Fails if standard output or standard error cannot be written to.
    pub fn error(&mut self, error: &anyhow::Error) -> io::Result<()> {
        if self.finish().is_err() {
            // it may be the very reason, and must not keep us from saying so
            self.drop_result();
        }
        self.note(&format!("error: {error}"))?;
        error.chain().skip(1).try_for_each(|cause| {
            // some causes have several lines, such as the mistakes in a fleet file
            let cause = cause.to_string().replace('\n', "\n  ");
            self.note(&format!("  because: {cause}"))
        })?;
        match error.downcast_ref::<Hinted>() {
            Some(Hinted { hint, .. }) => self.note(&format!("  hint: {hint}")),
            None => Ok(()),
        }
    }

    /// Whether somebody can see a question and answer it.
    #[expect(
        clippy::disallowed_methods,
        reason = "only this module knows the terminal"
    )]
    pub fn is_interactive() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Writes a question to standard error, and leaves the cursor behind it.
    ///
    /// # Errors
    /// Fails if standard output or standard error cannot be written to.
    pub fn question(&mut self, question: &str) -> io::Result<()> {
        self.finish()?;
        write!(self.notes, "{} ", self.notes_look.render(question))?;
        self.notes.flush()
    }

    /// Flushes the result.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub fn finish(&mut self) -> io::Result<()> {
        let written = self.result.flush();
        self.unless_unread(written)
    }

    /// Writes what clap has to say: the help that was asked for, or what is wrong with the command line.
    ///
    /// # Errors
    /// Fails if the stream that it goes to cannot be written to.
    #[expect(clippy::disallowed_methods, reason = "only this module prints")]
    pub fn usage(&mut self, usage: &clap::Error) -> io::Result<()> {
        usage.print()?;
        // clap prints past our buffer
        io::stdout().flush()
    }
}

fn look<S: RawStream + AsFd>(stream: &S) -> Look {
    let size = terminal_size_of(stream);
    Look {
        is_coloured: AutoStream::choice(stream) != ColorChoice::Never,
        width: size
            .filter(|_| stream.is_terminal())
            .map(|(width, _)| usize::from(width.0)),
    }
}

/// Has a panic say where in the code it happened, and not its message, which may quote log data.
#[expect(clippy::disallowed_methods, reason = "only this module prints")]
pub fn shorten_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.as_deref().unwrap_or("an unknown place");
        let _ = writeln!(
            io::stderr(),
            "error: a defect of catchment at {place}; please report it"
        );
    }));
}

/// Asks a person on the terminal; `None` if there is no terminal. It is also called while progress is drawn, past `Output`.
///
/// # Errors
/// Fails if the terminal cannot be written to or read from.
#[expect(
    clippy::disallowed_methods,
    reason = "only this module knows the terminal"
)]
pub fn ask(question: &str) -> io::Result<Option<String>> {
    if !Output::is_interactive() {
        return Ok(None);
    }
    let mut terminal = io::stderr();
    write!(terminal, "{} ", look(&terminal).render(question))?;
    terminal.flush()?;
    let mut answer = String::new();
    let length = io::stdin().read_line(&mut answer)?;
    Ok((length > 0).then_some(answer))
}

/// An error with a hint on what to do next.
#[derive(Debug)]
pub struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl Hinted {
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

/// Whether an error only means that the reader of the output has gone away.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
