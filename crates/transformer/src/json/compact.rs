//! Recognises a compact JSON object, 64 bytes at a time, without visiting its tokens one by one.
//!
//! Without white space between tokens, what may follow what is a matter of neighbouring bytes, which the masks of a block answer for all
//! tokens at once. Only brackets, numbers and words are visited: brackets, because what is open decides whether a comma is followed by
//! a key.

use fearless_simd::{prelude::*, u8x16, u8x64};

use super::scan::{BLOCK, are_known, escaped, first_block, prefix_xor, signed};
use super::value::scalar;
use crate::limits::JSON_DEPTH_MAX;

/// What stands between values, by the lower half of its byte. Square brackets are as braces here.
const PUNCTUATION: [u8; 16] = *b"\0\0\0\0\0\0\0\0\0\0:{,}\0\0";

/// What else is made of the tokens while they are checked.
pub(super) trait Notes {
    /// There is a backslash.
    fn escapes(&mut self);

    /// Brackets, colons and commas of the block at `at`, of which a bit is set for each.
    fn structure(&mut self, at: usize, marks: u64);

    /// The bracket with this bit in the block at hand opens an object or array, the one of this depth.
    fn opens(&mut self, bracket: u64, depth: u32);

    /// The bracket with this bit in the block at hand closes the object or array of this depth.
    fn closes(&mut self, bracket: u64, depth: u32);
}

/// Nothing is.
impl Notes for () {
    #[inline(always)]
    fn escapes(&mut self) {}

    #[inline(always)]
    fn structure(&mut self, _: usize, _: u64) {}

    #[inline(always)]
    fn opens(&mut self, _: u64, _: u32) {}

    #[inline(always)]
    fn closes(&mut self, _: u64, _: u32) {}
}

/// Whether the text, which is UTF-8 and stands in `depth` arrays and objects, is one JSON object without white space between its tokens.
#[inline(always)]
pub(super) fn is_compact_object<S: Simd>(
    simd: S,
    text: &[u8],
    depth: u32,
    notes: &mut impl Notes,
) -> bool {
    if text.first() != Some(&b'{') {
        return false;
    }
    let mut open = Open {
        depth_outside: depth,
        depth,
        is_object: false,
        around: [false; DEPTHS],
    };
    // What the last byte of the block before was. A value may begin the text, as it has to behind a colon.
    let (mut after_lead, mut after_item_lead) = (1, 0);
    let (mut after_scalar, mut after_key) = (0, 0);
    // Whether a string goes on from the block before, and whether it stands where a key may stand.
    let (mut in_string, mut in_key, mut escaped_first) = (0, 0, false);
    // The least bytes of all blocks.
    let mut least = u8x64::splat(simd, u8::MAX);
    for at in (0..text.len()).step_by(BLOCK) {
        let (bytes, is_text) = first_block(simd, &text[at..]);
        least = least.min(bytes);
        let mut quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        if backslashes | u64::from(escaped_first) != 0 {
            notes.escapes();
            let (escaped, escapes_next) = escaped(backslashes, escaped_first);
            escaped_first = escapes_next;
            let escapes = escaped & is_text & !(quotes | backslashes);
            quotes &= !escaped;
            if escapes != 0 && !are_known(text, at, escapes) {
                return false;
            }
        }
        // From each opening quote to just before its closing quote.
        let inside = prefix_xor(quotes) ^ in_string;
        in_string = (inside as i64 >> 63) as u64;
        // [ and ] differ from { and } in one bit. So do control characters from : and the comma, but they are refused below.
        let folded = bytes | u8x64::splat(simd, 0x20);
        let expected = u8x64::block_splat(u8x16::from_slice(simd, &PUNCTUATION))
            .swizzle_dyn_within_blocks(bytes & u8x64::splat(simd, 0x0f));
        let punctuation = folded.simd_eq(expected).to_bitmask() & !inside;
        let brackets = signed(folded).simd_gt(b'`' as i8).to_bitmask() & punctuation;
        // A bit that { and : have, and } and the comma have not.
        let second_bit = bytes & u8x64::splat(simd, 0b10);
        let open_or_colon = second_bit.simd_eq(0b10).to_bitmask();
        let opening = brackets & open_or_colon;
        let closing = brackets & !open_or_colon;
        let colons = punctuation & !brackets & open_or_colon;
        // What a value follows, and what a member of an object or a value of an array follows.
        let leads = punctuation & !closing;
        let item_leads = leads & !colons;
        let scalars = is_text & !(inside | quotes | punctuation);

        let at_value = leads << 1 | after_lead;
        let at_item = item_leads << 1 | after_item_lead;
        let strings = quotes & inside;
        let scalar_begins = scalars & !(scalars << 1 | after_scalar);
        let other_values = opening | scalar_begins;
        // The first bit of a string, added to all of them, carries just behind them: to the closing quote.
        let (ends, goes_on) = inside.overflowing_add((strings & at_item) | in_key);
        in_key = u64::from(goes_on);
        let key_ends = ends & quotes & !inside;
        let behind_key = key_ends << 1 | after_key;
        // What is empty ends where a value has to begin.
        let wrong = (strings | other_values) ^ (at_value & !closing);
        // At once: to be counted up to the end, all these masks would have to be kept beyond what is visited below.
        if wrong != 0 || scalar_begins != 0 && !are_scalars(text, at, scalar_begins) {
            return false;
        }
        notes.structure(at, punctuation);
        let masks = Masks {
            brackets,
            at_value,
            // A member begins with a key, and a value of an array is none.
            no_members: at_item & other_values | (behind_key ^ colons),
            no_values: colons,
        };
        if !open.brackets(text, at, masks, notes) {
            return false;
        }
        after_lead = leads >> 63;
        after_item_lead = item_leads >> 63;
        after_scalar = scalars >> 63;
        after_key = key_ends >> 63;
    }
    // Control characters are invalid in strings, and between tokens they are white space, if anything. Behind the object, nothing may be
    // opened, so it is the last that was closed.
    !least.simd_lt(b' ').any_true()
        && open.depth == depth
        && in_string == 0
        && text.last() == Some(&b'}')
}

/// Whether a number, `true`, `false` or `null` begins at each of these places, counted from `at`, and ends where a token does.
///
/// A function of its own, as most blocks have none: inlined, the loop over the blocks would run out of registers.
#[inline(never)]
fn are_scalars(text: &[u8], at: usize, mut begins: u64) -> bool {
    while begins != 0 {
        let rest = &text[at + begins.trailing_zeros() as usize..];
        let next = scalar(rest).and_then(|length| rest.get(length));
        if !matches!(next, Some(b',' | b']' | b'}')) {
            return false;
        }
        begins &= begins - 1;
    }
    true
}

/// What is known of a block when its brackets are read.
#[derive(Clone, Copy)]
struct Masks {
    brackets: u64,
    /// Where a value has to begin, or what was opened to end.
    at_value: u64,
    /// What may not stand in an object.
    no_members: u64,
    /// What may not stand in an array.
    no_values: u64,
}

/// The arrays and objects that are open.
struct Open {
    /// How many there are around the text.
    depth_outside: u32,
    /// How many there are with those of the text.
    depth: u32,
    /// Whether the innermost is an object.
    is_object: bool,
    /// The same of what each of them stands in, by its depth.
    around: [bool; DEPTHS],
}

pub(super) const DEPTHS: usize = JSON_DEPTH_MAX as usize;

impl Open {
    /// Reads the brackets of the block at `at`. Returns `false` if one may not stand there, or if there is something of an array in an
    /// object, or the other way round.
    #[inline(always)]
    fn brackets(&mut self, text: &[u8], at: usize, masks: Masks, notes: &mut impl Notes) -> bool {
        let Masks {
            mut brackets,
            at_value,
            no_members,
            no_values,
        } = masks;
        let mut unread = u64::MAX;
        loop {
            let bracket = brackets & brackets.wrapping_neg();
            // Up to the bracket, or to the end of the block if there is none.
            let before = bracket | bracket.wrapping_sub(1);
            let wrong = if self.is_object {
                no_members
            } else {
                no_values
            };
            if wrong & before & unread != 0 {
                return false;
            }
            if brackets == 0 {
                return true;
            }
            let place = at + brackets.trailing_zeros() as usize;
            let byte = text[place];
            if byte & 0b110 == 0b010 {
                let is_second = self.depth == self.depth_outside && place != 0;
                if self.depth == JSON_DEPTH_MAX || is_second {
                    return false;
                }
                self.around[self.depth as usize % DEPTHS] = self.is_object;
                self.is_object = byte == b'{';
                self.depth += 1;
                notes.opens(bracket, self.depth);
            } else {
                let is_empty = bracket & at_value != 0;
                if self.depth == self.depth_outside
                    || self.is_object != (byte == b'}')
                    || is_empty && !matches!(text[place - 1], b'{' | b'[')
                {
                    return false;
                }
                notes.closes(bracket, self.depth);
                self.depth -= 1;
                self.is_object = self.around[self.depth as usize % DEPTHS];
            }
            unread = !before;
            brackets &= brackets - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use crate::json::{NEAR_VALUES, levels};

    fn is_compact_object(text: &str, depth: u32) -> bool {
        let mut all = levels()
            .into_iter()
            .map(|level| dispatch!(level, simd => super::is_compact_object(simd, text.as_bytes(), depth, &mut ())));
        let first = all.next().unwrap();
        assert!(all.all(|other| other == first), "{text:?}");
        first
    }

    /// The same according to serde_json: an object that is as long without white space.
    fn serde_says(text: &str) -> bool {
        let is_inside = |quoted: &mut bool, escaped: &mut bool, byte: u8| {
            let was_inside = *quoted;
            if *quoted {
                *quoted = *escaped || byte != b'"';
                *escaped = !*escaped && byte == b'\\';
            } else {
                *quoted = byte == b'"';
            }
            was_inside
        };
        let (mut quoted, mut escaped) = (false, false);
        let mut bytes = text.bytes();
        let is_compact = bytes.all(|byte| {
            is_inside(&mut quoted, &mut escaped, byte) || !super::super::is_white_space(byte)
        });
        is_compact && text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok()
    }

    #[track_caller]
    fn agree(text: &str) {
        assert_eq!(is_compact_object(text, 0), serde_says(text), "{text:?}");
    }

    #[test]
    fn objects_are_recognised_wherever_blocks_end() {
        for value in NEAR_VALUES {
            for before in 0..70 {
                let filler = "a".repeat(before);
                agree(&format!("{{\"{filler}\":{value}}}"));
                agree(&format!("{{\"{filler}\":[{value}]}}"));
                agree(&format!(
                    "{{\"{filler}\":[1,{value},{{\"a\":{value}}}],\"b\":{value}}}"
                ));
                agree(&format!("{{\"a\":1,\"{filler}\",\"b\":{value}}}"));
            }
        }
        for text in [
            "",
            "{",
            "}",
            "{}{}",
            "{},",
            "[]",
            "\"a\"",
            "{} ",
            " {}",
            "{}x",
            "{\"a\":1}\"",
            "{\"a",
            "{}}",
            "{}\"\"",
            "{},{}",
            "{},\"}",
            "{},\"\\\"}",
            "{},1}",
            "{}:{}",
            "{}:}",
            "{\u{1a}}",
            "{\"a\"\u{1a}1}",
            "{\"a\":1\u{c}\"b\":1}",
        ] {
            agree(text);
        }
    }

    #[test]
    fn objects_nest_as_deep_as_the_limit_and_no_deeper() {
        let nested = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let arrays = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_compact_object(&nested(128), 0) && is_compact_object(&arrays(127), 0));
        assert!(!is_compact_object(&nested(129), 0) && !is_compact_object(&arrays(128), 0));
        assert!(!is_compact_object(&nested(128), 1));
    }

    proptest! {
        #[test]
        fn anything_near_an_object_is_recognised_as_serde_json_says(
            text in r#"\{("[a\\é]{0,3}":)?([\[\]{}:,"\\]|"a"|"[a\\]{0,70}":|-?[0-9]{1,3}([.e][0-9+]{0,2})?|true|null|fals[e ]|,"a":|:\[|\},\{"b":){0,12}\}?"#,
        ) {
            agree(&text);
        }

        #[test]
        fn a_fault_anywhere_in_an_object_is_seen_as_serde_json_sees_it(
            members in prop::collection::btree_map("[a-z\\\\\"]{0,9}", any::<(String, i16, Vec<bool>)>(), 1..9),
            at in any::<prop::sample::Index>(),
            byte in r#"[\[\]{}:,"\\ 0-9a-e\n]"#,
            is_removed: bool,
        ) {
            let mut text = Value::from_iter(members.into_iter().map(|(key, value)| (key, serde_json::to_value(value).unwrap()))).to_string();
            prop_assert!(is_compact_object(&text, 0));
            let mut at = at.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if is_removed {
                text.remove(at);
            } else {
                text.insert_str(at, &byte);
            }
            agree(&text);
        }
    }
}
