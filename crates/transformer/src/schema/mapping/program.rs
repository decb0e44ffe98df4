//! What writes a document: its places in order, each with the text before it.

use std::sync::Arc;

use super::code::{Code, Program, Step};
use super::convert::{convert, member, put, time};
use super::find::{Finder, Found};
use super::list::List;
use super::notes::{Noting, Variable};
use super::padded::Padded;
use super::span::Kind;
use super::walk::elements;
use super::{As, Context};
use crate::buffer::Buffer;
use crate::schema::Accounts;
use crate::timestamp::Timestamps;

/// What a document is made of.
pub(in crate::schema) struct Given<'g, N = ()> {
    /// What is known of the event besides its message: JSON strings, by [`Context`]; empty if absent.
    pub(in crate::schema) literals: [&'g [u8]; LITERALS],
    /// When it happened, in milliseconds since 1970.
    pub(in crate::schema) timestamp: i64,
    pub(in crate::schema) timestamps: &'g mut Timestamps,
    pub(in crate::schema) accounts: &'g Accounts,
    pub(in crate::schema) notes: N,
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

    /// What `by` says of the fields in these slots.
    #[inline(always)]
    pub(in crate::schema) fn ask<T>(self, slots: &[usize], by: fn(&[&[u8]]) -> T) -> T {
        // None is found in the slot of a field that is in no event.
        let text = |slot: usize| match self.found.spans.get(slot) {
            Some(span) => span.of(self.text),
            None => b"",
        };
        // Most ask for one field or two.
        match *slots {
            [one] => by(&[text(one)]),
            [one, two] => by(&[text(one), text(two)]),
            _ => {
                let mut texts: [&[u8]; COMPUTED_FIELDS_MAX] = [b""; COMPUTED_FIELDS_MAX];
                for (place, slot) in texts.iter_mut().zip(slots) {
                    *place = text(*slot);
                }
                by(&texts[..slots.len()])
            }
        }
    }

    #[inline(always)]
    fn is_absent(self, slot: usize) -> bool {
        self.found.spans[slot].kind == Kind::Absent
    }
}

impl Program {
    /// Appends an object. Returns whether there is more in it than constants; if not, `out` may hold a part of it.
    #[inline(always)]
    pub(in crate::schema) fn write(
        &self,
        given: &mut Given<'_>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) -> bool {
        self.write_noting(given, fields, out)
    }

    /// The same, with notes of it.
    pub(super) fn write_noting(
        &self,
        given: &mut Given<'_, impl Noting>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) -> bool {
        let begin = out.len();
        let (mut open, mut shared, mut has_content) = (0, 0, false);
        for step in &self.steps {
            shared = step.shared.min(shared);
            let Some(code) = &step.code else {
                let (lead, length) = self.lead_of(step, open, shared);
                put(out, lead, length);
                open = step.depth;
                shared = open;
                continue;
            };
            let Some(first) = code.first_there(fields) else {
                continue;
            };
            let lead = self.lead_of(step, open, shared);
            let before = out.len();
            if let Code::Field(slot, how) = *first
                && member(lead, fields.found.spans[slot], fields.text, how, out)
            {
                let place = before + lead.1..out.len();
                given.notes.add(|| Variable::Field(slot, how), place, true);
                has_content = true;
                open = step.depth;
                shared = open;
                continue;
            }
            put(out, lead.0, lead.1);
            if code.write(given, fields, out) {
                has_content = true;
                open = step.depth;
                shared = open;
            } else {
                out.truncate(before);
                given.notes.take_back(before);
            }
        }
        for _ in 0..=open {
            out.push(b'}');
        }
        // The comma before the first member is the brace.
        out.written_mut()[begin] = b'{';
        has_content
    }

    /// What comes before the value of a step if so many objects are open, of which so many stay open, and what follows it; its length.
    #[inline(always)]
    fn lead_of(&self, step: &Step, open: usize, shared: usize) -> (&[u8], usize) {
        let lead = self.leads[step.lead + shared];
        // With the braces of the objects that end.
        let closing = open - shared;
        (&self.texts[lead.begin - closing..], lead.length + closing)
    }
}

impl Code {
    /// What the value is, or the first of several that is not known to be absent: `None` if all are. It may still come to nothing.
    #[inline(always)]
    fn first_there(&self, fields: Fields<'_>) -> Option<&Self> {
        let is_absent =
            |code: &Self| matches!(code, Self::Field(slot, _) if fields.is_absent(*slot));
        match self {
            Self::First(codes) => codes.iter().find(|code| !is_absent(code)),
            code => Some(code).filter(|code| !is_absent(code)),
        }
    }

    /// Appends the value. Returns `false` if it is absent; `out` may then hold a part of it.
    #[inline(always)]
    fn write(
        &self,
        given: &mut Given<'_, impl Noting>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) -> bool {
        match self {
            Self::Constant(json) => {
                json.put(out);
                true
            }
            Self::Field(slot, how) => {
                let span = fields.found.spans[*slot];
                let begin = out.len();
                let is_there = convert(span, fields.text, *how, given.timestamps, out);
                if !how.follows_from(span.kind) {
                    let value = || Variable::Field(*slot, *how);
                    given.notes.add(value, begin..out.len(), is_there);
                }
                is_there
            }
            Self::Context(context) => {
                let begin = out.len();
                let is_there = write_context(*context, given, out);
                let value = || Variable::Context(*context);
                given.notes.add(value, begin..out.len(), is_there);
                is_there
            }
            _ => self.write_other(given, fields, out),
        }
    }

    #[inline(never)]
    fn write_other(
        &self,
        given: &mut Given<'_, impl Noting>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) -> bool {
        let begin = out.len();
        match self {
            Self::First(codes) => codes.iter().any(|code| {
                out.truncate(begin);
                given.notes.take_back(begin);
                code.write(given, fields, out)
            }),
            Self::List(codes) => write_list(codes, given, fields, out),
            Self::Object(program) => program.write_noting(given, fields, out),
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
            Self::When(slots, by, code) => fields.ask(slots, *by) && code.write(given, fields, out),
            Self::If(slots, are_there, code) => {
                let mut slots = slots.iter();
                slots.all(|slot| fields.is_absent(*slot) != *are_there)
                    && code.write(given, fields, out)
            }
            Self::Computed(slots, by) => {
                let json = fields.ask(slots, *by);
                out.extend(json.unwrap_or_default().as_bytes());
                json.is_some()
            }
            Self::Name(account) => {
                if given.accounts.is_empty() || !account.write(given, fields, out) {
                    return false;
                }
                let name = given.accounts.name_of(&out.written()[begin..]);
                out.truncate(begin);
                given.notes.take_back(begin);
                out.extend(name.unwrap_or_default());
                name.is_some()
            }
            Self::Rest(unread) => rest(unread, given, fields, out),
            // `write` does these.
            Self::Constant(_) | Self::Context(_) | Self::Field(..) => false,
        }
    }
}

/// Appends what is known of an event besides its fields. Returns `false` if it is absent.
#[inline(always)]
pub(super) fn write_context(
    context: Context,
    given: &mut Given<'_, impl Noting>,
    out: &mut Buffer,
) -> bool {
    match context {
        Context::Time => {
            time(given.timestamp, given.timestamps, out);
            true
        }
        Context::Milliseconds => {
            out.extend(itoa::Buffer::new().format(given.timestamp).as_bytes());
            true
        }
        context => {
            let literal = given.literals[context as usize];
            out.extend_with([literal]);
            !literal.is_empty()
        }
    }
}

/// Appends an array of those values that are not absent, each once. Returns whether there are any.
#[inline]
pub(super) fn write_list(
    codes: &Arc<[Code]>,
    given: &mut Given<'_, impl Noting>,
    fields: Fields<'_>,
    out: &mut Buffer,
) -> bool {
    let begin = out.len();
    let mut values = List::new(out);
    for code in codes.iter() {
        match code {
            Code::Each(slot, finder, code) => {
                each(*slot, finder, fields, |fields| {
                    values.value(out, |out| code.write(given, fields, out));
                });
            }
            code => {
                values.value(out, |out| code.write(given, fields, out));
                given.notes.take_back(out.len());
            }
        }
    }
    let is_there = values.end(out);
    let written = out.written();
    given
        .notes
        .list(codes, values.begins(), begin, written, is_there);
    is_there
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
    unread: &[(usize, Padded)],
    given: &mut Given<'_, impl Noting>,
    fields: Fields<'_>,
    out: &mut Buffer,
) -> bool {
    let Some(finder) = fields.finder else {
        return false;
    };
    let begin = out.len();
    for rest in &fields.found.rest {
        let before = out.len();
        finder.prefix(rest).put(out);
        match rest.key.with_rest(fields.text) {
            // Indexes refuse names that are empty, or end in a dot.
            (_, 0) => out.push(b'_'),
            (key, length) => put(out, key, length),
        }
        out.extend(b"\":");
        if !convert(rest.value, fields.text, As::Text, given.timestamps, out) {
            out.truncate(before);
        }
    }
    for (slot, lead) in unread {
        let span = fields.found.spans[*slot];
        if span.kind == Kind::Absent {
            continue;
        }
        let before = out.len();
        lead.put(out);
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
pub(super) const COMPUTED_FIELDS_MAX: usize = 8;
