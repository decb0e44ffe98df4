//! IAM and resource policy documents: parsed, compared by meaning, merged, and rendered from `policies/`.

mod compare;
mod cover;
mod list;
mod meaning;
mod merge;
mod template;
mod wildcard;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

pub(crate) use compare::{FieldDifference, StatementDifference, differences};
pub(crate) use cover::uncovered;
pub(crate) use list::List;
use meaning::Meaning;
pub(crate) use merge::{foreign, has_ours, merged, without_ours};
pub use template::TemplateError;
pub(crate) use template::{Template, TemplateValue};
pub(crate) use wildcard::is_like;

/// The prefix of our statements' `Sid`, by which they are recognised in a document that others have edited too.
const SID_PREFIX: &str = "Catchment";

/// A policy document. Two documents are equal if they mean the same: the order of statements and values, a string or a list of
/// one, the case of actions and condition operators, and the `Sid` make no difference. Statements keep the form in which they
/// were written.
#[derive(Debug, Clone, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Document {
    /// `Version`, `Id` and any other key except `Statement`.
    head: Map<String, Value>,
    statements: Vec<Statement>,
}

/// A statement, in the form in which it was written.
#[derive(Debug, Clone)]
pub(crate) struct Statement(Map<String, Value>);

/// Why a text is not a policy document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("the policy is not JSON")]
    Json(#[from] serde_json::Error),
    #[error(
        "the policy is not a JSON object with a `Statement` that is an object or a list of objects"
    )]
    Shape,
}

impl Document {
    /// Parses a document as an API returns it; IAM's must be URL-decoded first.
    ///
    /// # Errors
    /// Fails if the text is not JSON, or not an object with a `Statement`.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        Self::try_from(serde_json::from_str::<Value>(text)?)
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The document with the statements of `other` too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.statements.extend(other.statements);
        self
    }

    /// The document with this `Sid` for its statements.
    pub(crate) fn renamed(mut self, sid: &str) -> Self {
        for Statement(fields) in &mut self.statements {
            fields.insert("Sid".to_owned(), sid.into());
        }
        self
    }

    /// The document as it is sent to an API: compact JSON, with keys in the order of AWS's documentation. AWS's limits count its
    /// bytes.
    #[expect(clippy::expect_used, reason = "JSON values always serialise")]
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("JSON values serialise")
    }

    /// The document as indented JSON, with keys in the same order.
    #[expect(clippy::expect_used, reason = "JSON values always serialise")]
    pub fn to_pretty_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("JSON values serialise")
    }
}

impl Statement {
    /// The `Sid`, unless it is absent or empty.
    pub(crate) fn sid(&self) -> Option<&str> {
        self.0
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty())
    }

    /// The fields in the order of AWS's documentation, each with its values: `Principal.AWS`,
    /// `Condition.StringLike.aws:SourceArn`.
    pub(crate) fn fields(&self) -> Vec<(String, Vec<String>)> {
        let meaning = Meaning::of(self);
        let rank = |path: &str| {
            let head = path.split('.').next().unwrap_or_default();
            STATEMENT_ORDER
                .iter()
                .position(|key| *key == head)
                .unwrap_or(STATEMENT_ORDER.len())
        };
        let mut fields: Vec<(String, Vec<String>)> = meaning
            .fields()
            .values()
            .map(|field| {
                (
                    field.written.clone(),
                    field.values.values().cloned().collect(),
                )
            })
            .collect();
        fields.sort_by_key(|(path, _)| rank(path));
        fields
    }

    /// A description for messages: the `Sid`, or else what the statement allows.
    pub(crate) fn label(&self) -> String {
        self.sid()
            .map_or_else(|| Meaning::of(self).summary(), str::to_owned)
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        meaning::same(self, other)
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        Meaning::of(self) == Meaning::of(other)
    }
}

impl Eq for Statement {}

impl TryFrom<Value> for Document {
    type Error = DocumentError;

    fn try_from(value: Value) -> Result<Self, DocumentError> {
        let Value::Object(mut head) = value else {
            return Err(DocumentError::Shape);
        };
        let statements = match head.remove("Statement").ok_or(DocumentError::Shape)? {
            Value::Array(list) => list,
            one => vec![one],
        };
        let statements = statements
            .into_iter()
            .map(|statement| match statement {
                Value::Object(fields) => Ok(Statement(fields)),
                _ => Err(DocumentError::Shape),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { head, statements })
    }
}

/// The order of keys in AWS's documentation. Other keys follow.
const HEAD_ORDER: [&str; 2] = ["Version", "Id"];
const STATEMENT_ORDER: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn entries_in_order<S: SerializeMap>(
    map: &mut S,
    fields: &Map<String, Value>,
    order: &[&str],
) -> Result<(), S::Error> {
    for key in order {
        if let Some(value) = fields.get(*key) {
            map.serialize_entry(key, value)?;
        }
    }
    for (key, value) in fields
        .iter()
        .filter(|(key, _)| !order.contains(&key.as_str()))
    {
        map.serialize_entry(key, value)?;
    }
    Ok(())
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entries_in_order(&mut map, &self.head, &HEAD_ORDER)?;
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "PolicyDocument".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A policy document, as it is sent to AWS.",
            "type": "object",
            "properties": { "Statement": { "type": "array", "items": { "type": "object" } } },
            "required": ["Statement"],
        })
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entries_in_order(&mut map, &self.0, &STATEMENT_ORDER)?;
        map.end()
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_written_in_the_order_of_awss_documentation() {
        let text = r#"{"Statement":{"Action":"sts:AssumeRole","Effect":"Allow","Sid":"A"},"Id":"i","Version":"2012-10-17"}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(
            document.to_json(),
            r#"{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"A","Effect":"Allow","Action":"sts:AssumeRole"}]}"#
        );
        assert_eq!(document.to_string(), document.to_json());
        assert_eq!(Document::parse(&document.to_json()).unwrap(), document);
    }

    #[test]
    fn a_number_is_written_as_it_was_read_however_long_it_is() {
        let text = r#"{"Statement":{"Condition":{"NumericEquals":{"k":333333333333331488658928171333333886589259623781716}}}}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(Document::parse(&document.to_json()).unwrap(), document);
    }

    #[test]
    fn a_text_that_is_not_a_policy_document_is_rejected() {
        for text in [
            "",
            "%7B%22Version%22",
            "[]",
            "{}",
            r#"{"Statement":"x"}"#,
            r#"{"Statement":[1]}"#,
        ] {
            assert!(Document::parse(text).is_err(), "accepted: {text}");
        }
    }
}
