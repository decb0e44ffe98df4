//! The format `document`: the whole subscription message as one JSON object on one line.

use super::REPLACED;
use super::lines::Lines;
use crate::json::{Cursor, Simd, Walk, is_white_space, walk};
use crate::subscription::Document;

/// Writes a message. Returns `false` once there is no room for more.
pub(super) fn write(document: Document<'_>, lines: &mut Lines<'_>) -> bool {
    let written = if document.is_compact && document.is_utf8 {
        lines.write_long(document.json)
    } else {
        let (most, brace) = document.json.split_at(document.json.len() - 1);
        walk(most, OneLine(lines))
            && (document.is_utf8 || lines.write_long(REPLACED))
            && lines.write_long(brace)
    };
    written && lines.write_long(b"\n")
}

/// Writes valid JSON without the white space between its tokens, and with U+FFFD for bytes that are not UTF-8.
struct OneLine<'l, 'o>(&'l mut Lines<'o>);

impl<'a> Walk<'a> for OneLine<'_, '_> {
    type Found = bool;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> bool {
        let Self(lines) = self;
        // Where what is not written yet begins: as long as nothing has to change, it only grows.
        let mut begin = cursor.at();
        loop {
            let rest = cursor.rest();
            let tokens = rest
                .iter()
                .take_while(|byte| !is_white_space(**byte) && **byte != b'"')
                .count();
            cursor.go_to(cursor.at() + tokens);
            let run = cursor.since(begin);
            let is_written = match cursor.peek() {
                None => return lines.write_long(run),
                Some(b'"') => match cursor.string() {
                    Ok(string) if string.is_utf8() => continue,
                    Ok(string) => lines.write_long(run) && lines.write_string(string),
                    Err(_) => false,
                },
                Some(_) => {
                    cursor.white_space();
                    lines.write_long(run)
                }
            };
            if !is_written {
                return false;
            }
            begin = cursor.at();
        }
    }
}
