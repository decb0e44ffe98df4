//! What a policy statement means, however it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Document, Statement};

/// A statement as fields, each a set of values. Two statements with equal fields allow or deny the same.
///
/// These differences in writing do not change the meaning (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>):
/// a string or a list of one; order; the case of actions, condition operators and condition keys; `"Principal": "*"` or
/// `{"AWS": "*"}`; an account id or its root ARN; `ArnEquals` or `ArnLike`; numbers and booleans as strings; the `Sid`.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    fields: BTreeMap<String, Field>,
}

/// A field: its path as written, and its values, each compared form with the form as written.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub written: String,
    pub values: BTreeMap<String, String>,
}

/// Whether two documents mean the same.
pub(super) fn same(left: &Document, right: &Document) -> bool {
    let meanings = |document: &Document| {
        document
            .statements
            .iter()
            .map(Meaning::of)
            .collect::<BTreeSet<_>>()
    };
    meanings(left) == meanings(right) && language(left) == language(right)
}

/// The version of the policy language, if it matters: it changes only how policy variables are read.
fn language(document: &Document) -> Option<&str> {
    let has_variables = document.statements.iter().any(|statement| {
        Value::Object(statement.0.clone())
            .to_string()
            .contains("${")
    });
    if has_variables {
        document.head.get("Version").and_then(Value::as_str)
    } else {
        None
    }
}

impl Meaning {
    /// Reads a statement. Unknown keys are compared as JSON.
    pub(super) fn of(statement: &Statement) -> Self {
        let mut meaning = Self {
            fields: BTreeMap::new(),
        };
        for (key, value) in &statement.0 {
            match (key.as_str(), value) {
                ("Sid", _) => {}
                ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                    for (kind, ids) in kinds {
                        meaning.add(
                            format!("{key}.{kind}"),
                            format!("{key}.{kind}"),
                            ids,
                            principal,
                        );
                    }
                }
                ("Principal" | "NotPrincipal", ids) => {
                    meaning.add(format!("{key}.AWS"), format!("{key}.AWS"), ids, principal);
                }
                ("Condition", Value::Object(operators)) => meaning.add_conditions(operators),
                ("Action" | "NotAction", actions) => {
                    meaning.add(key.clone(), key.clone(), actions, str::to_ascii_lowercase);
                }
                _ => meaning.add(key.clone(), key.clone(), value, str::to_owned),
            }
        }
        meaning
    }

    /// The fields by their compared paths.
    pub(super) fn fields(&self) -> &BTreeMap<String, Field> {
        &self.fields
    }

    /// The values of one field that `other` does not have, as written.
    pub(super) fn without(&self, other: &Self, path: &str) -> Vec<String> {
        let is_in_other = |value: &String| {
            other
                .fields
                .get(path)
                .is_some_and(|field| field.values.contains_key(value))
        };
        let values = self
            .fields
            .get(path)
            .into_iter()
            .flat_map(|field| &field.values);
        values
            .filter(|(value, _)| !is_in_other(value))
            .map(|(_, written)| written.clone())
            .collect()
    }

    /// A description of a statement without a `Sid`: `Allow logs:PutSubscriptionFilter to 111122223333`.
    pub(super) fn summary(&self) -> String {
        let values = |name: &str| {
            self.fields
                .iter()
                .filter(|(key, _)| key.split('.').next() == Some(name))
                .flat_map(|(_, field)| field.values.values().cloned())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut clause = format!("{} {}", values("Effect"), values("Action"));
        let principals = values("Principal");
        if !principals.is_empty() {
            clause = format!("{clause} to {principals}");
        }
        clause
    }

    fn add_conditions(&mut self, operators: &serde_json::Map<String, Value>) {
        for (operator, keys) in operators {
            let compared = compared_operator(operator, operators);
            let Value::Object(keys) = keys else {
                self.add(
                    format!("Condition.{compared}"),
                    format!("Condition.{operator}"),
                    keys,
                    str::to_owned,
                );
                continue;
            };
            for (key, values) in keys {
                let path = format!("Condition.{compared}.{}", key.to_ascii_lowercase());
                self.add(
                    path,
                    format!("Condition.{operator}.{key}"),
                    values,
                    str::to_owned,
                );
            }
        }
    }

    fn add(
        &mut self,
        path: String,
        written: String,
        value: &Value,
        compared: impl Fn(&str) -> String,
    ) {
        let field = self.fields.entry(path).or_insert_with(|| Field {
            written,
            values: BTreeMap::new(),
        });
        let one = std::slice::from_ref(value);
        let values = value.as_array().map_or(one, Vec::as_slice);
        for value in values {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            field.values.insert(compared(&text), text);
        }
    }

    /// The compared forms only.
    fn key(&self) -> Vec<(&String, Vec<&String>)> {
        self.fields
            .iter()
            .map(|(path, field)| (path, field.values.keys().collect()))
            .collect()
    }
}

impl PartialEq for Meaning {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Meaning {}

impl PartialOrd for Meaning {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Meaning {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// `ArnEquals` is another name for `ArnLike`. But a statement with both has two conditions, and each must hold.
fn compared_operator(operator: &str, all: &serde_json::Map<String, Value>) -> String {
    let lower = operator.to_ascii_lowercase();
    let alias = lower.replace("arnequals", "arnlike");
    let is_alone = all
        .keys()
        .all(|other| other == operator || !other.eq_ignore_ascii_case(&alias));
    if is_alone { alias } else { lower }
}

/// IAM turns `111122223333` into `arn:aws:iam::111122223333:root`.
fn principal(id: &str) -> String {
    let parts: Vec<&str> = id.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => (*account).to_owned(),
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":{statements}}}"#
        ))
        .unwrap()
    }

    #[track_caller]
    fn check(left: &str, right: &str, same: bool) {
        assert_eq!(document(left) == document(right), same, "\n{left}\n{right}");
    }

    #[test]
    fn a_statement_is_described_by_its_effect_its_actions_and_to_whom() {
        let summary = |statement: &str| Meaning::of(&document(statement).statements()[0]).summary();
        assert_eq!(
            summary(
                r#"{"Effect":"Allow","Action":["a:B","a:C"],"Principal":{"AWS":"111122223333"},"Resource":"*"}"#
            ),
            "Allow a:B, a:C to 111122223333"
        );
        assert_eq!(summary(r#"{"Effect":"Deny","Action":"a:B"}"#), "Deny a:B");
    }

    #[test]
    fn an_operator_of_another_kind_beside_an_alias_makes_no_difference() {
        let with = |operator: &str| {
            format!(r#"{{"Condition":{{"StringEquals":{{"a":"b"}},"{operator}":{{"c":"d"}}}}}}"#)
        };
        check(&with("ArnEquals"), &with("ArnLike"), true);
    }

    #[test]
    fn statements_written_differently_may_mean_the_same() {
        check(r#"{"Action":"a:B"}"#, r#"[{"Action":["a:B"]}]"#, true);
        check(
            r#"{"Action":["a:B","a:C"]}"#,
            r#"{"Action":["a:c","A:b","a:B"]}"#,
            true,
        );
        check(
            r#"[{"Effect":"Allow"},{"Effect":"Deny"}]"#,
            r#"[{"Effect":"Deny"},{"Effect":"Allow"}]"#,
            true,
        );
        check(
            r#"{"Sid":"x","Effect":"Allow"}"#,
            r#"{"Effect":"Allow"}"#,
            true,
        );
        check(
            r#"{"Principal":"*"}"#,
            r#"{"Principal":{"AWS":["*"]}}"#,
            true,
        );
        check(
            r#"{"Principal":{"AWS":"111122223333"}}"#,
            r#"{"Principal":{"AWS":"arn:aws:iam::111122223333:root"}}"#,
            true,
        );
        check(
            r#"{"Condition":{"StringLike":{"aws:SourceArn":"x"}}}"#,
            r#"{"Condition":{"stringlike":{"AWS:sourcearn":["x"]}}}"#,
            true,
        );
        check(
            r#"{"Condition":{"ArnLike":{"k":"x"}}}"#,
            r#"{"Condition":{"ArnEquals":{"k":"x"}}}"#,
            true,
        );
        check(
            r#"{"Condition":{"Bool":{"k":true}}}"#,
            r#"{"Condition":{"Bool":{"k":"true"}}}"#,
            true,
        );
    }

    #[test]
    fn statements_with_different_meanings_differ() {
        check(r#"{"Effect":"Allow"}"#, r#"{"Effect":"Deny"}"#, false);
        check(r#"{"Action":"a:B"}"#, r#"{"NotAction":"a:B"}"#, false);
        check(r#"{"Resource":"arn:x"}"#, r#"{"Resource":"ARN:x"}"#, false);
        check(
            r#"{"Principal":{"AWS":"x"}}"#,
            r#"{"Principal":{"Service":"x"}}"#,
            false,
        );
        check(
            r#"{"Condition":{"StringLike":{"k":"x"}}}"#,
            r#"{"Condition":{"StringEquals":{"k":"x"}}}"#,
            false,
        );
        check(r#"{"Condition":{"StringLike":{"k":"x"}}}"#, r#"{}"#, false);
        check(
            r#"{"Action":["a:B","a:C"]}"#,
            r#"{"Action":["a:B"]}"#,
            false,
        );
    }

    #[test]
    fn two_operators_on_one_key_are_two_conditions() {
        let both = |equals: &str, like: &str| {
            format!(r#"{{"Condition":{{"ArnEquals":{{"k":{equals}}},"ArnLike":{{"k":{like}}}}}}}"#)
        };
        let one = |operator: &str, values: &str| {
            format!(r#"{{"Condition":{{"{operator}":{{"k":{values}}}}}}}"#)
        };
        let (x, y, xy) = (r#""x""#, r#""y""#, r#"["x","y"]"#);
        check(&both(x, y), &both(x, y), true);
        check(&both(x, xy), &both(xy, y), false);
        for operator in ["ArnLike", "ArnEquals", "arnequals"] {
            check(&both(x, y), &one(operator, xy), false);
            check(&one(operator, xy), &one("ArnLike", xy), true);
        }
        let not = r#"{"Condition":{"ArnNotEquals":{"k":"x"},"ArnNotLike":{"k":"y"}}}"#;
        check(not, &one("ArnNotLike", xy), false);
        let if_exists = r#"{"Condition":{"ArnEquals":{"k":"x"},"ArnLikeIfExists":{"k":"y"}}}"#;
        check(if_exists, &one("ArnLike", xy), false);
        let strings = r#"{"Condition":{"StringEquals":{"k":"x"},"StringLike":{"k":"y"}}}"#;
        check(strings, &one("StringLike", xy), false);
        check(strings, &one("StringEquals", xy), false);
    }

    #[test]
    fn the_version_matters_only_to_policy_variables() {
        let read = |text: &str| Document::parse(text).unwrap();
        let plain = |version: &str| {
            read(&format!(
                r#"{{"Version":"{version}","Statement":{{"Resource":"x"}}}}"#
            ))
        };
        let variable = |version: &str| {
            read(&format!(
                r#"{{"Version":"{version}","Statement":{{"Resource":"${{a}}"}}}}"#
            ))
        };
        assert_eq!(plain("2008-10-17"), plain("2012-10-17"));
        assert_ne!(variable("2008-10-17"), variable("2012-10-17"));
    }
}
