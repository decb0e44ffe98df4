//! Flow log lines, as a table and their format say.

use std::fmt::Write;

use super::Misfit;
use super::mapping::Growth;
use super::table::{Conversion, Row, Rows, Table};
use super::tag::decoded;
use crate::buffer::Buffer;
use crate::json::{JsonStr, Split};
use crate::source::{FlowLogFormat, Source};

/// Writes flow log lines as objects.
pub(super) struct FlowLogs {
    /// For each of the formats.
    formats: Vec<Columns>,
}

/// The fields of a line, in its order.
struct Columns {
    columns: Vec<Column>,
    /// Bytes of all leads.
    lead_bytes: usize,
    /// How many times as long as in its line a field may be.
    times: usize,
    /// Whether the format is AWS's default.
    is_default: bool,
}

/// A field of a line.
struct Column {
    name: &'static str,
    /// The comma, the key, the colon, and the opening quote of a string; zeros behind it.
    lead: [u8; CHUNK],
    lead_bytes: usize,
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

    /// Appends a line of the format with this index as an object. It is split unless it was already.
    #[inline]
    pub(super) fn write(
        &self,
        format: usize,
        message: JsonStr<'_>,
        split: Option<&Split>,
        out: &mut Buffer,
    ) -> Result<(), Misfit> {
        let columns = &self.formats[format];
        let line = message.inner().trim_ascii_end();
        let own;
        let split = match split {
            Some(split) => split,
            None => {
                own = Split::new(line);
                &own
            }
        };
        if split.has_escapes {
            return columns.write_escaped(message, out);
        }
        columns.write(line, split, out)
    }

    /// How much longer than its line as a JSON string an object can be: by the lead of each field, and by what decoding adds. The quote
    /// behind a field makes up for the space in the line, and the braces for the quotes.
    pub(super) fn growth(&self) -> Growth {
        let times = self.formats.iter().map(|format| format.times - 1);
        let bytes = self.formats.iter().map(|format| format.lead_bytes);
        Growth {
            times: times.max().unwrap_or_default(),
            bytes: bytes.max().unwrap_or_default(),
        }
    }
}

impl Columns {
    fn new(rows: &[Row], format: &FlowLogFormat) -> Self {
        let columns = format.fields().filter_map(|field| {
            let row = rows.iter().find(|row| row.from == field.name)?;
            let mut lead = String::new();
            let quote = match row.conversion {
                Conversion::Text | Conversion::Decoded => "\"",
                Conversion::Integer | Conversion::Port => "",
            };
            write!(lead, ",\"{}\":{quote}", row.to).ok()?;
            let mut chunk = [0; CHUNK];
            chunk
                .get_mut(..lead.len())?
                .copy_from_slice(lead.as_bytes());
            Some(Column {
                name: field.name,
                lead: chunk,
                lead_bytes: lead.len(),
                conversion: row.conversion,
            })
        });
        let columns: Vec<_> = columns.collect();
        Self {
            lead_bytes: columns
                .iter()
                .map(|column: &Column| column.lead_bytes)
                .sum(),
            columns,
            times: format
                .fields()
                .map(|field| field.kind.times_max())
                .max()
                .unwrap_or(1),
            is_default: format.is_default(),
        }
    }

    /// Writes a line whose text is `line`, escaped as it has to be in a JSON string: what stands between two spaces is copied.
    #[inline]
    fn write(&self, line: &[u8], split: &Split, out: &mut Buffer) -> Result<(), Misfit> {
        if split.count != self.columns.len() {
            return Err(Misfit::Fields {
                expected: self.columns.len(),
                found: split.count,
            });
        }
        if self.is_default && !line.starts_with(b"2 ") {
            return Err(Misfit::Version);
        }
        // More than the object takes, whose quotes stand in the place of spaces: a chunk is copied whole, whatever its length.
        let room = out.room(self.lead_bytes + self.times * line.len() + CHUNK);
        let (mut begin, mut length) = (0, 0);
        for (column, end) in self.columns.iter().zip(split.ends()) {
            let text = Text {
                rest: &line[begin..],
                length: end - begin,
            };
            begin = end + 1;
            length = column.write(text, room, length)?;
        }
        // The comma before the first member is the brace.
        length = length.max(1);
        room[0] = b'{';
        room[length] = b'}';
        out.advance(length + 1);
        Ok(())
    }

    /// Writes a line with escapes in it.
    #[cold]
    #[inline(never)]
    fn write_escaped(&self, message: JsonStr<'_>, out: &mut Buffer) -> Result<(), Misfit> {
        let literal = escaped_again(message)?;
        let line = JsonStr::from_literal(&literal).inner();
        self.write(line, &Split::new(line), out)
    }
}

/// The text of a field.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    /// The line from here on.
    rest: &'a [u8],
    length: usize,
}

impl Column {
    /// Writes the member at `at`. Returns where it ends.
    #[inline(always)]
    fn write(&self, text: Text<'_>, room: &mut [u8], at: usize) -> Result<usize, Misfit> {
        let bytes = &text.rest[..text.length];
        if bytes == b"-" {
            return Ok(at);
        }
        let lead = Text {
            rest: &self.lead,
            length: self.lead_bytes,
        };
        let field = self.name;
        let begin = lead.copy(room, at);
        match self.conversion {
            Conversion::Integer if text.is_integer() => Ok(text.copy(room, begin)),
            Conversion::Integer => Err(Misfit::NotAnInteger { field }),
            Conversion::Port if text.is_port() => Ok(text.copy(room, begin)),
            Conversion::Port => Err(Misfit::NotAPort { field }),
            _ if bytes.is_empty() => Err(Misfit::Empty { field }),
            Conversion::Decoded if bytes.contains(&b'%') => {
                let text = decoded(bytes).ok_or(Misfit::NotATag { field })?;
                let text = Text {
                    rest: text.as_bytes(),
                    length: text.len(),
                };
                Ok(text.copy_quoted(room, begin))
            }
            _ => Ok(text.copy_quoted(room, begin)),
        }
    }
}

impl<'a> Text<'a> {
    /// The first `length` bytes of `rest`.
    #[inline(always)]
    pub(super) fn new(rest: &'a [u8], length: usize) -> Self {
        Self { rest, length }
    }

    /// Copies the text to the room from `at`. Returns where it ends. A copy of fixed length takes two instructions, and what it
    /// writes beyond the text is overwritten.
    #[inline(always)]
    fn copy(self, room: &mut [u8], at: usize) -> usize {
        let end = at + self.length;
        match (
            room[at..].first_chunk_mut(),
            self.rest.first_chunk::<CHUNK>(),
        ) {
            (Some(to), Some(from)) if self.length <= CHUNK => *to = *from,
            _ => room[at..end].copy_from_slice(&self.rest[..self.length]),
        }
        end
    }

    /// The same, with a quote behind it.
    #[inline(always)]
    fn copy_quoted(self, room: &mut [u8], at: usize) -> usize {
        let end = self.copy(room, at);
        room[end] = b'"';
        end + 1
    }

    /// Whether the text is an integer as JSON writes it, that a signed integer of 64 bits can hold.
    #[inline(always)]
    pub(super) fn is_integer(self) -> bool {
        let digits = &self.rest[..self.length];
        let is_plain = !digits.starts_with(b"0") || digits.len() == 1;
        let are_digits = match self.rest.first_chunk::<16>() {
            Some(chunk) if (1..=16).contains(&self.length) => {
                // What does not belong to the text is shifted out, and digits come in.
                let unused = 8 * (16 - self.length as u32);
                are_digits(u128::from_le_bytes(*chunk) << unused | (ZEROS >> 1 >> (127 - unused)))
            }
            _ => {
                (1..=INTEGER_DIGITS).contains(&digits.len())
                    && digits.iter().all(u8::is_ascii_digit)
            }
        };
        is_plain && are_digits
    }

    /// Whether the text is an integer of 16 bits.
    #[inline(always)]
    pub(super) fn is_port(self) -> bool {
        const MAX: &[u8] = b"65535";
        let is_short =
            self.length < MAX.len() || (self.length == MAX.len() && &self.rest[..MAX.len()] <= MAX);
        is_short && self.is_integer()
    }
}

/// Whether sixteen bytes are digits: their high halves are 3, and stay it if 6 is added.
#[inline(always)]
fn are_digits(bytes: u128) -> bool {
    const HIGH: u128 = u128::from_ne_bytes([0xf0; 16]);
    const SIX: u128 = u128::from_ne_bytes([6; 16]);
    bytes & HIGH == ZEROS && (bytes.wrapping_add(SIX)) & HIGH == ZEROS
}

/// The text that a message stands for, as a JSON string that is escaped as it has to be and no more.
///
/// # Errors
/// Fails if no text can hold it.
#[cold]
pub(super) fn escaped_again(message: JsonStr<'_>) -> Result<String, Misfit> {
    let text: String = serde_json::from_slice(message.literal()).map_err(|_| Misfit::NotText)?;
    Ok(serde_json::Value::from(text.trim_ascii_end()).to_string())
}

/// Bytes that are copied at once: what most fields, and all their names, fit into.
const CHUNK: usize = 32;

/// Sixteen times the digit 0.
const ZEROS: u128 = u128::from_ne_bytes([b'0'; 16]);

/// The digits that every signed integer of 64 bits can have: it holds all numbers of 18, and some of 19.
const INTEGER_DIGITS: usize = 18;

#[cfg(test)]
mod tests;
