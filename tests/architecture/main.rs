//! Rules for the code that no compiler and no lint checks: direction, opening line, size, limits, exceptions to lints.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads the sources, and stops if it cannot"
)]

mod direction;
mod files;
mod limits;
mod lints;
mod modules;
mod security;

use files::{File, sources};

const LINES_MAX: usize = 400;

/// Fails with all faults at once, a line each.
#[track_caller]
fn none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
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
fn no_file_is_too_long() {
    none(sources().into_iter().filter_map(|File { path, text }| {
        let lines = text.lines().count();
        (lines > LINES_MAX).then(|| format!("{path}: {lines} lines, more than {LINES_MAX}"))
    }));
}
