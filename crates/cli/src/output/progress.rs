//! Progress on standard error: a bar on a terminal, a line for each thing done elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// What is going on, of a known number of things.
pub(crate) struct Progress {
    shown: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
    is_terminal: bool,
    ended: u64,
}

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

impl Progress {
    /// Shows nothing until the first thing begins.
    pub(crate) fn new(things: usize) -> Self {
        let shown = MultiProgress::new();
        let total = shown.add(ProgressBar::new(u64::try_from(things).unwrap_or(u64::MAX)));
        total.set_style(style("{bar:30} {pos}/{len}"));
        Self {
            is_terminal: !shown.is_hidden(),
            shown,
            total,
            running: BTreeMap::new(),
            ended: 0,
        }
    }

    /// A thing has begun.
    pub(crate) fn began(&mut self, thing: &str) {
        if self.is_terminal {
            let line = self.shown.add(ProgressBar::new_spinner());
            line.set_style(style("{spinner} {msg}"));
            line.set_message(thing.to_owned());
            line.enable_steady_tick(TURN);
            self.running.insert(thing.to_owned(), line);
        }
    }

    /// A thing has ended, in a word: `done`, `failed`. The line to write where there is no terminal.
    pub(crate) fn ended(&mut self, word: &str, thing: &str) -> Option<String> {
        self.ended += 1;
        if let Some(line) = self.running.remove(thing) {
            line.finish_and_clear();
        }
        self.total.inc(1);
        let length = self.total.length().unwrap_or_default();
        let line = format!("[{}/{length}] {word}: {thing}", self.ended);
        if self.is_terminal {
            // a bar that cannot be drawn is no reason to stop
            let _ = self.shown.println(line);
            None
        } else {
            Some(line)
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
