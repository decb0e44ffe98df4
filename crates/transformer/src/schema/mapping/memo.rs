//! What a program writes from values that are mostly those of an event before: remembered as templates.

use std::ptr::fn_addr_eq;

use super::Context;
use super::code::{Code, Program, slots_of};
use super::notes::{Notes, Variable};
use super::program::{Fields, Given};
use super::span::Kind;
use super::template::Template;
use crate::buffer::Buffer;

/// Templates of one program's documents.
pub(in crate::schema) struct Memo {
    inputs: Inputs,
    /// For each slot, whether its field is mostly that of the event before.
    are_steady: Vec<bool>,
    states: Vec<State>,
    /// Their indices, in the order in which they are tried: those that events have often come to be first.
    order: Vec<usize>,
}

/// What the form of a document depends on, besides which fields there are, and of which kinds.
#[derive(Default)]
struct Inputs {
    /// The slots of steady fields.
    fields: Vec<usize>,
    contexts: Vec<Context>,
    /// What functions of other fields say.
    conditions: Vec<Condition>,
    words: Vec<Word>,
}

/// The slots of fields, and what decides by these.
type Condition = (Vec<usize>, fn(&[&[u8]]) -> bool);

/// The slots of fields, and what makes a word of these.
type Word = (Vec<usize>, fn(&[&[u8]]) -> Option<&'static str>);

/// Documents whose inputs have these values, and whose fields are of these kinds.
struct State {
    /// Of the fields and the contexts.
    values: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    /// A bit for each condition.
    conditions: u64,
    words: Vec<Option<&'static str>>,
    kinds: Vec<Kind>,
    /// Made of the second document, as many a state has but one.
    template: Option<Template>,
    documents: u8,
}

/// States that are remembered. Our own choice: what a network interface's flows have in common besides addresses and numbers.
const STATES_MAX: usize = 8;

/// The most bytes of a state's values. Our own choice: a line that somebody wrote to the log group may be long.
const STATE_BYTES_MAX: usize = 16 * 1024;

impl Memo {
    /// A memo for a program, with for each slot whether its field is steady; `None` if no document of it is a model for others.
    pub(in crate::schema) fn new(program: &Program, are_steady: Vec<bool>) -> Option<Self> {
        let mut inputs = Inputs::default();
        let are_all = inputs.add_program(program, &are_steady);
        (are_all && inputs.conditions.len() <= 64).then_some(Self {
            inputs,
            are_steady,
            states: Vec::new(),
            order: Vec::new(),
        })
    }

    /// Appends an object, as the program does by itself.
    pub(in crate::schema) fn write(
        &mut self,
        program: &Program,
        given: &mut Given<'_>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) {
        let begin = out.len();
        let known = self.known(given, fields);
        let Some(state) = known.or_else(|| self.begin(given, fields)) else {
            program.write(given, fields, out);
            return;
        };
        let state = &mut self.states[state];
        if let Some(template) = &state.template {
            if template.fill(given, fields, out) {
                return;
            }
            out.truncate(begin);
        }
        state.documents = state.documents.saturating_add(1);
        if state.documents != 2 {
            program.write(given, fields, out);
            return;
        }
        let mut noting = Given {
            literals: given.literals,
            timestamp: given.timestamp,
            timestamps: given.timestamps,
            accounts: given.accounts,
            notes: Notes::default(),
        };
        program.write_noting(&mut noting, fields, out);
        let is_steady = |value: &Variable| match value {
            Variable::Field(slot, _) => self.are_steady[*slot],
            Variable::Context(context) => is_steady(*context),
            Variable::List(_) => false,
        };
        let (notes, spans) = (noting.notes, &fields.found.spans);
        state.template = Template::new(begin, out.written(), notes, spans, is_steady);
    }

    /// The index of the state that an event is in.
    #[inline(always)]
    fn known(&mut self, given: &Given<'_>, fields: Fields<'_>) -> Option<usize> {
        let conditions = self.inputs.conditions(fields);
        let mut tried = self.order.iter();
        let at = tried
            .position(|index| self.states[*index].is_of(&self.inputs, conditions, given, fields))?;
        let index = self.order[at];
        self.order.swap(at, at.saturating_sub(1));
        Some(index)
    }

    /// Begins a state, in the place of the one that was tried last. Returns its index, or `None` if it is too large.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, given: &Given<'_>, fields: Fields<'_>) -> Option<usize> {
        let (mut values, mut ends) = (Vec::new(), Vec::new());
        let Inputs {
            fields: slots,
            contexts,
            ..
        } = &self.inputs;
        let texts = slots.iter().map(|slot| fields.text_of(*slot));
        let literals = contexts
            .iter()
            .map(|context| given.literals[*context as usize]);
        for value in texts.chain(literals) {
            values.extend_from_slice(value);
            ends.push(values.len());
        }
        if values.len() > STATE_BYTES_MAX {
            return None;
        }
        let state = State {
            values,
            ends,
            conditions: self.inputs.conditions(fields),
            words: self.inputs.words(fields).collect(),
            kinds: fields.found.spans.iter().map(|span| span.kind).collect(),
            template: None,
            documents: 0,
        };
        let index = if self.states.len() < STATES_MAX {
            self.states.push(state);
            self.states.len() - 1
        } else {
            let index = self.order.pop()?;
            self.states[index] = state;
            index
        };
        // First, as the next events are most likely of the same log stream.
        self.order.insert(0, index);
        Some(index)
    }
}

impl State {
    #[inline(always)]
    fn is_of(
        &self,
        inputs: &Inputs,
        conditions: u64,
        given: &Given<'_>,
        fields: Fields<'_>,
    ) -> bool {
        let mut begin = 0;
        let mut ends = self.ends.iter();
        let mut is_next = |value: &[u8]| {
            let known = ends
                .next()
                .map(|end| &self.values[std::mem::replace(&mut begin, *end)..*end]);
            known.is_some_and(|known| is_same(known, value))
        };
        let are_same = conditions == self.conditions
            && inputs
                .fields
                .iter()
                .all(|slot| is_next(fields.text_of(*slot)))
            && inputs
                .contexts
                .iter()
                .all(|context| is_next(given.literals[*context as usize]));
        let mut kinds = self.kinds.iter().zip(&fields.found.spans);
        are_same
            && kinds.all(|(kind, span)| *kind == span.kind)
            && inputs.words(fields).eq(self.words.iter().copied())
    }
}

impl Inputs {
    /// A bit for each condition.
    #[inline(always)]
    fn conditions(&self, fields: Fields<'_>) -> u64 {
        let conditions = self.conditions.iter().rev();
        conditions.fold(0, |bits, (slots, by)| {
            bits << 1 | u64::from(fields.ask(slots, *by))
        })
    }

    #[inline(always)]
    fn words(&self, fields: Fields<'_>) -> impl Iterator<Item = Option<&'static str>> {
        let words = self.words.iter();
        words.map(move |(slots, by)| fields.ask(slots, *by))
    }

    /// Adds what the form of an object depends on. Returns `false` if that is more than inputs can say.
    fn add_program(&mut self, program: &Program, are_steady: &[bool]) -> bool {
        let mut codes = program.steps.iter().filter_map(|step| step.code.as_ref());
        codes.all(|code| self.add_all(code, are_steady))
    }

    /// Adds what the form of a value depends on. Returns `false` if that is more than inputs can say.
    fn add_all(&mut self, code: &Code, are_steady: &[bool]) -> bool {
        match code {
            Code::Constant(_) => true,
            Code::Context(context) => {
                if is_steady(*context) {
                    add(&mut self.contexts, *context);
                }
                true
            }
            Code::Field(slot, _) => {
                self.add_steady(&[*slot], are_steady);
                true
            }
            Code::First(codes) => codes.iter().all(|code| self.add_all(code, are_steady)),
            Code::List(codes) => {
                // What of a list is left out.
                let slots = slots_of(codes).unwrap_or_default();
                for (at, slot) in slots.iter().enumerate() {
                    for other in &slots[..at] {
                        self.add_condition(&[*other, *slot], |fields| fields[0] == fields[1]);
                    }
                }
                codes.iter().all(|code| self.add_all(code, are_steady))
            }
            Code::Object(program) => self.add_program(program, are_steady),
            Code::Name(code) | Code::If(_, _, code) => self.add_all(code, are_steady),
            Code::Computed(slots, by) => {
                if !self.add_steady(slots, are_steady) {
                    let word: Word = (slots.clone(), *by);
                    let is_word = |known: &Word| known.0 == word.0 && fn_addr_eq(known.1, word.1);
                    if !self.words.iter().any(is_word) {
                        self.words.push(word);
                    }
                }
                true
            }
            Code::When(slots, by, code) => {
                if !self.add_steady(slots, are_steady) {
                    self.add_condition(slots, *by);
                }
                self.add_all(code, are_steady)
            }
            Code::Each(..) | Code::Elements(..) | Code::Rest(_) => false,
        }
    }

    /// Adds fields, if they are all steady.
    fn add_steady(&mut self, slots: &[usize], are_steady: &[bool]) -> bool {
        // A field that is in no event has no slot.
        let mut present = slots.iter().filter(|slot| **slot != usize::MAX);
        let are_all = present.clone().all(|slot| are_steady[*slot]);
        if are_all {
            present
                .by_ref()
                .for_each(|slot| add(&mut self.fields, *slot));
        }
        are_all
    }

    fn add_condition(&mut self, slots: &[usize], by: fn(&[&[u8]]) -> bool) {
        // Functions at one address do the same; one that has two is called twice.
        let is_condition = |known: &Condition| known.0 == slots && fn_addr_eq(known.1, by);
        if !self.conditions.iter().any(is_condition) {
            self.conditions.push((slots.to_vec(), by));
        }
    }
}

fn add<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether it is mostly that of the event before.
fn is_steady(context: Context) -> bool {
    !matches!(
        context,
        Context::EventId
            | Context::Message
            | Context::Original
            | Context::Time
            | Context::Milliseconds
    )
}

/// Whether texts are the same. Most have 4 to 32 bytes: two halves, compared without a call.
#[inline(always)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        4..=7 => ends::<4>(one) == ends::<4>(other),
        8..=16 => ends::<8>(one) == ends::<8>(other),
        17..=32 => ends::<16>(one) == ends::<16>(other),
        _ => one == other,
    }
}

/// The first bytes, and the last.
#[inline(always)]
fn ends<const N: usize>(text: &[u8]) -> (Option<&[u8; N]>, Option<&[u8; N]>) {
    (text.first_chunk(), text.last_chunk())
}

#[cfg(test)]
mod tests;
