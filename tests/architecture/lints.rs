//! The lints that hold the rest of the house: that they are on, and who steps out of them.

use crate::files::{crate_sources, read};
use crate::none;

/// What the architecture counts on being on.
const LINTS: &[&str] = &[
    "allow_attributes",
    "allow_attributes_without_reason",
    "dbg_macro",
    "exit",
    "expect_used",
    "panic",
    "print_stderr",
    "print_stdout",
    "todo",
    "unimplemented",
    "unwrap_used",
];

/// What neither crate may call: the world, by any door.
const METHODS: &[&str] = &[
    "std::env::args",
    "std::env::args_os",
    "std::env::current_dir",
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::vars_os",
    "std::fs::File::create",
    "std::fs::File::open",
    "std::fs::OpenOptions::open",
    "std::fs::read",
    "std::fs::read_to_string",
    "std::fs::write",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpStream::connect",
    "std::process::exit",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

/// What has no order, and so another output at each run.
const TYPES: &[&str] = &["std::collections::HashMap", "std::collections::HashSet"];

/// Who steps out of which lint: the beginning of a path.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("clippy::disallowed_methods", "crates/cli/src/aws"),
    ("clippy::disallowed_methods", "crates/cli/src/command"),
    ("clippy::disallowed_methods", "crates/cli/src/output"),
    (
        "clippy::disallowed_methods",
        "crates/transformer/src/main.rs",
    ),
    (
        "clippy::disallowed_methods",
        "crates/transformer/src/runtime.rs",
    ),
    ("clippy::expect_used", "crates/cli/src/policy.rs"),
];

#[test]
fn the_lints_are_on_in_both_crates() {
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let on = &workspace["workspace"]["lints"];
    assert_eq!(on["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for lint in LINTS {
        let level = on["clippy"].get(lint).and_then(toml::Value::as_str);
        assert_eq!(level, Some("warn"), "{lint}");
    }
    for folder in ["crates/cli", "crates/transformer"] {
        let manifest: toml::Table = read(&format!("{folder}/Cargo.toml")).parse().unwrap();
        assert_eq!(
            manifest["lints"]["workspace"].as_bool(),
            Some(true),
            "{folder}"
        );
        let clippy: toml::Table = read(&format!("{folder}/clippy.toml")).parse().unwrap();
        let bans = |list: &str, path: &str| {
            let rules = clippy[list].as_array().unwrap();
            rules.iter().any(|rule| rule["path"].as_str() == Some(path))
        };
        let methods = METHODS.iter().map(|path| ("disallowed-methods", path));
        let types = TYPES.iter().map(|path| ("disallowed-types", path));
        none(
            methods
                .chain(types)
                .filter(|(list, path)| !bans(list, path))
                .map(|(_, path)| format!("{folder}/clippy.toml does not ban {path}")),
        );
    }
    // a warning is a failure in `make lint`
    let makefile = read("Makefile");
    for features in ["", " --no-default-features"] {
        let command =
            format!("cargo clippy --workspace --all-targets --locked{features} -- -D warnings\n");
        assert!(
            makefile.contains(&command),
            "make lint does not run {command}"
        );
    }
}

#[test]
fn exceptions_to_the_lints_stand_where_they_are_known() {
    let all = crate_sources();
    none(all.iter().flat_map(|file| {
        let code = file.code();
        let excepted = code.match_indices("clippy::").filter_map(|(at, _)| {
            let lint = code[at..].split([',', ')', '\n']).next()?;
            let is_known = EXCEPTIONS
                .iter()
                .any(|(known, place)| *known == lint && file.path.starts_with(place));
            (!is_known).then(|| format!("{}: {lint}", file.path))
        });
        excepted.collect::<Vec<_>>()
    }));
    none(EXCEPTIONS.iter().filter_map(|(lint, place)| {
        let is_taken = all
            .iter()
            .any(|file| file.path.starts_with(place) && file.text.contains(lint));
        (!is_taken).then(|| format!("{place} does not need {lint}"))
    }));
}
