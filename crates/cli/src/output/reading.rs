//! How far a long reading has come, on standard error, if that is a terminal and the result goes elsewhere.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::visible;

/// The progress through files of known or unknown size.
pub struct Reading(ProgressBar);

impl Reading {
    /// Shows nothing until something has been read.
    #[expect(
        clippy::disallowed_methods,
        reason = "only this module knows the terminal"
    )]
    pub fn new() -> Self {
        // a result on the same terminal is its own progress
        let target = if io::stdout().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Self(ProgressBar::with_draw_target(None, target))
    }

    /// Begins a file, of `bytes` bytes if that is known.
    pub fn begin(&self, name: &str, bytes: Option<u64>) {
        self.0.reset();
        self.0.set_message(visible(name).into_owned());
        match bytes {
            Some(bytes) => self.0.set_length(bytes),
            None => self.0.unset_length(),
        }
        let template = match bytes {
            Some(_) => "{msg}: {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{msg}: {bytes}, {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }

    /// Counts what `reader` reads.
    pub fn of<R: io::Read>(&self, reader: R) -> impl io::Read + use<R> {
        self.0.wrap_read(reader)
    }

    /// Takes the progress off the terminal while `write` writes.
    pub fn pause<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
