//! A table: what becomes of each field of a source in a schema.

use std::fmt::{self, Write};

use crate::source::Source;

/// What becomes of a source's messages in a schema.
pub(crate) struct Table {
    pub(crate) source: Source,
    /// What a reader should know besides the rows.
    pub(crate) about: &'static str,
    pub(crate) rows: Rows,
}

/// The fields of a table.
pub(crate) enum Rows {
    /// The messages are JSON objects, and stay what they are.
    Whole,
    /// Each field by itself.
    Fields(Vec<Row>),
}

/// What becomes of one field.
pub(crate) struct Row {
    /// The source's own name of the field.
    pub(crate) from: &'static str,
    /// The version of the source's format that brought the field.
    pub(crate) since: u8,
    /// The name of the field in an event.
    pub(crate) to: String,
    pub(crate) conversion: Conversion,
}

/// How the text of a field becomes a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// The digits, as a number.
    Integer,
    /// The same, if they are a port's.
    Port,
    /// The text, as a string.
    Text,
    /// Percent-encoded text, decoded once, as a string.
    Decoded,
}

impl Conversion {
    /// The type of the value, and what becomes of it.
    const fn describe(self) -> &'static str {
        match self {
            Self::Integer => "integer of at most 18 digits",
            Self::Port => "integer to 65,535",
            Self::Text => "string",
            Self::Decoded => "string, percent-decoded once",
        }
    }
}

impl Table {
    /// Appends the table as Markdown.
    pub(crate) fn describe(&self, text: &mut String) -> fmt::Result {
        write!(text, "\n### `{}`\n\n{}\n", self.source, self.about)?;
        if let Rows::Fields(rows) = &self.rows {
            text.push_str("\n| field | since version | becomes | type |\n|---|---|---|---|\n");
            for Row {
                from,
                since,
                to,
                conversion,
            } in rows
            {
                writeln!(
                    text,
                    "| `{from}` | {since} | `{to}` | {} |",
                    conversion.describe()
                )?;
            }
        }
        Ok(())
    }
}
