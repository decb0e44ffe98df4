//! JSON that people write: a value in which no object has a key twice.
//!
//! serde_json lets the last one win, so that what was written before would say nothing.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a value. `expected` says what the text should be.
///
/// # Errors
/// Says what is wrong, and where: the text is not JSON, or an object in it has a key twice.
pub(crate) fn distinct(text: &str, expected: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err(format!("empty; expected {expected}"));
    }
    let read = serde_json::from_str(text).map(|Distinct(value)| value);
    read.map_err(|error| match error.is_data() {
        true => error.to_string(),
        false => format!("not JSON: {error}; expected {expected}"),
    })
}

/// The members of an object that people write, which may have only those with these keys.
///
/// # Errors
/// Says what is wrong.
pub(crate) fn members<'v>(
    value: &'v Value,
    keys: &[&str],
) -> Result<&'v Map<String, Value>, String> {
    let members = value.as_object().ok_or("expected an object")?;
    let unknown = members.keys().find(|key| !keys.contains(&key.as_str()));
    match unknown {
        Some(key) => Err(format!(
            "unknown key `{key}`; expected one of: {}",
            keys.join(", ")
        )),
        None => Ok(members),
    }
}

struct Distinct(Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistinctVisitor).map(Self)
    }
}

struct DistinctVisitor;

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Distinct(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "`{key}` occurs twice in one object"
                )));
            }
            let Distinct(value) = entries.next_value()?;
            members.insert(key, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::NEAR_VALUES;
    use super::*;

    #[test]
    fn a_value_is_what_serde_json_reads() {
        let nested = r#"{"a":[1,-2,0.5,1e300,"é\n",true,null,{"a":{"a":[]}}],"b":{"a":18446744073709551615}}"#;
        for text in NEAR_VALUES.iter().chain([&nested]) {
            let expected = serde_json::from_str::<Value>(text).ok();
            assert_eq!(distinct(text, "").ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_what_should_stand_there() {
        for (text, expected) in [
            (" \n", "empty; expected a list"),
            (
                "[1",
                "not JSON: EOF while parsing a list at line 1 column 2; expected a list",
            ),
        ] {
            assert_eq!(distinct(text, "a list").unwrap_err(), expected);
        }
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"[{"b":[{"a":{},"a":1}]}]"#,
        ] {
            let error = distinct(text, "").unwrap_err();
            assert!(
                error.starts_with("`a` occurs twice in one object at line 1 column "),
                "{text}: {error}"
            );
        }
    }
}
