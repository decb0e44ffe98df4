//! Takes the white space between the tokens out of JSON, 64 bytes at a time.

use fearless_simd::{Level, Simd, dispatch, prelude::*};

use super::compress::compress;
use super::scan::{BLOCK, escaped, first_block, prefix_xor};
use crate::buffer::Buffer;

/// Minifies a valid text that comes in parts.
#[derive(Debug, Default)]
pub(crate) struct Minifier {
    /// All bits set if the part before ended in a string.
    in_string: u64,
    /// Whether the part before ended with a backslash that escapes the next byte.
    escaped_first: bool,
}

impl Minifier {
    /// Appends the next part to `out`. It may begin and end anywhere.
    pub(crate) fn append(&mut self, part: &[u8], out: &mut Buffer) {
        dispatch!(Level::new(), simd => self.append_with(simd, part, out));
    }

    #[inline(always)]
    fn append_with<S: Simd>(&mut self, simd: S, part: &[u8], out: &mut Buffer) {
        let mut end = out.len();
        for block in part.chunks(BLOCK) {
            let (bytes, is_text) = first_block(simd, block);
            let all_quotes = bytes.simd_eq(b'"').to_bitmask();
            let backslashes = bytes.simd_eq(b'\\').to_bitmask();
            let (mut escaped_here, mut escapes_next) = (0, false);
            if backslashes != 0 || self.escaped_first {
                (escaped_here, escapes_next) = escaped(backslashes, self.escaped_first);
            }
            self.escaped_first = match block.len() {
                BLOCK => escapes_next,
                length => escaped_here >> length & 1 == 1,
            };
            // From each opening quote to just before its closing quote.
            let inside = prefix_xor(all_quotes & !escaped_here) ^ self.in_string;
            self.in_string = (inside as i64 >> 63) as u64;
            // Outside of strings, all that is no token is white space.
            let white = bytes.simd_lt(b'!').to_bitmask() & !inside;
            let kept = !white & is_text;
            if let Some(to) = out.chunk_at(end) {
                if kept == u64::MAX {
                    bytes.store_slice(to);
                } else {
                    compress(simd, bytes, kept, to);
                }
            }
            end += kept.count_ones() as usize;
        }
        out.set_len(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::json::levels;

    proptest! {
        #[test]
        fn minified_is_what_serde_json_writes(
            strings in prop::collection::vec(r#"[ a"\\\t\n{}:,\[\]é]{0,80}"#, 1..6),
            cuts in prop::collection::vec(0..400_usize, 0..4),
        ) {
            let value = Value::from_iter(strings.iter().map(|one| {
                let members = [(one.clone(), Value::from(vec![Value::from(1.5), one.as_str().into()]))];
                Value::from_iter(members)
            }));
            let text = format!(" \r\n\t{}\n", serde_json::to_string_pretty(&value).unwrap());
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % text.len()).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            for level in levels() {
                let (mut minifier, mut out) = (Minifier::default(), Buffer::default());
                out.extend(b"before");
                for part in cuts.windows(2) {
                    let part = &text.as_bytes()[part[0]..part[1]];
                    dispatch!(level, simd => minifier.append_with(simd, part, &mut out));
                }
                let expected = format!("before{value}");
                prop_assert_eq!(out.written(), expected.as_bytes(), "{:?}", level);
            }
        }
    }
}
