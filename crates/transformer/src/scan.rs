//! The ends of JSON strings, found 64 bytes at a time.
//!
//! Log events are JSON strings, and most of a record's bytes stand in them. A mask of the quotes and one of the
//! backslashes say where a string ends without looking at each byte. The scanner only ever says "a valid string ends
//! here" or nothing: what it does not recognise is left to serde_json, so it needs no errors of its own.

use wide::u8x16;

/// Bytes per step.
pub(crate) const BLOCK: usize = 64;

/// The index of the quote that ends the string whose first byte, after its opening quote, stands at `start`.
///
/// `None` where the string does not end, holds a control character, or an escape that JSON does not know: just what
/// serde_json refuses in a string that it skips over. Lone surrogates are let by, as serde_json lets them by there.
pub(crate) fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    // Whether the byte at `at` is escaped by a backslash in the block before.
    let mut escaped_first = false;
    while let Some(block) = text.get(at..)?.first_chunk::<BLOCK>() {
        match scan_block(block, escaped_first) {
            Scan::Ends(ends) => {
                return check_escapes(text, at, ends.escapes).then_some(at + ends.quote);
            }
            Scan::Continues {
                escapes,
                escaped_next,
            } => {
                if !check_escapes(text, at, escapes) {
                    return None;
                }
                escaped_first = escaped_next;
                at += BLOCK;
            }
            Scan::Control => return None,
        }
    }
    // The last bytes, in a block of their own: zeros are control characters, so a string that does not end is refused.
    let rest = text.get(at..)?;
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    match scan_block(&block, escaped_first) {
        Scan::Ends(ends) => check_escapes(text, at, ends.escapes).then_some(at + ends.quote),
        Scan::Continues { .. } | Scan::Control => None,
    }
}

enum Scan {
    /// The string ends in this block.
    Ends(Ends),
    /// It does not. `escapes` are the escaped bytes that want a look.
    Continues { escapes: u64, escaped_next: bool },
    /// A control character stands before the end.
    Control,
}

struct Ends {
    quote: usize,
    escapes: u64,
}

#[inline(always)]
fn scan_block(block: &[u8; BLOCK], escaped_first: bool) -> Scan {
    let Masks {
        quotes,
        backslashes,
        any_control,
    } = Masks::of(block);
    let (escaped, escaped_next) = if backslashes == 0 {
        (u64::from(escaped_first), false)
    } else {
        escaped(backslashes, escaped_first)
    };
    let ends = quotes & !escaped;
    // All bits below the first ending quote; all bits where there is none.
    let inside = (ends & ends.wrapping_neg()).wrapping_sub(1);
    if any_control && control_mask(block) & inside != 0 {
        return Scan::Control;
    }
    // Escaped quotes and backslashes are by far the most common, and need no look.
    let escapes = escaped & !quotes & !backslashes & inside;
    if ends == 0 {
        Scan::Continues {
            escapes,
            escaped_next,
        }
    } else {
        Scan::Ends(Ends {
            quote: ends.trailing_zeros() as usize,
            escapes,
        })
    }
}

/// What stands where in a block, one bit per byte, the first byte lowest.
pub(crate) struct Masks {
    pub(crate) quotes: u64,
    pub(crate) backslashes: u64,
    /// Whether there is a control character anywhere: they are too rare for a mask to be made of them each time.
    any_control: bool,
}

impl Masks {
    #[inline(always)]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
        let (lanes, _) = block.as_chunks::<16>();
        let (mut quotes, mut backslashes, mut controls) = (0, 0, u8x16::splat(0));
        for (lane, bytes) in lanes.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let shift = 16 * lane;
            quotes |= u64::from(bytes.simd_eq(quote).to_bitmask()) << shift;
            backslashes |= u64::from(bytes.simd_eq(backslash).to_bitmask()) << shift;
            controls |= is_control(bytes);
        }
        Self {
            quotes,
            backslashes,
            any_control: controls.to_bitmask() != 0,
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
        assert_eq!(string_end(text.as_bytes(), 1), serde_end(text), "{text:?}");
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
