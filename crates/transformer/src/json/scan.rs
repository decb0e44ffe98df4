//! Finds where JSON strings end and what is escaped in them, 64 bytes at a time.
//!
//! A mask of the quotes and one of the backslashes tell where a string ends without a look at each byte. The scanner
//! answers "a valid string ends here" or nothing; errors are for its callers to explain.

use fearless_simd::{i8x64, prelude::*, u8x64};

/// Bytes per step.
pub(super) const BLOCK: usize = 64;

/// The end of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StringEnd {
    /// The index of the quote that ends it.
    pub(super) quote: usize,
    /// Whether all bytes of the string are ASCII.
    pub(super) is_ascii: bool,
}

/// Returns the end of the string whose opening quote stands just before `text`, or `None` if it is not valid, as
/// [`each_block`] does.
#[inline(always)]
pub(super) fn string_end<S: Simd>(simd: S, text: &[u8]) -> Option<StringEnd> {
    // A function of its own: inlined in a walk, the loop would run out of registers.
    simd.vectorize(
        #[inline(always)]
        move || {
            each_block(
                simd,
                text,
                #[inline(always)]
                |_, _| None,
            )
        },
    )
}

/// Returns the index of the quote that ends the string, if it is near and everything before it is ASCII that stands for itself.
#[inline(always)]
pub(super) fn short_string_end<S: Simd>(simd: S, text: &[u8]) -> Option<usize> {
    let bytes = u8x64::from_slice(simd, text.first_chunk::<BLOCK>()?);
    let special = bytes.simd_eq(b'\\') | signed(bytes).simd_lt(LEAST_PLAIN);
    let quotes = bytes.simd_eq(b'"').to_bitmask();
    let before = (quotes & quotes.wrapping_neg()).wrapping_sub(1);
    let is_plain = quotes != 0 && special.to_bitmask() & before == 0;
    is_plain.then(|| quotes.trailing_zeros() as usize)
}

/// What a block contains. A mask has one bit per byte; the lowest bit is the first byte.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// Where the block begins in the text.
    pub(super) at: usize,
    /// The bytes of the string: those before its end.
    pub(super) inside: u64,
    /// The backslashes that begin an escape, also those after the string's end.
    pub(super) openers: u64,
    /// The escaped bytes of the string that do not stand for themselves: all but quotes and backslashes.
    pub(super) escapes: u64,
    /// Whether a backslash in the previous block escapes the first byte.
    pub(super) escaped_first: bool,
    /// Whether the string goes on in the next block, and the last byte escapes the first one there.
    pub(super) escapes_next: bool,
}

/// Visits the blocks of the string whose opening quote stands just before `text`, and returns where it ends. `visit`
/// returns where the next block begins, which must not be escaped, or `None` if right behind this one.
///
/// Returns `None` if the string does not end, or if it holds a control character or an escape that JSON does not
/// have: exactly what serde_json refuses in a string that it skips. Like serde_json there, it accepts lone surrogates.
/// It does not check that the bytes are UTF-8.
#[inline(always)]
pub(super) fn each_block<S: Simd>(
    simd: S,
    text: &[u8],
    mut visit: impl FnMut(u8x64<S>, Marks) -> Option<usize>,
) -> Option<StringEnd> {
    let mut at = 0;
    let mut escaped_first = false;
    // The least bytes of all blocks so far.
    let mut least = i8x64::splat(simd, i8::MAX);
    loop {
        let (bytes, _) = first_block(simd, text.get(at..)?);
        let quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        least = least.min(signed(bytes));

        let (escaped, escapes_next) = escaped(backslashes, escaped_first);
        let ends = quotes & !escaped;
        // By far the most escapes are quotes and backslashes, which are always valid.
        let escapes = escaped & !(quotes | backslashes);
        let marks = Marks {
            at,
            inside: u64::MAX,
            openers: backslashes & !escaped,
            escapes,
            escaped_first,
            escapes_next,
        };
        // Blocks in the middle of the string and the last one apart: most of what the last one needs is constant in the others.
        if ends == 0 {
            let is_cut_short = text.len() - at < BLOCK;
            if is_cut_short || escapes != 0 && !are_valid(bytes, text, at, escapes) {
                return None;
            }
            let next = visit(bytes, marks);
            escaped_first = escapes_next && next.is_none();
            at = next.unwrap_or(at + BLOCK);
            continue;
        }
        // All bits below the first ending quote.
        let inside = (ends & ends.wrapping_neg()) - 1;
        let escapes = escapes & inside;
        if escapes != 0 && !are_valid(bytes, text, at, escapes) {
            return None;
        }
        visit(
            bytes,
            Marks {
                at,
                inside,
                openers: marks.openers,
                escapes,
                escaped_first,
                escapes_next: false,
            },
        );
        let quote = at + ends.trailing_zeros() as usize;
        if least.simd_lt(LEAST_PLAIN).any_true() {
            return end_of_unusual(&text[..quote]);
        }
        return Some(StringEnd {
            quote,
            is_ascii: true,
        });
    }
}

/// The bytes as signed numbers: those that are not ASCII are below zero, and so below the control characters.
#[inline(always)]
pub(super) fn signed<S: Simd>(bytes: u8x64<S>) -> i8x64<S> {
    bytes.bitcast()
}

/// The least byte, as a signed number, that is ASCII and no control character.
const LEAST_PLAIN: i8 = b' ' as i8;

/// The end of a string that has, or just behind it are, bytes that are not ASCII, or control characters, which it may not have.
#[inline(never)]
fn end_of_unusual(inside: &[u8]) -> Option<StringEnd> {
    let has_control = inside.iter().fold(false, |has, byte| has | (*byte < b' '));
    (!has_control).then_some(StringEnd {
        quote: inside.len(),
        is_ascii: inside.is_ascii(),
    })
}

/// Returns the block at the beginning of a text, filled up with spaces if the text is shorter, and which of its bytes are the text's.
#[inline(always)]
pub(super) fn first_block<S: Simd>(simd: S, text: &[u8]) -> (u8x64<S>, u64) {
    match text.first_chunk::<BLOCK>() {
        Some(block) => (u8x64::from_slice(simd, block), u64::MAX),
        None => {
            let bytes = u8x64::from_slice(simd, &last_block(text));
            (bytes, (1 << text.len()) - 1)
        }
    }
}

#[cold]
#[inline(never)]
fn last_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Returns which bytes are escaped, those after a run of backslashes of odd length, and whether such a run reaches the end
/// of the block.
#[inline(always)]
pub(super) fn escaped(backslashes: u64, escaped_first: bool) -> (u64, bool) {
    let behind = (backslashes << 1) | u64::from(escaped_first);
    // By far the most blocks have no backslash behind another.
    if backslashes & behind == 0 {
        return (behind, backslashes >> 63 == 1);
    }
    escaped_by_runs(backslashes, escaped_first)
}

/// The same for runs of any length. The method is simdjson's (<https://arxiv.org/abs/1902.08318>, section 3.1.1): adding a
/// run's first bit to the run carries just past its end, and whether that place is odd or even tells the run's parity.
#[inline(always)]
fn escaped_by_runs(backslashes: u64, escaped_first: bool) -> (u64, bool) {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    // A backslash that the previous block escapes does not begin a run.
    let backslashes = backslashes & !u64::from(escaped_first);
    let follows = (backslashes << 1) | u64::from(escaped_first);
    let odd_starts = backslashes & ODD & !follows;
    let (even_runs, escaped_next) = odd_starts.overflowing_add(backslashes);
    let flipped = even_runs << 1;
    ((0x5555_5555_5555_5555 ^ flipped) & follows, escaped_next)
}

/// Each bit is the parity of those of `bits` up to it.
#[inline(always)]
pub(super) fn prefix_xor(bits: u64) -> u64 {
    let mut parity = bits;
    for shift in [1, 2, 4, 8, 16, 32] {
        parity ^= parity << shift;
    }
    parity
}

/// Whether JSON has these escapes: a bit of `escapes` per escaped byte of the block, which begins at `at`.
#[inline(always)]
fn are_valid<S: Simd>(bytes: u8x64<S>, text: &[u8], at: usize, escapes: u64) -> bool {
    // Ends of lines and tabs are the most of what is left.
    let usual = (bytes.simd_eq(b'n') | bytes.simd_eq(b't')).to_bitmask();
    are_known(text, at, escapes & !usual)
}

/// Whether JSON has these escapes: a bit of `escapes` per escaped byte, counted from `at`.
#[inline(always)]
pub(super) fn are_known(text: &[u8], at: usize, mut escapes: u64) -> bool {
    while escapes != 0 {
        let position = at + escapes.trailing_zeros() as usize;
        let known = match text.get(position..) {
            Some([b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) => true,
            Some([b'u', digits @ ..]) => digits
                .first_chunk::<4>()
                .is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit)),
            _ => false,
        };
        if !known {
            return false;
        }
        escapes &= escapes - 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::json::levels;

    /// Where the string at the beginning of the text ends according to serde_json.
    fn serde_end(text: &str) -> Option<usize> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        Some(value.get().len() - 1)
    }

    #[track_caller]
    fn agree(text: &str) {
        assert!(text.starts_with('"'));
        let expected = serde_end(text);
        for level in levels() {
            let end = dispatch!(level, simd => string_end(simd, &text.as_bytes()[1..]));
            assert_eq!(end.map(|end| end.quote + 1), expected, "{text:?} {level:?}");
            let short = dispatch!(level, simd => short_string_end(simd, &text.as_bytes()[1..]));
            let is_short = |end: &StringEnd| {
                let inner = &text[1..=end.quote];
                end.quote < BLOCK && text.len() > BLOCK && inner.is_ascii() && !inner.contains('\\')
            };
            assert_eq!(
                short,
                end.filter(is_short).map(|end| end.quote),
                "{text:?} {level:?}"
            );
            if let Some(end) = end.filter(|end| end.is_ascii) {
                assert!(text[..=end.quote].is_ascii(), "{text:?} {level:?}");
            }
        }
    }

    #[test]
    fn strings_end_where_serde_json_says_also_in_the_hard_cases() {
        for inside in [
            "",
            "a",
            "\\\"",
            "\\\\",
            "\\\\\\\"",
            "\\u00e9",
            "\\u12",
            "\\u12g4",
            "\\x",
            "\\/",
            "\\ud800",
            "\u{1f}",
            "\t",
            "é\u{7f}\u{80}",
        ] {
            for before in 0..140 {
                for end in ["\"", "", "\",\"more\":\"\\\"\"", "\\"] {
                    agree(&format!("\"{}{inside}{end}", "x".repeat(before)));
                    agree(&format!("\"{}{inside}{end}", "\\".repeat(before)));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn strings_end_where_serde_json_says(
            text in r#"[a\\"u0/n\x01é{},: ]{0,300}"#,
        ) {
            agree(&format!("\"{text}"));
        }
    }

    #[test]
    fn every_byte_that_is_not_ascii_is_noticed() {
        for byte in 0x80..=0xff {
            for at in [1, 63, 64, 65, 130] {
                let mut text = vec![b'x'; 200];
                text[at] = byte;
                text[150] = b'"';
                for level in levels() {
                    let end = dispatch!(level, simd => string_end(simd, &text)).unwrap();
                    assert_eq!(
                        (end.quote, end.is_ascii),
                        (150, false),
                        "{byte:x} {at} {level:?}"
                    );
                }
            }
        }
        for level in levels() {
            let end = dispatch!(level, simd => string_end(simd, &[[0x7f; 70].as_slice(), b"\"", &[b' '; 64]].concat()));
            assert_eq!(
                end.unwrap(),
                StringEnd {
                    quote: 70,
                    is_ascii: true
                }
            );
        }
    }
}
