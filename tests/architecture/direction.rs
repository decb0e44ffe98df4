//! Dependencies between modules: each names only lower ones, and no imports run in a circle at any depth.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{File, files};
use crate::modules::{Modules, Path};
use crate::none;

/// A module, and the modules that it may name, by the last segment of their paths.
type Row = (&'static str, &'static [&'static str]);

/// The modules of the CLI, lowest first.
#[rustfmt::skip]
const CLI: &[Row] = &[
    ("count", &[]),
    ("provision::name", &[]),
    ("provision::resource", &["name"]),
    ("provision::policy", &[]),
    ("provision::fleet", &["name", "resource"]),
    ("provision::parameters", &["name", "resource", "fleet"]),
    ("provision::desired", &["name", "resource", "policy", "fleet"]),
    ("provision::observed", &["name", "resource", "policy"]),
    ("provision::discovery", &["name", "resource", "fleet", "observed"]),
    ("provision::plan", &["name", "resource", "policy", "desired", "observed"]),
    ("provision::health", &["count", "resource"]),
    ("provision::status", &["name", "resource", "desired", "observed", "plan", "health"]),
    ("provision::verification", &["count", "name", "resource", "policy", "desired", "observed", "plan"]),
    ("batch", &["count"]),
    ("args", &["name"]),
    ("output", &["count", "name", "resource", "policy", "desired", "discovery", "plan", "health", "status", "verification", "batch"]),
    ("aws", &["count", "name", "resource", "policy", "desired", "observed", "discovery", "plan", "health", "verification"]),
    ("command", &[
        "count", "name", "resource", "policy", "fleet", "parameters", "desired", "observed", "discovery", "plan", "health", "status",
        "verification", "batch", "args", "output", "aws",
    ]),
];

/// The modules of the transformer, lowest first.
#[rustfmt::skip]
const TRANSFORMER: &[Row] = &[
    ("limits", &[]),
    ("buffer", &["limits"]),
    ("timestamp", &[]),
    ("json", &["limits", "buffer"]),
    ("subscription", &["limits", "buffer", "timestamp", "json"]),
    ("source", &["limits", "json", "subscription"]),
    ("rules", &["limits", "json", "source"]),
    ("redact", &["limits", "json", "source"]),
    ("settings", &["limits", "json", "source", "rules", "redact"]),
    ("schema", &["limits", "buffer", "timestamp", "json", "subscription", "source", "rules", "redact", "settings"]),
    ("output", &["limits", "buffer", "timestamp", "json", "subscription", "source", "settings", "schema"]),
    ("overflow", &["limits", "json"]),
    ("lambda", &["limits", "overflow"]),
    ("firehose", &["limits", "buffer", "json", "subscription", "source", "settings", "schema", "output", "overflow", "lambda"]),
];

/// Crates that only these modules of the CLI may name.
#[rustfmt::skip]
const OUTSIDE: &[(&str, &[&str])] = &[
    // for captured batches, and for `Source`
    ("catchment_transformer", &["batch", "command/replay", "provision/discovery", "provision/fleet", "provision/parameters", "provision/resource.rs"]),
    // all other modules have error types
    ("anyhow", &["command", "output.rs"]),
];

#[test]
fn the_clis_modules_name_lower_modules_only() {
    check_table("crates/cli/src", CLI);
}

#[test]
fn the_transformers_modules_name_lower_modules_only() {
    check_table("crates/transformer/src", TRANSFORMER);
}

#[test]
fn no_imports_run_in_a_circle_at_any_depth() {
    let crates = ["crates/cli/src", "crates/transformer/src"];
    none(crates.iter().flat_map(|folder| {
        let modules = Modules::of(folder, &files(folder, &[".rs"]));
        let circles = circles(&modules).into_iter();
        circles.map(move |circle| format!("{folder}: {circle}"))
    }));
}

#[test]
fn few_modules_of_the_cli_name_the_transformer_or_anyhow() {
    let all = files("crates/cli/src", &[".rs"]);
    none(all.iter().flat_map(|file| {
        let code = file.code();
        let inside = file.path.trim_start_matches("crates/cli/src/");
        let named = OUTSIDE.iter().filter(move |(name, places)| {
            code.contains(name) && !places.iter().any(|place| inside.starts_with(place))
        });
        named.map(|(name, _)| format!("{} names {name}", file.path))
    }));
}

fn check_table(folder: &str, table: &[Row]) {
    let modules = Modules::of(folder, &files(folder, &[".rs"]));
    let row_of = |path: &Path| {
        let path = path.join("::");
        let is_in = |row: &Row| path == row.0 || path.starts_with(&format!("{}::", row.0));
        table.iter().position(is_in)
    };
    let word = |row: usize| table[row].0.rsplit("::").next().unwrap_or_default();
    let mut faults = BTreeSet::new();
    for (row, (module, may_name)) in table.iter().enumerate() {
        let lower: Vec<_> = (0..row).map(word).collect();
        let upward = may_name.iter().filter(|other| !lower.contains(other));
        faults
            .extend(upward.map(|other| format!("{module} may not name {other}: it is not lower")));
        if !modules.paths().any(|path| row_of(path) == Some(row)) {
            faults.insert(format!("{folder} has no module {module}"));
        }
    }
    // a file whose children are in the table only lists them
    let is_contents = |path: &Path| table.iter().any(|row| row.0.starts_with(&path.join("::")));
    let unknown = modules
        .paths()
        .filter(|path| row_of(path).is_none() && !is_contents(path));
    faults.extend(unknown.map(|path| format!("{} is not in the table", path.join("::"))));
    for (from, to) in modules.edges() {
        if let (Some(row), Some(other)) = (row_of(from), row_of(&to))
            && row != other
            && !table[row].1.contains(&word(other))
        {
            faults.insert(format!("{} names {}", from.join("::"), to.join("::")));
        }
    }
    none(faults);
}

/// The circles among the children of any folder, each once: `in desired: build → role → build`.
fn circles(modules: &Modules) -> BTreeSet<String> {
    let mut folders: BTreeMap<Path, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (from, to) in modules.edges() {
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let children = folders.entry(from[..shared].to_vec()).or_default();
        let named = children.entry(from[shared].clone()).or_default();
        named.insert(to[shared].clone());
    }
    let mut found = BTreeSet::new();
    for (folder, children) in &folders {
        let mut seen = BTreeSet::new();
        for child in children.keys() {
            if !seen.contains(child)
                && let Some(circle) = way_back(children, child)
            {
                seen.extend(circle.iter().cloned());
                let place = folder.last().map_or("the root", String::as_str);
                found.insert(format!("in {place}: {}", circle.join(" → ")));
            }
        }
    }
    found
}

/// The shortest way from a module over others back to itself.
fn way_back(named: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in named.get(way.last()?).into_iter().flatten() {
                let way = [way.as_slice(), std::slice::from_ref(next)].concat();
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

/// The circles in a crate of these files.
fn circles_in(crate_files: &[(&str, &str)]) -> Vec<String> {
    let file = |(path, text): &(&str, &str)| File {
        path: format!("src/{path}"),
        text: (*text).to_owned(),
    };
    let crate_files: Vec<_> = crate_files.iter().map(file).collect();
    circles(&Modules::of("src", &crate_files))
        .into_iter()
        .collect()
}

#[test]
fn a_circle_is_found_at_any_depth() {
    let top = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::Thing;"),
        ("b.rs", "mod c; pub struct Thing;"),
        (
            "b/c.rs",
            "fn f() { println!(\"{}\", super::super::a::f()) }",
        ),
    ];
    assert_eq!(circles_in(&top), ["in the root: a → b → a"]);
    let deep = [
        ("a.rs", "mod b;"),
        ("a/b.rs", "mod x; mod y; mod z;"),
        ("a/b/x.rs", "use super::y::{self as other, Y};"),
        ("a/b/y.rs", "fn f() -> crate::a::b::z::Z { make() }"),
        ("a/b/z.rs", "mod inside { use super::super::x::X; }"),
    ];
    assert_eq!(circles_in(&deep), ["in b: x → y → z → x"]);
}

#[test]
fn a_circle_over_a_reexport_is_found() {
    let files = [
        ("a.rs", "mod x; mod y; pub use x::{X as Shown};"),
        ("a/x.rs", "use super::y::Y; pub struct X;"),
        ("a/y.rs", "use crate::a::Shown;"),
    ];
    assert_eq!(circles_in(&files), ["in a: x → y → x"]);
}

#[test]
fn parents_children_and_tests_make_no_circle() {
    let files = [
        ("a.rs", "mod x; mod y; use x::X; pub struct A;"),
        (
            "a/x.rs",
            "use super::A; use super::y::Y; #[cfg(test)] mod tests { use crate::a::y; }",
        ),
        (
            "a/y.rs",
            "use super::A; #[cfg(test)] mod near; #[cfg(test)] fn f() { super::x::f() }",
        ),
        ("a/y/near.rs", "use super::super::x::X;"),
    ];
    assert_eq!(circles_in(&files), [""; 0]);
}
