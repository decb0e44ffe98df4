//! Progress on standard error: a bar on a terminal, a line for each thing done elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// What is going on, of a known number of things.
pub struct Progress {
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
    pub fn new(things: usize) -> Self {
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
    pub fn began(&mut self, thing: &str) {
        let line = self.shown.add(ProgressBar::new_spinner());
        if self.is_terminal {
            line.set_style(style("{spinner} {msg} ({elapsed})"));
            line.set_message(thing.to_owned());
            line.enable_steady_tick(TURN);
        }
        self.running.insert(thing.to_owned(), line);
    }

    /// What has begun and not ended: the line to write now and then where there is no terminal.
    pub fn still(&self) -> Option<String> {
        let running: Vec<&str> = self.running.keys().map(String::as_str).collect();
        (!self.is_terminal && !running.is_empty())
            .then(|| format!("still running: {}", running.join("; ")))
    }

    /// A thing has ended, in a word: `done`, `failed`. The line to write where there is no terminal.
    pub fn ended(&mut self, word: &str, thing: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_a_terminal_there_is_a_line_for_each_thing_that_ends_and_one_for_what_still_runs() {
        let mut progress = Progress::new(2);
        progress.is_terminal = false;
        assert_eq!(progress.still(), None);
        progress.began("one");
        progress.began("two");
        assert_eq!(progress.still().as_deref(), Some("still running: one; two"));
        assert_eq!(
            progress.ended("done", "one").as_deref(),
            Some("[1/2] done: one")
        );
        assert_eq!(progress.still().as_deref(), Some("still running: two"));
        assert_eq!(
            progress.ended("failed", "two").as_deref(),
            Some("[2/2] failed: two")
        );
        assert_eq!(progress.still(), None);
    }
}
