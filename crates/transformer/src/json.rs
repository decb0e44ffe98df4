//! JSON strings as they stand in a text, and what they stand for.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A JSON string as it stands in the text, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonStr<'a>(&'a str);

impl<'a> JsonStr<'a> {
    /// The literal, quotes included.
    pub fn literal(self) -> &'a str {
        self.0
    }

    /// The literal without its quotes, escapes and all.
    pub fn inner(self) -> &'a str {
        &self.0[1..self.0.len() - 1]
    }

    /// The text that the literal stands for. A lone surrogate, which no text can hold, becomes U+FFFD.
    pub fn text(self) -> Cow<'a, str> {
        if memchr::memchr(b'\\', self.0.as_bytes()).is_none() {
            return Cow::Borrowed(self.inner());
        }
        let mut bytes = Vec::new();
        self.unescape_into(&mut bytes);
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Appends the text that the literal stands for, as UTF-8.
    pub fn unescape_into(self, out: &mut Vec<u8>) {
        unescape_into(self.inner(), out);
    }

    /// `literal` is a valid JSON string, quotes included.
    pub(crate) fn from_literal(literal: &'a str) -> Self {
        Self(literal)
    }

    /// The value as a string, where it is one.
    pub(crate) fn of(json: &'a RawValue) -> Option<Self> {
        json.get().starts_with('"').then_some(Self(json.get()))
    }
}

/// Appends the text of `inner`, a valid JSON string without its quotes, as UTF-8. A lone surrogate, which UTF-8 cannot
/// hold, becomes U+FFFD.
fn unescape_into(inner: &str, out: &mut Vec<u8>) {
    out.reserve(inner.len());
    let mut rest = inner.as_bytes();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = escape(&rest[at + 1..], out);
    }
    out.extend_from_slice(rest);
}

/// Appends what the escape at the start of `rest`, its backslash gone, stands for; returns what follows it.
fn escape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((&kind, rest)) = rest.split_first() else {
        return rest;
    };
    match kind {
        b'b' => out.push(0x08),
        b'f' => out.push(0x0c),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'u' => return unicode(rest, out),
        other => out.push(other),
    }
    rest
}

/// The same for the four digits after `\u`, and for the second half of a surrogate pair.
fn unicode<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((first, rest)) = four_digits(rest) else {
        return rest;
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
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
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
        unescape_into(inner, &mut out);
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
