//! The first message of a log group, as the sources' rules see it.

use std::cell::OnceCell;

use crate::json::Fields;

/// A message, parsed as JSON once a rule asks for a field.
pub(super) struct Content<'a> {
    text: &'a str,
    fields: OnceCell<Fields<'a>>,
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
        self.fields
            .get_or_init(|| Fields::of(self.text).unwrap_or_default())
            .only(name)
    }
}
