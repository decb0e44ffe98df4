//! The format `document`: the whole subscription message as one JSON object on one line.

use super::lines::Lines;
use crate::buffer::Buffer;

/// Writes a message, which is `compact` if it is known to hold no white space between its tokens. Returns `false` once
/// there is no room for more.
pub(super) fn write(json: &[u8], compact: bool, lines: &mut Lines<'_>) -> bool {
    let written = if compact {
        lines.write_long(json)
    } else {
        one_line(json, lines.end());
        true
    };
    lines.end().push(b'\n');
    written && lines.settle()
}

/// Appends valid JSON without the white space between its tokens.
fn one_line(json: &[u8], out: &mut Buffer) {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in json {
        if !in_string && byte.is_ascii_whitespace() {
            continue;
        }
        out.push(byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_is_dropped() {
        let mut out = Buffer::default();
        one_line(br#"{ "a \\" : " \" } " }"#, &mut out);
        assert_eq!(out.written(), br#"{"a \\":" \" } "}"#);
    }
}
