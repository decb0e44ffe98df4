//! What a document lacks of another: a broader statement is as good as the one that is asked for.

use super::wildcard::is_like;
use super::{Document, Statement};

/// The values of one statement, by field: `Action`, `Principal.Service`, `Condition.StringLike.aws:SourceArn`.
type Fields = Vec<(String, Vec<String>)>;

/// What `wanted` allows and no statement of `current` does, a line each. Statements that deny are not looked at.
pub(crate) fn uncovered(current: &Document, wanted: &Document) -> Vec<String> {
    let grants: Vec<Fields> = current.statements.iter().map(Statement::fields).collect();
    let mut missing = Vec::new();
    for statement in &wanted.statements {
        for one in singles(&statement.fields()) {
            if !grants.iter().any(|grant| covers(grant, &one)) {
                missing.push(label(&one));
            }
        }
    }
    missing
}

/// The statement as statements with one value in each field.
fn singles(fields: &Fields) -> Vec<Fields> {
    let mut all: Vec<Fields> = vec![Vec::new()];
    for (path, values) in fields {
        let with = |before: &Fields| {
            let values = values.iter();
            let one = values.map(|value| (path.clone(), vec![value.clone()]));
            let more = one.map(|one| before.iter().cloned().chain([one]).collect());
            more.collect::<Vec<Fields>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// Whether a statement allows all that another one does. A condition that the other one lacks may refuse it.
fn covers(grant: &Fields, wanted: &Fields) -> bool {
    let value = |fields: &Fields, path: &str| {
        let mut found = fields
            .iter()
            .filter(|(one, _)| one.eq_ignore_ascii_case(path));
        found.next().map(|(_, values)| values.clone())
    };
    let is_allow = value(grant, "Effect").is_some_and(|effect| effect == ["Allow"]);
    let holds = |(path, values): &(String, Vec<String>)| {
        let Some(asked) = value(wanted, path) else {
            return false;
        };
        let is_pattern = matches!(path.as_str(), "Action" | "Resource")
            || path.to_ascii_lowercase().contains("like.");
        asked.iter().all(|asked| {
            values.iter().any(|one| match is_pattern {
                true => is_like(&asked.to_ascii_lowercase(), &one.to_ascii_lowercase()),
                false => one == asked || (one == "*" && path == "Principal.AWS"),
            })
        })
    };
    let has_all = wanted
        .iter()
        .all(|(path, _)| path.starts_with("Condition.") || value(grant, path).is_some());
    is_allow && has_all && grant.iter().all(holds)
}

/// For example `kinesis:PutRecord on arn:…`, or `sts:AssumeRole to logs.amazonaws.com for arn:…`.
fn label(fields: &Fields) -> String {
    let words = [
        ("Action", ""),
        ("Principal", " to "),
        ("Resource", " on "),
        ("Condition", " for "),
    ];
    let parts = words.iter().flat_map(|(name, word)| {
        let of_name = fields
            .iter()
            .filter(|(path, _)| path.split('.').next() == Some(*name));
        of_name.map(move |(_, values)| format!("{word}{}", values.join(", ")))
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statement: &str) -> Document {
        Document::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#
        ))
        .unwrap()
    }

    const WANTED: &str =
        r#"{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:a","arn:b"]}"#;

    #[test]
    fn a_broader_statement_covers_and_a_narrower_one_is_named() {
        let missing = |current: &str| uncovered(&document(current), &document(WANTED));
        assert_eq!(missing(WANTED), [] as [&str; 0]);
        assert_eq!(
            missing(r#"{"Effect":"Allow","Action":"Kinesis:Put*","Resource":"*"}"#),
            [] as [&str; 0]
        );
        let split = r#"{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":"arn:a"},{"Effect":"Allow","Action":"*","Resource":"arn:?"}"#;
        assert_eq!(missing(split), [] as [&str; 0]);
        assert_eq!(
            missing(r#"{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":"arn:a"}"#),
            ["kinesis:PutRecord on arn:b"]
        );
        assert_eq!(
            missing(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#).len(),
            2
        );
        let conditional =
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"k":"true"}}}"#;
        assert_eq!(missing(conditional).len(), 2);
        // It is not known which resources it is for.
        assert_eq!(missing(r#"{"Effect":"Allow","Action":"*"}"#).len(), 2);
    }

    #[test]
    fn any_account_covers_each_and_any_service_is_none() {
        let statement = |principal: &str| {
            document(&format!(
                r#"{{"Effect":"Allow","Principal":{principal},"Action":"a:A"}}"#
            ))
        };
        for (current, wanted, is_covered) in [
            (r#"{"AWS":"*"}"#, r#"{"AWS":"1"}"#, true),
            (r#"{"AWS":"1"}"#, r#"{"AWS":"1"}"#, true),
            (r#"{"AWS":"2"}"#, r#"{"AWS":"1"}"#, false),
            (r#"{"Service":"*"}"#, r#"{"Service":"s"}"#, false),
        ] {
            let missing = uncovered(&statement(current), &statement(wanted));
            assert_eq!(missing.is_empty(), is_covered, "{current} {wanted}");
        }
    }

    #[test]
    fn a_trust_without_a_condition_covers_one_with_it() {
        let wanted = r#"{"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"aws:SourceArn":"arn:aws:logs:us-west-2:111122223333:*"}}}"#;
        let missing = |current: &str| uncovered(&document(current), &document(wanted));
        assert_eq!(
            missing(&wanted.replace("111122223333", "*")),
            [] as [&str; 0]
        );
        let (open, _) = wanted.split_once(",\"Condition\"").unwrap();
        assert_eq!(missing(&format!("{open}}}")), [] as [&str; 0]);
        assert_eq!(
            missing(&wanted.replace("logs.", "ec2.")),
            ["sts:AssumeRole to logs.amazonaws.com for arn:aws:logs:us-west-2:111122223333:*"]
        );
        assert_eq!(
            missing(&wanted.replace("111122223333", "444455556666")).len(),
            1
        );
    }
}
