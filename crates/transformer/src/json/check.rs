//! Checks a text that should be one JSON object, 64 bytes at a time.
//!
//! Most are compact, which `compact.rs` recognises. For the others, the masks of a block tell what stands in strings, where tokens
//! begin and where white space is, without a look at each byte, and only the tokens are visited.

use fearless_simd::{Level, dispatch, prelude::*, u8x64};

use super::compact::is_compact_object;
use super::scan::{BLOCK, are_known, escaped, first_block, prefix_xor};
use super::value::scalar;
use crate::limits::JSON_DEPTH_MAX;

/// Whether the text, which is UTF-8 and stands in `depth` arrays and objects, is one JSON object and no more. Returns whether it has
/// no white space between its tokens, or `None` if it is anything else.
pub(crate) fn one_object(text: &[u8], depth: u32) -> Option<bool> {
    dispatch!(Level::new(), simd => {
        if is_compact_object(simd, text, depth, &mut ()) {
            return Some(true);
        }
        // A function of its own, so that it takes no registers from the usual case.
        simd.vectorize(
            #[inline(always)]
            || check(simd, text, depth),
        )
    })
}

#[inline(always)]
fn check<S: Simd>(simd: S, text: &[u8], depth: u32) -> Option<bool> {
    let mut tokens = Tokens {
        text,
        depth_outside: depth,
        depth,
        want: Want::Object,
        objects: 0,
    };
    let (mut in_string, mut in_scalar, mut escaped_first, mut is_compact) = (0, 0, false, true);
    for at in (0..text.len()).step_by(BLOCK) {
        let rest = &text[at..];
        let (bytes, is_text) = first_block(simd, rest);
        let all_quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        let (escaped, escapes_next) = if backslashes == 0 && !escaped_first {
            (0, false)
        } else {
            escaped(backslashes, escaped_first)
        };
        escaped_first = escapes_next;
        let quotes = all_quotes & !escaped;
        // From each opening quote to just before its closing quote.
        let inside = prefix_xor(quotes) ^ in_string;
        in_string = (inside as i64 >> 63) as u64;
        let escapes = escaped & inside & !(all_quotes | backslashes);
        if escapes != 0 && !are_known(text, at, escapes) {
            return None;
        }
        let controls = bytes.simd_lt(b' ').to_bitmask();
        let mut spaces = bytes.simd_eq(b' ').to_bitmask();
        if controls != 0 {
            let lines = bytes.simd_eq(b'\n').to_bitmask() | bytes.simd_eq(b'\r').to_bitmask();
            let white = lines | bytes.simd_eq(b'\t').to_bitmask();
            if controls & (inside | !white) != 0 {
                return None;
            }
            spaces |= white;
        }
        spaces &= !inside;
        is_compact &= spaces & is_text == 0;
        // [ and ] differ from { and } in one bit.
        let folded = bytes | u8x64::splat(simd, 0x20);
        let braces = folded.simd_eq(b'{').to_bitmask() | folded.simd_eq(b'}').to_bitmask();
        let marks = bytes.simd_eq(b':').to_bitmask() | bytes.simd_eq(b',').to_bitmask();
        let punctuation = (braces | marks) & !inside;
        let scalars = !(inside | quotes | punctuation | spaces);
        let begins = scalars & !(scalars << 1 | in_scalar);
        in_scalar = scalars >> 63;
        let mut visited = (quotes & inside) | punctuation | begins;
        while visited != 0 {
            if !tokens.token(at + visited.trailing_zeros() as usize) {
                return None;
            }
            visited &= visited - 1;
        }
    }
    (tokens.want == Want::Nothing && in_string == 0).then_some(is_compact)
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// The object that the text is.
    Object,
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The tokens so far.
struct Tokens<'a> {
    text: &'a [u8],
    /// The arrays and objects around the text.
    depth_outside: u32,
    /// The same with those that are open.
    depth: u32,
    want: Want,
    /// A bit for each that is open, the innermost lowest: set for an object.
    objects: u128,
}

impl Tokens<'_> {
    /// Reads the token at `at`. Returns `false` if it may not stand there.
    #[inline(always)]
    fn token(&mut self, at: usize) -> bool {
        use Want::{Colon, CommaOrEnd, Key, KeyOrEnd, Object, Value, ValueOrEnd};
        let is_object = self.objects & 1 == 1;
        self.want = match (self.text[at], self.want) {
            (b'"', Key | KeyOrEnd) => Colon,
            (b'"', Value | ValueOrEnd) => CommaOrEnd,
            (b',', CommaOrEnd) if is_object => Key,
            (b':', Colon) | (b',', CommaOrEnd) => Value,
            (b'{', Object | Value | ValueOrEnd) if self.depth < JSON_DEPTH_MAX => {
                self.depth += 1;
                self.objects = self.objects << 1 | 1;
                KeyOrEnd
            }
            (b'[', Value | ValueOrEnd) if self.depth < JSON_DEPTH_MAX => {
                self.depth += 1;
                self.objects <<= 1;
                ValueOrEnd
            }
            (b'}', CommaOrEnd | KeyOrEnd) if is_object => self.close(),
            (b']', CommaOrEnd | ValueOrEnd) if !is_object => self.close(),
            // Punctuation begins no scalar.
            (_, Value | ValueOrEnd) if self.is_scalar(at) => CommaOrEnd,
            _ => return false,
        };
        true
    }

    #[inline(always)]
    fn close(&mut self) -> Want {
        self.depth -= 1;
        self.objects >>= 1;
        if self.depth == self.depth_outside {
            Want::Nothing
        } else {
            Want::CommaOrEnd
        }
    }

    /// Whether a number, `true`, `false` or `null` begins here, and ends where the next token or white space does.
    fn is_scalar(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        scalar(rest).is_some_and(|length| {
            let next = rest.get(length);
            next.is_none_or(|byte| b",:]}[{\" \t\n\r".contains(byte))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::json::{NEAR_VALUES, levels};

    fn checked(text: &str) -> Option<bool> {
        let mut all = levels()
            .into_iter()
            .map(|level| dispatch!(level, simd => check(simd, text.as_bytes(), 0)));
        let first = all.next().unwrap();
        assert!(all.all(|other| other == first), "{text:?}");
        first
    }

    #[track_caller]
    fn agree(text: &str) {
        let read = serde_json::from_str::<&RawValue>(text);
        let is_object = read.is_ok() && text.trim_ascii_start().starts_with('{');
        assert_eq!(checked(text).is_some(), is_object, "{text:?}");
    }

    #[test]
    fn objects_are_as_valid_as_serde_json_says() {
        for value in NEAR_VALUES {
            for before in 0..70 {
                agree(&format!("{}{{\"a\":{value}}}", " ".repeat(before)));
                agree(&format!("{{\"{}\":{value}}}", "a".repeat(before)));
            }
        }
        for text in [
            "",
            " ",
            "{",
            "}",
            "{}{}",
            "{},",
            "[]",
            "\"a\"",
            "{} \n",
            "{}x",
            "{\"a\":1}\"",
            "{\"a\":1]",
            "{\"a\":[1}",
            "{\"a\":[1}}",
            "{\"a",
            "\u{feff}{}",
        ] {
            agree(text);
        }
    }

    #[test]
    fn white_space_is_noticed_between_tokens_alone() {
        for (text, is_compact) in [
            ("{\"a b\":[1,\" \"]}", true),
            ("{\"a\": 1}", false),
            ("{}\n", false),
            ("\t{}", false),
        ] {
            assert_eq!(checked(text), Some(is_compact), "{text}");
        }
    }

    #[test]
    fn objects_nest_as_deep_as_the_limit_and_no_deeper() {
        let nested = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(one_object(nested(128).as_bytes(), 0), Some(true));
        assert_eq!(one_object(nested(129).as_bytes(), 0), None);
        assert_eq!(one_object(nested(128).as_bytes(), 1), None);
        let array = format!("{{\"a\":{}{}}}", "[".repeat(128), "]".repeat(128));
        assert_eq!(one_object(array.as_bytes(), 0), None);
    }

    proptest! {
        #[test]
        fn anything_near_an_object_is_as_valid_as_serde_json_says(
            text in r#"\{("[a\\é]{0,3}":)?([\[\]{}:, \n"\\]|"a"|"[a\\]{0,70}":|-?[0-9]{1,3}([.e][0-9+]{0,2})?|true|null|fals[e ]){0,12}\}?"#,
        ) {
            agree(&text);
        }

        #[test]
        fn a_fault_anywhere_in_an_object_is_seen_as_serde_json_sees_it(
            members in prop::collection::btree_map("[a-z\\\\\"]{0,9}", any::<(String, i16, bool)>(), 1..9),
            at in any::<prop::sample::Index>(),
            byte in r#"[\[\]{}:,"\\ 0-9a-e\n]"#,
        ) {
            let mut text = serde_json::to_string(&members).unwrap();
            agree(&text);
            let mut at = at.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, &byte);
            agree(&text);
        }
    }
}
