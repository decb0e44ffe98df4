//! Each row of the tables is filled by some event of the golden batches: a row whose field has another name is filled by none.

use std::collections::BTreeSet;

use super::*;

/// A place that a table says documents have.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    schema: &'static str,
    /// `None` for events of any source.
    source: Option<String>,
    path: String,
}

#[test]
fn every_row_of_the_tables_is_filled_in_some_batch() {
    let mut filled = BTreeSet::new();
    for folder in std::fs::read_dir(support::repository().join("tests/batches")).unwrap() {
        let case = Case::read(&folder.unwrap().path());
        if !case.settings.contains_key("CATCHMENT_FORMAT") {
            for schema in ["ecs", "ocsf-1.1", "ocsf-1.5"] {
                fill(&case, schema, &mut filled);
            }
        }
    }
    let rows = rows();
    assert!(rows.len() > 800, "{}", rows.len());
    let unfilled: Vec<_> = rows.difference(&filled).collect();
    assert!(unfilled.is_empty(), "{unfilled:#?}");
}

/// Adds the places that the documents of a batch have, with a name for each account.
fn fill(case: &Case, schema: &'static str, filled: &mut BTreeSet<Place>) {
    let mut settings = case.settings.clone();
    for (name, value) in [
        ("SCHEMA", schema),
        ("PARTITION_KEYS", "source"),
        ("ORIGINAL", "keep"),
        (
            "ACCOUNTS",
            r#"{"111122223333":"a","123456789010":"b","999988887777":"c"}"#,
        ),
    ] {
        settings.insert(format!("CATCHMENT_{name}"), value.to_owned());
    }
    let transformed = Transformer::new(Settings::from_pairs(settings).unwrap())
        .transform(&case.event())
        .unwrap();
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    for answer in response.records {
        let Some(metadata) = answer.metadata.as_ref() else {
            continue;
        };
        let source = metadata["partitionKeys"]["source"].as_str().unwrap();
        let lines = String::from_utf8(answer.opened().unwrap()).unwrap();
        // A lone surrogate is in no text.
        for line in lines.lines().filter(|line| !line.contains("\\ud800")) {
            let document: Value = serde_json::from_str(line).unwrap();
            let mut paths = BTreeSet::new();
            add(&document, "", &mut paths);
            for path in paths {
                for source in [Some(source.to_owned()), None] {
                    let path = path.clone();
                    filled.insert(Place {
                        schema,
                        source,
                        path,
                    });
                }
            }
        }
    }
}

/// Adds the paths of a value, as the page writes them.
fn add(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                add(value, &path, paths);
                paths.insert(path);
            }
        }
        Value::Array(values) => {
            for value in values {
                add(value, &format!("{path}[]"), paths);
            }
        }
        _ => {}
    }
}

/// What the page says.
fn rows() -> BTreeSet<Place> {
    let page = catchment_transformer::schema::documentation().unwrap();
    let (mut schemas, mut source, mut only_in): (&[&str], _, _) = (&[], None, "");
    let mut is_table = false;
    let mut rows = BTreeSet::new();
    for line in page.lines() {
        let name = line.trim_start_matches(['#', ' ']);
        match line.len() - line.trim_start_matches('#').len() {
            2 if name == "`ecs`" => schemas = &["ecs"],
            2 if name.starts_with("`ocsf") => schemas = &["ocsf-1.1", "ocsf-1.5"],
            3 => {
                let is_source = name.starts_with('`');
                source = is_source.then(|| name.trim_matches('`').to_owned());
                only_in = "";
            }
            4 => only_in = name.strip_prefix("Only in ").unwrap_or_default(),
            _ => {}
        }
        is_table = match line.starts_with('|') {
            true => is_table || line.starts_with("| in the document |"),
            false => false,
        };
        let path = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split('`').next());
        let Some(path) = path.filter(|_| is_table) else {
            continue;
        };
        for schema in schemas {
            let version = schema.trim_start_matches("ocsf-");
            if only_in.is_empty() || only_in.starts_with(version) {
                rows.insert(Place {
                    schema,
                    source: source.clone(),
                    path: path.to_owned(),
                });
            }
        }
    }
    rows
}
