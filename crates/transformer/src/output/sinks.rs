//! What is done with each log event: one sink for each way, so that nothing that holds for a whole record is asked for every event.

use super::{Encoder, Original, document};
use crate::buffer::Buffer;
use crate::subscription::{Document, Header, LogEvent, Sink};

/// A line for each event, its message as it stands.
pub(super) struct AsLines<'e, 'a, 'o>(pub(super) &'e mut Encoder<'a, 'o>);

/// A line for each event that no rule drops, its message as the fields that a schema finds in it.
pub(super) struct AsFields<'e, 'a, 'o>(pub(super) &'e mut Encoder<'a, 'o>);

/// The bare messages.
pub(super) struct AsMessages<'e, 'a, 'o>(pub(super) &'e mut Encoder<'a, 'o>);

/// Each subscription message as a whole.
pub(super) struct AsDocuments<'e, 'a, 'o>(pub(super) &'e mut Encoder<'a, 'o>);

impl<'a> Sink<'a> for AsLines<'_, 'a, '_> {
    fn control(&mut self) {
        self.0.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
        None
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        if self.0.counts(header, event) {
            self.0.plain_line(header, event, None);
        }
    }

    fn end(&mut self, _: Document<'a>) {
        self.0.end();
    }
}

impl<'a> Sink<'a> for AsFields<'_, 'a, '_> {
    fn control(&mut self) {
        self.0.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
        self.0.text_of_fields()
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        if self.0.counts(header, event)
            && let Some(rate) = self.0.verdict(event)
        {
            self.0.line(header, event, rate);
        }
    }

    fn end(&mut self, _: Document<'a>) {
        self.0.end();
    }
}

impl<'a> Sink<'a> for AsMessages<'_, 'a, '_> {
    fn control(&mut self) {
        self.0.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
        (!self.0.full).then(|| self.0.lines.end())
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        if self.0.counts(header, event) {
            // The message itself is there already: the reader wrote it.
            self.0.lines.end().push(b'\n');
            self.0.full = !self.0.lines.settle();
        }
    }

    fn end(&mut self, _: Document<'a>) {
        self.0.end();
    }
}

impl<'a> Sink<'a> for AsDocuments<'_, 'a, '_> {
    fn control(&mut self) {
        self.0.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
        None
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        self.0.counts(header, event);
    }

    fn end(&mut self, document: Document<'a>) {
        if self.0.message_events > 0 && !self.0.full {
            self.0.encoded.replaced |= !document.is_utf8;
            self.0.full = !self.document(document);
        }
        self.0.end();
    }
}

impl AsDocuments<'_, '_, '_> {
    /// Writes a whole message. Returns `false` once there is no room for more.
    fn document(&mut self, document: Document<'_>) -> bool {
        let Original { text_bytes, member } = self.0.context.original;
        let is_all = document.json.len() == text_bytes;
        match member {
            // Compressed already: a newline of its own is all that it lacks.
            Some(member)
                if self.0.lines.is_gzip() && is_all && document.is_compact && document.is_utf8 =>
            {
                self.0.lines.pass_on(member)
            }
            _ => document::write(document, &mut self.0.lines),
        }
    }
}

impl<'a> Encoder<'a, '_> {
    /// Counts an event. Returns whether there is room for what is made of it.
    #[inline(always)]
    fn counts(&mut self, header: &Header<'a>, event: LogEvent<'a>) -> bool {
        if self.message_events == 0 {
            self.begin(header, event);
        }
        self.message_events += 1;
        !self.full
    }

    /// Ends a message.
    fn end(&mut self) {
        self.encoded.events += self.message_events;
        self.message_events = 0;
    }
}
