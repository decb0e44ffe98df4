//! The general reader: a message of any shape, by serde_json.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Header, LogEvent, MessageError, Sink, SystemFields};
use crate::json::JsonStr;

/// Reads the message at the beginning of `text` and returns its length.
pub(super) fn read<'a>(text: &'a str, sink: &mut impl Sink<'a>) -> Result<usize, MessageError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let json = match values.next() {
        Some(Ok(value)) => value.get(),
        Some(Err(error)) => {
            return Err(MessageError::NotJson {
                line: error.line(),
                column: error.column(),
            });
        }
        None => return Err(MessageError::NotJson { line: 1, column: 0 }),
    };
    let wire: Wire<'_> = shape(json)?;
    match string(wire.message_type, "messageType")?.text().as_ref() {
        "CONTROL_MESSAGE" => sink.control(),
        "DATA_MESSAGE" => {
            let header = Header {
                owner: string(wire.owner, "owner")?,
                log_group: string(wire.log_group, "logGroup")?,
                log_stream: string(wire.log_stream, "logStream")?,
            };
            for event in events(wire.log_events)? {
                if let Some(texts) = sink.message_text() {
                    event.message.unescape_into(texts);
                }
                sink.event(&header, event);
            }
            sink.end(json.as_bytes(), false);
        }
        _ => return Err(MessageError::UnknownType),
    }
    Ok(values.byte_offset())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    message_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    owner: Option<&'a RawValue>,
    #[serde(borrow, default)]
    log_group: Option<&'a RawValue>,
    #[serde(borrow, default)]
    log_stream: Option<&'a RawValue>,
    #[serde(borrow, default)]
    log_events: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "extractedFields")]
    extracted_fields: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct WireSystemFields<'a> {
    #[serde(borrow, default, rename = "@aws.account")]
    account: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "@aws.region")]
    region: Option<&'a RawValue>,
}

fn events(json: Option<&RawValue>) -> Result<Vec<LogEvent<'_>>, MessageError> {
    const EVENTS: MessageError = MessageError::Field { field: "logEvents" };
    let json = json
        .filter(|json| json.get().starts_with('['))
        .ok_or(EVENTS)?;
    let wires: Vec<WireEvent<'_>> = shape(json.get())?;
    wires
        .into_iter()
        .map(|wire| {
            let fields = match wire.extracted_fields {
                Some(fields) if fields.get().starts_with('{') => shape(fields.get())?,
                _ => WireSystemFields::default(),
            };
            Ok(LogEvent {
                id: string(wire.id, "logEvents.id")?,
                timestamp: timestamp(wire.timestamp).ok_or(MessageError::Field {
                    field: "logEvents.timestamp",
                })?,
                message: string(wire.message, "logEvents.message")?,
                system: SystemFields {
                    account: fields.account.and_then(JsonStr::of),
                    region: fields.region.and_then(JsonStr::of),
                },
            })
        })
        .collect()
}

fn shape<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, MessageError> {
    serde_json::from_str(json).map_err(|error| MessageError::Shape {
        line: error.line(),
        column: error.column(),
    })
}

fn string<'a>(
    json: Option<&'a RawValue>,
    field: &'static str,
) -> Result<JsonStr<'a>, MessageError> {
    json.and_then(JsonStr::of)
        .ok_or(MessageError::Field { field })
}

/// Reads milliseconds since 1970: a number, a number in a string, or an ISO 8601 time in a string. Returns `None` before
/// 1970 and after 9999.
fn timestamp(json: Option<&RawValue>) -> Option<i64> {
    let json = json?;
    let text = JsonStr::of(json).map_or(Cow::Borrowed(json.get()), JsonStr::text);
    let time = match text.parse() {
        Ok(milliseconds) => jiff::Timestamp::from_millisecond(milliseconds).ok()?,
        Err(_) => text.parse().ok()?,
    };
    (time >= jiff::Timestamp::UNIX_EPOCH).then(|| time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_may_be_strings() {
        for (json, expected) in [
            ("1510254469498", Some(1_510_254_469_498)),
            ("\"1510254469498\"", Some(1_510_254_469_498)),
            ("\"2017-11-09T19:07:49.498Z\"", Some(1_510_254_469_498)),
            ("-1", None),
            ("9223372036854775807", None),
            ("1.5", None),
            ("null", None),
            ("\"soon\"", None),
        ] {
            let json = RawValue::from_string(json.to_owned()).unwrap();
            assert_eq!(timestamp(Some(&json)), expected, "{json}");
        }
    }
}
