//! A mapping: how a schema writes the log events of one source as its own documents. Mappings are data: the code that writes, and the
//! page that describes them, follow.

mod address;
mod code;
mod compile;
mod convert;
mod describe;
mod domain;
mod find;
mod indexed;
mod list;
mod memo;
mod notes;
mod padded;
mod program;
mod span;
mod template;
mod walk;

use std::borrow::Cow;

use crate::source::Source;

pub(super) use address::{address, is_address};
pub(super) use code::Program;
pub(crate) use compile::Growth;
pub(super) use compile::{Needs, Places, compile, with_rest, with_unread};
pub(super) use describe::describe;
pub(super) use find::{Finder, Found};
pub(super) use memo::Memo;
pub(super) use program::{Fields, Given, LITERALS};
pub(super) use span::{Kind, Span};
pub(super) use walk::elements;

/// How the log events of one source become documents.
pub(super) struct Mapping {
    /// `None` for all that no other mapping is for, and for what is not as its source writes it.
    pub(super) source: Option<Source>,
    /// What a reader should know besides the rows.
    pub(super) about: &'static str,
    pub(super) layouts: Vec<Layout>,
    /// Which layout an event has. The first one, if there is no choice.
    pub(super) choose: Option<Choose>,
}

/// The rows of one kind of document.
pub(super) struct Layout {
    /// What the page calls it; may be empty if there is only one.
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
}

/// Chooses a layout.
pub(super) struct Choose {
    /// The fields that the choice needs.
    pub(super) fields: &'static [&'static str],
    /// Returns the index of the layout. A field that is absent is empty; all others are as they stand in JSON, without quotes.
    pub(super) by: fn(&[&[u8]]) -> usize,
}

/// What stands in one place of a document.
pub(super) struct Row {
    /// The path of the place: names with dots between.
    pub(super) to: Cow<'static, str>,
    pub(super) value: Value,
}

/// What a place of a document holds. It is left out if its value is absent.
pub(super) enum Value {
    /// Always the same JSON.
    Constant(Cow<'static, str>),
    /// What is known of the event besides its message.
    Context(Context),
    /// A field of the source: its path, with dots between names, and numbers for places of an array.
    Field(&'static str, As),
    /// The first of these that is not absent.
    First(Vec<Value>),
    /// An array of those that are not absent, each once; absent if all are.
    List(Vec<Value>),
    /// An object; absent if all of it but constants are.
    Object(Vec<Row>),
    /// An array of an object for each object in this array of the source.
    Each(&'static str, Vec<Row>),
    /// An array of this value of each object in this array of the source. In a list, they are values of the list.
    OfEach(&'static str, Box<Value>),
    /// An array of the values in this array of the source.
    Elements(&'static str, As),
    /// The name of the account that this value is, if the settings have one.
    Name(Box<Value>),
    /// What a function of fields returns.
    Computed(Computed),
    /// Another value, if a function of fields says so.
    When(When, Box<Value>),
    /// Another value, if all of these fields are there.
    With(Vec<&'static str>, Box<Value>),
    /// Another value, if none of these fields is there.
    Without(Vec<&'static str>, Box<Value>),
    /// An object of what no row reads: in flow logs by field, in JSON by path, each as a string.
    Rest,
}

/// A value that follows from several fields.
pub(super) struct Computed {
    /// What it is, for the page.
    pub(super) about: &'static str,
    /// The type of the JSON, for the page: `string`, `integer`, `array of string`, …
    pub(super) kind: &'static str,
    pub(super) fields: &'static [&'static str],
    /// Returns JSON. A field that is absent is empty; all others are as they stand in JSON, without quotes.
    pub(super) by: fn(&[&[u8]]) -> Option<&'static str>,
}

/// When a value is not absent.
#[derive(Clone, Copy)]
pub(super) struct When {
    /// What the page says after "if".
    pub(super) about: &'static str,
    pub(super) fields: &'static [&'static str],
    /// A field that is absent is empty; all others are as they stand in JSON, without quotes.
    pub(super) by: fn(&[&[u8]]) -> bool,
}

/// What documents have if rules sample some.
pub(super) struct RateRow {
    pub(super) row: fn() -> Row,
    /// What comes before the number.
    pub(super) prefix: &'static str,
}

/// What is known of an event besides its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// The account that the event is of.
    Account,
    Region,
    LogGroup,
    LogStream,
    /// CloudWatch Logs' id of the event.
    EventId,
    Source,
    /// The message as a string.
    Message,
    /// The same, if originals are wanted.
    Original,
    /// Why the message is not what its source writes.
    Error,
    /// For how many events this one is delivered, if it is one of several.
    SampleRate,
    /// When CloudWatch Logs says that it happened, as text.
    Time,
    /// The same in milliseconds since 1970.
    Milliseconds,
}

/// How a field becomes a value. If it cannot, the value is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// A string. Objects and arrays become their JSON. What is too long for a term of an index is cut.
    Keyword,
    /// The same, but never cut.
    Text,
    /// An integer of at most 18 digits.
    Long,
    /// An integer of 16 bits.
    Port,
    /// A number, as it was written.
    Number,
    /// The digits of a number before its point.
    Whole,
    /// A domain name, as a string without the dot that stands for the root. What is longer than a term of an index is cut.
    Domain,
    /// An IP address, as a string.
    Ip,
    /// What is no IP address, as a string that is never cut.
    NoIp,
    /// The first JSON for an IP address of version 4, the second for one of version 6.
    IpVersion(&'static [&'static str; 2]),
    /// The IP address that a name of a reverse lookup stands for.
    ReverseIp,
    Boolean,
    /// A time, which was text already.
    Date,
    /// A time, which was a number of seconds since 1970.
    DateOfSeconds,
    /// Milliseconds since 1970 of a time that was text.
    Milliseconds,
    /// Milliseconds since 1970 of seconds.
    MillisecondsOfSeconds,
    /// The JSON that a table has for the text of the field.
    Map(&'static [(&'static str, &'static str)]),
}

/// What a document has at `to`.
pub(super) const fn row(to: &'static str, value: Value) -> Row {
    let to = Cow::Borrowed(to);
    Row { to, value }
}

/// Always this JSON.
pub(super) const fn constant(json: &'static str) -> Value {
    Value::Constant(Cow::Borrowed(json))
}

pub(super) const fn keyword(field: &'static str) -> Value {
    Value::Field(field, As::Keyword)
}

/// A string that is never cut.
pub(super) const fn text(field: &'static str) -> Value {
    Value::Field(field, As::Text)
}

pub(super) const fn long(field: &'static str) -> Value {
    Value::Field(field, As::Long)
}

pub(super) const fn port(field: &'static str) -> Value {
    Value::Field(field, As::Port)
}

pub(super) const fn ip(field: &'static str) -> Value {
    Value::Field(field, As::Ip)
}

pub(super) const fn domain(field: &'static str) -> Value {
    Value::Field(field, As::Domain)
}

/// This value, if all of these fields are there.
pub(super) fn with(fields: Vec<&'static str>, value: Value) -> Value {
    Value::With(fields, Box::new(value))
}

/// This value, if none of these fields is there.
pub(super) fn without(fields: Vec<&'static str>, value: Value) -> Value {
    Value::Without(fields, Box::new(value))
}

/// An array of this value of each object in an array.
pub(super) fn each(array: &'static str, value: Value) -> Value {
    Value::OfEach(array, Box::new(value))
}

impl When {
    /// This value, if the function says so.
    pub(super) fn then(self, value: Value) -> Value {
        Value::When(self, Box::new(value))
    }
}

impl Value {
    /// This value, or else the other one.
    pub(super) fn or(self, other: Self) -> Self {
        match self {
            Self::First(mut values) => {
                values.push(other);
                Self::First(values)
            }
            first => Self::First(vec![first, other]),
        }
    }
}
