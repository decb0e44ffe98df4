//! Progress on standard error: bars on a terminal, otherwise a line for each finished task.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The progress of a known number of tasks.
pub struct Progress {
    bars: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
    is_terminal: bool,
    finished: u64,
}

const SPINNER_INTERVAL: Duration = Duration::from_millis(100);

impl Progress {
    /// Shows nothing until the first task starts.
    pub fn new(tasks: usize) -> Self {
        let bars = MultiProgress::new();
        let total = bars.add(ProgressBar::new(u64::try_from(tasks).unwrap_or(u64::MAX)));
        total.set_style(style("{bar:30} {pos}/{len}"));
        Self {
            is_terminal: !bars.is_hidden(),
            bars,
            total,
            running: BTreeMap::new(),
            finished: 0,
        }
    }

    /// Shows that a task has started.
    pub fn start(&mut self, task: &str) {
        let line = self.bars.add(ProgressBar::new_spinner());
        if self.is_terminal {
            line.set_style(style("{spinner} {msg} ({elapsed})"));
            line.set_message(task.to_owned());
            line.enable_steady_tick(SPINNER_INTERVAL);
        }
        self.running.insert(task.to_owned(), line);
    }

    /// Off a terminal, the line that lists the tasks still running.
    pub fn running(&self) -> Option<String> {
        let running: Vec<&str> = self.running.keys().map(String::as_str).collect();
        (!self.is_terminal && !running.is_empty())
            .then(|| format!("still running: {}", running.join("; ")))
    }

    /// Shows that a task has finished, with a word for how: `done`, `failed`. Off a terminal, returns the line to write.
    pub fn finish(&mut self, word: &str, task: &str) -> Option<String> {
        self.finished += 1;
        if let Some(line) = self.running.remove(task) {
            line.finish_and_clear();
        }
        self.total.inc(1);
        let length = self.total.length().unwrap_or_default();
        let line = format!("[{}/{length}] {word}: {task}", self.finished);
        if self.is_terminal {
            // failing to draw a bar is no reason to stop
            let _ = self.bars.println(line);
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
    fn off_a_terminal_each_finished_task_has_a_line_and_running_tasks_are_listed() {
        let mut progress = Progress::new(2);
        progress.is_terminal = false;
        assert_eq!(progress.running(), None);
        progress.start("one");
        progress.start("two");
        assert_eq!(
            progress.running().as_deref(),
            Some("still running: one; two")
        );
        assert_eq!(
            progress.finish("done", "one").as_deref(),
            Some("[1/2] done: one")
        );
        assert_eq!(progress.running().as_deref(), Some("still running: two"));
        assert_eq!(
            progress.finish("failed", "two").as_deref(),
            Some("[2/2] failed: two")
        );
        assert_eq!(progress.running(), None);
    }
}
