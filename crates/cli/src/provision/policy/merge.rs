//! Merges our statements into a document that others edit too, finds them there, and removes them.

use super::{Document, SID_PREFIX, Statement};

/// `current` with our statements as they should be: each replaces the one with its `Sid`, or is added at the end. None is added if
/// a statement with the same meaning exists under another `Sid`. Other statements with our prefix are removed; all others stay.
pub(crate) fn merged(current: Option<&Document>, ours: &Document) -> Document {
    let Some(current) = current else {
        return ours.clone();
    };
    let mut statements: Vec<Statement> = Vec::new();
    let mut placed: Vec<&Statement> = Vec::new();
    for statement in &current.statements {
        let named = ours
            .statements
            .iter()
            .find(|own| own.sid().is_some() && own.sid() == statement.sid());
        match named {
            Some(own) if placed.contains(&own) => {}
            Some(own) => {
                placed.push(own);
                statements.push(own.clone());
            }
            None if has_our_sid(statement) => {}
            None => statements.push(statement.clone()),
        }
    }
    for own in &ours.statements {
        if !placed.contains(&own) && !statements.contains(own) {
            statements.push(own.clone());
        }
    }
    Document {
        head: current.head.clone(),
        statements,
    }
}

/// `current` without our statements, or `None` if no statement would be left.
pub(crate) fn without_ours(current: &Document, ours: &Document) -> Option<Document> {
    let statements: Vec<_> = foreign(current, ours).into_iter().cloned().collect();
    (!statements.is_empty()).then(|| Document {
        head: current.head.clone(),
        statements,
    })
}

/// The statements of others: those without our `Sid` prefix that mean something else than ours.
pub(crate) fn foreign<'a>(current: &'a Document, ours: &Document) -> Vec<&'a Statement> {
    current
        .statements
        .iter()
        .filter(|statement| !is_ours(statement, ours))
        .collect()
}

/// Whether any statement is ours.
pub(crate) fn has_ours(current: &Document, ours: &Document) -> bool {
    current
        .statements
        .iter()
        .any(|statement| is_ours(statement, ours))
}

fn is_ours(statement: &Statement, ours: &Document) -> bool {
    has_our_sid(statement) || ours.statements.contains(statement)
}

pub(super) fn has_our_sid(statement: &Statement) -> bool {
    statement
        .sid()
        .is_some_and(|sid| sid.starts_with(SID_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
        ))
        .unwrap()
    }

    const OURS: &str = r#"{"Sid":"CatchmentA","Action":"a:A"},{"Sid":"CatchmentB","Action":"b:B"}"#;

    /// Checks that merging into `current` gives exactly `after`, and that merging again changes nothing.
    #[track_caller]
    fn check(current: &str, after: &str) {
        let ours = document(OURS);
        let once = merged(Some(&document(current)), &ours);
        assert_eq!(once.to_json(), document(after).to_json());
        assert_eq!(merged(Some(&once), &ours).to_json(), once.to_json());
    }

    #[test]
    fn our_statements_are_merged_in_and_others_stay() {
        assert_eq!(
            merged(None, &document(OURS)).to_json(),
            document(OURS).to_json()
        );
        check("", OURS);
        check(
            r#"{"Sid":"Their","Action":"t:T"}"#,
            &format!(r#"{{"Sid":"Their","Action":"t:T"}},{OURS}"#),
        );
        check(
            r#"{"Sid":"CatchmentB","Action":"x:X"},{"Action":"t:T"}"#,
            r#"{"Sid":"CatchmentB","Action":"b:B"},{"Action":"t:T"},{"Sid":"CatchmentA","Action":"a:A"}"#,
        );
    }

    #[test]
    fn a_statement_with_the_same_meaning_is_enough() {
        check(
            r#"{"Action":["A:a"]},{"Action":"b:B"}"#,
            r#"{"Action":["A:a"]},{"Action":"b:B"}"#,
        );
    }

    #[test]
    fn outdated_and_duplicate_statements_of_ours_are_removed() {
        check(
            &format!(r#"{{"Sid":"CatchmentOld","Action":"o:O"}},{OURS},{OURS}"#),
            OURS,
        );
    }

    #[test]
    fn only_other_statements_are_left_without_ours() {
        let ours = document(OURS);
        assert_eq!(without_ours(&ours, &ours), None);
        let mixed = document(&format!(
            r#"{OURS},{{"Action":"t:T"}},{{"Sid":"CatchmentOld","Action":"o:O"}}"#
        ));
        assert_eq!(
            without_ours(&mixed, &ours),
            Some(document(r#"{"Action":"t:T"}"#))
        );
        assert_eq!(foreign(&mixed, &ours).len(), 1);
        assert!(has_ours(&mixed, &ours));
        assert!(!has_ours(&document(r#"{"Action":"t:T"}"#), &ours));
    }
}
