//! JSON strings as they stand in a text, and what they stand for.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::scan::{BLOCK, Masks, escaped};

/// A JSON string as it stands in the text, quotes included: valid, and UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonStr<'a>(&'a [u8]);

impl<'a> JsonStr<'a> {
    /// The literal, quotes included.
    pub fn literal(self) -> &'a [u8] {
        self.0
    }

    /// The literal without its quotes, escapes and all.
    pub fn inner(self) -> &'a [u8] {
        &self.0[1..self.0.len() - 1]
    }

    /// The text that the literal stands for. A lone surrogate, which no text can hold, becomes U+FFFD.
    pub fn text(self) -> Cow<'a, str> {
        if memchr::memchr(b'\\', self.0).is_none() {
            return String::from_utf8_lossy(self.inner());
        }
        let mut bytes = Vec::new();
        self.unescape_into(&mut bytes);
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Appends the text that the literal stands for, as UTF-8.
    pub fn unescape_into(self, out: &mut Vec<u8>) {
        unescape_into(self.inner(), out);
    }

    /// `literal` is a valid JSON string in UTF-8, quotes included.
    pub(crate) fn from_literal(literal: &'a [u8]) -> Self {
        Self(literal)
    }

    /// The value as a string, where it is one.
    pub(crate) fn of(json: &'a RawValue) -> Option<Self> {
        json.get()
            .starts_with('"')
            .then_some(Self(json.get().as_bytes()))
    }
}

/// Appends the text of `inner`, a valid JSON string without its quotes, as UTF-8. A lone surrogate, which UTF-8 cannot
/// hold, becomes U+FFFD.
fn unescape_into(inner: &[u8], out: &mut Vec<u8>) {
    // No escape stands for more bytes than it has; what is written past the end is taken back.
    let start = out.len();
    out.resize(start + inner.len() + WINDOW, 0);
    let place = &mut out[start..];
    let (mut read, mut written) = (0, 0);
    let mut last = [0; WINDOW];
    while read < inner.len() {
        let rest = &inner[read..];
        let window = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let length = rest.len().min(BLOCK);
        let to = place[written..].first_chunk_mut();
        if let Some((taken, put)) = to.and_then(|to| unescape_block(window, length, to)) {
            (read, written) = (read + taken, written + put);
        } else {
            let end = read + length;
            while read < end {
                (read, written) = step(inner, read, place, written);
            }
        }
    }
    out.truncate(start + written);
}

/// A block, and after it as many bytes as may be copied beside the point: copies of one size are the fastest.
const WINDOW: usize = 2 * BLOCK;
/// Bytes that are copied at once. Most runs between escapes are shorter.
const RUN: usize = BLOCK / 2;

/// Unescapes the first `length` bytes of `from` where only quotes and backslashes are escaped, each of which stands for
/// itself: the backslashes before them are left out. Says how many bytes were taken and put; `None` where other escapes
/// are among them.
#[inline(always)]
fn unescape_block(
    from: &[u8; WINDOW],
    length: usize,
    to: &mut [u8; WINDOW],
) -> Option<(usize, usize)> {
    let Masks {
        quotes,
        backslashes,
        ..
    } = Masks::of(from.first_chunk()?);
    let inside = u64::MAX >> (BLOCK - length);
    let backslashes = backslashes & inside;
    if backslashes == 0 {
        *to = *from;
        return Some((length, length));
    }
    let (escaped, open) = escaped(backslashes, false);
    if escaped & inside & !quotes & !backslashes != 0 {
        return None;
    }
    // An escape that goes on in the next block is left to it whole.
    let taken = length - usize::from(open);
    let mut openers = backslashes & !escaped & (u64::MAX >> (BLOCK - taken));
    let (mut begin, mut put) = (0, 0);
    loop {
        let end = if openers == 0 {
            taken
        } else {
            openers.trailing_zeros() as usize
        };
        to[put..put + RUN].copy_from_slice(&from[begin..begin + RUN]);
        if end - begin > RUN {
            to[put + RUN..put + BLOCK].copy_from_slice(&from[begin + RUN..begin + BLOCK]);
        }
        put += end - begin;
        if openers == 0 {
            return Some((taken, put));
        }
        begin = end + 1;
        openers &= openers - 1;
    }
}

/// Copies one byte, or what one escape stands for; says where reading and writing go on.
#[inline(always)]
fn step(inner: &[u8], read: usize, place: &mut [u8], written: usize) -> (usize, usize) {
    if inner[read] == b'\\' {
        return escape(inner, read, place, written);
    }
    place[written] = inner[read];
    (read + 1, written + 1)
}

/// Writes what the escape at `inner[read]` stands for to `place[written]`; says where both go on.
#[inline(always)]
fn escape(inner: &[u8], read: usize, place: &mut [u8], written: usize) -> (usize, usize) {
    let byte = match inner.get(read + 1) {
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => {
            let rest = &inner[read + 2..];
            let (character, after) = unicode(rest);
            let length = character.encode_utf8(&mut place[written..]).len();
            return (inner.len() - after.len(), written + length);
        }
        Some(&other) => other,
        None => b'\\',
    };
    place[written] = byte;
    (read + 2, written + 1)
}

/// The character of the four digits after `\u`, and of the second half of a surrogate pair; and what follows.
fn unicode(rest: &[u8]) -> (char, &[u8]) {
    let Some((first, rest)) = four_digits(rest) else {
        return (char::REPLACEMENT_CHARACTER, rest);
    };
    let second = rest.strip_prefix(b"\\u").and_then(four_digits);
    let (character, rest) = match second {
        Some((second, after))
            if (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second) =>
        {
            (
                char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)),
                after,
            )
        }
        _ => (char::from_u32(first), rest),
    };
    (character.unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

fn four_digits(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = bytes.split_first_chunk::<4>()?;
    let number = digits.iter().try_fold(0, |number, &digit| {
        Some(number * 16 + char::from(digit).to_digit(16)?)
    })?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unescape(inner: &str) -> String {
        let mut out = Vec::new();
        unescape_into(inner.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(unescape(r"a\ud800b"), "a\u{fffd}b");
        assert_eq!(unescape(r"\udc00\ud800\u0041"), "\u{fffd}\u{fffd}A");
        assert_eq!(unescape(r"\ud83d\ude00"), "😀");
    }

    proptest! {
        #[test]
        fn it_undoes_what_serde_json_does(text in any::<String>()) {
            let literal = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&literal[1..literal.len() - 1]), text);
        }

        #[test]
        fn it_reads_every_escape_as_serde_json_does(inner in r#"([a-zé/]|\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}|\\ud83d\\ude0[0-9]){0,40}"#) {
            let expected: String = serde_json::from_str(&format!("\"{inner}\"")).unwrap();
            prop_assert_eq!(unescape(&inner), expected);
        }
    }
}
