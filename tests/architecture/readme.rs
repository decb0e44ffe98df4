//! The architecture is what the code is: rooms, paths and tests that `crates/README.md` names are there.

use crate::files::{files, read, root, sources};
use crate::none;

const README: &str = "crates/README.md";

/// Whatever stands between backquotes, code blocks apart.
fn quoted(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_room_is_on_the_map() {
    let quoted = quoted(&read(README));
    for folder in ["crates/cli/src", "crates/transformer/src"] {
        none(files(folder, &[".rs"]).into_iter().filter_map(|file| {
            let inside = file.path.trim_start_matches(folder).trim_start_matches('/');
            let is_room = !inside.contains('/');
            let is_told = quoted.iter().any(|word| word == inside);
            (is_room && !is_told).then(|| format!("{README} does not tell of {}", file.path))
        }));
    }
}

#[test]
fn every_path_and_every_test_that_it_names_is_there() {
    let all = sources();
    let lints = read("Cargo.toml");
    let is_path = |word: &str| {
        let folders = [
            "crates/",
            "tests/",
            "infra/",
            "policies/",
            ".config/",
            ".ci/",
        ];
        folders.iter().any(|folder| word.starts_with(folder)) && !word.contains(['*', '<', '…'])
    };
    let is_test = |word: &str| {
        word.matches('_').count() >= 3
            && !lints.contains(&format!("\n{word} = "))
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let mut tests = 0;
    none(quoted(&read(README)).into_iter().filter_map(|word| {
        let is_there = if is_path(&word) {
            root().join(&word).exists()
        } else if is_test(&word) {
            tests += 1;
            ["fn", "def"].iter().any(|keyword| {
                let head = format!("{keyword} {word}(");
                all.iter().any(|file| file.text.contains(&head))
            })
        } else {
            true
        };
        (!is_there).then(|| format!("{README} names {word}, which is not there"))
    }));
    assert!(tests > 20, "the invariants name the tests that hold them");
}
