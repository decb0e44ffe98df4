//! A JSON string as it stands in a text, and the text that it stands for.

use std::borrow::Cow;

use fearless_simd::{Level, dispatch};
use serde_json::value::RawValue;

use super::unescape::unescape;
use crate::buffer::Buffer;

/// A valid JSON string in UTF-8, as it stands in the text, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonStr<'a>(&'a [u8]);

impl<'a> JsonStr<'a> {
    /// Wraps a literal that is known to be valid, quotes included.
    pub(crate) fn from_literal(literal: &'a [u8]) -> Self {
        Self(literal)
    }

    /// Returns the value if it is a string.
    pub(crate) fn of(json: &'a RawValue) -> Option<Self> {
        json.get()
            .starts_with('"')
            .then_some(Self(json.get().as_bytes()))
    }

    /// The literal, quotes included.
    pub(crate) fn literal(self) -> &'a [u8] {
        self.0
    }

    /// The literal without its quotes, still escaped.
    pub(crate) fn inner(self) -> &'a [u8] {
        &self.0[1..self.0.len() - 1]
    }

    /// The text that the literal stands for. A lone surrogate, which no text can hold, becomes U+FFFD.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if memchr::memchr(b'\\', self.0).is_none() {
            return String::from_utf8_lossy(self.inner());
        }
        let mut text = Buffer::default();
        self.unescape_into(&mut text);
        Cow::Owned(String::from_utf8_lossy(text.written()).into_owned())
    }

    /// Appends the text that the literal stands for, as UTF-8.
    pub(crate) fn unescape_into(self, out: &mut Buffer) {
        dispatch!(Level::new(), simd => unescape(simd, self.0, 1, out));
    }
}
