//! The schemas: log events as fields, where the schema `none` leaves a string.
//!
//! A schema is a folder in `schema/`, with a table for each source. The code that writes follows from the tables, and so does
//! README.md in that folder.

mod accounts;
mod already_ocsf;
mod documents;
mod ecs;
mod filter;
mod flow_line;
mod flow_log;
mod mapping;
mod native;
mod object;
mod ocsf;
mod parsed;
mod redactor;
mod table;
mod tag;

use std::fmt::{self, Write};

use crate::buffer::Buffer;
use crate::json::{JsonStr, Split};
use crate::settings::{Schema, Settings};
use crate::source::vpc_flow_logs::FIELDS;
use crate::source::{Carried, Source};

use flow_log::FlowLogs;
use table::Table;

pub(crate) use accounts::Accounts;
pub(crate) use documents::{Documents, Line};
pub(crate) use filter::{Filter, Verdict};
pub(crate) use mapping::Growth;
pub(crate) use redactor::{Fault, Redactor};

/// What a schema makes of log events.
pub(crate) enum Shape {
    /// An object in the place of the message.
    Objects(Events),
    /// The whole line.
    Documents(Box<Documents>),
}

impl Shape {
    /// Returns `None` if messages are to stay as they are.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        Some(match settings.schema {
            Schema::None => return None,
            Schema::Native => Self::Objects(Events::new(settings, &native::tables())),
            Schema::Ecs => Self::documents(ecs::mappings(), &ecs::RATE, settings),
            Schema::Ocsf11 => Self::ocsf(ocsf::Version::V1_1, settings),
            Schema::Ocsf15 => Self::ocsf(ocsf::Version::V1_5, settings),
        })
    }

    fn ocsf(version: ocsf::Version, settings: &Settings) -> Self {
        Self::documents(ocsf::mappings(version), &ocsf::RATE, settings)
    }

    fn documents(
        mappings: Vec<mapping::Mapping>,
        rate: &mapping::RateRow,
        settings: &Settings,
    ) -> Self {
        Self::Documents(Box::new(Documents::new(mappings, rate, settings)))
    }

    /// How much longer than an event its line can be.
    pub(crate) fn growth(&self) -> Growth {
        match self {
            Self::Objects(events) => events.flow_logs.growth(),
            Self::Documents(documents) => documents.growth(),
        }
    }

    /// Whether messages of this source are written from their text, which the reader may have at hand.
    pub(crate) fn want_text(&self, source: Source) -> bool {
        match self {
            Self::Objects(events) => events.want_text(source),
            Self::Documents(documents) => documents.want_text(source),
        }
    }
}

/// Writes the messages of log events as objects.
pub(crate) struct Events {
    /// The sources that the schema has tables for.
    sources: Vec<Source>,
    flow_logs: FlowLogs,
}

impl Events {
    fn new(settings: &Settings, tables: &[Table]) -> Self {
        Self {
            flow_logs: FlowLogs::new(tables, settings.sources.formats()),
            sources: tables.iter().map(|table| table.source).collect(),
        }
    }

    /// Whether messages of this source become objects. All others stay as they are, which is no fault.
    pub(crate) fn know(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }

    fn want_text(&self, source: Source) -> bool {
        self.know(source) && source != Source::VpcFlowLogs
    }

    /// Appends a message as an object. The message must be UTF-8.
    ///
    /// # Errors
    /// Returns why the message is not what its source writes; what was appended then means nothing.
    #[inline]
    pub(crate) fn write(
        &self,
        carried: Carried,
        message: JsonStr<'_>,
        known: Known<'_>,
        out: &mut Buffer,
    ) -> Result<(), Misfit> {
        // Flow logs that a transformer of the log group has parsed already, or made OCSF, are objects, too.
        if carried.source == Source::VpcFlowLogs && !parsed::is_object(message) {
            return self
                .flow_logs
                .write(carried.format, message, known.split, out);
        }
        object::write(message, known, out)
    }
}

/// What was found out about a message before it is written.
#[derive(Default, Clone, Copy)]
pub(crate) struct Known<'k> {
    /// What it stands for.
    pub(crate) text: Option<&'k [u8]>,
    /// How deep that is nested, if it is one JSON object without white space between its tokens.
    pub(crate) depth: Option<u32>,
    /// The fields of a line without escapes.
    pub(crate) split: Option<&'k Split>,
}

/// The class of a line of OCSF; `None` of all others.
pub(crate) fn class_of(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(ocsf::CLASS_UID)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.map(|byte| char::from(*byte)).collect())
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
    write!(text, "\n## `ecs`\n\n{}\n", ecs::ABOUT)?;
    for mapping in ecs::mappings() {
        mapping::describe(&mapping, since, &mut text)?;
    }
    ocsf::describe_all(since, &mut text)?;
    Ok(text)
}

/// The version of the flow log format that brought a field.
fn since(source: Option<Source>, field: &str) -> Option<u8> {
    let mut fields = FIELDS
        .iter()
        .filter(|_| source == Some(Source::VpcFlowLogs));
    fields
        .find(|known| known.name == field)
        .map(|known| known.since)
}

const INTRODUCTION: &str = "\
# Schemas

What becomes of log events with `CATCHMENT_SCHEMA`. `make bless` writes this page from the tables in this folder.

A message that is not as its source writes it stays `message`, and a member `error` says why; the record is `Ok`. So do lines with bytes
that are not UTF-8. Messages of the source `other` stay `message`. A field that is absent, or that is not of the type that its place has,
leaves no trace in its place: no two lines give one place two types. A string takes numbers and booleans as they are written, and objects
and arrays as their JSON.

Flow logs that `parseVPC`, a processor of CloudWatch Logs, has made objects are known by the names of their members, which are the fields of
the default format. `version` and `logStatus` have to be there, and no other members may be; one that is `null` or `-` is absent. A value
that no line could have, such as one with a space, or with an escape by number, makes it another object. Rules and redactions, which
name fields as flow logs do, hold for such an object as for its line: a text that is masked becomes `-`, anything else `null`.

In the tables of documents, a name or path is a field of the source, and JSON, such as `4` or `\"aws\"`, stands there as it is. \"`a`, or else
`b`\" is the first of them that is there; \"`a`, `b`\" are the items of an array; \"`a`: A: `1`\" is 1 if the field is A. Braces are an object
with the type and value of each member; it is absent if only members that are always the same are there. A time is text of ISO 8601, of the
years 1970 to 9999: as it stands in the field if that is `2023-09-30T15:15:22Z`, with a fraction of a second or without; otherwise, and of a
leap second, `2023-09-30T15:15:22.000Z`, in UTC. An IP address with a zone, such as `fe80::1%eth0`, is none.
An integer has at most 18 digits, and may be a string in the field; a number may not.
";

/// Why a message is not what its source writes. No text quotes the message.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    #[error("not a JSON object")]
    NotAnObject,
    #[error(
        "not a flow log line, but an object, and not one that parseVPC of CloudWatch Logs makes of a line"
    )]
    Parsed,
    #[error("an OCSF event already, and the schema is ecs")]
    AlreadyOcsf,
    #[error("escapes in it stand for no text")]
    NotText,
    #[error("not a flow log line of its format: {found} fields, and the format has {expected}")]
    Fields { expected: usize, found: usize },
    #[error("not a flow log line of its format: {field} is empty")]
    Empty { field: &'static str },
    #[error("not a flow log line of its format: {field} is not an integer")]
    NotAnInteger { field: &'static str },
    #[error("not a flow log line of its format: {field} is not a port")]
    NotAPort { field: &'static str },
    #[error("not a flow log line of its format: {field} is not percent-encoded text")]
    NotATag { field: &'static str },
    #[error("not a flow log line of the default format: version is not 2")]
    Version,
}
