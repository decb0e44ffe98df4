//! Recognises a compact JSON object, 64 bytes at a time, without visiting its tokens one by one.
//!
//! Without white space between tokens, what may follow what is a matter of neighbouring bytes, which the masks of a block answer for all
//! tokens at once. Only brackets, numbers and words are visited: brackets, because what is open decides whether a comma is followed by
//! a key.

use fearless_simd::{prelude::*, u8x64};

use super::scan::{BLOCK, are_known, escaped, first_block, prefix_xor};
use super::value::scalar;
use crate::limits::JSON_DEPTH_MAX;

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
        objects: 0,
        end: None,
    };
    // What the last byte of the block before was. A value may begin the text, as it may behind a colon.
    let (mut after_colon, mut after_comma, mut after_opening) = (1, 0, 0);
    let (mut after_scalar, mut after_key) = (0, 0);
    // Whether a string goes on from the block before, and whether it stands where a key may stand.
    let (mut in_string, mut in_key, mut escaped_first) = (0, false, false);
    // The least bytes of all blocks.
    let mut least = u8x64::splat(simd, u8::MAX);
    for at in (0..text.len()).step_by(BLOCK) {
        let (bytes, is_text) = first_block(simd, &text[at..]);
        least = least.min(bytes);
        let mut quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        if backslashes != 0 || escaped_first {
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
        // [ and ] differ from { and } in one bit.
        let folded = bytes | u8x64::splat(simd, 0x20);
        let opening = folded.simd_eq(b'{').to_bitmask() & !inside;
        let closing = folded.simd_eq(b'}').to_bitmask() & !inside;
        let colons = bytes.simd_eq(b':').to_bitmask() & !inside;
        let commas = bytes.simd_eq(b',').to_bitmask() & !inside;
        let scalars = is_text & !(inside | quotes | opening | closing | colons | commas);

        let behind_opening = opening << 1 | after_opening;
        // Where a member of an object or a value of an array has to begin, and where any value may.
        let at_item = commas << 1 | after_comma | behind_opening;
        let at_value = at_item | colons << 1 | after_colon;
        let strings = quotes & inside;
        let scalar_begins = scalars & !(scalars << 1 | after_scalar);
        // The first bit of a string, added to all of them, carries just behind them: to the closing quote.
        let (ends, goes_on) = inside.overflowing_add((strings & at_item) | u64::from(in_key));
        in_key = goes_on;
        let key_ends = ends & quotes & !inside;
        let behind_key = key_ends << 1 | after_key;
        let wrong = (strings | opening | scalar_begins) & !at_value
            | (commas | closing & !behind_opening) & at_value
            | colons & !behind_key;
        // At once: to be counted up to the end, all these masks would have to be kept beyond what is visited below.
        if wrong != 0 || scalar_begins != 0 && !are_scalars(text, at, scalar_begins) {
            return false;
        }
        // A member begins with a key, and a value of an array is none.
        let no_members = at_item & (opening | scalars) | behind_key & !colons;
        notes.structure(at, opening | closing | colons | commas);
        if !open.brackets(text, at, opening | closing, (no_members, colons), notes) {
            return false;
        }
        after_opening = opening >> 63;
        after_comma = commas >> 63;
        after_colon = colons >> 63;
        after_scalar = scalars >> 63;
        after_key = key_ends >> 63;
    }
    // Control characters are invalid in strings, and between tokens they are white space, if anything.
    !least.simd_lt(b' ').any_true() && open.end == Some(text.len())
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

/// The arrays and objects that are open.
struct Open {
    /// How many there are around the text.
    depth_outside: u32,
    /// How many there are with those of the text.
    depth: u32,
    /// A bit for each, the innermost lowest: set for an object.
    objects: u128,
    /// Where the outermost ended.
    end: Option<usize>,
}

impl Open {
    /// Reads the brackets of the block at `at`. Returns `false` if one may not stand there, or if there is something of an array in an
    /// object, or the other way round.
    #[inline(always)]
    fn brackets(
        &mut self,
        text: &[u8],
        at: usize,
        mut brackets: u64,
        (no_members, no_values): (u64, u64),
        notes: &mut impl Notes,
    ) -> bool {
        let mut unread = u64::MAX;
        loop {
            let bracket = brackets & brackets.wrapping_neg();
            // Up to the bracket, or to the end of the block if there is none.
            let before = bracket | bracket.wrapping_sub(1);
            let is_object = self.objects & 1 == 1;
            let wrong = if is_object { no_members } else { no_values };
            if wrong & before & unread != 0 {
                return false;
            }
            if brackets == 0 {
                return true;
            }
            let place = at + brackets.trailing_zeros() as usize;
            let byte = text[place];
            if byte & 0b110 == 0b010 {
                if self.depth == JSON_DEPTH_MAX || self.end.is_some() {
                    return false;
                }
                self.depth += 1;
                self.objects = self.objects << 1 | u128::from(byte == b'{');
                notes.opens(bracket, self.depth);
            } else {
                if self.depth == self.depth_outside || is_object != (byte == b'}') {
                    return false;
                }
                notes.closes(bracket, self.depth);
                self.depth -= 1;
                self.objects >>= 1;
                if self.depth == self.depth_outside {
                    self.end = Some(place + 1);
                }
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
