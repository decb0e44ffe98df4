//! IAM and resource policy documents as values.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// A policy document. Statements that others wrote are carried as they are.
#[derive(Debug, Clone, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Document {
    /// `Version`, `Id` and whatever AWS may add; all but the statements.
    head: Map<String, Value>,
    statements: Vec<Statement>,
}

/// One statement, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement(Map<String, Value>);

/// A text that is no policy document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("the policy is not JSON")]
    Json(#[from] serde_json::Error),
    #[error(
        "the policy is not a JSON object with a `Statement` that is an object or a list of objects"
    )]
    Shape,
}

impl Document {
    /// Reads a document as an API returns it (IAM: after URL-decoding).
    pub(crate) fn parse(text: &str) -> Result<Self, DocumentError> {
        Self::try_from(serde_json::from_str::<Value>(text)?)
    }

    /// The statements, in the order of the document.
    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The document as an API is given it: compact JSON, in a fixed order of keys.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head && self.statements == other.statements
    }
}

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

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.head {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}
