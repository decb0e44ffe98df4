//! A JSON string as it stands in a text, and the text that it stands for.

use std::borrow::Cow;

use fearless_simd::{Level, dispatch};

use super::unescape::unescape;
use crate::buffer::Buffer;

/// A valid JSON string as it stands in the text, quotes included. Its bytes need not be UTF-8.
#[derive(Debug, Clone, Copy, Eq)]
pub(crate) struct JsonStr<'a> {
    literal: &'a [u8],
    bytes: Bytes,
}

/// What the bytes of a string are. As wide as a register: a narrower value would leave padding, which is copied in parts that the
/// processor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Bytes {
    /// ASCII, and no escape is by number.
    Plain,
    Utf8,
    Other,
}

impl<'a> JsonStr<'a> {
    /// Wraps a literal that is known to be valid, quotes included, and UTF-8 or not.
    #[inline(always)]
    pub(super) fn new(literal: &'a [u8], is_utf8: bool) -> Self {
        let bytes = if is_utf8 { Bytes::Utf8 } else { Bytes::Other };
        Self { literal, bytes }
    }

    /// Wraps a literal that is known to be valid, quotes included, and ASCII without escapes by number.
    #[inline(always)]
    pub(super) fn plain(literal: &'a [u8]) -> Self {
        let bytes = Bytes::Plain;
        Self { literal, bytes }
    }

    /// Wraps a literal that is known to be valid and UTF-8, quotes included.
    pub(crate) fn from_literal(literal: &'a str) -> Self {
        Self::new(literal.as_bytes(), true)
    }

    /// The literal, quotes included.
    #[inline(always)]
    pub(crate) fn literal(self) -> &'a [u8] {
        self.literal
    }

    /// Whether the literal is UTF-8.
    #[inline(always)]
    pub(crate) fn is_utf8(self) -> bool {
        self.bytes != Bytes::Other
    }

    /// Whether it is known that there is no U+FFFD in the text that the literal stands for.
    #[inline(always)]
    pub(crate) fn is_plain(self) -> bool {
        self.bytes == Bytes::Plain
    }

    /// The literal without its quotes, still escaped.
    #[inline(always)]
    pub(crate) fn inner(self) -> &'a [u8] {
        &self.literal[1..self.literal.len() - 1]
    }

    /// The text that the literal stands for. What no text can hold, a lone surrogate or bytes that are not UTF-8, becomes
    /// U+FFFD.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if memchr::memchr(b'\\', self.literal).is_none() {
            return String::from_utf8_lossy(self.inner());
        }
        let mut text = Buffer::default();
        self.append_to(&mut text);
        Cow::Owned(String::from_utf8_lossy(text.written()).into_owned())
    }

    /// Appends the text that the literal stands for. A lone surrogate becomes U+FFFD; bytes that are not UTF-8 stay.
    pub(crate) fn append_to(self, out: &mut Buffer) {
        dispatch!(Level::new(), simd => unescape(simd, &self.literal[1..], out));
    }
}

impl PartialEq for JsonStr<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        // The same place is the common case: the fields that an event shares with the one before.
        let is_same = std::ptr::eq(self.literal, other.literal) || self.literal == other.literal;
        is_same && self.is_utf8() == other.is_utf8()
    }
}
