//! The subscription message: what CloudWatch Logs puts into a record.
//!
//! One walk over the text reads each byte once and hands each log event to a [`Sink`] while it is still in the
//! processor's nearest cache. It knows the order in which CloudWatch Logs writes an event's members, and reads any other
//! order too. What it does not know, it steps over, as strictly as serde_json would. All text stays borrowed, and every
//! string stays the JSON literal that it was.

mod event;
mod field;
#[cfg(any(test, fuzzing))]
mod oracle;
mod read;
#[cfg(test)]
mod tests;
mod timestamp;

#[cfg(any(test, fuzzing))]
pub use oracle::agrees_with_serde_json;
pub(crate) use read::read;

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

impl SystemFields<'_> {
    /// Whether these are the same. Inlined, unlike `==`, because it is asked for every event.
    #[inline(always)]
    pub(crate) fn is(self, other: Self) -> bool {
        self.account == other.account && self.region == other.region
    }
}

/// A whole DATA_MESSAGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    /// The JSON object.
    pub(crate) json: &'a [u8],
    /// Whether it has no white space between its tokens.
    pub(crate) is_compact: bool,
    /// Whether it is UTF-8.
    pub(crate) is_utf8: bool,
}

/// Takes the messages of a record while [`read`] walks over them.
///
/// For every CONTROL_MESSAGE the reader calls [`control`](Sink::control). For every DATA_MESSAGE it calls, in this order:
/// 1. for each log event, in the order of the text: [`message_text`](Sink::message_text) once, just before it reads the
///    event's message, then [`event`](Sink::event) once;
/// 2. [`end`](Sink::end) once.
///
/// The reader checks the text while it walks. If it fails, at whatever point, all that the sink was given of the record is
/// void: throw away what was made of it.
pub(crate) trait Sink<'a> {
    /// A CONTROL_MESSAGE was read: CloudWatch Logs' own check that it can deliver.
    fn control(&mut self);

    /// Returns the buffer to which the reader appends the next event's message as plain text, or `None` if the literal in
    /// [`LogEvent::message`] suffices. Bytes that are not UTF-8 are appended as they are.
    fn message_text(&mut self) -> Option<&mut Buffer>;

    /// A log event was read, of the DATA_MESSAGE that `header` describes.
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>);

    /// A DATA_MESSAGE was read to its end, with or without events.
    fn end(&mut self, document: Document<'a>);
}

/// Why a text is not a subscription message. No message quotes the text.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum MessageError {
    /// Not JSON, or cut short.
    #[error("the text inside is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the message, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
    },
    /// Arrays and objects are nested too deep.
    #[error(
        "the JSON inside is nested deeper than {max} arrays and objects",
        max = crate::limits::JSON_DEPTH_MAX
    )]
    TooDeep,
    /// A field that every subscription message has is absent or of another type.
    #[error("not a subscription message: `{field}` is absent or of another type")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// A field occurs twice.
    #[error("not a subscription message: `{field}` occurs twice")]
    Twice {
        /// The field's name.
        field: &'static str,
    },
    /// A name is longer than any that AWS allows.
    #[error(
        "not a subscription message: `{field}` is longer than {max} bytes",
        max = crate::limits::NAME_BYTES_MAX
    )]
    TooLong {
        /// The field's name.
        field: &'static str,
    },
    /// `messageType` is neither DATA_MESSAGE nor CONTROL_MESSAGE.
    #[error("`messageType` is neither DATA_MESSAGE nor CONTROL_MESSAGE")]
    UnknownType,
}
