//! The text that a JSON string stands for, 64 bytes at a time.

use fearless_simd::{prelude::*, u8x64};

use super::compress::compress;
use super::scan::{BLOCK, Marks, StringEnd, each_block};
use crate::buffer::Buffer;

/// Appends what a string stands for, and returns where the string ends, and whether it has escapes by number. `text` begins just
/// after its opening quote. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
///
/// Returns `None` if the string is not valid, as [`each_block`] does; `out` then holds a part of it.
#[inline(always)]
pub(super) fn unescape<S: Simd>(
    simd: S,
    text: &[u8],
    out: &mut Buffer,
) -> Option<(StringEnd, bool)> {
    // A number of its own: the buffer's would be stored and loaded again for each block, which waits for the one before.
    let mut end = out.len();
    let mut has_numbers = false;
    let found = each_block(
        simd,
        text,
        #[inline(always)]
        |bytes, marks| {
            let Marks { at, inside, .. } = marks;
            if has_unicode(bytes, marks.escapes) {
                has_numbers = true;
                // An escape that crosses the start of the block is read from its backslash on; one that crosses the end
                // is left whole to the next block.
                let first = at - usize::from(marks.escaped_first);
                let last = at + inside.count_ones() as usize - usize::from(marks.escapes_next);
                out.set_len(end);
                let next = unescape_slowly(text, first, last, out);
                end = out.len();
                return Some(next);
            }
            let kept = inside & !marks.openers;
            if let Some(to) = out.chunk_at(end) {
                if kept == inside {
                    bytes.store_slice(to);
                } else {
                    compress(simd, bytes, kept, to);
                }
                let mut escapes = marks.escapes;
                while escapes != 0 {
                    let before = (escapes & escapes.wrapping_neg()) - 1;
                    let byte = &mut to[(kept & before).count_ones() as usize % BLOCK];
                    *byte = meaning(*byte);
                    escapes &= escapes - 1;
                }
                end += kept.count_ones() as usize;
            }
            None
        },
    );
    out.set_len(end);
    found.map(|end| (end, has_numbers))
}

/// Whether there are escapes by number among these.
#[inline(always)]
fn has_unicode<S: Simd>(bytes: u8x64<S>, escapes: u64) -> bool {
    escapes != 0 && bytes.simd_eq(b'u').to_bitmask() & escapes != 0
}

/// Appends what the text from `begin` to `end` stands for, escape by escape. Returns where the text goes on: behind an escape
/// that crosses the end.
#[cold]
#[inline(never)]
fn unescape_slowly(text: &[u8], begin: usize, end: usize, out: &mut Buffer) -> usize {
    let mut at = begin;
    while at < end {
        let plain = memchr::memchr(b'\\', &text[at..end]).unwrap_or(end - at);
        out.extend(&text[at..at + plain]);
        at += plain;
        if at < end {
            at = escape(text, at, out);
        }
    }
    at
}

/// Appends what the escape at `at` stands for, and returns where the text goes on.
fn escape(text: &[u8], at: usize, out: &mut Buffer) -> usize {
    match text.get(at + 1) {
        Some(b'u') => {
            let (character, after) = unicode(&text[at + 2..]);
            out.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            return text.len() - after.len();
        }
        Some(&byte) => out.push(meaning(byte)),
        None => out.push(b'\\'),
    }
    at + 2
}

/// What a byte that follows a backslash stands for, if it is not `u`.
#[inline(always)]
fn meaning(escaped: u8) -> u8 {
    match escaped {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

/// Reads the digits after `\u`, and the second half if they are the first of a surrogate pair. Returns what follows, too.
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
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::*;
    use crate::json::levels;
    use crate::json::scan::string_end;

    fn unescape(inner: &str) -> String {
        let mut out = Buffer::default();
        let literal = format!("\"{inner}\"");
        let end = dispatch!(Level::new(), simd => super::unescape(simd, &literal.as_bytes()[1..], &mut out));
        assert_eq!(
            end.map(|(end, _)| end.quote + 2),
            Some(literal.len()),
            "{inner}"
        );
        String::from_utf8(out.written().to_vec()).unwrap()
    }

    #[test]
    fn the_first_and_last_surrogates_are_told_from_their_neighbours() {
        assert_eq!(unescape(r"\ud7ff\ue000"), "\u{d7ff}\u{e000}");
        assert_eq!(unescape(r"\ud800\udc00"), "\u{10000}");
        assert_eq!(unescape(r"\udbff\udfff"), "\u{10ffff}");
        assert_eq!(unescape(r"\udbff\ue000"), "\u{fffd}\u{e000}");
        assert_eq!(unescape(r"\udbff\udbff\udfff"), "\u{fffd}\u{10ffff}");
        assert_eq!(unescape(r"\udfff\udc00\udbff"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(unescape(r"\ud7ff\udc00"), "\u{d7ff}\u{fffd}");
    }

    #[test]
    fn runs_of_backslashes_become_half_as_many() {
        for before in ["", "x"] {
            for count in 0..140 {
                let run = r"\\".repeat(count);
                let half = format!("{before}{}", r"\".repeat(count));
                assert_eq!(unescape(&format!("{before}{run}")), half);
            }
        }
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(unescape(r"a\ud800b"), "a\u{fffd}b");
        assert_eq!(unescape(r"\udc00\ud800\u0041"), "\u{fffd}\u{fffd}A");
        assert_eq!(unescape(r"\ud83d\ude00"), "😀");
    }

    proptest! {
        #[test]
        fn unescaping_undoes_serde_jsons_escaping(text in any::<String>()) {
            let literal = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&literal[1..literal.len() - 1]), text);
        }

        #[test]
        fn escapes_are_read_wherever_blocks_end(
            before in 0..140_usize,
            parts in prop::collection::vec(r#"x{0,70}|(\\["\\/bfnrt]|\\u00e[0-9]|\\ud83d\\ude0[0-9]|é){1,4}"#, 0..6),
        ) {
            let inner = format!("{}{}", "x".repeat(before), parts.concat());
            let expected: String = serde_json::from_str(&format!("\"{inner}\"")).unwrap();
            prop_assert_eq!(unescape(&inner), expected);
        }

        #[test]
        fn the_strings_that_the_scanner_accepts_are_unescaped_alike(text in r#"[a\\"u0/n\x01é{},: ]{0,300}"#) {
            for level in levels() {
                let mut out = Buffer::default();
                out.extend(b"before");
                let (end, scanned) = dispatch!(level, simd => (
                    super::unescape(simd, text.as_bytes(), &mut out),
                    string_end(simd, text.as_bytes()),
                ));
                prop_assert_eq!(end.map(|(end, _)| end), scanned, "{:?}", level);
                if let Some((StringEnd { quote, .. }, _)) = end {
                    let (before, after) = out.written().split_at(6);
                    prop_assert_eq!(before, b"before");
                    let expected = unescape(&text[..quote]);
                    prop_assert_eq!(after, expected.as_bytes(), "{:?}", level);
                }
            }
        }

        #[test]
        fn every_escape_means_what_serde_json_says(inner in r#"([a-zé/]|\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}|\\ud83d\\ude0[0-9]){0,40}"#) {
            let expected: String = serde_json::from_str(&format!("\"{inner}\"")).unwrap();
            prop_assert_eq!(unescape(&inner), expected);
        }
    }

    #[test]
    fn invalid_escapes_are_refused_wherever_blocks_end() {
        for invalid in [r"\x", r"\u12", r"\u12g4", r"\ud80", "\\", "\u{1f}", "\\\n"] {
            for before in 0..140 {
                for level in levels() {
                    // An escape by its number is read in a way of its own, and what stands in the same block with it.
                    let unicode = if before % 3 == 0 { "\\u00e9" } else { "" };
                    let text = format!(
                        "\"{unicode}{}{invalid}\" and more than a block of text, so that the end is elsewhere",
                        "é".repeat(before / 2) + &"x".repeat(before % 2)
                    );
                    // A backslash alone escapes the closing quote.
                    let text = if invalid == "\\" {
                        &text[..text.find("\" and").unwrap() + 1]
                    } else {
                        &text
                    };
                    let mut out = Buffer::default();
                    let end = dispatch!(level, simd => super::unescape(simd, &text.as_bytes()[1..], &mut out));
                    assert_eq!(end, None, "{text} {level:?}");
                }
            }
        }
    }
}
