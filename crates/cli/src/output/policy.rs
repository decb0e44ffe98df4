//! The difference between two policy documents as lines: `+` added, `-` removed, `~` changed.

use crate::provision::policy::{
    Document, FieldDifference, Statement, StatementDifference, differences,
};

/// The lines; none if both documents mean the same.
pub(super) fn lines(before: Option<&Document>, after: Option<&Document>) -> Vec<String> {
    differences(before, after)
        .iter()
        .flat_map(statement_lines)
        .collect()
}

fn statement_lines(difference: &StatementDifference) -> Vec<String> {
    match difference {
        StatementDifference::Added { statement } => statement_fields("+", statement),
        StatementDifference::Removed { statement } => statement_fields("-", statement),
        StatementDifference::Changed { sid, fields } => {
            let mut lines = vec![format!("~ {sid}")];
            for FieldDifference {
                field,
                removed,
                added,
            } in fields
            {
                lines.push(format!("    {field}"));
                lines.extend(removed.iter().map(|value| format!("      - {value}")));
                lines.extend(added.iter().map(|value| format!("      + {value}")));
            }
            lines
        }
    }
}

fn statement_fields(sign: &str, statement: &Statement) -> Vec<String> {
    let mut lines = vec![format!(
        "{sign} {}",
        statement.sid().unwrap_or("statement without a Sid")
    )];
    for (field, values) in statement.fields() {
        match values.as_slice() {
            [one] => lines.push(format!("    {field}: {one}")),
            many => {
                lines.push(format!("    {field}:"));
                lines.extend(many.iter().map(|value| format!("      {value}")));
            }
        }
    }
    lines
}
