//! The files that `replay` is given: one by one, folders with all that is in them, and standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Something to read.
pub(super) struct Opened {
    pub(super) reader: Box<dyn Read>,
    /// Its size, if that is known.
    pub(super) bytes: Option<u64>,
}

/// The files under the paths, in the order in which they are given; those of a folder by name. `-` is standard input, also if
/// no path is given.
pub(super) fn files(paths: &[PathBuf]) -> impl Iterator<Item = anyhow::Result<PathBuf>> {
    let mut waiting: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    if waiting.is_empty() {
        waiting.push(PathBuf::from(STANDARD_INPUT));
    }
    std::iter::from_fn(move || {
        loop {
            let path = waiting.pop()?;
            if is_standard_input(&path) || named(&path).is_some() || !path.is_dir() {
                return Some(Ok(path));
            }
            match inside(&path) {
                Ok(mut inside) => {
                    inside.sort();
                    waiting.extend(inside.into_iter().rev());
                }
                Err(error) => {
                    return Some(
                        Err(error)
                            .with_context(|| format!("cannot read the folder {}", path.display())),
                    );
                }
            }
        }
    })
}

fn inside(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

/// Whether the path names objects, and of which bucket and prefix.
pub(super) fn named(path: &Path) -> Option<(&str, &str)> {
    let rest = path.to_str()?.strip_prefix("s3://")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

/// What the file is called in messages.
pub(super) fn name(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "replay reads the files that it is given, or standard input"
)]
pub(super) fn open(path: &Path) -> io::Result<Opened> {
    if is_standard_input(path) {
        return Ok(Opened {
            reader: Box::new(io::stdin().lock()),
            bytes: None,
        });
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    Ok(Opened {
        bytes: about.is_file().then_some(about.len()),
        reader: Box::new(file),
    })
}

/// Whether a person is asked to type the batches.
#[expect(clippy::disallowed_methods, reason = "replay reads standard input")]
pub(super) fn is_typed(path: &Path) -> bool {
    is_standard_input(path) && io::stdin().is_terminal()
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

const STANDARD_INPUT: &str = "-";
