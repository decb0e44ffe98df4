//! Our statements in a document that others wrote in too: put in, found again, taken out; the others' kept.

use super::{Document, SID_PREFIX, Statement};

/// `current` with our statements as they ought to be: each in the place of the one with its `Sid`, else at the end. A statement
/// that already says the same under another name, or none, will do. Ours of an earlier shape go; all else stays.
pub fn merged(current: Option<&Document>, ours: &Document) -> Document {
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

/// `current` without our statements; none where nothing would be left.
pub fn without_ours(current: &Document, ours: &Document) -> Option<Document> {
    let statements: Vec<_> = foreign(current, ours).into_iter().cloned().collect();
    (!statements.is_empty()).then(|| Document {
        head: current.head.clone(),
        statements,
    })
}

/// The statements of others: neither under our `Sid` nor meaning the same as one of ours.
pub fn foreign<'a>(current: &'a Document, ours: &Document) -> Vec<&'a Statement> {
    current
        .statements
        .iter()
        .filter(|statement| !is_ours(statement, ours))
        .collect()
}

/// Whether any statement is ours.
pub fn has_ours(current: &Document, ours: &Document) -> bool {
    current
        .statements
        .iter()
        .any(|statement| is_ours(statement, ours))
}

fn is_ours(statement: &Statement, ours: &Document) -> bool {
    has_our_sid(statement) || ours.statements.contains(statement)
}

fn has_our_sid(statement: &Statement) -> bool {
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

    /// Merging `current` gives `after`, to the letter; merging again changes nothing.
    #[track_caller]
    fn check(current: &str, after: &str) {
        let ours = document(OURS);
        let once = merged(Some(&document(current)), &ours);
        assert_eq!(once.to_json(), document(after).to_json());
        assert_eq!(merged(Some(&once), &ours).to_json(), once.to_json());
    }

    #[test]
    fn ours_are_put_in_and_the_others_stay() {
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
    fn a_statement_that_says_the_same_will_do() {
        check(
            r#"{"Action":["A:a"]},{"Action":"b:B"}"#,
            r#"{"Action":["A:a"]},{"Action":"b:B"}"#,
        );
    }

    #[test]
    fn ours_of_an_earlier_shape_and_doubles_go() {
        check(
            &format!(r#"{{"Sid":"CatchmentOld","Action":"o:O"}},{OURS},{OURS}"#),
            OURS,
        );
    }

    #[test]
    fn without_ours_only_the_others_are_left() {
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
