//! Who may name whom: a room names lower rooms alone, so there is no cycle, and what is pure stays so.

use std::collections::BTreeSet;

use crate::files::{File, files, read};
use crate::none;

/// A room and those that it may name.
type Room = (&'static str, &'static [&'static str]);

/// The rooms of the CLI, lowest first.
#[rustfmt::skip]
const CLI: &[Room] = &[
    ("name", &[]),
    ("resource", &["name"]),
    ("policy", &[]),
    ("fleet", &["name", "resource"]),
    ("parameters", &["name", "resource", "fleet"]),
    ("desired", &["name", "resource", "policy", "fleet"]),
    ("observed", &["name", "resource", "policy"]),
    ("plan", &["name", "resource", "policy", "desired", "observed"]),
    ("status", &["resource", "desired", "observed", "plan"]),
    ("replay", &[]),
    ("args", &["name"]),
    ("output", &["name", "resource", "policy", "plan", "status"]),
    ("aws", &["name", "resource", "policy", "desired", "observed", "plan"]),
    ("command", &[
        "name", "resource", "policy", "fleet", "parameters", "desired", "observed", "plan", "status", "replay", "args",
        "output", "aws",
    ]),
];

/// The rooms of the transformer, likewise.
#[rustfmt::skip]
const TRANSFORMER: &[Room] = &[
    ("limits", &[]),
    ("buffer", &["limits"]),
    ("scan", &[]),
    ("squeeze", &["scan"]),
    ("timestamp", &[]),
    ("json", &["buffer", "scan", "squeeze"]),
    ("lines", &["limits", "buffer"]),
    ("firehose", &["limits"]),
    ("budget", &["firehose"]),
    ("decode", &["limits", "buffer"]),
    ("message", &["buffer", "scan", "json"]),
    ("source", &["json", "message"]),
    ("settings", &["limits", "source"]),
    ("encode", &["buffer", "timestamp", "json", "lines", "message", "source", "settings"]),
    ("report", &["decode", "message"]),
    ("transform", &[
        "limits", "buffer", "lines", "firehose", "budget", "decode", "message", "settings", "encode", "report",
    ]),
    ("telemetry", &["limits", "transform"]),
    ("runtime", &[]),
];

#[test]
fn the_clis_rooms_name_lower_rooms_alone() {
    check("crates/cli/src", CLI);
}

#[test]
fn the_transformers_rooms_name_lower_rooms_alone() {
    check("crates/transformer/src", TRANSFORMER);
}

#[test]
fn only_replay_names_the_transformer_which_names_nobody() {
    let manifest: toml::Table = read("crates/transformer/Cargo.toml").parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    assert!(!dependencies.contains_key("catchment"));
    only_in(
        &["cli/src/replay", "cli/src/command/replay.rs"],
        "catchment_transformer",
    );
}

#[test]
fn errors_without_a_type_are_for_commands_and_the_printer() {
    only_in(&["cli/src/command", "cli/src/output.rs"], "anyhow");
}

/// Holds that no room of the CLI but these has this word.
fn only_in(places: &[&str], word: &str) {
    let rooms = files("crates/cli/src", &[".rs"]);
    let others = rooms
        .iter()
        .filter(|file| !places.iter().any(|place| file.path.contains(place)));
    none(
        others
            .filter(|file| file.code().contains(word))
            .map(|file| format!("{}: {word}", file.path)),
    );
}

fn check(folder: &str, rooms: &[Room]) {
    let mut faults = Vec::new();
    for (index, (room, may_name)) in rooms.iter().enumerate() {
        let lower: Vec<&str> = rooms[..index].iter().map(|(room, _)| *room).collect();
        let upward = may_name.iter().filter(|other| !lower.contains(other));
        faults.extend(upward.map(|other| format!("{room} may not name {other}: it is no lower")));
    }
    let mut seen = BTreeSet::new();
    for file in files(folder, &[".rs"]) {
        let inside = file.path.trim_start_matches(folder).trim_start_matches('/');
        let depth = inside.matches('/').count() + 1;
        let room = inside
            .split(['/', '.'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if ["main", "lib"].contains(&&*room) {
            continue;
        }
        match rooms.iter().find(|(name, _)| *name == room) {
            None => faults.push(format!("{}: tests/house knows no such room", file.path)),
            Some((_, may_name)) => faults.extend(
                named(&file, depth)
                    .into_iter()
                    .filter(|other| *other != room && !may_name.contains(&other.as_str()))
                    .map(|other| format!("{}: names {other}", file.path)),
            ),
        }
        seen.insert(room);
    }
    let empty = rooms.iter().filter(|(room, _)| !seen.contains(*room));
    faults.extend(empty.map(|(room, _)| format!("{folder}: there is no room {room}")));
    none(faults);
}

/// Every room that a file names: what follows the crate's root, which is also as many `super::` up as the file is deep.
fn named(file: &File, depth: usize) -> BTreeSet<String> {
    let code = file.code();
    let root = "super::".repeat(depth);
    let mut named = BTreeSet::new();
    for way in ["crate::", &root] {
        for (at, _) in code.match_indices(way) {
            let is_longer =
                code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
            if !is_longer {
                named.extend(first_words(&code[at + way.len()..]));
            }
        }
    }
    named
}

/// The first word of a path, or of each path in a list of them.
fn first_words(paths: &str) -> Vec<String> {
    let word = |path: &str| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        path.trim_start()
            .chars()
            .take_while(|c| is_word(*c))
            .collect()
    };
    let Some(list) = paths.strip_prefix('{') else {
        return vec![word(paths)];
    };
    let (mut words, mut open, mut begin) = (Vec::new(), 0, 0);
    for (at, character) in list.char_indices() {
        match character {
            '{' => open += 1,
            ',' | '}' if open == 0 => {
                words.push(word(&list[begin..at]));
                begin = at + 1;
            }
            '}' => open -= 1,
            _ => continue,
        }
        if character == '}' && begin == at + 1 {
            break;
        }
    }
    words.retain(|word: &String| !word.is_empty());
    words
}

#[test]
fn a_list_of_paths_is_read_to_its_end() {
    assert_eq!(first_words("plan::{Plan, plan};"), ["plan"]);
    assert_eq!(
        first_words("{\n    name::{Arn, Region},\n    plan, aws::call::{Caller},\n};\nuse b::c;"),
        ["name", "plan", "aws"]
    );
}
