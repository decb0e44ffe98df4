//! The format `document`: the whole subscription message as one JSON object on one line.

use super::REPLACED;
use super::lines::{Lines, write_as_utf8};
use crate::json::Minifier;
use crate::limits::BASE64_PIECE_BYTES;
use crate::subscription::Document;

/// Writes a message. Returns `false` once there is no room for more.
pub(super) fn write(document: Document<'_>, lines: &mut Lines<'_>) -> bool {
    let written = if document.is_compact && document.is_utf8 {
        lines.write_long(document.json)
    } else {
        let (most, brace) = document.json.split_at(document.json.len() - 1);
        write_minified(most, document.is_utf8, lines)
            && (document.is_utf8 || lines.write_long(REPLACED))
            && lines.write_long(brace)
    };
    written && lines.write_long(b"\n")
}

/// Writes valid JSON without the white space between its tokens, and with U+FFFD for bytes that are not UTF-8.
fn write_minified(json: &[u8], is_utf8: bool, lines: &mut Lines<'_>) -> bool {
    let mut minifier = Minifier::default();
    let mut write = |text: &[u8]| {
        text.chunks(BASE64_PIECE_BYTES).all(|piece| {
            minifier.append(piece, lines.end());
            lines.settle()
        })
    };
    if is_utf8 {
        write(json)
    } else {
        write_as_utf8(json, write)
    }
}
