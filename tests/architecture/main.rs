//! The rules of the house that no compiler and no lint holds; `crates/README.md` says what they are for.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

mod direction;
mod files;
mod limits;
mod lints;
mod readme;
mod words;

use files::{File, sources};

const LINES_MAX: usize = 400;

/// Fails with all faults at once, a line each.
#[track_caller]
fn none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    none(sources().into_iter().filter_map(|File { path, text }| {
        let opening = if path.ends_with(".rs") {
            "//! "
        } else {
            "\"\"\""
        };
        (!text.starts_with(opening))
            .then(|| format!("{path}: its first line does not begin with {opening}"))
    }));
}

#[test]
fn no_file_is_two_rooms() {
    none(sources().into_iter().filter_map(|File { path, text }| {
        let lines = text.lines().count();
        (lines > LINES_MAX)
            .then(|| format!("{path}: {lines} lines; {LINES_MAX} are enough for one room"))
    }));
}
