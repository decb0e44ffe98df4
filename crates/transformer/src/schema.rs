//! The schemas: log events as fields, where the schema `none` leaves a string.
//!
//! A schema is a folder in `schema/`, with a table for each source. The code that writes follows from the tables, and so does
//! README.md in that folder.

mod flow_log;
mod native;
mod object;
mod table;

use std::fmt::{self, Write};

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::settings::{Schema, Settings};
use crate::source::{Carried, Source};

use flow_log::FlowLogs;

/// Writes the messages of log events as objects.
pub(crate) struct Events {
    /// The sources that the schema has tables for.
    sources: [Source; 3],
    flow_logs: FlowLogs,
}

impl Events {
    /// Returns `None` if messages are to stay as they are.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let tables = match settings.schema {
            Schema::None => return None,
            Schema::Native => native::tables(),
        };
        Some(Self {
            flow_logs: FlowLogs::new(&tables, settings.sources.formats()),
            sources: tables.map(|table| table.source),
        })
    }

    /// Whether messages of this source become objects. All others stay as they are, which is no fault.
    pub(crate) fn know(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }

    /// Whether messages of this source are written from their text, which the reader may have at hand.
    pub(crate) fn want_text(&self, source: Source) -> bool {
        self.know(source) && source != Source::VpcFlowLogs
    }

    /// Appends a message as an object. The message must be UTF-8. `text` is what it stands for, if that is at hand.
    ///
    /// # Errors
    /// Returns why the message is not what its source writes; what was appended then means nothing.
    #[inline]
    pub(crate) fn write(
        &self,
        carried: Carried,
        message: JsonStr<'_>,
        text: Option<&[u8]>,
        out: &mut Buffer,
    ) -> Result<(), Misfit> {
        // Flow logs that a transformer of the log group has parsed already, or made OCSF, are objects, too.
        if carried.source == Source::VpcFlowLogs && message.inner().first() != Some(&b'{') {
            return self.flow_logs.write(carried.format, message, out);
        }
        object::write(message, text, out)
    }

    /// The most bytes by which the object is longer than the JSON string that it stands for.
    pub(crate) fn growth_bytes_max(&self) -> usize {
        self.flow_logs.growth_bytes_max()
    }
}

/// Describes the fields of each schema, in Markdown.
///
/// # Errors
/// None: writing to a string does not fail.
pub fn documentation() -> Result<String, fmt::Error> {
    let mut text = INTRODUCTION.to_owned();
    write!(text, "\n## `native`\n\n{}\n", native::ABOUT)?;
    for table in native::tables() {
        table.describe(&mut text)?;
    }
    Ok(text)
}

const INTRODUCTION: &str = "\
# Schemas

What becomes of log events with `CATCHMENT_SCHEMA`. `make bless` writes this page from the tables in this folder.

A message that is not as its source writes it stays `message`, and a member `error` says why; the record is `Ok`. So do lines with bytes
that are not UTF-8. Messages of the source `other` stay `message`.
";

/// Why a message is not what its source writes. No text quotes the message.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    #[error("not a JSON object")]
    NotAnObject,
    #[error("escapes in it stand for no text")]
    NotText,
    #[error("not a flow log line of its format: {found} fields, and the format has {expected}")]
    Fields { expected: usize, found: usize },
    #[error("not a flow log line of its format: {field} is empty")]
    Empty { field: &'static str },
    #[error("not a flow log line of its format: {field} is not an integer")]
    NotAnInteger { field: &'static str },
    #[error("not a flow log line of its format: {field} is not percent-encoded text")]
    NotATag { field: &'static str },
    #[error("not a flow log line of the default format: version is not 2")]
    Version,
}
