//! A document with holes: what a program writes for all events whose steady values are the same, and which have the same fields.

use super::As;
use super::convert::{CHUNK, convert, copy, milliseconds_of, put, put_time};
use super::notes::{Notes, Variable};
use super::program::{Fields, Given, write_context, write_list};
use super::span::{Kind, Span};
use crate::buffer::Buffer;

/// A document with holes.
pub(super) struct Template {
    /// What stands between the holes, with zeros at the end, so that it can be copied by chunks.
    texts: Vec<u8>,
    holes: Vec<Hole>,
    /// The text behind the last hole.
    last: (usize, usize),
}

struct Hole {
    /// The text before it: where it begins in `texts`, and its length.
    text: (usize, usize),
    form: Form,
    value: Variable,
    /// Whether there is a value, or has to be none.
    is_there: bool,
}

/// What is written, as far as that follows from the kind of a field.
enum Form {
    /// The field in this slot, between quotes unless it is long.
    Quoted(usize),
    /// The integer in this slot.
    Integer(usize),
    /// The time that this slot has in seconds.
    Time(usize),
    Any,
}

impl Form {
    fn of(value: &Variable, spans: &[Span]) -> Self {
        let Variable::Field(slot, how) = *value else {
            return Self::Any;
        };
        match (how, spans[slot].kind) {
            (As::Long, Kind::Integer) => Self::Integer(slot),
            (As::DateOfSeconds, _) => Self::Time(slot),
            (_, kind) if how.is_quoted(kind) == Some(true) => Self::Quoted(slot),
            _ => Self::Any,
        }
    }
}

impl Template {
    /// Makes a template of the document that begins at `begin`, with holes for the values in `notes` that are not steady. Returns
    /// `None` if the document is no model for others.
    pub(super) fn new(
        begin: usize,
        written: &[u8],
        notes: Notes,
        spans: &[Span],
        is_steady: impl Fn(&Variable) -> bool,
    ) -> Option<Self> {
        let mut template = Self {
            texts: Vec::new(),
            holes: Vec::new(),
            last: (0, 0),
        };
        let mut done = begin;
        for noted in notes.values {
            if is_steady(&noted.value) {
                continue;
            }
            if noted.is_lost {
                return None;
            }
            let text = template.add(written.get(done..noted.begin)?);
            done = noted.begin;
            if noted.is_there {
                done = noted.end;
            }
            template.holes.push(Hole {
                text,
                form: match noted.is_there {
                    true => Form::of(&noted.value, spans),
                    false => Form::Any,
                },
                value: noted.value,
                is_there: noted.is_there,
            });
        }
        template.last = template.add(written.get(done..)?);
        template.texts.extend_from_slice(&[0; CHUNK]);
        Some(template)
    }

    fn add(&mut self, text: &[u8]) -> (usize, usize) {
        let begin = self.texts.len();
        self.texts.extend_from_slice(text);
        (begin, text.len())
    }

    /// Appends the document of another event. Returns `false` if it is of another form; `out` may then hold a part of it.
    #[inline]
    pub(super) fn fill(&self, given: &mut Given<'_>, fields: Fields<'_>, out: &mut Buffer) -> bool {
        let size = self.texts.len() + self.holes.len() * FIELD_ROOM;
        let mut room = out.room(size);
        let mut at = 0;
        for hole in &self.holes {
            let (begin, length) = hole.text;
            copy(&self.texts[begin..], length, &mut room[at..]);
            at += length;
            match hole.form {
                Form::Quoted(slot) => {
                    let (field, length) = fields.found.spans[slot].with_rest(fields.text);
                    if length <= 2 * CHUNK {
                        room[at] = b'"';
                        copy(field, length, &mut room[at + 1..]);
                        at += length + 2;
                        room[at - 1] = b'"';
                        continue;
                    }
                }
                Form::Integer(slot) => {
                    let (field, length) = fields.found.spans[slot].with_rest(fields.text);
                    copy(field, length, &mut room[at..]);
                    at += length;
                    continue;
                }
                Form::Time(slot) => {
                    if let Some(milliseconds) = milliseconds_of(fields.text_of(slot)) {
                        at += put_time(milliseconds, given.timestamps, &mut room[at..]);
                        continue;
                    }
                }
                Form::Any => {}
            }
            out.advance(at);
            let before = out.len();
            let is_there = match &hole.value {
                Variable::Field(slot, how) => {
                    let span = fields.found.spans[*slot];
                    convert(span, fields.text, *how, given.timestamps, out)
                }
                Variable::Context(context) => write_context(*context, given, out),
                Variable::List(codes) => write_list(codes, given, fields, out),
            };
            if is_there != hole.is_there {
                return false;
            }
            if !is_there {
                out.truncate(before);
            }
            (room, at) = (out.room(size), 0);
        }
        out.advance(at);
        let (begin, length) = self.last;
        put(out, &self.texts[begin..], length);
        true
    }
}

/// What a field of usual length takes, with quotes, and more: a chunk is copied whole, whatever its length.
const FIELD_ROOM: usize = 3 * CHUNK;
