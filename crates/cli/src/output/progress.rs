//! Progress on standard error: on a terminal a bar with a few lines below it, otherwise a note now and then.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::aside::Aside;
use super::screen::visible;

/// The progress of a run, stage by stage. Failing to show it stops nothing.
#[derive(Clone)]
pub struct Progress(Arc<Mutex<Shown>>);

struct Shown {
    /// What is done at this stage.
    title: &'static str,
    total: usize,
    bars: MultiProgress,
    bar: Option<ProgressBar>,
    lines: Vec<ProgressBar>,
    is_terminal: bool,
    /// Somebody is being asked on the terminal.
    is_paused: bool,
    /// When the stage began, or was last noted off a terminal.
    noted: Instant,
}

/// More lines would push the result off the screen.
const LINES_MAX: usize = 6;

/// More would flicker. It is also indicatif's own default.
const DRAWS_PER_SECOND: u8 = 20;

/// How often to write a note off a terminal.
const NOTE_INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    /// Draws if standard error is a terminal.
    pub fn to_terminal() -> Self {
        let terminal = Term::buffered_stderr();
        let is_terminal = terminal.is_term();
        let target = if is_terminal {
            ProgressDrawTarget::term_like_with_hz(Box::new(Aside::new(terminal)), DRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self(Arc::new(Mutex::new(Shown {
            title: "",
            total: 0,
            is_terminal,
            bars: MultiProgress::with_draw_target(target),
            bar: None,
            lines: Vec::new(),
            is_paused: false,
            noted: now(),
        })))
    }

    /// Begins a stage with this many tasks. Nothing is shown yet.
    pub fn begin(&self, title: &'static str, total: usize) {
        let mut shown = self.shown();
        shown.clear();
        (shown.title, shown.total, shown.noted) = (title, total, now());
    }

    /// Shows how many tasks have ended, and what goes on: as a bar with lines, or as a note if the last one was long ago.
    pub fn show(&self, ended: usize, lines: &[String]) {
        let mut shown = self.shown();
        if shown.is_paused {
        } else if shown.is_terminal {
            shown.draw(ended, lines);
        } else if shown.noted.elapsed() >= NOTE_INTERVAL {
            shown.noted = now();
            for line in shown.note(ended, lines) {
                write(&line);
            }
        }
    }

    /// Writes a line above the bar.
    pub fn note(&self, line: &str) {
        let shown = self.shown();
        if shown.is_terminal {
            let _ = shown.bars.println(visible(line));
        } else {
            write(line);
        }
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        self.shown().clear();
    }

    /// Leaves the terminal to `ask` until it returns.
    pub fn pause<T>(&self, ask: impl FnOnce() -> T) -> T {
        let mut shown = self.shown();
        shown.clear();
        shown.is_paused = true;
        drop(shown);
        let answer = ask();
        self.shown().is_paused = false;
        answer
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn draw(&mut self, ended: usize, lines: &[String]) {
        let bar = self.bar.get_or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new(length(self.total)));
            bar.with_style(style("{prefix} {bar:16} {pos}/{len}"))
                .with_prefix(self.title)
        });
        bar.set_position(length(ended));
        let lines = shortened(lines);
        while self.lines.len() < lines.len() {
            let line = self.bars.add(ProgressBar::new_spinner());
            self.lines.push(line.with_style(style("  {wide_msg}")));
        }
        for line in self.lines.drain(lines.len()..) {
            line.finish_and_clear();
            self.bars.remove(&line);
        }
        for (line, text) in self.lines.iter().zip(lines) {
            line.set_message(visible(&text).into_owned());
            line.tick();
        }
        bar.tick();
    }

    fn note(&self, ended: usize, lines: &[String]) -> Vec<String> {
        let first = format!("{}: {ended} of {}", self.title, self.total);
        let lines = shortened(lines).into_iter().map(|line| format!("  {line}"));
        std::iter::once(first).chain(lines).collect()
    }

    fn clear(&mut self) {
        for bar in self.lines.drain(..).chain(self.bar.take()) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        let _ = self.bars.clear();
    }
}

/// The first lines, and how many more there are.
fn shortened(lines: &[String]) -> Vec<String> {
    let mut shortened: Vec<_> = lines.iter().take(LINES_MAX).cloned().collect();
    if let Some(more @ 1..) = lines.len().checked_sub(LINES_MAX) {
        shortened.push(format!("and {more} more"));
    }
    shortened
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "only this module prints and shows the time"
)]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "only this module prints")]
fn write(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_a_terminal_a_note_says_how_far_a_stage_is_and_what_goes_on() {
        let progress = Progress::to_terminal();
        progress.begin("reading", 10);
        let lines: Vec<_> = (0..8).map(|number| format!("account {number}")).collect();
        let note = progress.shown().note(3, &lines);
        assert_eq!(note[0], "reading: 3 of 10");
        assert_eq!(note[1], "  account 0");
        assert_eq!(note.last().unwrap(), "  and 2 more");
        assert_eq!(note.len(), 1 + LINES_MAX + 1);
    }
}
