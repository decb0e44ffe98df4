//! SECURITY.md: each line of its tables names a test or a policy, and what it names is there.

use crate::files::read;
use crate::none;

#[test]
fn every_line_names_a_test_or_a_policy_that_is_there() {
    let text = read("SECURITY.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 20, "{} lines", rows.len());
    let heads = ["| who", "| they can", "| parser", "| place"];
    let is_head = |row: &str| heads.iter().any(|head| row.starts_with(head));
    none(
        rows.into_iter()
            .filter(|row| !is_head(row))
            .flat_map(|row| {
                let named: Vec<&str> = row
                    .split('`')
                    .filter(|part| part.contains('/') && !part.ends_with('/'))
                    .filter(|part| !part.contains(' '))
                    .collect();
                let absent = named.iter().filter(|path| !is_there(path));
                let mut faults: Vec<String> =
                    absent.map(|path| format!("{path} is not there")).collect();
                if named.is_empty() {
                    faults.push(format!("names neither test nor policy: {row}"));
                }
                faults
            }),
    );
}

/// Whether there is such a file or folder; a `*` stands for any end of the name.
fn is_there(path: &str) -> bool {
    let path = crate::files::root().join(path);
    let Some((folder, name)) = path.parent().zip(path.file_name()) else {
        return false;
    };
    let name = name.to_string_lossy();
    let Some((begin, end)) = name.split_once('*') else {
        return path.exists();
    };
    std::fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| {
            let found = entry.map(|entry| entry.file_name()).unwrap_or_default();
            let found = found.to_string_lossy();
            found.starts_with(begin) && found.ends_with(end)
        })
    })
}
