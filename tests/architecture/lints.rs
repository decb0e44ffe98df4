//! The lints are on in both crates, and the exceptions to them are known.

use crate::files::{crate_sources, read};
use crate::none;

/// Who departs from which lint: the beginning of a path.
#[rustfmt::skip]
const EXCEPTIONS: &[(&str, &str)] = &[
    ("clippy::disallowed_methods", "crates/cli/src/aws"),
    ("clippy::disallowed_methods", "crates/cli/src/command"),
    ("clippy::disallowed_methods", "crates/cli/src/output"),
    ("clippy::disallowed_methods", "crates/transformer/src/bin"),
    ("clippy::disallowed_methods", "crates/transformer/src/firehose/handler.rs"),
    ("clippy::disallowed_methods", "crates/transformer/src/lambda"),
    ("clippy::expect_used", "crates/cli/src/provision/desired/kept.rs"),
    ("clippy::expect_used", "crates/cli/src/provision/desired/role.rs"),
    ("clippy::expect_used", "crates/cli/src/provision/desired/sender.rs"),
    ("clippy::expect_used", "crates/cli/src/provision/policy.rs"),
];

#[test]
fn both_crates_take_the_workspaces_lints() {
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let unsafe_code = &workspace["workspace"]["lints"]["rust"]["unsafe_code"];
    assert_eq!(unsafe_code.as_str(), Some("forbid"));
    for folder in ["crates/cli", "crates/transformer"] {
        let manifest: toml::Table = read(&format!("{folder}/Cargo.toml")).parse().unwrap();
        let inherits = manifest["lints"]["workspace"].as_bool();
        assert_eq!(inherits, Some(true), "{folder}");
    }
}

#[test]
fn every_exception_to_a_lint_is_known() {
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
}

#[test]
fn every_known_exception_is_needed() {
    let all = crate_sources();
    none(EXCEPTIONS.iter().filter_map(|(lint, place)| {
        let is_needed = all
            .iter()
            .any(|file| file.path.starts_with(place) && file.text.contains(lint));
        (!is_needed).then(|| format!("{place} does not need {lint}"))
    }));
}
