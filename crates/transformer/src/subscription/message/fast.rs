//! The fast reader: the one shape of message that CloudWatch Logs writes, in one pass.

use crate::json::Simd;

use super::{Header, LogEvent, Sink, SystemFields};
use crate::json::{Cursor, JsonStr, Walk, walk};

/// Reads the DATA_MESSAGE at the beginning of `text` and returns its length. Returns `None` if it has any other shape or is not
/// UTF-8; what `sink` was given is void then.
pub(super) fn read<'a>(text: &'a [u8], sink: &mut impl Sink<'a>) -> Option<usize> {
    walk(text, Message(sink))
}

struct Message<'s, K>(&'s mut K);

impl<'a, K: Sink<'a>> Walk<'a> for Message<'_, K> {
    type Found = Option<usize>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Option<usize> {
        let Self(sink) = self;
        cursor.token(r#"{"messageType":"DATA_MESSAGE","owner":"#)?;
        let owner = cursor.string()?;
        cursor.token(r#","logGroup":"#)?;
        let log_group = cursor.string()?;
        cursor.token(r#","logStream":"#)?;
        let log_stream = cursor.string()?;
        cursor.token(r#","subscriptionFilters":["#)?;
        cursor.string()?;
        while cursor.token(",").is_some() {
            cursor.string()?;
        }
        cursor.token(r#"],"logEvents":["#)?;
        let header = Header {
            owner,
            log_group,
            log_stream,
        };
        loop {
            let event = event(&mut cursor, sink)?;
            sink.event(&header, event);
            if cursor.token("},").is_none() {
                break;
            }
        }
        cursor.token("}]")?;
        if cursor.token(r#","policyLevel":"#).is_some() {
            cursor.string()?;
        }
        cursor.token("}")?;
        sink.end(cursor.walked(), true);
        Some(cursor.walked().len())
    }
}

/// Reads an event up to its closing brace.
#[inline(always)]
fn event<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    sink: &mut impl Sink<'a>,
) -> Option<LogEvent<'a>> {
    cursor.token(r#"{"id":"#)?;
    let id = cursor.string()?;
    cursor.token(r#","timestamp":"#)?;
    let timestamp = timestamp(cursor)?;
    cursor.token(r#","message":"#)?;
    let message = match sink.message_text() {
        Some(text) => cursor.unescaped_string(text)?,
        None => cursor.string()?,
    };
    let system = match cursor.token(r#","extractedFields":{"#) {
        Some(()) => system_fields(cursor)?,
        None => SystemFields::default(),
    };
    Some(LogEvent {
        id,
        timestamp,
        message,
        system,
    })
}

/// Reads a whole number of milliseconds of 13 digits: the years 2001 to 2286.
#[inline(always)]
fn timestamp<S: Simd>(cursor: &mut Cursor<'_, S>) -> Option<i64> {
    let (first, rest) = cursor.rest().split_first_chunk::<8>()?;
    let (second, rest) = rest.split_first_chunk::<5>()?;
    let is_number = first.iter().chain(second).all(u8::is_ascii_digit);
    if !is_number || first[0] == b'0' || rest.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    cursor.advance(13);
    let low = second
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some(i64::from(eight_digits(*first)) * 100_000 + low)
}

/// Reads the rest of an `extractedFields` object of strings. A repeated field is left to serde_json.
#[inline(always)]
fn system_fields<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<SystemFields<'a>> {
    let mut system = SystemFields::default();
    loop {
        let key: JsonStr<'a> = cursor.string()?;
        cursor.token(":")?;
        let value = cursor.string()?;
        let slot = match key.inner() {
            b"@aws.account" => &mut system.account,
            b"@aws.region" => &mut system.region,
            other if other.contains(&b'\\') => return None,
            _ => &mut None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
        if cursor.token(",").is_none() {
            cursor.token("}")?;
            return Some(system);
        }
    }
}

/// Reads eight digits at once: adds up pairs, then fours, then all.
#[inline(always)]
fn eight_digits(digits: [u8; 8]) -> u32 {
    let units = u64::from_le_bytes(digits) & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (units.wrapping_mul(10 * 256 + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 * 65_536 + 1) >> 16) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32;
    // Eight digits are below 2^32.
    all as u32
}
