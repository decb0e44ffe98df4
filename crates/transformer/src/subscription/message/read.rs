//! The walk over a record's messages.

use super::event::{Seen, event};
use super::field::{Stop, absent, plain, set, short, string, twice};
use super::{Document, Header, MessageError, Sink};
use crate::json::{Cursor, Invalid, JsonStr, Simd, Walk, walk};

/// Reads all subscription messages of a record. They follow one another, with or without white space between.
///
/// # Errors
/// Returns the first fault.
pub(crate) fn read<'a>(text: &'a [u8], sink: &mut impl Sink<'a>) -> Result<(), MessageError> {
    let mut begin = 0;
    walk(
        text,
        Messages {
            sink,
            begin: &mut begin,
        },
    )
    .map_err(|stop| match stop {
        Stop::Message(error) => error,
        Stop::Invalid(Invalid::TooDeep) => MessageError::TooDeep,
        Stop::Invalid(Invalid::Syntax) => syntax_error(&text[begin..]),
    })
}

/// Says where a message that begins here is not JSON, as serde_json sees it.
#[cold]
fn syntax_error(text: &[u8]) -> MessageError {
    let mut values =
        serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    let (line, column) = match values.next() {
        Some(Err(error)) => (error.line(), error.column()),
        Some(Ok(_)) | None => (1, 0),
    };
    MessageError::NotJson { line, column }
}

struct Messages<'s, K> {
    sink: &'s mut K,
    /// Where the message at hand begins.
    begin: &'s mut usize,
}

impl<'a, K: Sink<'a>> Walk<'a> for Messages<'_, K> {
    type Found = Result<(), Stop>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Result<(), Stop> {
        loop {
            *self.begin = cursor.at();
            message(&mut cursor, self.sink)?;
            cursor.white_space();
            if cursor.rest().is_empty() {
                return Ok(());
            }
        }
    }
}

/// What is known of a message so far.
#[derive(Default)]
struct Envelope<'a> {
    message_type: Option<Type>,
    owner: Option<JsonStr<'a>>,
    log_group: Option<JsonStr<'a>>,
    log_stream: Option<JsonStr<'a>>,
    events: Events,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Data,
    Control,
    Unknown,
}

/// How far the log events are.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Events {
    #[default]
    Absent,
    /// Stepped over, because what they need to know comes after them. They begin here.
    At(usize),
    Read,
}

impl<'a> Envelope<'a> {
    /// What the log events share, if all of it is known.
    fn header(&self) -> Option<Header<'a>> {
        Some(Header {
            owner: self.owner?,
            log_group: self.log_group?,
            log_stream: self.log_stream?,
        })
    }

    /// The same at the end of the message, when it has to be known.
    fn require_header(&self) -> Result<Header<'a>, MessageError> {
        Ok(Header {
            owner: self.owner.ok_or(absent("owner"))?,
            log_group: self.log_group.ok_or(absent("logGroup"))?,
            log_stream: self.log_stream.ok_or(absent("logStream"))?,
        })
    }
}

#[inline(always)]
fn message<'a, S: Simd>(cursor: &mut Cursor<'a, S>, sink: &mut impl Sink<'a>) -> Result<(), Stop> {
    cursor.white_space();
    cursor.take_flags();
    let begin = cursor.at();
    let mut envelope = Envelope::default();
    if cursor.peek() != Some(b'{') {
        cursor.value(0)?;
        return Err(absent("messageType").into());
    }
    let mut goes_on = cursor.open_object()?;
    while goes_on {
        let key = cursor.key()?;
        match &*plain(key) {
            b"messageType" => {
                let value = string(cursor, 1, "messageType")?;
                let message_type = match &*plain(value) {
                    b"DATA_MESSAGE" => Type::Data,
                    b"CONTROL_MESSAGE" => Type::Control,
                    _ => Type::Unknown,
                };
                set(&mut envelope.message_type, message_type, "messageType")?;
            }
            b"owner" => set(&mut envelope.owner, name(cursor, "owner")?, "owner")?,
            b"logGroup" => set(
                &mut envelope.log_group,
                name(cursor, "logGroup")?,
                "logGroup",
            )?,
            b"logStream" => set(
                &mut envelope.log_stream,
                name(cursor, "logStream")?,
                "logStream",
            )?,
            b"logEvents" => {
                if envelope.events != Events::Absent {
                    return Err(twice("logEvents").into());
                }
                match (envelope.message_type, envelope.header()) {
                    (Some(Type::Data), Some(header)) => {
                        events(cursor, &header, sink)?;
                        envelope.events = Events::Read;
                    }
                    _ => {
                        envelope.events = Events::At(cursor.at());
                        cursor.value(1)?;
                    }
                }
            }
            _ => {
                cursor.value(1)?;
            }
        }
        goes_on = cursor.next_member()?;
    }
    let (is_compact, is_utf8) = cursor.take_flags();
    match envelope.message_type.ok_or(absent("messageType"))? {
        Type::Data => {
            let header = envelope.require_header()?;
            match envelope.events {
                Events::Read => {}
                Events::At(place) => {
                    let end = cursor.at();
                    cursor.go_to(place);
                    events(cursor, &header, sink)?;
                    cursor.go_to(end);
                }
                Events::Absent => return Err(absent("logEvents").into()),
            }
            sink.end(Document {
                json: cursor.since(begin),
                is_compact,
                is_utf8,
            });
        }
        Type::Control => sink.control(),
        Type::Unknown => return Err(MessageError::UnknownType.into()),
    }
    Ok(())
}

/// Reads the value of a field of the envelope that is a name.
#[inline(always)]
fn name<'a, S: Simd>(cursor: &mut Cursor<'a, S>, field: &'static str) -> Result<JsonStr<'a>, Stop> {
    short(string(cursor, 1, field)?, field)
}

/// Reads the log events of a DATA_MESSAGE.
#[inline(always)]
fn events<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    header: &Header<'a>,
    sink: &mut impl Sink<'a>,
) -> Result<(), Stop> {
    if cursor.peek() != Some(b'[') {
        cursor.value(1)?;
        return Err(absent("logEvents").into());
    }
    let mut seen = Seen::default();
    let mut goes_on = cursor.open_array()?;
    while goes_on {
        event(cursor, header, sink, &mut seen)?;
        goes_on = cursor.next_value()?;
    }
    Ok(())
}
