//! The output formats: from a record's messages to the data of its answer.
//!
//! A format is one file in this folder and a value of [`Format`]; [`Encoder`] calls it.

mod context;
mod document;
mod encoded;
mod events;
mod gzip;
mod lines;
mod partition_keys;
mod sink;

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::schema::{self, Accounts, Filter, Growth, Line, Shape, Verdict};
use crate::settings::{Format, PartitionKey, Settings};
use crate::source::{Carried, Source};
use crate::subscription::{Header, LogEvent, MessageError, SystemFields, read};
use crate::timestamp::{TIME, Timestamps};

pub(crate) use context::{Context, Original};
pub(crate) use encoded::Encoded;
use events::Head;
use lines::{Lines, Packer};
use sink::As;

/// Encodes records one after another, in buffers that stay allocated.
pub(crate) struct Output {
    timestamps: Timestamps,
    head: Head,
    /// Absent if messages stay as they are.
    schema: Option<Shape>,
    accounts: Accounts,
    /// Absent if there are no rules.
    filter: Option<Filter>,
    text: Buffer,
    packer: Packer,
}

impl Output {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            timestamps: Timestamps::default(),
            head: Head::default(),
            schema: Shape::new(settings),
            accounts: Accounts::new(settings),
            filter: Filter::new(settings),
            text: Buffer::default(),
            packer: Packer::new(settings.compression),
        }
    }

    /// Begins a record. Its data goes to the end of `response` as base64, at most about `bytes_max` bytes.
    pub(crate) fn record<'a, 'o>(
        &'o mut self,
        context: Context<'o>,
        response: &'o mut Buffer,
        bytes_max: usize,
    ) -> Encoder<'a, 'o> {
        Encoder {
            context,
            timestamps: &mut self.timestamps,
            head: &mut self.head,
            schema: self.schema.as_mut(),
            accounts: &self.accounts,
            filter: self.filter.as_mut(),
            text: &mut self.text,
            has_text: false,
            lines: self.packer.lines(response, bytes_max),
            full: false,
            is_keyed: context.settings.partition_keys.is_empty(),
            carried: Carried::OTHER,
            head_for: None,
            messages: 0,
            message_events: 0,
            encoded: Encoded::default(),
        }
    }

    /// How much longer a line can be than with the schema `none`.
    pub(crate) fn growth(&self) -> Growth {
        let schema = self.schema.as_ref();
        let growth = schema.map(Shape::growth).unwrap_or_default();
        let rate = self.filter.as_ref().map_or(0, |_| events::RATE_BYTES_MAX);
        Growth {
            bytes: growth.bytes + self.accounts.name_bytes_max() + ACCOUNT_NAME_BYTES + rate,
            ..growth
        }
    }

    /// Frees what only a rare large record needs.
    pub(crate) fn trim(&mut self) {
        self.text.trim();
        self.packer.trim();
    }
}

/// Writes one record's messages in the format that is set.
pub(crate) struct Encoder<'a, 'o> {
    context: Context<'o>,
    timestamps: &'o mut Timestamps,
    head: &'o mut Head,
    /// What makes objects of the message's log events; absent if they stay as they are.
    schema: Option<&'o mut Shape>,
    accounts: &'o Accounts,
    /// What drops log events; absent if nothing does.
    filter: Option<&'o mut Filter>,
    /// The text of the event's message, if `has_text`.
    text: &'o mut Buffer,
    has_text: bool,
    lines: Lines<'o>,
    /// Whether the room is used up; nothing more is written then.
    full: bool,
    /// Whether the record has the keys that are wanted.
    is_keyed: bool,
    /// What the message's log events are, if the format or the keys need it.
    carried: Carried,
    /// The system fields that `head` was written for; `None` before a message's first line.
    head_for: Option<SystemFields<'a>>,
    /// Messages so far that have log events.
    messages: usize,
    /// Log events of the message so far.
    message_events: usize,
    encoded: Encoded,
}

impl<'a> Encoder<'a, '_> {
    /// Reads a record's text and writes what the format makes of it.
    ///
    /// # Errors
    /// Returns what makes the text no subscription messages. What was written is void then.
    pub(crate) fn read(&mut self, text: &'a [u8]) -> Result<(), MessageError> {
        match self.context.settings.format {
            Format::Events if self.schema.is_none() && self.filter.is_none() => {
                read(text, &mut As::<sink::Lines>::new(self))
            }
            Format::Events => read(text, &mut As::<sink::Fields>::new(self)),
            Format::Message => read(text, &mut As::<sink::Messages>::new(self)),
            Format::Document => read(text, &mut As::<sink::Documents>::new(self)),
        }
    }

    /// Writes what is still pending.
    pub(crate) fn finish(self) -> Encoded {
        let delivered = self.lines.finish().filter(|_| !self.full);
        Encoded {
            delivered,
            ..self.encoded
        }
    }

    /// Works out what the events of a message share, from the first of them.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, header: &Header<'a>, first: LogEvent<'a>) {
        let settings = self.context.settings;
        if !self.is_keyed || settings.format == Format::Events {
            let told = self.context.told.get(self.messages).copied();
            self.carried = told.unwrap_or_else(|| {
                let sources = &settings.sources;
                sources.of(header.log_group, header.log_stream, first.message)
            });
            self.head_for = None;
        }
        self.messages += 1;
    }

    /// Sets the keys of the record, which follow from the first event that is delivered, and from the class of the line of that.
    #[cold]
    #[inline(never)]
    fn set_keys(&mut self, header: &Header<'a>, first: LogEvent<'a>, class: Option<&str>) {
        let mut time = [0; TIME];
        self.timestamps.write(first.timestamp, &mut time);
        let values = partition_keys::Values {
            origin: origin(self.context, self.carried.source, header, first.system),
            class,
            log_group: header.log_group,
            time,
        };
        self.encoded.metadata = values.metadata(&self.context.settings.partition_keys);
        self.is_keyed = true;
    }

    /// The place for a message's text, if its fields are wanted.
    fn text_of_fields(&mut self) -> Option<&mut Buffer> {
        // Of the first event, the source is not known yet.
        self.has_text = self.message_events > 0 && !self.full && self.want_text();
        self.text.clear();
        self.has_text.then_some(&mut *self.text)
    }

    /// Whether the text of the message's log events is wanted.
    fn want_text(&self) -> bool {
        let source = self.carried.source;
        let schema = self.schema.as_deref();
        let filter = self.filter.as_deref();
        schema.is_some_and(|schema| schema.want_text(source))
            || filter.is_some_and(|filter| filter.want_text(source))
    }

    /// Whether a log event is delivered: `None` if not, or else for how many, if it is one of several.
    fn verdict(&mut self, event: LogEvent<'a>) -> Option<Option<u32>> {
        let Some(filter) = &mut self.filter else {
            return Some(None);
        };
        let text = (&mut *self.text, &mut self.has_text);
        match filter.verdict(self.carried, event.id, event.message, text) {
            Verdict::Deliver => Some(None),
            Verdict::Sampled(rate) => Some(Some(rate)),
            Verdict::Drop(rule) => {
                self.encoded.drop_by(rule);
                None
            }
        }
    }

    /// Writes the line of an event, which is delivered for `rate`, if it is one of several.
    fn line(&mut self, header: &Header<'a>, event: LogEvent<'a>, rate: Option<u32>) {
        let is_first = !self.is_keyed;
        if is_first {
            self.set_keys(header, event, None);
        }
        match &self.schema {
            Some(Shape::Documents(_)) => self.document_of_event(header, event, rate, is_first),
            Some(Shape::Objects(schema)) if schema.know(self.carried.source) => {
                self.set_head(header, event.system);
                let line = self.line_of_object(event, rate);
                self.written(&line);
            }
            _ => self.plain_line(header, event, rate),
        }
    }

    /// Writes the line of an event with its message as it stands.
    #[inline(always)]
    fn plain_line(&mut self, header: &Header<'a>, event: LogEvent<'a>, rate: Option<u32>) {
        self.set_head(header, event.system);
        let line = self
            .head
            .line(event, rate, self.timestamps, &mut self.lines);
        self.written(&line);
    }

    /// Writes the head of the next line, if it differs from that of the line before.
    #[inline(always)]
    fn set_head(&mut self, header: &Header<'a>, system: SystemFields<'a>) {
        // Not `is_some_and`: a closure has been compiled without wide instructions, and was called for each event.
        let is_set = match self.head_for {
            Some(known) => known.is(system),
            None => false,
        };
        if !is_set {
            self.write_head(header, system);
        }
    }

    #[inline(never)]
    fn write_head(&mut self, header: &Header<'a>, system: SystemFields<'a>) {
        let origin = origin(self.context, self.carried.source, header, system);
        self.head.write(&origin, header, self.accounts);
        self.head_for = Some(system);
    }

    /// Notes what became of a line.
    #[inline(always)]
    fn written(&mut self, line: &events::Line) {
        self.encoded.replaced |= line.is_replaced;
        self.encoded.unparsed += usize::from(line.is_unparsed);
        self.full = !line.fits;
    }

    /// Writes the line of an event whose message becomes an object.
    fn line_of_object(&mut self, event: LogEvent<'a>, rate: Option<u32>) -> events::Line {
        let filter = self.filter.as_deref();
        let mut known = filter.map(Filter::known).unwrap_or_default();
        known.text = self.has_text.then(|| self.text.written());
        let object = |out: &mut Buffer| match &self.schema {
            Some(Shape::Objects(schema)) => schema.write(self.carried, event.message, known, out),
            _ => Ok(()),
        };
        self.head
            .line_of_object(event, object, rate, self.timestamps, &mut self.lines)
    }

    /// Writes the line of an event as the schema's own document. Of the first, it says the record's class.
    fn document_of_event(
        &mut self,
        header: &Header<'a>,
        event: LogEvent<'a>,
        rate: Option<u32>,
        is_first: bool,
    ) {
        let Some(Shape::Documents(documents)) = &mut self.schema else {
            return;
        };
        let origin = origin(self.context, self.carried.source, header, event.system);
        let rate = documents.rate(rate);
        let line = Line {
            carried: self.carried,
            account: origin.account,
            region: origin.region,
            log_group: header.log_group,
            log_stream: header.log_stream,
            event,
            rate: &rate,
        };
        let out = self.lines.end();
        let begin = out.len();
        let text = (&mut *self.text, self.has_text);
        let written = documents.write(&line, text, self.accounts, self.timestamps, out);
        out.push(b'\n');
        let keys = &self.context.settings.partition_keys;
        let class = (is_first && keys.contains(&PartitionKey::Class))
            .then(|| schema::class_of(&out.written()[begin..]))
            .flatten();
        self.encoded.replaced |= written.is_replaced;
        self.encoded.unparsed += usize::from(written.is_unparsed);
        self.full = !self.lines.settle();
        if class.is_some() {
            self.set_keys(header, event, class.as_deref());
        }
    }
}

/// Where an event comes from.
struct Origin<'a> {
    account: JsonStr<'a>,
    /// May be `null`.
    region: JsonStr<'a>,
    source: Source,
}

/// The origin of an event: its system fields, or else the message's owner and the batch's Region.
fn origin<'a>(
    context: Context<'a>,
    source: Source,
    header: &Header<'a>,
    system: SystemFields<'a>,
) -> Origin<'a> {
    let region = JsonStr::from_literal(context.region);
    Origin {
        account: system.account.unwrap_or(header.owner),
        region: system.region.unwrap_or(region),
        source,
    }
}

/// Bytes of the comma and the key before an account's name.
const ACCOUNT_NAME_BYTES: usize = br#","account_name":"#.len();

/// The member that says in an output that it is not what it was.
const REPLACED: &[u8] = br#","error":"bytes that were not UTF-8 stand as U+FFFD""#;

#[cfg(test)]
mod tests;
