//! The walk over a log event.

use super::field::{Stop, absent, plain, set, short, string, twice};
use super::{Header, LogEvent, Sink, SystemFields, timestamp};
use crate::json::{Cursor, JsonStr, Simd};
use crate::timestamp::number;

/// The `extractedFields` of the event before, which are mostly those of the next one.
#[derive(Default)]
pub(super) struct Seen<'a> {
    json: &'a [u8],
    system: SystemFields<'a>,
}

/// What is known of a log event so far.
#[derive(Default, Clone, Copy)]
struct Fields<'a> {
    id: Option<JsonStr<'a>>,
    timestamp: Option<i64>,
    message: Option<JsonStr<'a>>,
    system: Option<SystemFields<'a>>,
}

/// Reads a log event and hands it to the sink: in two places, since an event that comes from either would pass through memory.
#[inline(always)]
pub(super) fn event<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    header: &Header<'a>,
    sink: &mut impl Sink<'a>,
    seen: &mut Seen<'a>,
) -> Result<(), Stop> {
    let mut fields = Fields::default();
    let head = usual_head(cursor);
    if let Some((id, timestamp)) = head {
        let message = text(cursor, sink)?;
        if cursor.token(r#","extractedFields":"#) {
            fields.system = Some(usual_system_fields(cursor, seen)?);
        }
        if cursor.token("}") {
            let event = LogEvent {
                id,
                timestamp,
                message,
                system: fields.system.unwrap_or_default(),
            };
            sink.event(header, event);
            return Ok(());
        }
        fields.id = Some(id);
        fields.timestamp = Some(timestamp);
        fields.message = Some(message);
    }
    // By value: a reference would keep the fields of every event out of registers.
    cursor.apart(
        #[inline(always)]
        |cursor| {
            let fields = other_members(cursor, head.is_some(), sink, fields)?;
            let event = LogEvent {
                id: fields.id.ok_or(absent("logEvents.id"))?,
                timestamp: fields.timestamp.ok_or(absent("logEvents.timestamp"))?,
                message: fields.message.ok_or(absent("logEvents.message"))?,
                system: fields.system.unwrap_or_default(),
            };
            sink.event(header, event);
            Ok(())
        },
    )
}

/// Steps over an event's id and time as CloudWatch Logs writes them, and to its message. Stays if they are written in any other way.
///
/// All of it has a fixed length, so that its parts are where they have to be.
#[inline(always)]
fn usual_head<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<(JsonStr<'a>, i64)> {
    const ID: &[u8] = br#"{"id":"#;
    const TIMESTAMP: &[u8] = br#","timestamp":"#;
    const MESSAGE: &[u8] = br#","message":"#;
    const LITERAL: usize = 58;
    const DIGITS: usize = 13;
    const HEAD: usize = ID.len() + LITERAL + TIMESTAMP.len() + DIGITS + MESSAGE.len();
    let head: &[u8; HEAD] = cursor.rest().first_chunk()?;
    let (before_id, rest) = head.split_at(ID.len());
    let (before_time, rest) = rest[LITERAL..].split_at(TIMESTAMP.len());
    let (digits, before_message) = rest.split_first_chunk::<DIGITS>()?;
    if before_id != ID || before_time != TIMESTAMP || before_message != MESSAGE {
        return None;
    }
    let begin = cursor.at();
    let timestamp = number(digits)?;
    cursor.go_to(begin + ID.len());
    let id = cursor.short_string().ok();
    let id = id.filter(|id| id.literal().len() == LITERAL);
    cursor.go_to(if id.is_some() { begin + HEAD } else { begin });
    Some((id?, timestamp))
}

/// Reads the members of a log event in any order, and what is unknown among them. Some, `fields`, were read before if `has_begun`.
#[inline(always)]
fn other_members<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    has_begun: bool,
    sink: &mut impl Sink<'a>,
    mut fields: Fields<'a>,
) -> Result<Fields<'a>, Stop> {
    if !has_begun && cursor.peek() != Some(b'{') {
        cursor.value(2)?;
        return Err(absent("logEvents").into());
    }
    let mut goes_on = if has_begun {
        cursor.next_member()?
    } else {
        cursor.open_object()?
    };
    while goes_on {
        match &*plain(cursor.key()?) {
            b"id" => {
                let id = string(cursor, 3, "logEvents.id")?;
                set(&mut fields.id, id, "logEvents.id")?;
            }
            b"timestamp" => {
                let time = time(cursor)?;
                set(&mut fields.timestamp, time, "logEvents.timestamp")?;
            }
            b"message" => {
                // Before it is read: the sink takes one text for each event.
                if fields.message.is_some() {
                    return Err(twice("logEvents.message").into());
                }
                fields.message = Some(text(cursor, sink)?);
            }
            b"extractedFields" => {
                let system = system_fields(cursor)?;
                set(&mut fields.system, system, "logEvents.extractedFields")?;
            }
            _ => {
                cursor.value(3)?;
            }
        }
        goes_on = cursor.next_member()?;
    }
    Ok(fields)
}

#[inline(always)]
fn time<S: Simd>(cursor: &mut Cursor<'_, S>) -> Result<i64, Stop> {
    if let Some(time) = timestamp::usual(cursor) {
        return Ok(time);
    }
    cursor.white_space();
    let time = match timestamp::usual(cursor) {
        Some(time) => Some(time),
        None => timestamp::any(cursor, 3)?,
    };
    Ok(time.ok_or(absent("logEvents.timestamp"))?)
}

/// Reads the message of a log event.
#[inline(always)]
fn text<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    sink: &mut impl Sink<'a>,
) -> Result<JsonStr<'a>, Stop> {
    cursor.white_space();
    match sink.message_text() {
        Some(out) if cursor.peek() == Some(b'"') => Ok(cursor.unescaped_string(out)?),
        _ => string(cursor, 3, "logEvents.message"),
    }
}

/// Reads the value of `extractedFields`, or recognises that of the event before.
#[inline(always)]
fn usual_system_fields<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    seen: &mut Seen<'a>,
) -> Result<SystemFields<'a>, Stop> {
    // An object ends where its braces say, so what begins like a whole one is that.
    if !seen.json.is_empty() && cursor.rest().starts_with(seen.json) {
        cursor.go_to(cursor.at() + seen.json.len());
        return Ok(seen.system);
    }
    let begin = cursor.at();
    let is_object = cursor.peek() == Some(b'{');
    let system = cursor.apart(
        #[inline(always)]
        |cursor| system_fields(cursor),
    )?;
    if is_object {
        *seen = Seen {
            json: cursor.since(begin),
            system,
        };
    }
    Ok(system)
}

/// Reads the value of `extractedFields`. If it is not an object, or its system fields are not strings, there are none.
#[inline(always)]
fn system_fields<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Result<SystemFields<'a>, Stop> {
    cursor.white_space();
    if cursor.peek() != Some(b'{') {
        cursor.value(3)?;
        return Ok(SystemFields::default());
    }
    let (mut account, mut region) = (None, None);
    let mut goes_on = cursor.open_object()?;
    while goes_on {
        let key = cursor.key()?;
        match &*plain(key) {
            b"@aws.account" => {
                let value = system_field(cursor, "@aws.account")?;
                set(&mut account, value, "@aws.account")?;
            }
            b"@aws.region" => {
                let value = system_field(cursor, "@aws.region")?;
                set(&mut region, value, "@aws.region")?;
            }
            _ if cursor.peek() == Some(b'"') => {
                cursor.string()?;
            }
            _ => {
                cursor.value(4)?;
            }
        }
        goes_on = cursor.next_member()?;
    }
    Ok(SystemFields {
        account: account.flatten(),
        region: region.flatten(),
    })
}

#[inline(always)]
fn system_field<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    field: &'static str,
) -> Result<Option<JsonStr<'a>>, Stop> {
    if cursor.peek() == Some(b'"') {
        return short(cursor.string()?, field).map(Some);
    }
    cursor.value(4)?;
    Ok(None)
}
