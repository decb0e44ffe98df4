//! The first message of a log group, as the sources' rules see it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A message, parsed as JSON once a rule asks for a field.
pub(super) struct Content<'a> {
    text: &'a str,
    fields: OnceCell<Vec<(Key<'a>, &'a RawValue)>>,
}

impl<'a> Content<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            fields: OnceCell::new(),
        }
    }

    /// The message as it is.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the JSON of a field, if the message is a JSON object that has this field exactly once.
    pub(super) fn field(&self, name: &str) -> Option<&'a str> {
        let fields = self.fields.get_or_init(|| {
            serde_json::from_str(self.text).map_or_else(|_| Vec::new(), |Fields(fields)| fields)
        });
        let mut values = fields.iter().filter(|(Key(key), _)| key == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value.get())
    }
}

/// The fields of a JSON object in their order.
struct Fields<'a>(Vec<(Key<'a>, &'a RawValue)>);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

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
