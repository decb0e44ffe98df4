//! Fields as values: where a field stands in a text, and what a document has of it.

use super::As;
use super::address::{address, is_address};
use super::domain::{reversed, without_root};
use super::span::{Kind, Span};
use crate::buffer::{self, Buffer};
use crate::json::append_as_string;
use crate::limits::TERM_BYTES_MAX;
use crate::schema::tag::decoded;
use crate::timestamp::{MILLISECONDS_MAX, TIME, Timestamps, number};

impl As {
    /// Whether what becomes of a field of this kind follows from that alone.
    pub(super) fn follows_from(self, kind: Kind) -> bool {
        match self {
            Self::NoIp | Self::IpVersion(..) => {
                matches!(kind, Kind::Absent | Kind::Ipv4 | Kind::Ipv6)
            }
            _ => kind == Kind::Absent,
        }
    }

    /// Whether a field of this kind becomes itself between quotes, if it is not long, or itself, if it is an integer.
    #[inline(always)]
    pub(super) fn is_quoted(self, kind: Kind) -> Option<bool> {
        match (self, kind) {
            (Self::Keyword | Self::Text, Kind::Text | Kind::Ipv4 | Kind::Ipv6)
            | (Self::Ip, Kind::Ipv4 | Kind::Ipv6) => Some(true),
            (Self::Long, Kind::Scalar | Kind::Integer) => Some(false),
            _ => None,
        }
    }
}

/// Appends a field as a value. Returns `false` if it is absent; `out` may then hold a part of it.
#[inline(always)]
pub(super) fn convert(
    span: Span,
    text: &[u8],
    how: As,
    timestamps: &mut Timestamps,
    out: &mut Buffer,
) -> bool {
    if span.kind == Kind::Absent {
        return false;
    }
    let field = span.of(text);
    match (how, span.kind) {
        (As::Keyword | As::Text, Kind::Text | Kind::Ipv4 | Kind::Ipv6)
            if how == As::Text || field.len() <= TERM_BYTES_MAX =>
        {
            quoted(span, text, out);
            true
        }
        (As::Domain, Kind::Text) => {
            let length = without_root(field).len();
            let begin = span.begin as usize;
            keyword(Span::new(Kind::Text, begin, begin + length), text, out)
        }
        (As::Keyword | As::Domain, _) => keyword(span, text, out),
        (As::Text, _) => string(span, text, out),
        (As::Long, Kind::Text | Kind::Scalar | Kind::Integer)
            if span.kind == Kind::Integer || is_integer(field) =>
        {
            let (rest, length) = span.with_rest(text);
            put(out, rest, length);
            true
        }
        (As::Port, Kind::Text | Kind::Scalar | Kind::Integer) if is_port(field) => {
            out.extend(field);
            true
        }
        (As::Number, Kind::Scalar | Kind::Integer) if is_number(field) => {
            out.extend(field);
            true
        }
        (As::Whole, Kind::Text | Kind::Scalar | Kind::Integer) => {
            let point = memchr::memchr(b'.', field);
            let (digits, fraction) = match point {
                Some(point) => (&field[..point], &field[point + 1..]),
                None => (field, b"0".as_slice()),
            };
            out.extend(digits);
            let is_fraction = !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit);
            is_fraction && is_integer(digits)
        }
        (As::Ip, Kind::Ipv4 | Kind::Ipv6) => {
            quoted(span, text, out);
            true
        }
        (As::Ip, Kind::Text) if is_address(field) => {
            quoted(span, text, out);
            true
        }
        (As::NoIp, Kind::Text) if !is_address(field) => {
            quoted(span, text, out);
            true
        }
        (As::IpVersion([four, six]), kind) => {
            let json = match kind {
                Kind::Text => address(field),
                known => Some(known),
            };
            let json = match json {
                Some(Kind::Ipv4) => four,
                Some(Kind::Ipv6) => six,
                _ => "",
            };
            out.extend(json.as_bytes());
            !json.is_empty()
        }
        (As::ReverseIp, Kind::Text) => {
            let address = reversed(field);
            if let Some(address) = address {
                out.extend(format!("\"{address}\"").as_bytes());
            }
            address.is_some()
        }
        (As::Map(table), Kind::Text | Kind::Scalar | Kind::Integer) => {
            let found = table.iter().find(|(from, _)| from.as_bytes() == field);
            if let Some((_, json)) = found {
                out.extend(json.as_bytes());
            }
            found.is_some()
        }
        (As::Boolean, Kind::Text | Kind::Scalar) if matches!(field, b"true" | b"false") => {
            out.extend(field);
            true
        }
        (As::DateOfSeconds, Kind::Text | Kind::Scalar | Kind::Integer) => {
            let Some(milliseconds) = milliseconds_of(field) else {
                return false;
            };
            time(milliseconds, timestamps, out);
            true
        }
        (As::MillisecondsOfSeconds, Kind::Text | Kind::Scalar | Kind::Integer) => {
            let is_time = milliseconds_of(field).is_some();
            if is_time {
                out.extend_with([field, if field == b"0" { b"" } else { b"000" }]);
            }
            is_time
        }
        (As::Date, Kind::Text) => date(span, text, timestamps, out),
        (As::Milliseconds, Kind::Text) => {
            let milliseconds = timestamps.read(field);
            if let Some(milliseconds) = milliseconds {
                out.extend(itoa::Buffer::new().format(milliseconds).as_bytes());
            }
            milliseconds.is_some()
        }
        _ => false,
    }
}

/// Appends what comes before a value, and a field as the value, if both are short and it is what most are: a string that stays one, or a
/// number. Returns `false` if not, and appends nothing then.
#[inline(always)]
pub(super) fn member(
    (lead, lead_length): (&[u8], usize),
    span: Span,
    text: &[u8],
    how: As,
    out: &mut Buffer,
) -> bool {
    let Some(is_string) = how.is_quoted(span.kind) else {
        return false;
    };
    let (field, length) = span.with_rest(text);
    let Some(lead) = lead.first_chunk::<CHUNK>() else {
        return false;
    };
    let is_plain = is_string || span.kind == Kind::Integer || is_integer(&field[..length]);
    if lead_length > CHUNK || length > 2 * CHUNK || !is_plain {
        return false;
    }
    let Some(room) = out.room(ROOM).first_chunk_mut::<ROOM>() else {
        return false;
    };
    room[..CHUNK].copy_from_slice(lead);
    let mut end = lead_length;
    room[end] = b'"';
    end += usize::from(is_string);
    copy(field, length, &mut room[end..]);
    end += length;
    room[end] = b'"';
    end += usize::from(is_string);
    out.advance(end);
    true
}

/// Appends a time as a string.
#[inline]
pub(super) fn time(milliseconds: i64, timestamps: &mut Timestamps, out: &mut Buffer) {
    let length = put_time(milliseconds, timestamps, out.room(QUOTED_TIME));
    out.advance(length);
}

/// Writes a time as a string. Returns its length.
#[inline(always)]
pub(super) fn put_time(milliseconds: i64, timestamps: &mut Timestamps, room: &mut [u8]) -> usize {
    room[0] = b'"';
    room[TIME + 1] = b'"';
    if let Some(place) = room[1..].first_chunk_mut() {
        timestamps.write(milliseconds, place);
    }
    QUOTED_TIME
}

/// Copies the first `length` bytes of `from`. A copy of fixed length takes two instructions, and what it writes beyond is overwritten.
#[inline(always)]
pub(super) fn copy(from: &[u8], length: usize, to: &mut [u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut(), from.first_chunk::<CHUNK>())
        && length <= CHUNK
    {
        *to = *from;
        return;
    }
    buffer::copy(&from[..length], &mut to[..length]);
}

/// Appends the first `length` bytes of `rest`.
#[inline(always)]
pub(super) fn put(out: &mut Buffer, rest: &[u8], length: usize) {
    let room = out.room(length.max(CHUNK));
    copy(rest, length, room);
    out.advance(length);
}

/// Appends a field as a string.
#[inline(always)]
fn quoted(span: Span, text: &[u8], out: &mut Buffer) {
    let (rest, length) = span.with_rest(text);
    let room = out.room(length.max(CHUNK) + 2);
    room[0] = b'"';
    copy(rest, length, &mut room[1..]);
    room[length + 1] = b'"';
    out.advance(length + 2);
}

/// Appends what is not a short text as a string.
#[inline(never)]
fn keyword(span: Span, text: &[u8], out: &mut Buffer) -> bool {
    let begin = out.len();
    let is_there = string(span, text, out);
    if out.len() - begin > TERM_BYTES_MAX {
        cut(begin, out);
    }
    is_there
}

/// Appends anything as a string.
#[inline(never)]
fn string(span: Span, text: &[u8], out: &mut Buffer) -> bool {
    match span.kind {
        Kind::Absent => return false,
        Kind::Nested => append_as_string(span.of(text), out),
        Kind::Text | Kind::Ipv4 | Kind::Ipv6 | Kind::Scalar | Kind::Integer => {
            quoted(span, text, out);
        }
        Kind::Tag => match decoded(span.of(text)) {
            Some(decoded) => out.extend_with([b"\"", decoded.as_bytes(), b"\""]),
            None => return false,
        },
    }
    true
}

/// Cuts the string that begins at `begin` if what it stands for is too long for a term of an index.
#[cold]
fn cut(begin: usize, out: &mut Buffer) {
    let text: String = match serde_json::from_slice(&out.written()[begin..]) {
        Ok(text) => text,
        // No text can hold it: the escapes count as they stand.
        Err(_) => String::from_utf8_lossy(&out.written()[begin + 1..out.len() - 1])
            .replace('\\', "\u{fffd}"),
    };
    if text.len() <= TERM_BYTES_MAX {
        return;
    }
    let end = text.floor_char_boundary(TERM_BYTES_MAX - CUT.len());
    let literal = serde_json::Value::from(format!("{}{CUT}", &text[..end])).to_string();
    out.truncate(begin);
    out.extend(literal.as_bytes());
}

/// Appends a time that is text already: as it is, if it is as ECS wants it, or else in our own form.
#[inline(never)]
fn date(span: Span, text: &[u8], timestamps: &mut Timestamps, out: &mut Buffer) -> bool {
    let field = span.of(text);
    let Some(milliseconds) = timestamps.read(field) else {
        return false;
    };
    let is_usual = matches!(field, [.., b'Z']) && (20..=30).contains(&field.len());
    // Not everything that reads times knows leap seconds.
    let is_leap = field.get(17) == Some(&b'6');
    if is_usual
        && !is_leap
        && field.get(10) == Some(&b'T')
        && field.get(19).is_some_and(|b| b".Z".contains(b))
    {
        quoted(span, text, out);
    } else {
        time(milliseconds, timestamps, out);
    }
    true
}

/// Milliseconds since 1970 of seconds that are digits, to 9999.
#[inline(always)]
pub(super) fn milliseconds_of(digits: &[u8]) -> Option<i64> {
    // The years 2001 to 2286.
    if let Ok(digits) = digits.try_into() {
        return number::<10>(digits).map(|seconds| seconds * 1000);
    }
    let is_number = (1..=12).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if !is_number || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let seconds = digits
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some(seconds * 1000).filter(|time| *time <= MILLISECONDS_MAX)
}

/// Whether the text is an integer as JSON writes it, that a signed integer of 64 bits can hold.
#[inline]
fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_plain = !digits.starts_with(b"0") || text.len() == 1;
    is_plain && (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// Whether the text is an integer of 16 bits as JSON writes it.
fn is_port(text: &[u8]) -> bool {
    let number = std::str::from_utf8(text).ok().map(str::parse::<u16>);
    is_integer(text) && matches!(number, Some(Ok(_)))
}

/// Whether a scalar is a number.
fn is_number(scalar: &[u8]) -> bool {
    !matches!(scalar, b"true" | b"false")
}

/// Bytes that are copied at once: what most fields, and all their names, fit into.
pub(super) const CHUNK: usize = 32;

/// What a member is written to: more than its lead, its value and quotes.
const ROOM: usize = 4 * CHUNK;

/// Length of a time as a string.
const QUOTED_TIME: usize = TIME + 2;

/// What ends a text that was cut.
const CUT: &str = "… (cut)";

#[cfg(test)]
mod tests;
