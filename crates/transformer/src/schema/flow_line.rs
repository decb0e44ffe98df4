//! The fields of flow log lines, as spans of the line.

use super::Misfit;
use super::flow_log::Text;
use super::mapping::{Kind, Span, address};
use super::tag::decoded;
use crate::json::Split;
use crate::source::FlowLogFormat;
use crate::source::vpc_flow_logs::{Field, Kind as FieldKind};

/// What the lines of a format have to be.
pub(super) struct FlowLine {
    /// Each with whether it is an address.
    fields: Vec<(&'static Field, bool)>,
    is_default: bool,
}

impl FlowLine {
    pub(super) fn new(format: &FlowLogFormat) -> Self {
        Self {
            fields: format
                .fields()
                .map(|field| (field, field.name.ends_with("addr")))
                .collect(),
            is_default: format.is_default(),
        }
    }

    /// How many fields a line has.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// What a field is, by its place in a line.
    #[inline(always)]
    pub(super) fn field(&self, place: usize) -> &'static Field {
        self.fields[place].0
    }

    /// For each field, whether it is mostly that of the line before: whatever does not tell one flow from another.
    pub(super) fn are_steady(&self) -> Vec<bool> {
        let is_steady = |(field, _): &(&Field, bool)| {
            let is_of_flow = ["addr", "port", "start", "end", "packets", "bytes", "flags"];
            let ends_so = |end: &&str| field.name.ends_with(*end);
            !is_of_flow.iter().any(ends_so) && !field.name.starts_with("packets-lost")
        };
        self.fields.iter().map(is_steady).collect()
    }

    /// Checks fields that were found elsewhere than in a line, and says what they are.
    ///
    /// # Errors
    /// Returns which of them no line of the format could have.
    pub(super) fn check(&self, text: &[u8], spans: &mut [Span]) -> Result<(), Misfit> {
        for (field, span) in self.fields.iter().zip(spans) {
            let (begin, end) = (span.begin as usize, span.end as usize);
            *span = match span.kind {
                Kind::Absent => continue,
                Kind::Nested => return Err(Misfit::Parsed),
                _ if !is_one_field(&text[begin..end]) => return Err(Misfit::Parsed),
                _ => match kind(*field, &text[begin..], end - begin)? {
                    Kind::Absent => Span::default(),
                    kind => Span::new(kind, begin, end),
                },
            };
        }
        Ok(())
    }

    /// Finds the fields of a line, whose text is escaped as it has to be in a JSON string.
    ///
    /// # Errors
    /// Returns why the line is not of the format.
    #[inline]
    pub(super) fn find(
        &self,
        line: &[u8],
        split: &Split,
        spans: &mut Vec<Span>,
    ) -> Result<(), Misfit> {
        if split.count != self.fields.len() {
            return Err(Misfit::Fields {
                expected: self.fields.len(),
                found: split.count,
            });
        }
        if self.is_default && !line.starts_with(b"2 ") {
            return Err(Misfit::Version);
        }
        spans.clear();
        let mut begin = 0;
        for (field, end) in self.fields.iter().zip(split.ends()) {
            let kind = kind(*field, &line[begin..], end - begin)?;
            spans.push(match kind {
                Kind::Absent => Span::default(),
                kind => Span::new(kind, begin, end),
            });
            begin = end + 1;
        }
        Ok(())
    }
}

/// Whether the inside of a JSON string can be a field of a line. A space would end it, and so may what is escaped by its number, which no
/// field has to be.
fn is_one_field(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' => return false,
            b'\\' if bytes.next() == Some(&b'u') => return false,
            _ => {}
        }
    }
    true
}

/// What a field is, whose text is the first `length` bytes of `rest`.
#[inline(always)]
fn kind(
    (field, may_be_address): (&Field, bool),
    rest: &[u8],
    length: usize,
) -> Result<Kind, Misfit> {
    let (text, name) = (&rest[..length], field.name);
    if text == b"-" {
        return Ok(Kind::Absent);
    }
    match field.kind {
        FieldKind::Integer if Text::new(rest, length).is_integer() => Ok(Kind::Integer),
        FieldKind::Integer => Err(Misfit::NotAnInteger { field: name }),
        FieldKind::Port if Text::new(rest, length).is_port() => Ok(Kind::Integer),
        FieldKind::Port => Err(Misfit::NotAPort { field: name }),
        _ if text.is_empty() => Err(Misfit::Empty { field: name }),
        FieldKind::Tag if text.contains(&b'%') => match decoded(text) {
            Some(_) => Ok(Kind::Tag),
            None => Err(Misfit::NotATag { field: name }),
        },
        // Addresses stand in several places of a document; they are looked at once.
        FieldKind::Text if may_be_address => Ok(address(text).unwrap_or(Kind::Text)),
        FieldKind::Tag | FieldKind::Text => Ok(Kind::Text),
    }
}

#[cfg(test)]
mod tests;
