//! The files that the rules apply to.

use std::path::{Path, PathBuf};

pub(crate) struct File {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The code without comments and without tests, which come last and may name what they like.
    pub(crate) fn code(&self) -> String {
        if self.path.contains("/tests") {
            return String::new();
        }
        let tests = self
            .text
            .match_indices("\n#[cfg(test)]\n")
            .find(|(at, mark)| {
                let next = self.text[at + mark.len()..].lines().next();
                next.is_some_and(|line| line.ends_with('{'))
            });
        let code = tests.map_or(&*self.text, |(at, _)| &self.text[..at]);
        code.lines()
            .map(|line| {
                let is_comment = line.trim_start().starts_with("//");
                format!("{}\n", if is_comment { "" } else { line })
            })
            .collect()
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder whose name has one of these endings, except what tools leave behind.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{folder}/{name}");
            if entry.file_type().unwrap().is_dir() {
                let left_behind = ["target", "corpus", "artifacts", "__pycache__"];
                if !left_behind.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = read(&path);
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// All code: both crates, the tests, the scripts.
pub(crate) fn sources() -> Vec<File> {
    all(&["crates", "tests", "infra"], &[".rs", ".py"])
}

/// The code of both crates, without integration tests.
pub(crate) fn crate_sources() -> Vec<File> {
    all(&["crates/cli/src", "crates/transformer/src"], &[".rs"])
}

fn all(folders: &[&str], endings: &[&str]) -> Vec<File> {
    let found: Vec<_> = folders
        .iter()
        .flat_map(|folder| files(folder, endings))
        .collect();
    assert!(!found.is_empty(), "no files in {folders:?}");
    found
}
