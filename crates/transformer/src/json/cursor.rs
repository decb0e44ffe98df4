//! A place in a JSON text, and steps from there.

use fearless_simd::{Level, Simd, dispatch};

use super::JsonStr;
use super::scan::{StringEnd, string_end};
use super::unescape::unescape;
use crate::buffer::Buffer;

/// A walk over a text, compiled once for each kind of processor.
pub(crate) trait Walk<'a> {
    /// What the walk returns.
    type Found;

    /// Walks from the beginning of the text. Implementations must be `#[inline(always)]`: only so do their steps use the
    /// processor's widest instructions.
    fn walk<S: Simd>(self, cursor: Cursor<'a, S>) -> Self::Found;
}

/// Walks over `text` with the widest instructions that this processor has.
pub(crate) fn walk<'a, W: Walk<'a>>(text: &'a [u8], walk: W) -> W::Found {
    dispatch!(Level::new(), simd => walk.walk(Cursor { simd, text, at: 0 }))
}

/// A place in a text. A step that does not fit the text returns `None`.
pub(crate) struct Cursor<'a, S> {
    simd: S,
    text: &'a [u8],
    at: usize,
}

impl<'a, S: Simd> Cursor<'a, S> {
    /// What was walked over so far.
    #[inline(always)]
    pub(crate) fn walked(&self) -> &'a [u8] {
        &self.text[..self.at]
    }

    /// What lies ahead.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Steps over `size` bytes, whatever they are.
    #[inline(always)]
    pub(crate) fn advance(&mut self, size: usize) {
        self.at += size;
    }

    /// Steps over exactly these bytes.
    #[inline(always)]
    pub(crate) fn token(&mut self, token: &str) -> Option<()> {
        self.rest()
            .starts_with(token.as_bytes())
            .then(|| self.advance(token.len()))
    }

    /// Steps over a string.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Option<JsonStr<'a>> {
        self.token("\"")?;
        let end = string_end(self.simd, self.text, self.at)?;
        self.past(end)
    }

    /// Steps over a string and appends what it stands for to `out`.
    #[inline(always)]
    pub(crate) fn unescaped_string(&mut self, out: &mut Buffer) -> Option<JsonStr<'a>> {
        self.token("\"")?;
        let (simd, text, at) = (self.simd, self.text, self.at);
        // A function of its own: inlined here, the loop would run out of registers.
        let end = simd.vectorize(
            #[inline(always)]
            || unescape(simd, text, at, out),
        )?;
        self.past(end)
    }

    /// Steps past the string whose opening quote stands just before this place.
    #[inline(always)]
    fn past(&mut self, end: StringEnd) -> Option<JsonStr<'a>> {
        let literal = &self.text[self.at - 1..=end.quote];
        self.at = end.quote + 1;
        let is_utf8 = end.is_ascii || simdutf8::basic::from_utf8(literal).is_ok();
        is_utf8.then_some(JsonStr::from_literal(literal))
    }
}
