//! The subscription message: what CloudWatch Logs puts into a record.
//!
//! Two readers give the same answer. The fast one knows only the shape that CloudWatch Logs writes: compact, keys in its
//! order. The general one leaves everything else, and every error, to serde_json. Both hand a message to a [`Sink`] event by
//! event, so that an event is written while it is still in the processor's nearest cache. All text stays borrowed, and
//! every string stays the JSON literal that it was.

mod agree;
mod fast;
mod general;

pub use agree::readers_agree;

use crate::buffer::Buffer;
use crate::json::JsonStr;

/// What all log events of a message share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// The account that owns the log group, 12 digits.
    pub(crate) owner: JsonStr<'a>,
    pub(crate) log_group: JsonStr<'a>,
    pub(crate) log_stream: JsonStr<'a>,
}

/// One log event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogEvent<'a> {
    /// CloudWatch Logs' id of the event, 56 digits.
    pub(crate) id: JsonStr<'a>,
    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) timestamp: i64,
    /// What was logged.
    pub(crate) message: JsonStr<'a>,
    pub(crate) system: SystemFields<'a>,
}

/// The system fields of an event, if the subscription filter emits them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SystemFields<'a> {
    /// `@aws.account`
    pub(crate) account: Option<JsonStr<'a>>,
    /// `@aws.region`
    pub(crate) region: Option<JsonStr<'a>>,
}

/// Takes the messages of a record while a reader walks over them.
///
/// For every CONTROL_MESSAGE the reader calls [`control`](Sink::control). For every DATA_MESSAGE it calls, in this order:
/// 1. for each log event, in the order of the text: [`message_text`](Sink::message_text) just before it reads the event's
///    message, then [`event`](Sink::event);
/// 2. [`end`](Sink::end).
///
/// The reader checks the text while it walks. If it fails, at whatever point, all that the sink was given of the record is
/// void: throw away what was made of it.
pub(crate) trait Sink<'a> {
    /// A CONTROL_MESSAGE was read: CloudWatch Logs' own check that it can deliver.
    fn control(&mut self);

    /// Returns the buffer to which the reader appends the next event's message as plain text, or `None` if the literal in
    /// [`LogEvent::message`] suffices.
    fn message_text(&mut self) -> Option<&mut Buffer>;

    /// A log event was read, of the DATA_MESSAGE that `header` describes.
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>);

    /// A DATA_MESSAGE was read to its end, with or without events. `json` is the whole message, one JSON object; if `compact`, it
    /// is known to hold no white space between its tokens.
    fn end(&mut self, json: &'a [u8], compact: bool);
}

/// Why a text is not a subscription message. No message quotes the text.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum MessageError {
    /// Not JSON, or cut short.
    #[error("the text inside is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
    },
    /// A field that every subscription message has is absent or of another type.
    #[error("not a subscription message: `{field}` is absent or of another type")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// A field occurs twice, or an event is not an object.
    #[error("not a subscription message: its shape is another (line {line}, column {column})")]
    Shape {
        /// Line of the message, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
    },
    /// `messageType` is neither DATA_MESSAGE nor CONTROL_MESSAGE.
    #[error("`messageType` is neither DATA_MESSAGE nor CONTROL_MESSAGE")]
    UnknownType,
}

/// Reads all subscription messages of a record. They follow one another, with or without white space between.
///
/// # Errors
/// Returns the first fault.
pub(crate) fn read<'a>(text: &'a str, sink: &mut impl Sink<'a>) -> Result<(), MessageError> {
    let mut rest = text;
    loop {
        let length = general::read(rest, sink)?;
        rest = rest[length..].trim_ascii_start();
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// Reads the same from bytes, which need not be UTF-8, if the fast reader accepts all of them.
pub(crate) fn read_fast<'a>(bytes: &'a [u8], sink: &mut impl Sink<'a>) -> Option<()> {
    let mut rest = bytes;
    loop {
        let length = fast::read(rest, sink)?;
        rest = rest[length..].trim_ascii_start();
        if rest.is_empty() {
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::agree::Gathered;
    use super::*;

    const COMPACT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["a","b"],"logEvents":[{"id":"1","timestamp":1510254469498,"message":"a \"b\" \ud800 \u00e9"},{"id":"2","timestamp":9999999999999,"message":"","extractedFields":{"@aws.account":"444455556666","x":"y","@aws.region":"eu-west-1"}}],"policyLevel":"ACCOUNT_LEVEL_POLICY"}"#;

    fn gathered(text: &str) -> Result<Gathered<'_>, MessageError> {
        let mut gathered = Gathered::default();
        read(text, &mut gathered).map(|()| gathered)
    }

    #[test]
    fn the_fast_reader_accepts_what_cloudwatch_logs_writes() {
        let mut gathered = Gathered::with_texts();
        read_fast(COMPACT.as_bytes(), &mut gathered).unwrap();
        assert_eq!(gathered.json, [COMPACT.as_bytes()]);
        let [first, second] = gathered.events[..] else {
            panic!("{gathered:?}")
        };
        assert_eq!(first.message.text(), "a \"b\" \u{fffd} é");
        assert_eq!(
            gathered.texts.unwrap().written(),
            "a \"b\" \u{fffd} é".as_bytes()
        );
        assert_eq!(second.system.region.unwrap().text(), "eu-west-1");
        assert_eq!(second.system.account.unwrap().text(), "444455556666");
        assert!(readers_agree(COMPACT.as_bytes()));
    }

    #[test]
    fn the_general_reader_reads_other_shapes_alike() {
        let spaced: serde_json::Value =
            serde_json::from_str(&COMPACT.replace("\\ud800", "")).unwrap();
        let spaced = serde_json::to_string_pretty(&spaced).unwrap();
        assert!(read_fast(spaced.as_bytes(), &mut Gathered::default()).is_none());
        let gathered = gathered(&spaced).unwrap();
        assert_eq!(gathered.headers[0].owner.text(), "111122223333");
        assert_eq!(gathered.events[0].timestamp, 1_510_254_469_498);
        assert_eq!(
            gathered.events[1].system.region.unwrap().text(),
            "eu-west-1"
        );
    }

    #[test]
    fn messages_may_follow_one_another() {
        let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}"#;
        for gap in ["", "\n", " \r\n "] {
            let text = format!("{COMPACT}{gap}{control}{gap}{COMPACT}{gap}");
            let mixed = gathered(&text).unwrap();
            assert_eq!((mixed.controls, mixed.json.len()), (1, 2));
            let text = format!("{COMPACT}{gap}{COMPACT}{gap}");
            let mut fast = Gathered::default();
            read_fast(text.as_bytes(), &mut fast).unwrap();
            assert_eq!(fast, gathered(&text).unwrap());
        }
    }

    #[test]
    fn an_error_names_the_field_and_quotes_nothing() {
        let field = |field| MessageError::Field { field };
        let without = |part: &str, instead: &str| {
            assert!(COMPACT.contains(part));
            let text = COMPACT.replace(part, instead);
            let error = gathered(&text).unwrap_err();
            assert!(!error.to_string().contains("secret"));
            error
        };
        assert_eq!(
            without(r#""messageType":"DATA_MESSAGE","#, ""),
            field("messageType")
        );
        assert_eq!(without("\"DATA_MESSAGE\"", "null"), field("messageType"));
        assert_eq!(without("DATA_MESSAGE", "secret"), MessageError::UnknownType);
        assert_eq!(without("\"111122223333\"", "7"), field("owner"));
        assert_eq!(without("\"logGroup\"", "\"secret\""), field("logGroup"));
        assert_eq!(
            without("\"timestamp\":9999999999999", "\"timestamp\":\"secret\""),
            field("logEvents.timestamp")
        );
        assert_eq!(
            without("\"message\":\"\"", "\"message\":{}"),
            field("logEvents.message")
        );
        assert!(matches!(
            without("{\"id\":\"1\"", "{\"id\":\"1\",\"id\":\"1\""),
            MessageError::Shape { .. }
        ));
        assert!(matches!(
            without("\"a\",\"b\"]", "secret]"),
            MessageError::NotJson { .. }
        ));
        assert_eq!(
            gathered(&format!("{COMPACT}secret")).unwrap_err(),
            MessageError::NotJson { line: 1, column: 1 }
        );
    }

    proptest! {
        /// Splices JSON's own material into a good message. If the fast reader still accepts it, it is right.
        #[test]
        fn the_readers_agree_on_anything_near_a_good_message(
            at in 0..COMPACT.len(),
            cut in 0..6_usize,
            byte_at in any::<usize>(),
            byte in any::<u8>(),
            splice in r#"(["\\{}\[\]:, 0-9eu.x\n-]|"id":|"message":"a"|"timestamp":1|,"policyLevel":"a"){0,3}"#,
        ) {
            let end = (at + cut).min(COMPACT.len());
            let text = format!("{}{splice}{}", &COMPACT[..at], &COMPACT[end..]);
            prop_assert!(readers_agree(text.as_bytes()), "{text}");
            let mut bytes = text.into_bytes();
            let broken = byte_at % bytes.len();
            bytes[broken] = byte;
            prop_assert!(readers_agree(&bytes), "{bytes:?}");
        }
    }
}
