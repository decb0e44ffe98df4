//! JSON as a JSON string, 64 bytes at a time.

use fearless_simd::{Level, dispatch, prelude::*};

use super::scan::{BLOCK, escaped, first_block, prefix_xor};
use crate::buffer::Buffer;

/// Appends valid JSON as a string, without the white space between its tokens.
pub(crate) fn append_as_string(json: &[u8], out: &mut Buffer) {
    dispatch!(Level::new(), simd => as_string(simd, json, out));
}

#[inline(always)]
fn as_string<S: Simd>(simd: S, json: &[u8], out: &mut Buffer) {
    // Every byte may get a backslash, and a block is copied whole, whatever is wanted of it.
    let room = out.room(2 * (json.len() + BLOCK));
    room[0] = b'"';
    let mut length = 1;
    let (mut in_string, mut escaped_first) = (0, false);
    for at in (0..json.len()).step_by(BLOCK) {
        let rest = &json[at..];
        let (bytes, is_text) = first_block(simd, rest);
        let all_quotes = bytes.simd_eq(b'"').to_bitmask();
        let backslashes = bytes.simd_eq(b'\\').to_bitmask();
        let (escaped, escapes_next) = escaped(backslashes, escaped_first);
        escaped_first = escapes_next;
        let inside = prefix_xor(all_quotes & !escaped) ^ in_string;
        in_string = (inside as i64 >> 63) as u64;
        let white = bytes.simd_le(b' ').to_bitmask() & !inside;
        // Strings in JSON hold no control characters, so that nothing else needs an escape.
        let mut marks = (all_quotes | backslashes | white) & is_text;
        let mut begin = 0;
        while marks != 0 {
            let end = marks.trailing_zeros() as usize;
            length = copy(&rest[begin..], end - begin, room, length);
            let is_white = white >> end & 1 == 1;
            room[length] = b'\\';
            length += usize::from(!is_white);
            begin = end + usize::from(is_white);
            marks &= marks - 1;
        }
        let end = rest.len().min(BLOCK);
        length = copy(&rest[begin..], end - begin, room, length);
    }
    room[length] = b'"';
    out.advance(length + 1);
}

/// Copies the first bytes of `rest`, fewer than a block, to the room from `at`. Returns where they end.
#[inline(always)]
fn copy(rest: &[u8], count: usize, room: &mut [u8], at: usize) -> usize {
    let end = at + count;
    match (
        room[at..].first_chunk_mut::<BLOCK>(),
        rest.first_chunk::<BLOCK>(),
    ) {
        (Some(to), Some(from)) => *to = *from,
        _ => room[at..end].copy_from_slice(&rest[..count]),
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::json::levels;

    #[track_caller]
    fn agree(json: &str, compact: &str) {
        for level in levels() {
            let mut out = Buffer::default();
            out.extend(b"before");
            dispatch!(level, simd => as_string(simd, json.as_bytes(), &mut out));
            let expected = format!("before{}", Value::from(compact));
            assert_eq!(
                String::from_utf8_lossy(out.written()),
                expected,
                "{level:?}"
            );
        }
    }

    #[test]
    fn escapes_are_kept_wherever_blocks_end() {
        for before in 0..70 {
            let text = "x".repeat(before);
            let compact = format!(r#"["{text}","\\"," \" \\\" \u00e9 é",[{{}}]]"#);
            agree(&compact, &compact);
            let spaced =
                format!("[\"{text}\"\t,\r\n \"\\\\\" , \" \\\" \\\\\\\" \\u00e9 é\",[ {{ }}]]");
            agree(&spaced, &compact);
        }
    }

    proptest! {
        #[test]
        fn json_becomes_the_string_that_serde_json_writes(
            members in prop::collection::btree_map("[a-z\\\\\"\n ]{0,40}", any::<(String, i16, Vec<bool>)>(), 0..9),
        ) {
            let value = serde_json::to_value(members).unwrap();
            let compact = value.to_string();
            agree(&compact, &compact);
            agree(&format!("{value:#}"), &compact);
        }
    }
}
