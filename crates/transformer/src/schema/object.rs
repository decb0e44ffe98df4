//! Messages that are JSON objects, as they are.

use super::{Known, Misfit};
use crate::buffer::Buffer;
use crate::json::{JsonStr, is_white_space, one_object};
use crate::limits::JSON_DEPTH_MAX;

/// Appends the object that a message is, on one line.
///
/// # Errors
/// Fails if the message is no JSON object, or if no text can hold what it stands for.
pub(super) fn write(
    message: JsonStr<'_>,
    known: Known<'_>,
    out: &mut Buffer,
) -> Result<(), Misfit> {
    let begin = out.len();
    match known.text {
        Some(text) => out.extend(text),
        None => message.append_to(out),
    }
    let written = &out.written()[begin..];
    let is_compact = match known.depth {
        Some(depth) if depth < JSON_DEPTH_MAX => true,
        // The line is an object itself.
        _ => one_object(written, 1).ok_or(Misfit::NotAnObject)?,
    };
    if !is_all_text(message, written) {
        return Err(Misfit::NotText);
    }
    if !is_compact {
        compact(out, begin);
    }
    Ok(())
}

/// Whether a message stands for this text, and nothing in it was replaced by U+FFFD.
#[inline]
pub(super) fn is_all_text(message: JsonStr<'_>, written: &[u8]) -> bool {
    if message.is_plain() {
        return true;
    }
    memchr::memchr(REPLACEMENT[0], written).is_none() || is_text(message, written)
}

/// The same of a text that may hold a U+FFFD: the message may have it itself.
#[cold]
fn is_text(message: JsonStr<'_>, written: &[u8]) -> bool {
    memchr::memmem::find(written, &REPLACEMENT).is_none()
        || serde_json::from_slice::<String>(message.literal()).is_ok()
}

/// Removes the white space between the tokens of the JSON that begins at `begin`.
#[cold]
pub(super) fn compact(out: &mut Buffer, begin: usize) {
    let json = &mut out.written_mut()[begin..];
    let (mut length, mut is_inside, mut is_escaped) = (0, false, false);
    for at in 0..json.len() {
        let byte = json[at];
        if is_inside {
            is_inside = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
        } else if is_white_space(byte) {
            continue;
        } else {
            is_inside = byte == b'"';
        }
        json[length] = byte;
        length += 1;
    }
    out.truncate(begin + length);
}

/// U+FFFD.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The object of a message that is given as a JSON string.
    fn object_of(literal: &str) -> Result<String, Misfit> {
        let mut out = Buffer::default();
        out.extend(b"before ");
        write(JsonStr::from_literal(literal), Known::default(), &mut out)?;
        Ok(String::from_utf8(out.written()[7..].to_vec()).unwrap())
    }

    fn object(message: &str) -> Result<String, Misfit> {
        object_of(&Value::from(message).to_string())
    }

    #[test]
    fn an_object_is_passed_on_with_its_numbers_and_escapes() {
        let record = r#"{"a":1.50e+300,"b":-0.0,"c":"\u00e9\/\ud800 \"{ }\\","a":[ ],"":123456789012345678901234567890,"d.e":null}"#;
        assert_eq!(object(record).unwrap(), record.replace("[ ]", "[]"));
        let spaced = " {\n\t\"a\" : [ 1 ,\r\n \" \\\\\" , \"\\\" : \" ] } \n";
        assert_eq!(object(spaced).unwrap(), r#"{"a":[1," \\","\" : "]}"#);
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for message in [
            "",
            "[]",
            "1",
            "\"a\"",
            "null",
            "{}{}",
            "{} x",
            "{",
            "{\"a\":1,}",
            "text",
        ] {
            assert_eq!(object(message), Err(Misfit::NotAnObject), "{message}");
        }
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(object(&deep(126)).unwrap(), deep(126));
        assert_eq!(object(&deep(127)), Err(Misfit::NotAnObject));
    }

    #[test]
    fn what_is_known_to_be_compact_and_no_deeper_than_a_line_may_be_is_not_looked_at_again() {
        for (depth, expected) in [
            (None, "{}"),
            (Some(127), "{ }"),
            (Some(128), "{}"),
            (Some(129), "{}"),
        ] {
            let mut out = Buffer::default();
            let known = Known {
                depth,
                ..Known::default()
            };
            write(JsonStr::from_literal("\"{ }\""), known, &mut out).unwrap();
            assert_eq!(out.written(), expected.as_bytes(), "{depth:?}");
        }
    }

    #[test]
    fn escapes_that_stand_for_no_text_are_not_replaced_in_silence() {
        assert_eq!(object_of(r#""{\"a\":\"\ud800\"}""#), Err(Misfit::NotText));
        let literal = "\"{\\\"a\\\":\\\"\u{fffd}\\ufffd\u{ff5e}\\\"}\"";
        assert_eq!(
            object_of(literal).unwrap(),
            "{\"a\":\"\u{fffd}\u{fffd}\u{ff5e}\"}"
        );
    }

    proptest! {
        #[test]
        fn white_space_makes_no_difference(members in prop::collection::btree_map(any::<String>(), any::<(String, i64)>(), 0..6)) {
            let value = serde_json::to_value(members).unwrap();
            let expected = value.to_string();
            prop_assert_eq!(object(&expected).unwrap(), expected.as_str());
            prop_assert_eq!(object(&format!("{value:#}")).unwrap(), expected);
        }

        #[test]
        fn any_text_is_the_object_that_serde_json_reads_or_refused(message in r#"[{}\[\]",:a1 \\é\n]{0,12}|\{"a":[a-z0-9 \[\]{}",:]{0,8}\}"#) {
            let read = serde_json::from_str::<Value>(&message).ok().filter(Value::is_object);
            let written = object(&message).ok().map(|text| serde_json::from_str::<Value>(&text).unwrap());
            prop_assert_eq!(written, read);
        }
    }
}
