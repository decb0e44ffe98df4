//! Flow log lines, as a table and their format say.

use std::fmt::Write;

use super::Misfit;
use super::table::{Conversion, Row, Rows, Table};
use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::source::{FlowLogFormat, Source};

/// Writes flow log lines as objects.
pub(super) struct FlowLogs {
    /// For each of the formats.
    formats: Vec<Columns>,
}

/// The fields of a line, in its order.
struct Columns {
    columns: Vec<Column>,
    /// Whether the format is AWS's default.
    is_default: bool,
}

/// A field of a line.
struct Column {
    name: &'static str,
    /// The comma, the key, the colon, and the opening quote of a string.
    lead: Box<[u8]>,
    conversion: Conversion,
}

impl FlowLogs {
    pub(super) fn new(tables: &[Table], formats: &[FlowLogFormat]) -> Self {
        let rows = tables.iter().find_map(|table| match &table.rows {
            Rows::Fields(rows) if table.source == Source::VpcFlowLogs => Some(rows.as_slice()),
            _ => None,
        });
        let rows = rows.unwrap_or_default();
        let formats = formats.iter().map(|format| Columns::new(rows, format));
        Self {
            formats: formats.collect(),
        }
    }

    /// Appends a line of the format with this index as an object.
    #[inline]
    pub(super) fn write(
        &self,
        format: usize,
        message: JsonStr<'_>,
        out: &mut Buffer,
    ) -> Result<(), Misfit> {
        let columns = &self.formats[format];
        let line = message.inner();
        if memchr::memchr(b'\\', line).is_some() {
            return columns.write_escaped(message, out);
        }
        columns.write(line, out)
    }

    /// The most bytes by which an object is longer than its line as a JSON string.
    pub(super) fn growth_bytes_max(&self) -> usize {
        let growth = self.formats.iter().map(Columns::growth_bytes);
        growth.max().unwrap_or_default()
    }
}

impl Columns {
    fn new(rows: &[Row], format: &FlowLogFormat) -> Self {
        let columns = format.fields().filter_map(|field| {
            let row = rows.iter().find(|row| row.from == field.name)?;
            let mut lead = String::new();
            let quote = match row.conversion {
                Conversion::Text | Conversion::Decoded => "\"",
                Conversion::Integer => "",
            };
            write!(lead, ",\"{}\":{quote}", row.to).ok()?;
            Some(Column {
                name: field.name,
                lead: lead.into_bytes().into(),
                conversion: row.conversion,
            })
        });
        Self {
            columns: columns.collect(),
            is_default: format.is_default(),
        }
    }

    /// The lead of each field and the quote behind it, and the braces. The line has a space for each field, and its quotes.
    fn growth_bytes(&self) -> usize {
        self.columns.iter().map(|column| column.lead.len()).sum()
    }

    /// Writes a line whose text is `line`, escaped as it has to be in a JSON string: what stands between two spaces is copied.
    #[inline]
    fn write(&self, line: &[u8], out: &mut Buffer) -> Result<(), Misfit> {
        let line = line.trim_ascii_end();
        let begin = out.len();
        let (mut at, mut ends) = (0, memchr::memchr_iter(b' ', line));
        for column in &self.columns {
            let end = ends.next().unwrap_or(line.len());
            let text = line.get(at..end).ok_or_else(|| self.fields(line))?;
            at = end + 1;
            column.write(text, out)?;
        }
        if at <= line.len() {
            return Err(self.fields(line));
        }
        if self.is_default && !line.starts_with(b"2 ") {
            return Err(Misfit::Version);
        }
        match out.written_mut().get_mut(begin) {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
        Ok(())
    }

    /// Writes a line with escapes in it.
    #[cold]
    #[inline(never)]
    fn write_escaped(&self, message: JsonStr<'_>, out: &mut Buffer) -> Result<(), Misfit> {
        let text: String =
            serde_json::from_slice(message.literal()).map_err(|_| Misfit::NotText)?;
        let literal = serde_json::Value::from(text.trim_ascii_end()).to_string();
        self.write(JsonStr::from_literal(&literal).inner(), out)
    }

    #[cold]
    fn fields(&self, line: &[u8]) -> Misfit {
        Misfit::Fields {
            expected: self.columns.len(),
            found: memchr::memchr_iter(b' ', line).count() + 1,
        }
    }
}

impl Column {
    #[inline(always)]
    fn write(&self, text: &[u8], out: &mut Buffer) -> Result<(), Misfit> {
        if text == b"-" {
            return Ok(());
        }
        let field = self.name;
        match self.conversion {
            Conversion::Integer if is_integer(text) => out.extend_with([&self.lead, text]),
            Conversion::Integer => return Err(Misfit::NotAnInteger { field }),
            _ if text.is_empty() => return Err(Misfit::Empty { field }),
            Conversion::Decoded if text.contains(&b'%') => {
                let text = decoded(text).ok_or(Misfit::NotATag { field })?;
                out.extend_with([&self.lead, text.as_bytes(), b"\""]);
            }
            _ => out.extend_with([&self.lead, text, b"\""]),
        }
        Ok(())
    }
}

/// Whether the text is an integer as JSON writes it, that a signed integer of 64 bits can hold.
#[inline(always)]
fn is_integer(text: &[u8]) -> bool {
    match text {
        [digit] => digit.is_ascii_digit(),
        [b'1'..=b'9', rest @ ..] => {
            rest.len() < INTEGER_DIGITS && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// Decodes the escaped text of a tag's value, and escapes it again. Tags hold no control characters
/// (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>).
#[cold]
#[inline(never)]
fn decoded(text: &[u8]) -> Option<String> {
    let literal = [b"\"", text, b"\""].concat();
    let text: String = serde_json::from_slice(&literal).ok()?;
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.as_bytes().split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        bytes.push(u8::try_from(high? * 16 + low?).ok()?);
        bytes.extend_from_slice(rest);
    }
    let text = String::from_utf8(bytes).ok()?;
    if text.contains(char::is_control) {
        return None;
    }
    let literal = serde_json::Value::from(text).to_string();
    Some(literal[1..literal.len() - 1].to_owned())
}

/// The digits that every signed integer of 64 bits can have: it holds all numbers of 18, and some of 19.
const INTEGER_DIGITS: usize = 18;

#[cfg(test)]
mod tests;
