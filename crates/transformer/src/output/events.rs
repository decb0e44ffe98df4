//! The format `events`: one JSON object a line per log event, with its context.

use memchr::memmem;

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::source::Source;
use crate::subscription::{Header, LogEvent};
use crate::timestamp::{TIME, Timestamps};

/// The head of a line up to the event's id: what all events of one origin share, and a gap for the time.
#[derive(Debug, Default)]
pub(super) struct Head(Vec<u8>);

impl Head {
    /// Writes the head for the events of one origin.
    pub(super) fn write(
        &mut self,
        account: JsonStr<'_>,
        region: &[u8],
        source: Source,
        header: &Header<'_>,
    ) {
        let Self(head) = self;
        head.clear();
        for part in [
            OPEN,
            &[b' '; TIME],
            br#"","account":"#,
            account.literal(),
            br#","region":"#,
            region,
            br#","source":""#,
            source.name().as_bytes(),
            br#"","log_group":"#,
            header.log_group.literal(),
            br#","log_stream":"#,
            header.log_stream.literal(),
            br#","id":"#,
        ] {
            head.extend_from_slice(part);
        }
    }

    /// Appends the line of an event to `out`. `replaced` says that bytes of the record were not UTF-8.
    #[inline(always)]
    pub(super) fn line(
        &self,
        event: &LogEvent<'_>,
        timestamps: &mut Timestamps,
        replaced: bool,
        out: &mut Buffer,
    ) {
        let begin = out.len();
        out.extend(&self.0);
        if let Some(place) = out.written_mut()[begin + OPEN.len()..].first_chunk_mut() {
            timestamps.write(event.timestamp, place);
        }
        out.extend(event.id.literal());
        out.extend(MESSAGE);
        let message = event.message.literal();
        out.extend(message);
        if replaced && memmem::find(message, "\u{fffd}".as_bytes()).is_some() {
            out.extend(REPLACED);
        }
        out.extend(CLOSE);
    }
}

const OPEN: &[u8] = br#"{"timestamp":""#;
const MESSAGE: &[u8] = br#","message":"#;
const REPLACED: &[u8] = br#","error":"bytes that were not UTF-8 stand as U+FFFD""#;
const CLOSE: &[u8] = b"}\n";
