//! Renders the documents of `policies/`, which are compiled in, with values for their `{{placeholders}}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Document, DocumentError};

/// A file of `policies/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    DeliveryRoleTrust,
    DeliveryRoleTrustOrganization,
    DeliveryRole,
    Destination,
    DestinationOrganization,
    FilterRoleTrust,
    FilterRole,
    OperatorLogging,
    OperatorRole,
    OperatorDiscover,
    OperatorMember,
    OperatorMemberTrust,
    OperatorOrganization,
    OperatorReplay,
    OperatorCapture,
    OperatorVerifyLogging,
    OperatorVerifyMember,
}

/// The value of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateValue {
    /// Replaces the placeholder anywhere in a string.
    One(String),
    /// Replaces a string that consists of the placeholder alone; inside a list, its values become part of that list.
    Many(Vec<String>),
}

/// Why a template cannot be rendered: a bug in this program, not a mistake of its user.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("policies/{file}: the placeholder {{{{{placeholder}}}}} has no value")]
    Placeholder {
        file: &'static str,
        placeholder: String,
    },
    #[error("policies/{file}: the list {{{{{placeholder}}}}} is inside a longer string")]
    ListInString {
        file: &'static str,
        placeholder: String,
    },
    #[error("policies/{file} is not a policy document")]
    Document {
        file: &'static str,
        source: DocumentError,
    },
}

impl Template {
    /// The name of the file and its text.
    fn parts(self) -> (&'static str, &'static str) {
        macro_rules! file {
            ($file:literal) => {
                (
                    $file,
                    include_str!(concat!("../../../../../policies/", $file)),
                )
            };
        }
        match self {
            Self::DeliveryRoleTrust => file!("delivery-role-trust.json"),
            Self::DeliveryRoleTrustOrganization => file!("delivery-role-trust-organization.json"),
            Self::DeliveryRole => file!("delivery-role.json"),
            Self::Destination => file!("destination.json"),
            Self::DestinationOrganization => file!("destination-organization.json"),
            Self::FilterRoleTrust => file!("filter-role-trust.json"),
            Self::FilterRole => file!("filter-role.json"),
            Self::OperatorLogging => file!("operator-logging.json"),
            Self::OperatorRole => file!("operator-role.json"),
            Self::OperatorMember => file!("operator-member.json"),
            Self::OperatorMemberTrust => file!("operator-member-trust.json"),
            Self::OperatorDiscover => file!("operator-discover.json"),
            Self::OperatorOrganization => file!("operator-organization.json"),
            Self::OperatorReplay => file!("operator-replay.json"),
            Self::OperatorCapture => file!("operator-capture.json"),
            Self::OperatorVerifyLogging => file!("operator-verify-logging.json"),
            Self::OperatorVerifyMember => file!("operator-verify-member.json"),
        }
    }

    /// Replaces the placeholders. Leaves out statements whose `Resource` or `Principal` becomes an empty list, because AWS would
    /// reject them.
    ///
    /// # Errors
    /// Fails if a placeholder has no value, or if a list is inside a longer string.
    pub(crate) fn render<const N: usize>(
        self,
        values: [(&str, TemplateValue); N],
    ) -> Result<Document, TemplateError> {
        let (file, text) = self.parts();
        let renderer = Renderer {
            file,
            values: BTreeMap::from(values),
        };
        let value: Value =
            serde_json::from_str(text).map_err(|source| TemplateError::Document {
                file,
                source: source.into(),
            })?;
        let mut document = Document::try_from(renderer.value(value)?)
            .map_err(|source| TemplateError::Document { file, source })?;
        document
            .statements
            .retain(|statement| !is_empty(&statement.0));
        Ok(document)
    }
}

fn is_empty(statement: &Map<String, Value>) -> bool {
    let is_empty_list = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    statement.get("Resource").is_some_and(is_empty_list)
        || statement
            .get("Principal")
            .and_then(Value::as_object)
            .is_some_and(|kinds| kinds.values().all(is_empty_list))
}

struct Renderer<'a> {
    file: &'static str,
    values: BTreeMap<&'a str, TemplateValue>,
}

impl Renderer<'_> {
    fn value(&self, value: Value) -> Result<Value, TemplateError> {
        Ok(match value {
            Value::String(text) => match self.list(&text)? {
                Some(list) => list.iter().cloned().map(Value::String).collect(),
                None => Value::String(self.text(&text)?),
            },
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.value(item))
                .collect::<Result<_, TemplateError>>()?,
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(key, value)| Ok((key, self.value(value)?)))
                    .collect::<Result<_, TemplateError>>()?,
            ),
            other => other,
        })
    }

    /// The list that replaces the text, if the text consists of a list's placeholder alone.
    fn list(&self, text: &str) -> Result<Option<&Vec<String>>, TemplateError> {
        let whole = text
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"));
        match whole.filter(|name| !name.contains(['{', '}'])) {
            Some(name) => match self.lookup(name)? {
                TemplateValue::Many(list) => Ok(Some(list)),
                TemplateValue::One(_) => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn text(&self, text: &str) -> Result<String, TemplateError> {
        let mut rendered = String::new();
        let mut rest = text;
        while let Some((plain, from_name)) = rest.split_once("{{") {
            let (name, after) = from_name.split_once("}}").unwrap_or((from_name, ""));
            rendered.push_str(plain);
            match self.lookup(name)? {
                TemplateValue::One(value) => rendered.push_str(value),
                TemplateValue::Many(_) => {
                    return Err(TemplateError::ListInString {
                        file: self.file,
                        placeholder: name.to_owned(),
                    });
                }
            }
            rest = after;
        }
        rendered.push_str(rest);
        Ok(rendered)
    }

    fn lookup(&self, name: &str) -> Result<&TemplateValue, TemplateError> {
        self.values
            .get(name)
            .ok_or_else(|| TemplateError::Placeholder {
                file: self.file,
                placeholder: name.to_owned(),
            })
    }
}

impl From<&str> for TemplateValue {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl<T: AsRef<str>> FromIterator<T> for TemplateValue {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Many(
            items
                .into_iter()
                .map(|item| item.as_ref().to_owned())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::SID_PREFIX;
    use super::*;

    const ALL: [Template; 11] = [
        Template::DeliveryRoleTrust,
        Template::DeliveryRoleTrustOrganization,
        Template::DeliveryRole,
        Template::Destination,
        Template::DestinationOrganization,
        Template::FilterRoleTrust,
        Template::FilterRole,
        Template::OperatorLogging,
        Template::OperatorRole,
        Template::OperatorMember,
        Template::OperatorMemberTrust,
    ];

    #[test]
    fn every_statement_has_a_sid_with_our_prefix() {
        for template in ALL {
            let (file, text) = template.parts();
            let document = Document::parse(text).unwrap();
            for statement in document.statements() {
                let sid = statement.sid().unwrap();
                let is_plain = sid.chars().all(|c| c.is_ascii_alphanumeric());
                assert!(sid.starts_with(SID_PREFIX) && is_plain, "{file}: {sid}");
            }
        }
    }

    #[test]
    fn strings_and_lists_are_rendered_and_empty_statements_left_out() {
        let streams: TemplateValue = ["arn:s1", "arn:s2"].iter().collect();
        let none: TemplateValue = Vec::<String>::new().iter().collect();
        let document = Template::DeliveryRole
            .render([("streams", streams), ("keys", none)])
            .unwrap();
        insta::assert_snapshot!(document.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:s1","arn:s2"]}]}"#);
    }

    #[test]
    fn a_placeholder_without_a_value_and_a_list_in_a_string_are_errors() {
        let error = Template::DeliveryRole
            .render([("streams", "s".into())])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "policies/delivery-role.json: the placeholder {{keys}} has no value"
        );
        let renderer = Renderer {
            file: "x.json",
            values: BTreeMap::from([("a", TemplateValue::Many(vec![]))]),
        };
        let error = renderer
            .value(Value::String("arn:{{a}}".to_owned()))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "policies/x.json: the list {{a}} is inside a longer string"
        );
    }
}
