//! What writes a document: its places in order, each with the text before it.

use std::ops::Range;

use super::convert::{CHUNK, Kind, Span, convert, member, put, time};
use super::find::{Finder, Found};
use super::list::List;
use super::padded::Padded;
use super::walk::elements;
use super::{As, Context};
use crate::buffer::Buffer;
use crate::schema::Accounts;
use crate::timestamp::Timestamps;

/// Writes the objects of one kind.
#[derive(Default)]
pub(in crate::schema) struct Program {
    pub(super) steps: Vec<Step>,
    /// What comes before each value, behind as many braces as may have to be closed before it, and with zeros at the end, so that it can
    /// be copied by chunks: in one piece, as it is read for every event.
    pub(super) texts: Vec<u8>,
    /// Parts of `texts`.
    pub(super) leads: Vec<Lead>,
}

/// A place of an object, or several with constants that follow one another.
pub(super) struct Step {
    /// The objects around it that are also around the place before it.
    pub(super) shared: usize,
    /// The objects around it at its end.
    pub(super) depth: usize,
    /// The first of its leads: there is one for each number of objects that may be open already.
    pub(super) lead: usize,
    pub(super) code: Code,
}

/// The slots of fields, and what decides by these.
type Condition = (Vec<usize>, fn(&[&[u8]]) -> bool);

/// What comes before a value: a comma, the names of the objects to open, and the last name.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    begin: usize,
    length: usize,
}

impl Program {
    /// Whether there is nothing in it that follows from an event.
    pub(super) fn has_constants_alone(&self) -> bool {
        let mut codes = self.steps.iter().map(|step| &step.code);
        codes.all(|code| matches!(code, Code::Constant(_)))
    }

    /// What has to hold for there to be more in it than constants, if that is one condition: it is known before they are written.
    pub(super) fn condition(&self) -> Option<Condition> {
        let codes = self.steps.iter().map(|step| &step.code);
        let mut codes = codes.filter(|code| !matches!(code, Code::Constant(_)));
        match (codes.next(), codes.next()) {
            (Some(Code::When(slots, by, _)), None) => Some((slots.clone(), *by)),
            _ => None,
        }
    }

    /// Adds a lead.
    pub(super) fn lead(&mut self, text: &str) {
        self.texts.truncate(self.texts.len().saturating_sub(CHUNK));
        let depths = self.steps.iter().map(|step| step.depth);
        let deepest = depths.max().unwrap_or_default();
        self.texts.extend(std::iter::repeat_n(b'}', deepest));
        self.leads.push(Lead {
            begin: self.texts.len(),
            length: text.len(),
        });
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.extend_from_slice(&[0; CHUNK]);
    }
}

/// A value, with its fields found.
pub(super) enum Code {
    Constant(Padded),
    Context(Context),
    Field(usize, As),
    First(Vec<Code>),
    List(Vec<Code>),
    Object(Program),
    Each(usize, Finder, Box<Code>),
    Elements(usize, As),
    Computed(Vec<usize>, fn(&[&[u8]]) -> Option<&'static str>),
    /// The name of the account that another value is.
    Name(Box<Code>),
    When(Vec<usize>, fn(&[&[u8]]) -> bool, Box<Code>),
    /// The members that no row reads, and these slots, each with what comes before its value.
    Rest(Vec<(usize, Vec<u8>)>),
}

/// What a document is made of.
pub(in crate::schema) struct Given<'g> {
    /// What is known of the event besides its message: JSON strings, by [`Context`]; empty if absent.
    pub(in crate::schema) literals: [&'g [u8]; LITERALS],
    /// When it happened, in milliseconds since 1970.
    pub(in crate::schema) timestamp: i64,
    pub(in crate::schema) timestamps: &'g mut Timestamps,
    pub(in crate::schema) accounts: &'g Accounts,
}

/// The values of [`Context`] that are JSON strings.
pub(in crate::schema) const LITERALS: usize = Context::Time as usize;

/// The fields of a message.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Fields<'f> {
    pub(in crate::schema) text: &'f [u8],
    pub(in crate::schema) found: &'f Found,
    /// What found them; absent for flow logs.
    pub(in crate::schema) finder: Option<&'f Finder>,
}

impl<'f> Fields<'f> {
    /// The field in a slot, without quotes; empty if it is absent.
    #[inline(always)]
    pub(in crate::schema) fn text_of(self, slot: usize) -> &'f [u8] {
        self.found.spans[slot].of(self.text)
    }

    /// The same of several slots.
    #[inline(always)]
    pub(super) fn texts_of(self, slots: &[usize]) -> [&'f [u8]; COMPUTED_FIELDS_MAX] {
        let mut texts: [&[u8]; COMPUTED_FIELDS_MAX] = [b""; COMPUTED_FIELDS_MAX];
        for (text, slot) in texts.iter_mut().zip(slots) {
            // None is found in the slot of a field that is in no event.
            if let Some(span) = self.found.spans.get(*slot) {
                *text = span.of(self.text);
            }
        }
        texts
    }
}

impl Program {
    /// Appends an object. Returns whether there is more in it than constants; if not, `out` may hold a part of it.
    pub(in crate::schema) fn write(
        &self,
        given: &mut Given<'_>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) -> bool {
        let begin = out.len();
        let mut place = Place::default();
        self.write_steps(0..self.steps.len(), &mut place, given, fields, out);
        place.end(begin, out);
        place.has_content
    }

    /// Appends what some of the steps write, from a place on.
    #[inline(always)]
    pub(super) fn write_steps(
        &self,
        steps: Range<usize>,
        place: &mut Place,
        given: &mut Given<'_>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) {
        let Place {
            mut open,
            mut shared,
            mut has_content,
        } = *place;
        for step in &self.steps[steps] {
            shared = step.shared.min(shared);
            let span = match step.code {
                Code::Field(slot, _) => fields.found.spans[slot],
                _ => Span::default(),
            };
            if let Code::Field(..) = step.code
                && span.kind == Kind::Absent
            {
                continue;
            }
            let lead = self.leads[step.lead + shared];
            // With the braces of the objects that end.
            let closing = open - shared;
            let lead = (&self.texts[lead.begin - closing..], lead.length + closing);
            if let Code::Field(_, how) = step.code
                && member(lead, span, fields.text, how, out)
            {
                has_content = true;
                open = step.depth;
                shared = open;
                continue;
            }
            let before = out.len();
            put(out, lead.0, lead.1);
            if step.code.write(given, fields, out) {
                has_content |= !matches!(step.code, Code::Constant(_));
                open = step.depth;
                shared = open;
            } else {
                out.truncate(before);
            }
        }
        *place = Place {
            open,
            shared,
            has_content,
        };
    }
}

/// A place in an object that is being written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The objects that are open.
    open: usize,
    /// Those that are also around the next place.
    shared: usize,
    /// Whether there is more than constants so far.
    has_content: bool,
}

impl Place {
    /// Ends the object that begins at `begin`.
    #[inline(always)]
    pub(super) fn end(self, begin: usize, out: &mut Buffer) {
        for _ in 0..=self.open {
            out.push(b'}');
        }
        // The comma before the first member is the brace.
        if out.len() > begin + 1 {
            out.written_mut()[begin] = b'{';
        }
    }
}

impl Code {
    /// Appends the value. Returns `false` if it is absent; `out` may then hold a part of it.
    #[inline(always)]
    fn write(&self, given: &mut Given<'_>, fields: Fields<'_>, out: &mut Buffer) -> bool {
        match self {
            Self::Constant(json) => {
                json.put(out);
                true
            }
            Self::Field(slot, how) => convert(
                fields.found.spans[*slot],
                fields.text,
                *how,
                given.timestamps,
                out,
            ),
            Self::Context(Context::Time) => {
                time(given.timestamp, given.timestamps, out);
                true
            }
            Self::Context(Context::Milliseconds) => {
                out.extend(itoa::Buffer::new().format(given.timestamp).as_bytes());
                true
            }
            Self::Context(context) => {
                let literal = given.literals[*context as usize];
                out.extend(literal);
                !literal.is_empty()
            }
            _ => self.write_other(given, fields, out),
        }
    }

    #[inline(never)]
    fn write_other(&self, given: &mut Given<'_>, fields: Fields<'_>, out: &mut Buffer) -> bool {
        let begin = out.len();
        match self {
            Self::First(codes) => codes.iter().any(|code| {
                out.truncate(begin);
                code.write(given, fields, out)
            }),
            Self::List(codes) => {
                let mut values = List::new(out);
                for code in codes {
                    match code {
                        Self::Each(slot, finder, code) => {
                            each(*slot, finder, fields, |fields| {
                                values.value(out, |out| code.write(given, fields, out));
                            });
                        }
                        code => values.value(out, |out| code.write(given, fields, out)),
                    }
                }
                values.end(out)
            }
            Self::Object(program) => program.write(given, fields, out),
            Self::Each(slot, finder, code) => {
                let mut values = List::new(out);
                each(*slot, finder, fields, |fields| {
                    values.value(out, |out| code.write(given, fields, out));
                });
                values.end(out)
            }
            Self::Elements(slot, how) => {
                let array = fields.text_of(*slot);
                let mut values = List::new(out);
                for element in elements(array) {
                    values.value(out, |out| {
                        convert(element, array, *how, given.timestamps, out)
                    });
                }
                values.end(out)
            }
            Self::When(slots, by, code) => {
                by(&fields.texts_of(slots)[..slots.len()]) && code.write(given, fields, out)
            }
            Self::Computed(slots, by) => {
                let json = by(&fields.texts_of(slots)[..slots.len()]);
                out.extend(json.unwrap_or_default().as_bytes());
                json.is_some()
            }
            Self::Name(account) => {
                if given.accounts.is_empty() || !account.write(given, fields, out) {
                    return false;
                }
                let name = given.accounts.name_of(&out.written()[begin..]);
                out.truncate(begin);
                out.extend(name.unwrap_or_default());
                name.is_some()
            }
            Self::Rest(unread) => rest(unread, given, fields, out),
            // `write` does these.
            Self::Constant(_) | Self::Context(_) | Self::Field(..) => false,
        }
    }
}

/// Calls `write` with the fields of each object in an array.
fn each(slot: usize, finder: &Finder, fields: Fields<'_>, mut write: impl FnMut(Fields<'_>)) {
    let array = fields.text_of(slot);
    let mut found = Found::default();
    for element in elements(array) {
        let text = element.of(array);
        if finder.find(text, &mut found).is_ok() {
            write(Fields {
                text,
                found: &found,
                finder: Some(finder),
            });
        }
    }
}

/// Appends an object of the members that no row reads, and of those in `unread`.
fn rest(
    unread: &[(usize, Vec<u8>)],
    given: &mut Given<'_>,
    fields: Fields<'_>,
    out: &mut Buffer,
) -> bool {
    let Some(finder) = fields.finder else {
        return false;
    };
    let begin = out.len();
    for rest in &fields.found.rest {
        let before = out.len();
        let prefix = finder.prefix(rest).as_bytes();
        let key = match rest.key.of(fields.text) {
            // Indexes refuse names that are empty, or end in a dot.
            b"" => b"_",
            key => key,
        };
        out.extend_with([b",\"", prefix, key, b"\":"]);
        if !convert(rest.value, fields.text, As::Text, given.timestamps, out) {
            out.truncate(before);
        }
    }
    for (slot, lead) in unread {
        let before = out.len();
        out.extend(lead);
        let span = fields.found.spans[*slot];
        if !convert(span, fields.text, As::Text, given.timestamps, out) {
            out.truncate(before);
        }
    }
    if out.len() == begin {
        return false;
    }
    out.written_mut()[begin] = b'{';
    out.push(b'}');
    true
}

/// The most fields that a computed value has, or a choice. Our own choice.
pub(in crate::schema) const COMPUTED_FIELDS_MAX: usize = 8;
