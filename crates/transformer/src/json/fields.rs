//! JSON objects by serde_json, whose derived types accept arrays in their place.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The members of a JSON object in their order.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Returns the members of the object, or `None` if `json` is anything else.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The keys and the values of the members, as JSON.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().map(|(key, value)| (key.get(), value.get()))
    }

    /// The values of the members with this name, as JSON.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| means(key.get(), name))
            .map(|(_, value)| value.get())
    }

    /// The value of the member with this name, if there is exactly one.
    pub(crate) fn only(&self, name: &str) -> Option<&'a str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }
}

/// Whether a JSON string stands for this text.
fn means(literal: &str, text: &str) -> bool {
    if literal.contains('\\') {
        return serde_json::from_str::<String>(literal).is_ok_and(|key| key == text);
    }
    &literal[1..literal.len() - 1] == text
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A value that is read from a JSON object alone.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnObject<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for AnObject<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(AnObject(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_has_fields() {
        for json in ["[1,2]", "[]", "null", "\"a\"", "{", "{\"a\":1}x"] {
            assert!(Fields::of(json).is_none(), "{json}");
        }
        let fields = Fields::of(r#"{"a":1,"b":[2],"\u0061":3,"c":{}}"#).unwrap();
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(fields.only("a"), None);
        assert_eq!(fields.only("b"), Some("[2]"));
        assert_eq!(fields.only("d"), None);
    }
}
