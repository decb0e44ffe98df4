//! From places in a text to places in the JSON string that stands for it.

/// A place in a JSON string.
pub(super) struct Place<'a> {
    /// The inside of the string.
    literal: &'a [u8],
    at: usize,
    /// The same place in the text.
    text_at: usize,
}

impl<'a> Place<'a> {
    pub(super) fn new(literal: &'a [u8]) -> Self {
        Self {
            literal,
            at: 0,
            text_at: 0,
        }
    }

    /// Goes on to a place in the text, and returns it as one in the string.
    pub(super) fn go_to(&mut self, text_at: usize) -> usize {
        while self.text_at < text_at {
            let rest = &self.literal[self.at..];
            let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
            let plain = plain.min(text_at - self.text_at);
            if plain > 0 {
                self.at += plain;
                self.text_at += plain;
                continue;
            }
            let Some((escape, text)) = escape(rest) else {
                break;
            };
            self.at += escape;
            self.text_at += text;
        }
        self.at
    }
}

/// The bytes of the escape at the beginning of a valid JSON string's rest, and of the text that it stands for.
fn escape(rest: &[u8]) -> Option<(usize, usize)> {
    if *rest.get(1)? != b'u' {
        return Some((2, 1));
    }
    let unit = unit(rest)?;
    let is_low = |low: u32| (0xdc00..0xe000).contains(&low);
    if (0xd800..0xdc00).contains(&unit) && rest.get(6..).and_then(self::unit).is_some_and(is_low) {
        return Some((12, 4));
    }
    // A lone surrogate becomes U+FFFD.
    let text = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((6, text.len_utf8()))
}

/// The number in an escape such as `\u00e9`, which begins the text.
fn unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::buffer::Buffer;
    use crate::json::JsonStr;

    proptest! {
        #[test]
        fn every_place_in_the_text_is_where_the_string_says_so(
            parts in prop::collection::vec(
                prop_oneof![
                    "[a-zé€𝄞]{1,5}",
                    Just(r"\n".to_owned()), Just(r#"\""#.to_owned()), Just(r"\\".to_owned()), Just(r"\u0061".to_owned()),
                    Just(r"\u20ac".to_owned()), Just(r"\ud834\udd1e".to_owned()), Just(r"\ud834".to_owned()),
                    Just(r"\udd1e".to_owned()), Just(r"\u00e9".to_owned()),
                ],
                0..9,
            ),
        ) {
            let inner = parts.concat();
            let is_pair = |two: &[String]| two[0] == r"\ud834" && two[1] == r"\udd1e";
            prop_assume!(!parts.windows(2).any(is_pair));
            let mut place = Place::new(inner.as_bytes());
            let (mut at, mut text_at) = (0, 0);
            for part in parts {
                prop_assert_eq!(place.go_to(text_at), at);
                at += part.len();
                let mut text = Buffer::default();
                JsonStr::from_literal(&format!("\"{part}\"")).append_to(&mut text);
                text_at += text.len();
            }
            prop_assert_eq!(place.go_to(text_at), at);
        }
    }
}
