//! What is done with each log event: a way for each format, so that nothing that holds for a whole record is asked for every event.

use std::marker::PhantomData;

use super::{Encoder, Original, document};
use crate::buffer::Buffer;
use crate::subscription::{Document, Header, LogEvent, Sink};

/// What a format does.
pub(super) trait Way {
    /// Whether the first event of all is delivered, so that the record's keys follow from it.
    const DELIVERS_FIRST: bool = true;

    /// The place for the next message's text, if that is wanted.
    #[inline(always)]
    fn text<'e>(_encoder: &'e mut Encoder<'_, '_>) -> Option<&'e mut Buffer> {
        None
    }

    /// Writes what becomes of an event. There is room.
    fn event<'a>(encoder: &mut Encoder<'a, '_>, header: &Header<'a>, event: LogEvent<'a>);

    /// Writes what becomes of a message as a whole.
    fn document(_encoder: &mut Encoder<'_, '_>, _document: Document<'_>) {}
}

/// A line for each event, its message as it stands.
pub(super) struct Lines;

impl Way for Lines {
    #[inline(always)]
    fn event<'a>(encoder: &mut Encoder<'a, '_>, header: &Header<'a>, event: LogEvent<'a>) {
        encoder.plain_line(header, event, None);
    }
}

/// A line for each event that no rule drops, its message as the fields that a schema finds in it.
pub(super) struct Fields;

impl Way for Fields {
    // Rules may drop it, and a line may say the class.
    const DELIVERS_FIRST: bool = false;

    #[inline(always)]
    fn text<'e>(encoder: &'e mut Encoder<'_, '_>) -> Option<&'e mut Buffer> {
        encoder.text_of_fields()
    }

    #[inline(always)]
    fn event<'a>(encoder: &mut Encoder<'a, '_>, header: &Header<'a>, event: LogEvent<'a>) {
        if let Some(rate) = encoder.verdict(event) {
            encoder.line(header, event, rate);
        }
    }
}

/// The bare messages.
pub(super) struct Messages;

impl Way for Messages {
    #[inline(always)]
    fn text<'e>(encoder: &'e mut Encoder<'_, '_>) -> Option<&'e mut Buffer> {
        (!encoder.full).then(|| encoder.lines.end())
    }

    #[inline(always)]
    fn event<'a>(encoder: &mut Encoder<'a, '_>, _: &Header<'a>, _: LogEvent<'a>) {
        // The message itself is there already: the reader wrote it.
        encoder.lines.end().push(b'\n');
        encoder.full = !encoder.lines.settle();
    }
}

/// Each subscription message as a whole.
pub(super) struct Documents;

impl Way for Documents {
    #[inline(always)]
    fn event<'a>(_: &mut Encoder<'a, '_>, _: &Header<'a>, _: LogEvent<'a>) {}

    fn document(encoder: &mut Encoder<'_, '_>, document: Document<'_>) {
        if encoder.message_events > 0 && !encoder.full {
            encoder.encoded.replaced |= !document.is_utf8;
            encoder.full = !encoder.document(document);
        }
    }
}

/// The sink of a format.
pub(super) struct As<'e, 'a, 'o, W>(&'e mut Encoder<'a, 'o>, PhantomData<W>);

impl<'e, 'a, 'o, W> As<'e, 'a, 'o, W> {
    pub(super) fn new(encoder: &'e mut Encoder<'a, 'o>) -> Self {
        Self(encoder, PhantomData)
    }
}

impl<'a, W: Way> Sink<'a> for As<'_, 'a, '_, W> {
    fn control(&mut self) {
        self.0.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
        W::text(self.0)
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        if self.0.message_events == 0 {
            self.0.begin(header, event);
            if W::DELIVERS_FIRST && !self.0.is_keyed {
                self.0.set_keys(header, event, None);
            }
        }
        self.0.message_events += 1;
        if !self.0.full {
            W::event(self.0, header, event);
        }
    }

    fn end(&mut self, document: Document<'a>) {
        W::document(self.0, document);
        self.0.encoded.events += self.0.message_events;
        self.0.message_events = 0;
    }
}

impl Encoder<'_, '_> {
    /// Writes a whole message. Returns `false` once there is no room for more.
    fn document(&mut self, document: Document<'_>) -> bool {
        let Original { text_bytes, member } = self.context.original;
        let is_all = document.json.len() == text_bytes;
        match member {
            // Compressed already: a newline of its own is all that it lacks.
            Some(member)
                if self.lines.is_gzip() && is_all && document.is_compact && document.is_utf8 =>
            {
                self.lines.pass_on(member)
            }
            _ => document::write(document, &mut self.lines),
        }
    }
}
