//! Every limit of a size names its source: a page, the constant above it, or our own choice.

use crate::files::crate_sources;
use crate::none;

/// The units in the names of constants.
const UNITS: [&str; 6] = ["BYTES", "CHARACTERS", "HOURS", "MIB", "SHARDS", "TAGS"];

const SOURCES: [&str; 3] = ["<https://", "same page", "Our own choice"];

#[test]
fn every_limit_names_its_source() {
    let mut limits = 0;
    let mut faults = Vec::new();
    for file in crate_sources() {
        let all = file.path.ends_with("/limits.rs");
        let mut doc = String::new();
        for line in file.text.lines() {
            let line = line.trim_start();
            if let Some(text) = line.strip_prefix("///") {
                doc.push_str(text);
                continue;
            }
            if let Some(name) = limit(line, all) {
                limits += 1;
                if !SOURCES.iter().any(|source| doc.contains(source)) {
                    faults.push(format!("{}: {name} names no source", file.path));
                }
            }
            doc.clear();
        }
    }
    none(faults);
    assert!(limits > 15, "found only {limits} limits");
}

/// The name of a constant that limits a size; of any constant if `all` are limits.
fn limit(line: &str, all: bool) -> Option<&str> {
    let (visibility, rest) = line.split_once("const ")?;
    let (name, _) = rest.split_once(':')?;
    let is_item = visibility.is_empty() || visibility.starts_with("pub");
    let is_size = UNITS.iter().any(|unit| name.contains(unit));
    let is_limit = is_size && (name.ends_with("_MAX") || name.ends_with("_MIN"));
    (is_item && (all || is_limit)).then_some(name)
}
