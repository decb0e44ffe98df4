//! Rules applied: finds the fields of a log event that rules look at, whatever becomes of the event's message.

use super::Known;
use super::already_ocsf::is_ocsf;
use super::flow_line::FlowLine;
use super::flow_log::escaped_again;
use super::mapping::{Finder, Found, Kind, Span, elements};
use super::object::is_all_text;
use super::parsed::{Parsed, is_object, text_of};
use crate::buffer::Buffer;
use crate::json::{JsonStr, Split};
use crate::rules::{Action, Rules, Value};
use crate::settings::Settings;
use crate::source::vpc_flow_logs::Kind as FieldKind;
use crate::source::{Carried, Source};

/// Decides which log events are delivered.
pub(crate) struct Filter {
    rules: Rules,
    /// For each format of flow logs.
    lines: Vec<(FlowLine, Vec<Fields>)>,
    /// For flow logs that are objects.
    parsed: Parsed,
    /// For sources whose messages are JSON, each with the slot of OCSF's class.
    json: Vec<(Source, Finder, Vec<Fields>, usize)>,
    found: Found,
    /// The fields of a line.
    split: Split,
    /// Which of these are of the last log event.
    has_found: bool,
    has_split: bool,
}

/// Where a rule finds its fields.
struct Fields {
    /// The rule's index.
    rule: usize,
    /// The slot of each field; `None` if a format lacks it.
    slots: Vec<Option<usize>>,
}

/// What becomes of a log event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Deliver,
    /// It is delivered for so many.
    Sampled(u32),
    /// The rule with this index drops it.
    Drop(usize),
}

impl Filter {
    /// Returns `None` if there are no rules.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let rules = settings.rules.clone();
        if rules.is_empty() {
            return None;
        }
        let of = |source: Source| {
            let all = rules.all().iter().enumerate();
            all.filter(move |(_, rule)| rule.source == source)
        };
        let has_rules = |source: &Source| of(*source).next().is_some();
        let formats = settings.sources.formats().iter();
        let formats = formats.filter(|_| has_rules(&Source::VpcFlowLogs));
        let lines = formats.map(|format| {
            let slot = |name: &String| format.fields().position(|field| field.name == name);
            let fields = of(Source::VpcFlowLogs).map(|(index, rule)| Fields {
                rule: index,
                slots: rule.fields.iter().map(slot).collect(),
            });
            (FlowLine::new(format), fields.collect())
        });
        let is_json = |source: &Source| source.objects().is_some();
        let sources = Source::ALL.into_iter().filter(is_json);
        let json = sources.filter(has_rules).map(|source| {
            let mut finder = Finder::new(source.any_case());
            let fields = of(source).map(|(index, rule)| Fields {
                rule: index,
                slots: rule
                    .fields
                    .iter()
                    .map(|path| Some(finder.slot(path)))
                    .collect(),
            });
            let fields = fields.collect();
            let class = finder.slot("class_uid");
            (source, finder, fields, class)
        });
        Some(Self {
            lines: lines.collect(),
            parsed: Parsed::new(),
            json: json.collect(),
            found: Found::default(),
            split: Split::default(),
            has_found: false,
            has_split: false,
            rules,
        })
    }

    /// Whether the text of the messages of this source is wanted.
    pub(crate) fn want_text(&self, source: Source) -> bool {
        self.json.iter().any(|(known, ..)| *known == source)
    }

    /// Decides on a log event. What is not as its source writes it is delivered. `text` holds what the message stands for if
    /// `has_text`, which may become so.
    #[inline]
    pub(crate) fn verdict(
        &mut self,
        carried: Carried,
        id: JsonStr<'_>,
        message: JsonStr<'_>,
        text: (&mut Buffer, &mut bool),
    ) -> Verdict {
        (self.has_found, self.has_split) = (false, false);
        if !message.is_utf8() {
            return Verdict::Deliver;
        }
        if carried.source == Source::VpcFlowLogs {
            return match is_object(message) {
                true => self.verdict_on_parsed(id, message, text),
                false => self.verdict_on_line(carried.format, id, message),
            };
        }
        let (text, has_text) = text;
        let json = self
            .json
            .iter()
            .find(|(known, ..)| *known == carried.source);
        let Some((_, finder, fields, class)) = json else {
            return Verdict::Deliver;
        };
        if !*has_text {
            text.clear();
            message.append_to(text);
            *has_text = true;
        }
        let text = text.written();
        if finder.find(text, &mut self.found).is_err() {
            return Verdict::Deliver;
        }
        self.has_found = true;
        let spans = &self.found.spans;
        let value = |slot: usize| {
            spans
                .get(slot)
                .map_or(Value::Absent, |span| value(*span, text))
        };
        match decide(&self.rules, fields, value, id) {
            // What no text can hold was not read, and no source writes OCSF.
            Verdict::Drop(_) | Verdict::Sampled(_)
                if !is_all_text(message, text)
                    || (spans[*class].kind != Kind::Absent && is_ocsf(text)) =>
            {
                Verdict::Deliver
            }
            verdict => verdict,
        }
    }

    /// What was found out about the message of the last log event.
    #[inline(always)]
    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            text: None,
            depth: self
                .has_found
                .then(|| self.found.depth_of_compact())
                .flatten(),
            split: self.has_split.then_some(&self.split),
        }
    }

    /// Decides on a flow log that is an object as on the line that it was made of.
    #[cold]
    #[inline(never)]
    fn verdict_on_parsed(
        &mut self,
        id: JsonStr<'_>,
        message: JsonStr<'_>,
        (text, has_text): (&mut Buffer, &mut bool),
    ) -> Verdict {
        // The default format is the first.
        let Some((_, fields)) = self.lines.first() else {
            return Verdict::Deliver;
        };
        let had_text = std::mem::replace(has_text, true);
        let Ok(text) = text_of(message, (text, had_text)) else {
            return Verdict::Deliver;
        };
        if self.parsed.find(text, &mut self.found).is_err() {
            return Verdict::Deliver;
        }
        self.has_found = true;
        let spans = &self.found.spans;
        let value = |slot: usize| value(spans[slot], text);
        decide(&self.rules, fields, value, id)
    }

    fn verdict_on_line(&mut self, format: usize, id: JsonStr<'_>, message: JsonStr<'_>) -> Verdict {
        let Some((format, fields)) = self.lines.get(format) else {
            return Verdict::Deliver;
        };
        let mut line = message.inner().trim_ascii_end();
        let escaped;
        self.split = Split::new(line);
        self.has_split = !self.split.has_escapes;
        if self.split.has_escapes {
            escaped = match escaped_again(message) {
                Ok(escaped) => escaped,
                Err(_) => return Verdict::Deliver,
            };
            line = JsonStr::from_literal(&escaped).inner();
            self.split = Split::new(line);
        }
        let split = &self.split;
        if split.count != format.len() {
            return Verdict::Deliver;
        }
        let value = |slot: usize| {
            let begin = slot
                .checked_sub(1)
                .map_or(0, |before| split.end_of(before) + 1);
            let field = line.get(begin..split.end_of(slot)).unwrap_or_default();
            let field = std::str::from_utf8(field).unwrap_or_default();
            match (field, format.field(slot).kind) {
                ("-", _) => Value::Absent,
                (_, FieldKind::Integer | FieldKind::Port) => Value::Scalar(field),
                _ if memchr::memchr2(b'\\', b'%', field.as_bytes()).is_none() => {
                    Value::Text(field.into())
                }
                (_, FieldKind::Tag) if field.contains('%') => {
                    unescaped(Kind::Tag, field.as_bytes())
                }
                _ => unescaped(Kind::Text, field.as_bytes()),
            }
        };
        match decide(&self.rules, fields, value, id) {
            Verdict::Deliver => Verdict::Deliver,
            // Only now is it worth the time to look at every field.
            verdict => match format.find(line, split, &mut self.found.spans) {
                Ok(()) => verdict,
                Err(_) => Verdict::Deliver,
            },
        }
    }
}

/// What the first rule says whose condition holds.
#[inline]
fn decide<'a>(
    rules: &Rules,
    fields: &[Fields],
    value: impl Fn(usize) -> Value<'a>,
    id: JsonStr<'_>,
) -> Verdict {
    for Fields { rule, slots } in fields {
        let index = *rule;
        let Some(rule) = rules.all().get(index) else {
            continue;
        };
        let value = |field: usize| match slots.get(field) {
            Some(Some(slot)) => value(*slot),
            _ => Value::Absent,
        };
        if rule.condition.holds(&value) {
            return match rule.action {
                Action::Keep => Verdict::Deliver,
                Action::Sample(rate) if is_chosen(id, rate) => Verdict::Sampled(rate),
                Action::Sample(_) | Action::Drop => Verdict::Drop(index),
            };
        }
    }
    Verdict::Deliver
}

/// Whether the event with this id is the one of so many that is delivered: always the same one, however often it arrives.
fn is_chosen(id: JsonStr<'_>, rate: u32) -> bool {
    // The ids of neighbours differ in a few digits; the product spreads what is left of that in a checksum (Knuth, TAOCP 3, 6.4).
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let checksum = u64::from(libdeflater::crc32(id.inner()));
    (checksum.wrapping_mul(SPREAD) >> 32) % u64::from(rate) == 0
}

/// The field at a place of a text.
#[inline]
fn value(span: Span, text: &[u8]) -> Value<'_> {
    let field = span.of(text);
    match span.kind {
        Kind::Absent => Value::Absent,
        Kind::Nested => nested(field),
        Kind::Scalar | Kind::Integer => {
            std::str::from_utf8(field).map_or(Value::Absent, Value::Scalar)
        }
        Kind::Text | Kind::Ipv4 | Kind::Ipv6 | Kind::Tag
            if memchr::memchr2(b'\\', b'%', field).is_some() =>
        {
            unescaped(span.kind, field)
        }
        Kind::Text | Kind::Ipv4 | Kind::Ipv6 | Kind::Tag => {
            std::str::from_utf8(field).map_or(Value::Absent, |text| Value::Text(text.into()))
        }
    }
}

/// A field that does not stand for itself.
#[cold]
#[inline(never)]
fn unescaped(kind: Kind, field: &[u8]) -> Value<'static> {
    let field = String::from_utf8_lossy(field);
    let field = match kind {
        Kind::Tag => super::tag::decoded(field.as_bytes()).unwrap_or_default(),
        _ => field.into_owned(),
    };
    let literal = format!("\"{field}\"");
    Value::Text(JsonStr::from_literal(&literal).text().into_owned().into())
}

/// An array, or an object.
#[cold]
#[inline(never)]
fn nested(field: &[u8]) -> Value<'_> {
    if field.first() != Some(&b'[') {
        return Value::Object;
    }
    let spans = elements(field).into_iter();
    Value::List(spans.map(|span| value(span, field)).collect())
}

#[cfg(test)]
mod tests;
