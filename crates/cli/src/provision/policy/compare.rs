//! The difference between two documents, statement by statement and field by field.

use std::collections::BTreeSet;

use serde::Serialize;

use super::meaning::Meaning;
use super::{Document, Statement};

/// A statement that differs between two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "kebab-case")]
pub(crate) enum StatementDifference {
    Added {
        statement: Statement,
    },
    Removed {
        statement: Statement,
    },
    /// The same `Sid` with a different meaning.
    Changed {
        sid: String,
        fields: Vec<FieldDifference>,
    },
}

/// A field of a statement that differs, and its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldDifference {
    /// For example `Principal.AWS` or `Condition.StringLike.aws:SourceArn`.
    pub field: String,
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// What changes from `before` to `after`; empty if they mean the same.
pub(crate) fn differences(
    before: Option<&Document>,
    after: Option<&Document>,
) -> Vec<StatementDifference> {
    let before = before.map_or(&[][..], Document::statements);
    let after = after.map_or(&[][..], Document::statements);
    let namesake = |statements: &[Statement], one: &Statement| {
        statements
            .iter()
            .find(|other| one.sid().is_some() && other.sid() == one.sid())
            .cloned()
    };
    let removed = before.iter().filter(|one| !after.contains(one));
    let added = after.iter().filter(|one| !before.contains(one));
    let changed_or_removed = removed.map(|one| match (namesake(after, one), one.sid()) {
        (Some(other), Some(sid)) => StatementDifference::Changed {
            sid: sid.to_owned(),
            fields: fields(one, &other),
        },
        _ => StatementDifference::Removed {
            statement: one.clone(),
        },
    });
    let added = added
        .filter(|one| namesake(before, one).is_none_or(|other| after.contains(&other)))
        .map(|one| StatementDifference::Added {
            statement: one.clone(),
        });
    changed_or_removed.chain(added).collect()
}

fn fields(before: &Statement, after: &Statement) -> Vec<FieldDifference> {
    let (before, after) = (Meaning::of(before), Meaning::of(after));
    let paths: BTreeSet<&String> = before
        .fields()
        .keys()
        .chain(after.fields().keys())
        .collect();
    let differing = paths.into_iter().filter_map(|path| {
        let field = after
            .fields()
            .get(path)
            .or_else(|| before.fields().get(path))?;
        let (removed, added) = (before.without(&after, path), after.without(&before, path));
        let is_same = removed.is_empty() && added.is_empty();
        (!is_same).then(|| FieldDifference {
            field: field.written.clone(),
            removed,
            added,
        })
    });
    differing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Statement":[{statements}]}}"#)).unwrap()
    }

    #[test]
    fn documents_with_the_same_meaning_do_not_differ() {
        let (left, right) = (
            document(r#"{"Sid":"A","Action":"a:B"}"#),
            document(r#"{"Action":["A:b"]}"#),
        );
        assert_eq!(differences(Some(&left), Some(&right)), []);
    }

    #[test]
    fn a_changed_statement_lists_the_fields_that_differ() {
        let before =
            document(r#"{"Sid":"A","Principal":{"AWS":["1","2"]},"Action":"a:B"},{"Sid":"T"}"#);
        let after = document(
            r#"{"Sid":"A","Principal":{"AWS":["2","3"]},"Action":"A:B"},{"Sid":"N","Action":"n"}"#,
        );
        let json = serde_json::to_string(&differences(Some(&before), Some(&after))).unwrap();
        insta::assert_snapshot!(json, @r#"[{"difference":"changed","sid":"A","fields":[{"field":"Principal.AWS","removed":["1"],"added":["3"]}]},{"difference":"removed","statement":{"Sid":"T"}},{"difference":"added","statement":{"Sid":"N","Action":"n"}}]"#);
    }
}
