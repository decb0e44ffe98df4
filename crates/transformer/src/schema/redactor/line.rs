//! Redacts the lines of a flow log format.

use super::Values;
use super::splices::Splices;
use crate::json::{JsonStr, Split};
use crate::redact::Action;
use crate::schema::Misfit;
use crate::schema::flow_line::FlowLine;
use crate::schema::flow_log::escaped_again;
use crate::schema::mapping::{Kind, Span};
use crate::schema::tag::decoded;
use crate::source::FlowLogFormat;

/// What is redacted of the lines of a format.
pub(super) struct Lines {
    line: FlowLine,
    /// The places of fields in a line, in order.
    fields: Vec<(usize, Action)>,
}

impl Lines {
    pub(super) fn new<'a>(
        format: &FlowLogFormat,
        redacted: impl Iterator<Item = (&'a str, Action)>,
    ) -> Self {
        let place = |name: &str| format.fields().position(|field| field.name == name);
        let mut fields: Vec<_> = redacted
            .filter_map(|(name, action)| Some((place(name)?, action)))
            .collect();
        fields.sort_unstable_by_key(|(place, _)| *place);
        Self {
            line: FlowLine::new(format),
            fields,
        }
    }

    /// Redacts a line, whose inside begins at `begin` of the record.
    pub(super) fn redact(
        &self,
        message: JsonStr<'_>,
        begin: usize,
        values: &Values,
        splices: &mut Splices,
    ) -> Result<(), Misfit> {
        if !message.is_utf8() {
            return Err(Misfit::NotText);
        }
        let line = message.inner().trim_ascii_end();
        let split = Split::new(line);
        if split.has_escapes {
            return self.redact_escaped(message, begin, values, splices);
        }
        self.each(line, &split, |span, action| {
            let value = values.of_field(action, &text(span, line));
            let (from, to) = (span.begin as usize, span.end as usize);
            splices.push(begin + from, begin + to, value.as_bytes());
        })
    }

    /// A line with escapes is written anew.
    #[cold]
    fn redact_escaped(
        &self,
        message: JsonStr<'_>,
        begin: usize,
        values: &Values,
        splices: &mut Splices,
    ) -> Result<(), Misfit> {
        let escaped = escaped_again(message)?;
        let line = JsonStr::from_literal(&escaped).inner();
        let mut redacted = Vec::new();
        let mut copied = 0;
        self.each(line, &Split::new(line), |span, action| {
            redacted.extend_from_slice(&line[copied..span.begin as usize]);
            redacted.extend(values.of_field(action, &text(span, line)).into_bytes());
            copied = span.end as usize;
        })?;
        if copied == 0 {
            return Ok(());
        }
        redacted.extend_from_slice(&line[copied..]);
        // White space at the end, which is no part of the line.
        let whole = message.text();
        let rest = &whole[whole.trim_ascii_end().len()..];
        let rest = serde_json::Value::from(rest).to_string();
        redacted.extend_from_slice(JsonStr::from_literal(&rest).inner());
        splices.push(begin, begin + message.inner().len(), &redacted);
        Ok(())
    }

    /// Calls `redact` with each field of a line that is to be redacted, and present.
    fn each(
        &self,
        line: &[u8],
        split: &Split,
        mut redact: impl FnMut(Span, Action),
    ) -> Result<(), Misfit> {
        let mut spans = Vec::new();
        self.line.find(line, split, &mut spans)?;
        for (place, action) in &self.fields {
            let span = spans.get(*place).copied().unwrap_or_default();
            if span.kind != Kind::Absent {
                redact(span, *action);
            }
        }
        Ok(())
    }
}

/// The text of a field, as the schema `native` has it.
fn text(span: Span, line: &[u8]) -> String {
    let field = span.of(line);
    let decoded = match span.kind {
        Kind::Tag => decoded(field),
        _ => None,
    };
    let field = decoded.unwrap_or_else(|| String::from_utf8_lossy(field).into_owned());
    JsonStr::from_literal(&format!("\"{field}\""))
        .text()
        .into_owned()
}
