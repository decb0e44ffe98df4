//! A place in a JSON text, and steps from there.

use fearless_simd::{Level, Simd, dispatch};

use super::JsonStr;
use super::scan::{StringEnd, short_string_end, string_end};
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
    dispatch!(Level::new(), simd => walk.walk(Cursor::new(simd, text)))
}

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// It breaks JSON's grammar, somewhere from here on.
    Syntax,
    /// Its arrays and objects are nested deeper than [`JSON_DEPTH_MAX`](crate::limits::JSON_DEPTH_MAX).
    TooDeep,
}

/// A place in a text. Whatever a step cannot read is an error, and the place is then undefined.
pub(crate) struct Cursor<'a, S> {
    simd: S,
    text: &'a [u8],
    pub(super) at: usize,
    /// Whether no white space was skipped so far.
    is_compact: bool,
    /// Whether all strings so far were UTF-8. There is nothing else in JSON that could not be.
    is_utf8: bool,
}

impl<'a, S: Simd> Cursor<'a, S> {
    #[inline(always)]
    pub(super) fn new(simd: S, text: &'a [u8]) -> Self {
        Self {
            simd,
            text,
            at: 0,
            is_compact: true,
            is_utf8: true,
        }
    }

    /// The place, as the number of bytes before it.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place that was visited before.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// What lies between a place that was visited before and this one.
    #[inline(always)]
    pub(crate) fn since(&self, begin: usize) -> &'a [u8] {
        &self.text[begin..self.at]
    }

    /// What lies ahead.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Returns whether no white space was skipped, and whether all strings were UTF-8, since the last call.
    pub(crate) fn take_flags(&mut self) -> (bool, bool) {
        let flags = (self.is_compact, self.is_utf8);
        (self.is_compact, self.is_utf8) = (true, true);
        flags
    }

    /// The next byte.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Steps over exactly these bytes, or returns `false` and stays.
    #[inline(always)]
    pub(crate) fn token(&mut self, token: &str) -> bool {
        let fits = self.rest().starts_with(token.as_bytes());
        if fits {
            self.at += token.len();
        }
        fits
    }

    /// Steps over white space, if there is any.
    #[inline(always)]
    pub(crate) fn white_space(&mut self) {
        if self.peek().is_some_and(is_white_space) {
            self.skip_white_space();
        }
    }

    #[inline(never)]
    fn skip_white_space(&mut self) {
        self.is_compact = false;
        let rest = self.rest();
        let end = rest.iter().position(|byte| !is_white_space(*byte));
        self.at += end.unwrap_or(rest.len());
    }

    /// Does rare steps in a function of their own, so that they take no registers from the usual ones.
    #[inline(always)]
    pub(crate) fn apart<T>(&mut self, steps: impl FnOnce(&mut Self) -> T) -> T {
        let simd = self.simd;
        simd.vectorize(
            #[inline(always)]
            || steps(self),
        )
    }

    /// Steps over a string.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<JsonStr<'a>, Invalid> {
        self.quote()?;
        let end = string_end(self.simd, self.rest()).ok_or(Invalid::Syntax)?;
        Ok(self.past(end))
    }

    /// Steps over a string that is mostly short and plain, such as an id: without a call then.
    #[inline(always)]
    pub(crate) fn short_string(&mut self) -> Result<JsonStr<'a>, Invalid> {
        if let Some((b'"', inner)) = self.rest().split_first()
            && let Some(quote) = short_string_end(self.simd, inner)
        {
            let begin = self.at;
            self.at += quote + 2;
            return Ok(JsonStr::new(self.since(begin), true));
        }
        self.string()
    }

    /// Steps over a string and appends what it stands for to `out`.
    #[inline(always)]
    pub(crate) fn unescaped_string(&mut self, out: &mut Buffer) -> Result<JsonStr<'a>, Invalid> {
        self.quote()?;
        let (simd, text) = (self.simd, self.rest());
        // A function of its own: inlined here, the loop would run out of registers.
        let end = simd.vectorize(
            #[inline(always)]
            || unescape(simd, text, out),
        );
        let (end, has_numbers) = end.ok_or(Invalid::Syntax)?;
        let string = self.past(end);
        Ok(match end.is_ascii && !has_numbers {
            true => JsonStr::plain(string.literal()),
            false => string,
        })
    }

    #[inline(always)]
    fn quote(&mut self) -> Result<(), Invalid> {
        self.token("\"").then_some(()).ok_or(Invalid::Syntax)
    }

    /// Steps past the string whose opening quote stands just before this place.
    #[inline(always)]
    fn past(&mut self, end: StringEnd) -> JsonStr<'a> {
        let begin = self.at - 1;
        self.at += end.quote + 1;
        let literal = &self.text[begin..self.at];
        let is_utf8 = end.is_ascii || simdutf8::basic::from_utf8(literal).is_ok();
        self.is_utf8 &= is_utf8;
        JsonStr::new(literal, is_utf8)
    }

    /// Steps over the opening brace of an object and to its first key, or returns `false` past an empty object.
    #[inline(always)]
    pub(crate) fn open_object(&mut self) -> Result<bool, Invalid> {
        self.open("{", b'}')
    }

    /// Steps over the opening bracket of an array and to its first value, or returns `false` past an empty array.
    #[inline(always)]
    pub(crate) fn open_array(&mut self) -> Result<bool, Invalid> {
        self.open("[", b']')
    }

    #[inline(always)]
    fn open(&mut self, begin: &str, end: u8) -> Result<bool, Invalid> {
        if !self.token(begin) {
            return Err(Invalid::Syntax);
        }
        self.white_space();
        let is_empty = self.peek() == Some(end);
        self.at += usize::from(is_empty);
        Ok(!is_empty)
    }

    /// Steps over an object's key and the colon to the value.
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Result<JsonStr<'a>, Invalid> {
        let key = self.short_string()?;
        self.white_space();
        if !self.token(":") {
            return Err(Invalid::Syntax);
        }
        self.white_space();
        Ok(key)
    }

    /// Steps over the comma after an object's member to the next key, or returns `false` past the closing brace.
    #[inline(always)]
    pub(crate) fn next_member(&mut self) -> Result<bool, Invalid> {
        self.next(b'}')
    }

    /// Steps over the comma after an array's value to the next one, or returns `false` past the closing bracket.
    #[inline(always)]
    pub(crate) fn next_value(&mut self) -> Result<bool, Invalid> {
        self.next(b']')
    }

    #[inline(always)]
    fn next(&mut self, end: u8) -> Result<bool, Invalid> {
        self.white_space();
        let byte = self.peek();
        if byte != Some(b',') && byte != Some(end) {
            return Err(Invalid::Syntax);
        }
        self.at += 1;
        if byte == Some(end) {
            return Ok(false);
        }
        self.white_space();
        Ok(true)
    }
}

/// Whether JSON knows this byte as white space.
pub(crate) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_bytes_that_are_not_utf8_are_noticed() {
        for (text, flags) in [
            (b"[1,\"a b\"]".as_slice(), (true, true)),
            (b"[1, 2]", (false, true)),
            (b"{\"a\" :1}", (false, true)),
            (b"\"\xff\"", (true, false)),
            (b"[\"\xc3\xa9\"]", (true, true)),
            (b"{\"\xff\":[ ]}", (false, false)),
        ] {
            let seen = dispatch!(Level::new(), simd => {
                let mut cursor = Cursor::new(simd, text);
                cursor.value(0).map(|_| cursor.take_flags())
            });
            assert_eq!(seen, Ok(flags), "{text:?}");
        }
    }

    #[test]
    fn only_a_string_of_ascii_without_escapes_by_number_is_plain() {
        for (text, is_plain) in [
            (r#""a\n\"\\u0041""#, true),
            (r#""\u0041""#, false),
            (r#""é""#, false),
        ] {
            let mut out = Buffer::default();
            let string = dispatch!(Level::new(), simd => {
                Cursor::new(simd, text.as_bytes()).unescaped_string(&mut out)
            });
            assert_eq!(string.map(JsonStr::is_plain), Ok(is_plain), "{text}");
        }
        assert!(!JsonStr::from_literal("\"a\"").is_plain());
    }
}
