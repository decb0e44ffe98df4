//! The format `events`: one JSON object a line per log event, with its context.

use super::lines::Lines;
use super::{Origin, REPLACED};
use crate::buffer::Buffer;
use crate::limits::BASE64_PIECE_BYTES;
use crate::schema::{Accounts, Misfit};
use crate::subscription::{Header, LogEvent};
use crate::timestamp::{TIME, Timestamps};

/// The head of a line up to the event's id: what all events of one origin share, and a gap for the time.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: Vec<u8>,
    /// Whether U+FFFD replaces bytes of it that were not UTF-8.
    is_replaced: bool,
}

/// What became of a line.
pub(super) struct Line {
    /// Whether there was room for it.
    pub(super) fits: bool,
    /// Whether U+FFFD replaces bytes of it that were not UTF-8.
    pub(super) is_replaced: bool,
    /// Whether the message is not as its source writes it.
    pub(super) is_unparsed: bool,
}

impl Head {
    /// Writes the head for the events of one origin.
    pub(super) fn write(&mut self, origin: &Origin<'_>, header: &Header<'_>, accounts: &Accounts) {
        let Self { bytes, is_replaced } = self;
        bytes.clear();
        *is_replaced = false;
        let mut part = |part: &[u8], is_utf8: bool| {
            if is_utf8 {
                bytes.extend_from_slice(part);
            } else {
                bytes.extend_from_slice(String::from_utf8_lossy(part).as_bytes());
                *is_replaced = true;
            }
        };
        part(OPEN, true);
        part(&[b' '; TIME], true);
        part(br#"","account":"#, true);
        part(origin.account.literal(), origin.account.is_utf8());
        if let Some(name) = accounts.name_of(origin.account.literal()) {
            part(br#","account_name":"#, true);
            part(name, true);
        }
        part(br#","region":"#, true);
        part(origin.region.literal(), origin.region.is_utf8());
        part(br#","source":""#, true);
        part(origin.source.name().as_bytes(), true);
        part(br#"","log_group":"#, true);
        part(header.log_group.literal(), header.log_group.is_utf8());
        part(br#","log_stream":"#, true);
        part(header.log_stream.literal(), header.log_stream.is_utf8());
        part(br#","id":"#, true);
    }

    /// Writes the line of an event.
    #[inline(always)]
    pub(super) fn line(
        &self,
        event: LogEvent<'_>,
        timestamps: &mut Timestamps,
        lines: &mut Lines<'_>,
    ) -> Line {
        let (id, message) = (event.id.literal(), event.message.literal());
        let is_utf8 = event.id.is_utf8() & event.message.is_utf8() & !self.is_replaced;
        if !is_utf8 || id.len() + message.len() > BASE64_PIECE_BYTES {
            return self.rare_line(event, None, timestamps, lines);
        }
        let out = lines.end();
        let begin = out.len();
        out.extend_with([&self.bytes, id, MESSAGE, message, CLOSE]);
        if let Some(place) = out.written_mut()[begin + OPEN.len()..].first_chunk_mut() {
            timestamps.write(event.timestamp, place);
        }
        Line {
            fits: lines.settle(),
            is_replaced: false,
            is_unparsed: false,
        }
    }

    /// Writes the line of an event with the object that `object` appends in the place of the message.
    #[inline(always)]
    pub(super) fn line_of_object(
        &self,
        event: LogEvent<'_>,
        object: impl FnOnce(&mut Buffer) -> Result<(), Misfit>,
        timestamps: &mut Timestamps,
        lines: &mut Lines<'_>,
    ) -> Line {
        if !event.id.is_utf8() || !event.message.is_utf8() || self.is_replaced {
            return self.rare_line(event, None, timestamps, lines);
        }
        let out = lines.end();
        let begin = out.len();
        out.extend_with([&self.bytes, event.id.literal(), EVENT]);
        if let Some(place) = out.written_mut()[begin + OPEN.len()..].first_chunk_mut() {
            timestamps.write(event.timestamp, place);
        }
        if let Err(misfit) = object(out) {
            out.truncate(begin);
            return self.rare_line(event, Some(misfit), timestamps, lines);
        }
        out.extend(CLOSE);
        Line {
            fits: lines.settle(),
            is_replaced: false,
            is_unparsed: false,
        }
    }

    /// Writes a line that is long, so that it is not copied whole, in which bytes are replaced, or whose message is a misfit.
    #[cold]
    #[inline(never)]
    fn rare_line(
        &self,
        event: LogEvent<'_>,
        misfit: Option<Misfit>,
        timestamps: &mut Timestamps,
        lines: &mut Lines<'_>,
    ) -> Line {
        let is_replaced = self.is_replaced || !event.id.is_utf8() || !event.message.is_utf8();
        let mut time = [0; TIME];
        timestamps.write(event.timestamp, &mut time);
        let fits = lines.write_long(OPEN)
            && lines.write_long(&time)
            && lines.write_long(&self.bytes[OPEN.len() + TIME..])
            && lines.write_string(event.id)
            && lines.write_long(MESSAGE)
            && lines.write_string(event.message)
            && (!is_replaced || lines.write_long(REPLACED))
            && misfit.is_none_or(|misfit| lines.write_long(error(misfit).as_bytes()))
            && lines.write_long(CLOSE);
        Line {
            fits,
            is_replaced,
            is_unparsed: misfit.is_some(),
        }
    }
}

/// The member that says why a message stands as it is. The text of a misfit needs no escapes.
fn error(misfit: Misfit) -> String {
    format!(r#","error":"{misfit}""#)
}

const OPEN: &[u8] = br#"{"timestamp":""#;
const MESSAGE: &[u8] = br#","message":"#;
const EVENT: &[u8] = br#","event":"#;
const CLOSE: &[u8] = b"}\n";
