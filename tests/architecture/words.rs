//! One word for one thing, and no word that puts work off.

use crate::files::{File, files, sources};
use crate::none;

/// Words that some say, and what we say. In two halves, so that this file does not have them.
const WORDS: &[(&str, &str, &str)] = &[
    ("delivery", " stream", "Firehose stream"),
    ("dead", " letter", "error output"),
    ("dead", "-letter", "error output"),
    ("hub", " account", "logging account"),
    ("central", " account", "logging account"),
    ("master", " account", "logging account"),
    ("spoke", " account", "member account"),
    ("child", " account", "member account"),
    ("sender", " account", "member account"),
];

#[test]
fn one_word_stands_for_one_thing() {
    let texts = [
        ".rs", ".py", ".md", ".toml", ".snap", ".json", ".yaml", ".txt",
    ];
    let all = ["crates", "tests", "infra", "policies"]
        .iter()
        .flat_map(|folder| files(folder, &texts));
    none(all.flat_map(|File { path, text }| {
        let text = text.to_lowercase();
        let said = WORDS.iter().filter_map(|(first, second, ours)| {
            let word = format!("{first}{second}");
            text.contains(&word)
                .then(|| format!("{path}: {word}, where we say {ours}"))
        });
        said.collect::<Vec<_>>()
    }));
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["unimple", "mented!"],
        ["to", "do!"],
    ];
    let marks = marks.map(|halves| halves.concat());
    none(sources().into_iter().flat_map(|File { path, text }| {
        let found = marks.iter().filter(|mark| text.contains(mark.as_str()));
        found
            .map(|mark| format!("{path}: {mark}"))
            .collect::<Vec<_>>()
    }));
}
