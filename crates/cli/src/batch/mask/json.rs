//! Replaces in the strings of a JSON document, and leaves everything between them as it is.

use serde::de::IgnoredAny;

use super::text::{Finder, Manner, replace as replace_text};
use super::vocabulary::{is_fixed, is_prose};

/// The document with everything replaced that `finder` replaces. It is JSON afterwards if it was before.
pub(super) fn replace(document: &str, finder: &mut impl Finder) -> String {
    replace_nested(document, NESTED_MAX, finder)
}

/// How deep documents may be strings in documents: a subscription message, its message, a policy in it, and some more.
const NESTED_MAX: usize = 8;

/// An object or a list that is open. It stays small, however long keys are and however deep lists nest.
#[derive(Clone, Copy, Default)]
struct Open {
    /// Of the member whose value is, or was, read; a list has that of the object around it.
    kind: Kind,
    is_object: bool,
    /// The next string is the name of a member.
    is_key_next: bool,
    /// The names of its members are names: it is a map of tags.
    is_map: bool,
}

/// What the name of a member says of its value.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    Prose,
    Fixed,
    Map,
    #[default]
    Other,
}

impl Kind {
    fn of(key: &str) -> Self {
        if is_prose(key) {
            Self::Prose
        } else if is_fixed(key) {
            Self::Fixed
        } else if MAPS.iter().any(|map| key.eq_ignore_ascii_case(map)) {
            Self::Map
        } else {
            Self::Other
        }
    }
}

fn replace_nested(document: &str, depth: usize, finder: &mut impl Finder) -> String {
    let mut out = String::with_capacity(document.len());
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(byte) = document.as_bytes().get(at) {
        let rest = &document[at..];
        let length = match byte {
            b'"' => {
                let literal = literal(rest);
                string(literal, &mut open, depth, finder, &mut out);
                literal.len()
            }
            b'0'..=b'9' => {
                let number = number(rest);
                match number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => out += &finder.account(number),
                    false => out += number,
                }
                number.len()
            }
            _ => {
                structure(*byte, &mut open);
                let char = rest.chars().next().unwrap_or_default();
                out.push(char);
                char.len_utf8()
            }
        };
        at += length;
    }
    out
}

/// Follows what opens and closes.
fn structure(byte: u8, open: &mut Vec<Open>) {
    match byte {
        b'{' | b'[' => {
            let around = open.last().copied().unwrap_or_default();
            open.push(Open {
                kind: around.kind,
                is_object: byte == b'{',
                is_key_next: byte == b'{',
                is_map: around.kind == Kind::Map,
            });
        }
        b'}' | b']' => drop(open.pop()),
        b',' => {
            if let Some(inside) = open.last_mut() {
                inside.is_key_next = inside.is_object;
            }
        }
        _ => {}
    }
}

/// Objects whose members are named by people.
const MAPS: [&str; 4] = ["annotations", "labels", "metadata", "tags"];

/// Replaces in a string, which is written as it was if nothing changes.
fn string(
    literal: &str,
    open: &mut [Open],
    depth: usize,
    finder: &mut impl Finder,
    out: &mut String,
) {
    let Ok(text) = serde_json::from_str::<String>(literal) else {
        // half of a surrogate pair: nothing but U+FFFD can stand for it
        out.push_str("\"\u{fffd}\"");
        return;
    };
    let inside = open.last().copied().unwrap_or_default();
    let mask = if inside.is_key_next {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let manner = match (inside.is_map, is_plain) {
            (true, _) => Manner::Name,
            (false, true) => Manner::Fixed,
            (false, false) => Manner::Prose,
        };
        replace_text(&text, manner, finder)
    } else if depth > 0 && is_document(&text) {
        replace_nested(&text, depth - 1, finder)
    } else {
        replace_text(&text, manner(inside.kind, &text), finder)
    };
    if let Some(inside) = open.last_mut()
        && inside.is_key_next
    {
        inside.is_key_next = false;
        inside.kind = Kind::of(&text);
    }
    if mask == text {
        out.push_str(literal);
    } else {
        // a string can always be written
        out.push_str(&serde_json::to_string(&mask).unwrap_or_default());
    }
}

/// What the value of a member is.
fn manner(kind: Kind, text: &str) -> Manner {
    match kind {
        Kind::Prose => Manner::Prose,
        Kind::Fixed => Manner::Fixed,
        Kind::Map | Kind::Other if is_time(text) || is_service(text) => Manner::Fixed,
        Kind::Map | Kind::Other => Manner::Name,
    }
}

/// Whether it is a document of its own, such as the record of a trail.
fn is_document(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether it is a date, with a time or without.
fn is_time(text: &str) -> bool {
    let is_date = text.get(..10).is_some_and(|date| {
        date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    is_date
        && text[10..].bytes().all(|byte| {
            matches!(
                byte,
                b'0'..=b'9' | b'T' | b':' | b'.' | b'Z' | b'+' | b'-' | b' '
            )
        })
}

/// Whether it is the name of an AWS service, such as `logs.amazonaws.com`.
fn is_service(text: &str) -> bool {
    text.strip_suffix(".amazonaws.com").is_some_and(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// The string literal at the beginning, with its quotes.
fn literal(rest: &str) -> &str {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return &rest[..=at],
            _ => {}
        }
    }
    rest
}

fn number(rest: &str) -> &str {
    let end = rest.find(|char: char| !matches!(char, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
    &rest[..end.unwrap_or(rest.len())]
}
