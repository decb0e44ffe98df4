//! The subscription message: what CloudWatch Logs puts into a record.
//!
//! Two readers give the same answer. The fast walk knows the one shape that CloudWatch Logs writes (compact, keys in
//! its order) and nothing else; every other shape, and every error, is serde_json's to judge. All text stays borrowed,
//! and every string stays the JSON literal that it was.

mod fast;
mod general;

use crate::json::JsonStr;

/// One subscription message.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Log events.
    Data(DataMessage<'a>),
    /// CloudWatch Logs' own check that the destination can be reached.
    Control,
}

impl Message<'_> {
    /// How many log events it carries; a control message carries none.
    pub fn events(&self) -> usize {
        match self {
            Self::Data(message) => message.events.len(),
            Self::Control => 0,
        }
    }
}

/// A DATA_MESSAGE, borrowed from the record's text.
#[derive(Debug, PartialEq, Eq)]
pub struct DataMessage<'a> {
    /// The whole message as it stood, one JSON object.
    pub json: &'a [u8],
    /// Whether `json` is known to hold no white space between its tokens.
    pub compact: bool,
    /// The account id of the log group's owner, 12 digits.
    pub owner: JsonStr<'a>,
    /// The log group's name.
    pub log_group: JsonStr<'a>,
    /// The log stream's name.
    pub log_stream: JsonStr<'a>,
    /// The log events, in their order.
    pub events: Vec<LogEvent<'a>>,
}

/// One log event.
#[derive(Debug, PartialEq, Eq)]
pub struct LogEvent<'a> {
    /// CloudWatch Logs' id of the event, 56 digits.
    pub id: JsonStr<'a>,
    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp: i64,
    /// What was logged.
    pub message: JsonStr<'a>,
    /// `@aws.account`, where the filter emits system fields.
    pub account: Option<JsonStr<'a>>,
    /// `@aws.region`, where the filter emits system fields.
    pub region: Option<JsonStr<'a>>,
}

/// Why a text is no subscription message. None of these messages quotes the text.
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
    /// A field that every subscription message has is absent, or of another type.
    #[error("not a subscription message: `{field}` is absent or of another type")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// A field occurs twice, or an event is no object.
    #[error("not a subscription message: its shape is another (line {line}, column {column})")]
    Shape {
        /// Line of the message, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
    },
    /// `messageType` is there, and neither DATA_MESSAGE nor CONTROL_MESSAGE.
    #[error("`messageType` is neither DATA_MESSAGE nor CONTROL_MESSAGE")]
    UnknownType,
}

/// Reads all the subscription messages in `text`, which stand one after another, with white space or nothing between.
///
/// # Errors
/// [`MessageError`] for the first that cannot be read; nothing of the record is to be used then.
pub fn read_all(text: &str) -> Result<Vec<Message<'_>>, MessageError> {
    let mut messages = Vec::with_capacity(1);
    let mut rest = text;
    loop {
        let (message, length) = match fast::read(rest.as_bytes()) {
            Some((message, length)) => (Message::Data(message), length),
            None => general::read(rest)?,
        };
        messages.push(message);
        rest = rest[length..].trim_ascii_start();
        if rest.is_empty() {
            return Ok(messages);
        }
    }
}

/// The same of bytes that are not known to be UTF-8, where the fast walk takes all of them: it looks at each byte anyway,
/// and a pass over them that only validates is saved.
pub(crate) fn read_fast(bytes: &[u8]) -> Option<Vec<Message<'_>>> {
    let mut messages = Vec::with_capacity(1);
    let mut rest = bytes;
    loop {
        let (message, length) = fast::read(rest)?;
        messages.push(Message::Data(message));
        rest = rest[length..].trim_ascii_start();
        if rest.is_empty() {
            return Some(messages);
        }
    }
}

/// Whether the fast walk, where it takes `bytes`, sees what serde_json sees. For fuzzing and property tests.
#[doc(hidden)]
pub fn readers_agree(bytes: &[u8]) -> bool {
    let Some((fast, fast_length)) = fast::read(bytes) else {
        return true;
    };
    let text = std::str::from_utf8(&bytes[..fast_length]);
    match text.map(general::read) {
        Ok(Ok((Message::Data(slow), length))) => {
            fast == DataMessage {
                compact: true,
                ..slow
            } && fast_length == length
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMPACT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["a","b"],"logEvents":[{"id":"1","timestamp":1510254469498,"message":"a \"b\" \ud800 \u00e9"},{"id":"2","timestamp":9999999999999,"message":"","extractedFields":{"@aws.account":"444455556666","x":"y","@aws.region":"eu-west-1"}}],"policyLevel":"ACCOUNT_LEVEL_POLICY"}"#;

    #[test]
    fn the_fast_walk_takes_what_cloudwatch_logs_writes() {
        let (message, length) = fast::read(COMPACT.as_bytes()).unwrap();
        assert_eq!(length, COMPACT.len());
        assert_eq!(message.events.len(), 2);
        assert_eq!(message.events[0].message.text(), "a \"b\" \u{fffd} é");
        assert_eq!(message.events[1].region.unwrap().text(), "eu-west-1");
        assert_eq!(message.events[1].account.unwrap().text(), "444455556666");
        assert!(readers_agree(COMPACT.as_bytes()));
    }

    #[test]
    fn other_shapes_go_the_general_way_to_the_same_answer() {
        let spaced: serde_json::Value =
            serde_json::from_str(&COMPACT.replace("\\ud800", "")).unwrap();
        let spaced = serde_json::to_string_pretty(&spaced).unwrap();
        assert!(fast::read(spaced.as_bytes()).is_none());
        let messages = read_all(&spaced).unwrap();
        let Message::Data(message) = &messages[0] else {
            panic!("a control message")
        };
        assert_eq!(message.owner.text(), "111122223333");
        assert_eq!(message.events[0].timestamp, 1_510_254_469_498);
        assert_eq!(message.events[1].region.unwrap().text(), "eu-west-1");
    }

    #[test]
    fn messages_may_stand_in_a_row() {
        let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}"#;
        for gap in ["", "\n", " \r\n "] {
            let text = format!("{COMPACT}{gap}{control}{gap}{COMPACT}{gap}");
            let messages = read_all(&text).unwrap();
            assert_eq!(messages.len(), 3);
            assert_eq!(messages[1], Message::Control);
        }
    }

    #[test]
    fn an_error_names_the_field_and_quotes_nothing() {
        let field = |field| MessageError::Field { field };
        let without = |part: &str, instead: &str| {
            assert!(COMPACT.contains(part));
            let text = COMPACT.replace(part, instead);
            let error = read_all(&text).unwrap_err();
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
            read_all(&format!("{COMPACT}secret")).unwrap_err(),
            MessageError::NotJson { line: 1, column: 1 }
        );
    }

    proptest! {
        /// One splice of JSON's own material into a good message: where the fast walk still takes it, it is right.
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
