//! Redactions applied: rewrites the text of a record before anything else reads it, so that no format or schema can show what is redacted.

mod document;
mod line;
mod parsed;
mod paths;
mod splices;
mod unescaped;

use super::Misfit;
use super::parsed::is_object;
use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::limits::CONTENT_BYTES_MAX;
use crate::redact::{Action, Key};
use crate::settings::{Format, Settings};
use crate::source::{Carried, Source, Sources};
use crate::subscription::{Document, Header, LogEvent, MessageError, Sink, read};

use line::Lines;
use parsed::Parsed;
use paths::{Hit, Paths};
use splices::Splices;
use unescaped::Place;

/// Rewrites records, in buffers that stay allocated.
pub(crate) struct Redactor {
    sources: Sources,
    /// Whether the subscription messages themselves are delivered.
    delivers_documents: bool,
    /// For each format of flow logs; empty if nothing of them is redacted.
    lines: Vec<Lines>,
    /// For flow logs that are objects.
    parsed: Parsed,
    /// For sources whose messages are JSON.
    paths: Vec<(Source, Paths)>,
    values: Values,
    text: Buffer,
    hits: Vec<Hit>,
    splices: Splices,
    told: Vec<Carried>,
}

/// A record that may be read.
pub(crate) struct Redacted<'r> {
    pub(crate) text: &'r [u8],
    /// Whether it is not as it came.
    pub(crate) is_changed: bool,
    /// What the log events of each message that has some are. What is redacted may be what tells it.
    pub(crate) told: &'r [Carried],
    /// Log events of which something was redacted.
    pub(crate) events: usize,
    /// The most bytes by which one of them grew.
    pub(crate) growth_bytes: usize,
}

/// Why a record cannot be redacted.
pub(crate) enum Fault {
    Message(MessageError),
    /// A message is not as its source writes it.
    Misfit(Source),
}

impl Redactor {
    /// Returns `None` if nothing is redacted.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        if settings.redact.is_empty() {
            return None;
        }
        let of = |source: Source| {
            let all = settings.redact.all();
            all.filter(move |one| one.source == source)
                .map(|one| (one.field.as_str(), one.action))
        };
        let has_some = |source: Source| of(source).next().is_some();
        let formats = settings.sources.formats().iter();
        let formats = formats.filter(|_| has_some(Source::VpcFlowLogs));
        let sources = Source::ALL.into_iter().filter(|source| has_some(*source));
        Some(Self {
            lines: formats
                .map(|format| Lines::new(format, of(Source::VpcFlowLogs)))
                .collect(),
            parsed: Parsed::new(of(Source::VpcFlowLogs)),
            paths: sources
                .filter_map(|source| {
                    let objects = source.objects()?;
                    let shape = (objects.required, objects.any_case);
                    Some((source, Paths::new(shape, of(source))))
                })
                .collect(),
            sources: settings.sources.clone(),
            delivers_documents: settings.format == Format::Document,
            values: Values(settings.redact_key.clone()),
            text: Buffer::default(),
            hits: Vec::new(),
            splices: Splices::default(),
            told: Vec::new(),
        })
    }

    /// Redacts the text of a record.
    ///
    /// # Errors
    /// Fails if the text is no subscription message, or if a message of a source of which something is redacted is not as the source
    /// writes it: what to redact of it is not known then.
    pub(crate) fn redact<'r>(&'r mut self, text: &'r [u8]) -> Result<Redacted<'r>, Fault> {
        self.splices.clear();
        self.told.clear();
        let mut events = Events {
            redactor: self,
            text,
            carried: Carried::OTHER,
            message_events: 0,
            has_known: false,
            redacted: 0,
            growth_bytes: 0,
            misfit: None,
        };
        read(text, &mut events).map_err(Fault::Message)?;
        let (events, growth_bytes, misfit) = (events.redacted, events.growth_bytes, events.misfit);
        if let Some(source) = misfit {
            return Err(Fault::Misfit(source));
        }
        let is_changed = self.splices.apply(text);
        Ok(Redacted {
            text: if is_changed {
                self.splices.result()
            } else {
                text
            },
            is_changed,
            told: &self.told,
            events,
            growth_bytes,
        })
    }

    /// Frees what only a rare large record needs.
    pub(crate) fn trim(&mut self) {
        self.text.trim();
        self.splices.trim();
    }

    /// Whether something of this source is redacted.
    fn knows(&self, source: Source) -> bool {
        match source {
            Source::VpcFlowLogs => !self.lines.is_empty(),
            _ => self.paths.iter().any(|(known, _)| *known == source),
        }
    }
}

/// The log events of a record, on their way to being redacted.
struct Events<'a, 'r> {
    redactor: &'r mut Redactor,
    text: &'a [u8],
    carried: Carried,
    /// Log events of the message so far.
    message_events: usize,
    /// Whether some of them are of a source of which something is redacted.
    has_known: bool,
    redacted: usize,
    growth_bytes: usize,
    misfit: Option<Source>,
}

impl Events<'_, '_> {
    /// What an event is: what its log group carries, or else what its own content says.
    fn carried(&self, message: JsonStr<'_>) -> Carried {
        let mut carried = self.carried;
        if carried.source == Source::Other && message.literal().len() <= CONTENT_BYTES_MAX {
            let told = Source::by_content(&message.text());
            carried.source = told.unwrap_or(carried.source);
        }
        carried
    }

    /// Redacts a message. Fails if it is not as its source writes it.
    fn message(&mut self, carried: Carried, message: JsonStr<'_>) -> Result<(), Misfit> {
        let redactor = &mut *self.redactor;
        let begin = offset(self.text, message.inner());
        redactor.hits.clear();
        let (text, mask) = if carried.source == Source::VpcFlowLogs {
            let Some(lines) = redactor.lines.get(carried.format) else {
                return Ok(());
            };
            if !is_object(message) {
                return lines.redact(message, begin, &redactor.values, &mut redactor.splices);
            }
            let parsed = &mut redactor.parsed;
            let text = parsed.find(message, &mut redactor.text, &mut redactor.hits)?;
            (text, ABSENT)
        } else {
            let mut paths = redactor.paths.iter();
            let Some((_, paths)) = paths.find(|(known, _)| *known == carried.source) else {
                return Ok(());
            };
            redactor.text.clear();
            message.append_to(&mut redactor.text);
            let text = redactor.text.written();
            let found = paths.find(text, &mut redactor.hits);
            found.map_err(|_| Misfit::NotAnObject)?;
            (text, MASK)
        };
        let mut place = Place::new(message.inner());
        for hit in &redactor.hits {
            let from = begin + place.go_to(hit.begin);
            let to = begin + place.go_to(hit.end);
            let value = &text[hit.begin..hit.end];
            let value = redactor.values.of_json(hit.action, value, mask);
            redactor.splices.push(from, to, value.as_bytes());
        }
        Ok(())
    }
}

impl<'a> Sink<'a> for Events<'a, '_> {
    fn control(&mut self) {}

    fn message_text(&mut self) -> Option<&mut Buffer> {
        None
    }

    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        let message = event.message;
        if self.message_events == 0 {
            let sources = &self.redactor.sources;
            self.carried = sources.of(header.log_group, header.log_stream, message);
            self.redactor.told.push(self.carried);
        }
        self.message_events += 1;
        let carried = self.carried(message);
        if !self.redactor.knows(carried.source) {
            return;
        }
        self.has_known = true;
        let before = self.redactor.splices.growth();
        match self.message(carried, message) {
            Ok(()) => {}
            Err(_) => self.misfit = Some(carried.source),
        }
        let after = self.redactor.splices.growth();
        self.redacted += usize::from(before.0 < after.0);
        self.growth_bytes = self.growth_bytes.max(after.1.saturating_sub(before.1));
    }

    fn end(&mut self, document: Document<'a>) {
        if self.has_known && self.redactor.delivers_documents {
            let begin = offset(self.text, document.json);
            // It was read before.
            let _ = document::hide(document.json, begin, &mut self.redactor.splices);
        }
        self.message_events = 0;
        self.has_known = false;
    }
}

/// Where a part of a text begins.
fn offset(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

/// What stands in the place of values.
struct Values(Option<Key>);

impl Values {
    /// What stands in the place of a JSON value, inside of a JSON string: `mask` for a text. An object becomes `null`, since its keys may
    /// say as much as its values; so does a number that is masked, which keeps the type of its place.
    fn of_json(&self, action: Action, value: &[u8], mask: &str) -> String {
        let value = String::from_utf8_lossy(value);
        let is_text = value.starts_with('"');
        match (action, &self.0) {
            (Action::Hash, Some(key)) if !value.starts_with('{') => {
                let text = match is_text {
                    true => JsonStr::from_literal(&value).text(),
                    false => (*value).into(),
                };
                let hash = key.hash(text.as_bytes());
                format!(r#"\"{}\""#, String::from_utf8_lossy(&hash))
            }
            _ if is_text => format!(r#"\"{mask}\""#),
            _ => "null".to_owned(),
        }
    }

    /// What stands in the place of a field in the line of a flow log.
    fn of_field(&self, action: Action, field: &str) -> String {
        match (action, &self.0) {
            (Action::Hash, Some(key)) => {
                String::from_utf8_lossy(&key.hash(field.as_bytes())).into_owned()
            }
            _ => ABSENT.to_owned(),
        }
    }
}

/// What stands in the place of a text that is masked.
const MASK: &str = "[REDACTED]";

/// What stands in the place of a flow log's field that is masked, in a line or in an object: AWS's sign for one that is absent.
const ABSENT: &str = "-";

#[cfg(test)]
mod tests;
