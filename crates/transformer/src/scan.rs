//! The ends of JSON strings, found 64 bytes at a time.
//!
//! Log events are JSON strings, and most of a record's bytes stand in them. A mask of the quotes and one of the
//! backslashes say where a string ends without looking at each byte. The scanner only ever says "a valid string ends
//! here" or nothing: what it does not recognise is left to serde_json, so it needs no errors of its own.

use wide::u8x16;

/// Bytes per step.
pub(crate) const BLOCK: usize = 64;

/// Where a string ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StringEnd {
    /// The index of the quote that ends it.
    pub(crate) quote: usize,
    /// Whether its bytes are known to be ASCII; bytes that are not may also stand a little after it.
    pub(crate) is_ascii: bool,
}

/// The end of the string whose first byte, after its opening quote, stands at `start`.
///
/// `None` where the string does not end, holds a control character, or an escape that JSON does not know: just what
/// serde_json refuses in a string that it skips over. Lone surrogates are let by, as serde_json lets them by there.
/// Whether bytes that are not ASCII are UTF-8 is not looked at.
pub(crate) fn string_end(text: &[u8], start: usize) -> Option<StringEnd> {
    let mut at = start;
    let mut is_ascii = true;
    // Whether the byte at `at` is escaped by a backslash in the block before.
    let mut escaped_first = false;
    // Zeros, which the last block is filled up with, are control characters: a string that does not end is refused.
    let mut last = [0; BLOCK];
    loop {
        let rest = text.get(at..)?;
        let block = rest.first_chunk::<BLOCK>().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let scanned = scan_block(block, escaped_first)?;
        is_ascii &= scanned.is_ascii;
        if !check_escapes(text, at, scanned.escapes) {
            return None;
        }
        if let Some(quote) = scanned.quote {
            return Some(StringEnd {
                quote: at + quote,
                is_ascii,
            });
        }
        escaped_first = scanned.escaped_next;
        at += BLOCK;
    }
}

/// What a block says of the string that goes on in it.
struct Scanned {
    /// Where in the block the string ends.
    quote: Option<usize>,
    /// The escaped bytes that want a look.
    escapes: u64,
    /// Whether the first byte of the next block is escaped.
    escaped_next: bool,
    is_ascii: bool,
}

/// `None` where a control character stands before the end.
#[inline(always)]
fn scan_block(block: &[u8; BLOCK], escaped_first: bool) -> Option<Scanned> {
    let masks = Masks::of(block);
    let Masks {
        quotes,
        backslashes,
        ..
    } = masks;
    let (escaped, escaped_next) = if backslashes == 0 {
        (u64::from(escaped_first), false)
    } else {
        escaped(backslashes, escaped_first)
    };
    let ends = quotes & !escaped;
    // All bits below the first ending quote; all bits where there is none.
    let inside = (ends & ends.wrapping_neg()).wrapping_sub(1);
    if masks.any_control && control_mask(block) & inside != 0 {
        return None;
    }
    Some(Scanned {
        quote: (ends != 0).then(|| ends.trailing_zeros() as usize),
        // Escaped quotes and backslashes are by far the most common, and need no look.
        escapes: escaped & !quotes & !backslashes & inside,
        escaped_next,
        is_ascii: masks.is_ascii,
    })
}

/// What stands where in a block, one bit per byte, the first byte lowest.
pub(crate) struct Masks {
    pub(crate) quotes: u64,
    pub(crate) backslashes: u64,
    /// Whether there is a control character anywhere: they are too rare for a mask to be made of them each time.
    any_control: bool,
    is_ascii: bool,
}

impl Masks {
    #[inline(always)]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
        let (lanes, _) = block.as_chunks::<16>();
        let (mut quotes, mut backslashes) = (0, 0);
        let (mut controls, mut all) = (u8x16::splat(0), u8x16::splat(0));
        for (lane, bytes) in lanes.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let shift = 16 * lane;
            quotes |= u64::from(bytes.simd_eq(quote).to_bitmask()) << shift;
            backslashes |= u64::from(bytes.simd_eq(backslash).to_bitmask()) << shift;
            controls |= is_control(bytes);
            all |= bytes;
        }
        Self {
            quotes,
            backslashes,
            any_control: controls.to_bitmask() != 0,
            // The mask is of the highest bits.
            is_ascii: all.to_bitmask() == 0,
        }
    }
}

/// All bits of the bytes that are control characters: just those that do not exceed the largest of them.
#[inline(always)]
fn is_control(bytes: u8x16) -> u8x16 {
    bytes.min(u8x16::splat(0x1f)).simd_eq(bytes)
}

#[cold]
fn control_mask(block: &[u8; BLOCK]) -> u64 {
    let (lanes, _) = block.as_chunks::<16>();
    let masks = lanes
        .iter()
        .map(|bytes| u64::from(is_control(u8x16::new(*bytes)).to_bitmask()));
    masks
        .enumerate()
        .fold(0, |controls, (lane, mask)| controls | mask << (16 * lane))
}

/// Which bytes are escaped: those after a run of backslashes of odd length. Also whether the run goes on past the
/// block. The method is simdjson's (<https://arxiv.org/abs/1902.08318>, section 3.1.1): adding a run's first bit to
/// the run carries out just past its end, and where it lands, on an odd or an even place, tells the run's parity.
#[inline(always)]
pub(crate) fn escaped(backslashes: u64, escaped_first: bool) -> (u64, bool) {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    // A backslash that is itself escaped by the block before begins no run.
    let backslashes = backslashes & !u64::from(escaped_first);
    let follows = (backslashes << 1) | u64::from(escaped_first);
    let odd_starts = backslashes & ODD & !follows;
    let (even_runs, escaped_next) = odd_starts.overflowing_add(backslashes);
    let flipped = even_runs << 1;
    ((0x5555_5555_5555_5555 ^ flipped) & follows, escaped_next)
}

/// Whether the escaped bytes at the bits of `escapes`, counted from `at`, are escapes of JSON.
#[inline(always)]
fn check_escapes(text: &[u8], at: usize, mut escapes: u64) -> bool {
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
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    /// What serde_json makes of the text as the beginning of a string.
    fn serde_end(text: &str) -> Option<usize> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        Some(value.get().len() - 1)
    }

    #[track_caller]
    fn agree(text: &str) {
        assert!(text.starts_with('"'));
        let end = string_end(text.as_bytes(), 1);
        assert_eq!(end.map(|end| end.quote), serde_end(text), "{text:?}");
        if let Some(end) = end.filter(|end| end.is_ascii) {
            assert!(text[..end.quote].is_ascii(), "{text:?}");
        }
    }

    #[test]
    fn the_cases_that_scanners_get_wrong() {
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
        fn it_says_what_serde_json_says(
            text in r#"[a\\"u0/n\x01é{},: ]{0,300}"#,
        ) {
            agree(&format!("\"{text}"));
        }
    }
}
