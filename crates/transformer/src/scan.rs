//! JSON strings, 64 bytes at a time: where they end, and what is escaped in them.
//!
//! Log events are JSON strings, and most of a record's bytes stand in them. A mask of the quotes and one of the
//! backslashes say where a string ends without looking at each byte. The scanner only ever says "a valid string ends
//! here" or nothing: what it does not recognise is left to serde_json, so it needs no errors of its own.

use fearless_simd::{prelude::*, u8x64};

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

/// The end of the string whose first byte, after its opening quote, stands at `start`; `None` where
/// [`Blocks::next_block`] says so.
#[inline(always)]
pub(crate) fn string_end<S: Simd>(simd: S, text: &[u8], start: usize) -> Option<StringEnd> {
    let mut blocks = Blocks::new(simd, text, start);
    loop {
        if let Some(end) = blocks.next_block()?.marks.end {
            return Some(end);
        }
    }
}

/// A string on its way through the processor, block by block.
pub(crate) struct Blocks<'a, S: Simd> {
    simd: S,
    text: &'a [u8],
    at: usize,
    /// Whether the byte at `at` is escaped by a backslash in the block before.
    escaped_first: bool,
    /// All the bits of the bytes in the same place of each block so far.
    bits: u8x64<S>,
}

/// The bytes of a block, and what stands where.
pub(crate) struct Block<S: Simd> {
    pub(crate) bytes: u8x64<S>,
    pub(crate) marks: Marks,
}

/// What a block says of the string that goes on in it. Each mask has one bit per byte, the first byte lowest.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    /// Where in the text the block begins.
    pub(crate) at: usize,
    /// The bytes before the string's end.
    pub(crate) inside: u64,
    /// The backslashes that escape what follows them; those after the string's end are among them.
    pub(crate) openers: u64,
    /// The escaped bytes inside that are neither quotes nor backslashes, and so do not stand for themselves.
    pub(crate) escapes: u64,
    /// Whether the first byte is escaped by a backslash in the block before.
    pub(crate) escaped_first: bool,
    /// Whether the last byte escapes the first one of the next block.
    pub(crate) escapes_next: bool,
    /// Where the string ends, if it does so here.
    pub(crate) end: Option<StringEnd>,
}

impl<'a, S: Simd> Blocks<'a, S> {
    /// The string whose first byte, after its opening quote, stands at `start`.
    #[inline(always)]
    pub(crate) fn new(simd: S, text: &'a [u8], start: usize) -> Self {
        Self {
            simd,
            text,
            at: start,
            escaped_first: false,
            bits: u8x64::splat(simd, 0),
        }
    }

    /// The next block; nothing is to be asked after the one that has the end.
    ///
    /// `None` where the string does not end, holds a control character, or an escape that JSON does not know: just what
    /// serde_json refuses in a string that it skips over. Lone surrogates are let by, as serde_json lets them by there.
    /// Whether bytes that are not ASCII are UTF-8 is not looked at.
    #[inline(always)]
    pub(crate) fn next_block(&mut self) -> Option<Block<S>> {
        let at = self.at;
        let rest = self.text.get(at..)?;
        let bytes = match rest.first_chunk::<BLOCK>() {
            Some(block) => u8x64::from_slice(self.simd, block),
            None => u8x64::from_slice(self.simd, &last_block(rest)),
        };
        let quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        let controls = bytes.simd_lt(b' ').to_bitmask();
        self.bits |= bytes;

        let escaped_first = self.escaped_first;
        let (escaped, escapes_next) = escaped(backslashes, escaped_first);
        let ends = quotes & !escaped;
        // All bits below the first ending quote; all bits where there is none.
        let inside = (ends & ends.wrapping_neg()).wrapping_sub(1);
        // Escaped quotes and backslashes are by far the most common, and need no look.
        let escapes = escaped & !quotes & !backslashes & inside;
        if controls & inside != 0 || (escapes != 0 && !are_known(self.text, at, escapes)) {
            return None;
        }
        self.at = at + BLOCK;
        self.escaped_first = escapes_next;
        let marks = Marks {
            at,
            inside,
            openers: backslashes & !escaped,
            escapes,
            escaped_first,
            escapes_next,
            end: (ends != 0).then(|| StringEnd {
                quote: at + ends.trailing_zeros() as usize,
                is_ascii: self.bits.simd_ge(0x80).to_bitmask() == 0,
            }),
        };
        Some(Block { bytes, marks })
    }

    /// Has the next block begin at `at`, which no backslash escapes.
    #[inline(always)]
    pub(crate) fn go_on_at(&mut self, at: usize) {
        self.at = at;
        self.escaped_first = false;
    }
}

/// Fewer bytes than a block has, filled up with zeros. Those are control characters: a string that does not end is refused.
#[cold]
#[inline(never)]
fn last_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Which bytes are escaped: those after a run of backslashes of odd length. Also whether the run goes on past the
/// block. The method is simdjson's (<https://arxiv.org/abs/1902.08318>, section 3.1.1): adding a run's first bit to
/// the run carries out just past its end, and where it lands, on an odd or an even place, tells the run's parity.
#[inline(always)]
fn escaped(backslashes: u64, escaped_first: bool) -> (u64, bool) {
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
#[cold]
#[inline(never)]
fn are_known(text: &[u8], at: usize, mut escapes: u64) -> bool {
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

/// Each kind of processor that this one can stand in for.
#[cfg(test)]
pub(crate) fn levels() -> Vec<fearless_simd::Level> {
    use fearless_simd::Level;
    let level = Level::new();
    let mut levels = vec![level, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(level.as_sse4_2().map(Level::Sse4_2));
        levels.extend(level.as_avx2().map(Level::Avx2));
    }
    levels
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
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
        let expected = serde_end(text);
        for level in levels() {
            let end = dispatch!(level, simd => string_end(simd, text.as_bytes(), 1));
            assert_eq!(end.map(|end| end.quote), expected, "{text:?} {level:?}");
            if let Some(end) = end.filter(|end| end.is_ascii) {
                assert!(text[..end.quote].is_ascii(), "{text:?} {level:?}");
            }
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
