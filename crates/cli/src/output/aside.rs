//! The terminal as progress is drawn on it: between two drawings, the cursor leaves room for the `^C` of whoever presses Ctrl-C.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::TermLike;

/// A terminal whose cursor stands aside while nothing is drawn.
///
/// indicatif fills each line up to the terminal's width, and relies on what comes next to begin a new line. If that is the `^C`, other
/// lines are cleared than were drawn, and the bar stays on the screen.
#[derive(Debug)]
pub(super) struct Aside {
    terminal: Term,
    /// Something was drawn since the cursor last stood aside.
    is_drawn: AtomicBool,
    is_aside: AtomicBool,
}

/// Room for `^C`, and for a second one.
const COLUMNS: usize = 4;

impl Aside {
    pub(super) fn new(terminal: Term) -> Self {
        Self {
            terminal,
            is_drawn: AtomicBool::default(),
            is_aside: AtomicBool::default(),
        }
    }

    /// Puts the cursor back behind the last column, so that what follows begins a new line.
    fn back(&self) -> io::Result<()> {
        if self.is_aside.swap(false, Ordering::Relaxed) {
            self.terminal.move_cursor_right(COLUMNS)?;
            self.terminal.write_str(" ")?;
        }
        Ok(())
    }

    /// Notes that the cursor is at the beginning of a line.
    fn at_beginning(&self) {
        self.is_drawn.store(false, Ordering::Relaxed);
        self.is_aside.store(false, Ordering::Relaxed);
    }
}

impl TermLike for Aside {
    fn width(&self) -> u16 {
        TermLike::width(&self.terminal)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.terminal)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.back()?;
        self.at_beginning();
        self.terminal.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text == "\r" {
            self.at_beginning();
        } else {
            self.back()?;
            self.is_drawn.store(true, Ordering::Relaxed);
        }
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.at_beginning();
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        if self.is_drawn.swap(false, Ordering::Relaxed) {
            self.terminal.move_cursor_left(COLUMNS)?;
            self.is_aside.store(true, Ordering::Relaxed);
        } else {
            self.back()?;
        }
        self.terminal.flush()
    }
}
