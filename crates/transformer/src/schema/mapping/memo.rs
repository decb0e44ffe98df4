//! What a program writes from values that are mostly those of an event before: remembered, and copied in one piece.

use std::ptr::fn_addr_eq;

use super::Context;
use super::program::{Code, Fields, Given, Place, Program};
use crate::buffer::Buffer;

/// What one program wrote, for several states of its inputs.
pub(in crate::schema) struct Memo {
    inputs: Vec<Input>,
    /// Steps of the program that follow one another and depend on nothing else, from one to before the other.
    runs: Vec<(usize, usize)>,
    states: States,
}

#[derive(Default)]
struct States {
    all: Vec<State>,
    /// Their indices, in the order in which they are tried: those that events have often come to be first.
    order: Vec<usize>,
}

/// What a step depends on.
enum Input {
    Field(usize),
    Context(Context),
    /// What functions of fields say, whatever the fields are.
    Whether(Vec<usize>, fn(&[&[u8]]) -> bool),
    Word(Vec<usize>, fn(&[&[u8]]) -> Option<&'static str>),
}

/// What was written when the inputs had these values.
#[derive(Default)]
struct State {
    values: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    /// For each run.
    outputs: Vec<Output>,
}

/// What a run wrote.
#[derive(Default, Clone)]
struct Output {
    before: Place,
    after: Place,
    bytes: Vec<u8>,
    is_known: bool,
}

/// States that are remembered. Our own choice: what a network interface's flows have in common besides addresses and numbers.
const STATES_MAX: usize = 8;

/// The most bytes of a state's values. Our own choice: a line that somebody wrote to the log group may be long.
const STATE_BYTES_MAX: usize = 16 * 1024;

/// The most inputs. Our own choice.
const INPUTS_MAX: usize = 32;

impl Memo {
    /// A memo for a program, of the fields in slots that are steady.
    pub(in crate::schema) fn new(program: &Program, is_steady: impl Fn(usize) -> bool) -> Self {
        let (mut inputs, mut runs) = (Vec::new(), Vec::new());
        let mut begin = 0;
        for (at, step) in program.steps.iter().enumerate() {
            let known = inputs.len();
            if !add_inputs(&step.code, &is_steady, &mut inputs) || inputs.len() > INPUTS_MAX {
                inputs.truncate(known);
                runs.push((begin, at));
                begin = at + 1;
            }
        }
        runs.push((begin, program.steps.len()));
        runs.retain(|(begin, end)| end - begin > 1);
        Self {
            inputs,
            runs,
            states: States::default(),
        }
    }
}

impl States {
    /// The state of inputs with these values, which may be new, and then has room for this many outputs.
    #[inline(always)]
    fn of(&mut self, values: &[&[u8]], outputs: usize) -> &mut State {
        let mut tried = self.order.iter();
        let index = match tried.position(|index| self.all[*index].is_of(values)) {
            Some(at) => {
                let index = self.order[at];
                self.order.swap(at, at.saturating_sub(1));
                index
            }
            None => self.begin(values, outputs),
        };
        &mut self.all[index]
    }

    /// Begins a state, in the place of the one that was tried last. Returns its index.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, values: &[&[u8]], outputs: usize) -> usize {
        let index = if self.all.len() < STATES_MAX {
            self.all.push(State::default());
            self.all.len() - 1
        } else {
            self.order.pop().unwrap_or_default()
        };
        // First, as the next events are most likely of the same log stream.
        self.order.insert(0, index);
        let state = &mut self.all[index];
        state.values.clear();
        state.ends.clear();
        for value in values {
            state.values.extend_from_slice(value);
            state.ends.push(state.values.len());
        }
        state.outputs.resize(outputs, Output::default());
        state
            .outputs
            .iter_mut()
            .for_each(|output| output.is_known = false);
        index
    }
}

impl State {
    #[inline(always)]
    fn is_of(&self, values: &[&[u8]]) -> bool {
        let mut begin = 0;
        values.iter().zip(&self.ends).all(|(value, end)| {
            let known = &self.values[begin..*end];
            begin = *end;
            is_same(known, value)
        })
    }
}

impl PartialEq for Input {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(one), Self::Field(other)) => one == other,
            (Self::Context(one), Self::Context(other)) => one == other,
            // Functions at one address do the same; one that has two is called twice.
            (Self::Whether(slots, by), Self::Whether(others, other)) => {
                slots == others && fn_addr_eq(*by, *other)
            }
            (Self::Word(slots, by), Self::Word(others, other)) => {
                slots == others && fn_addr_eq(*by, *other)
            }
            _ => false,
        }
    }
}

impl Input {
    #[inline(always)]
    fn value<'v>(&self, given: &Given<'v>, fields: Fields<'v>) -> &'v [u8] {
        match self {
            Self::Field(slot) => fields.text_of(*slot),
            Self::Context(context) => given.literals[*context as usize],
            Self::Whether(slots, by) => match by(&fields.texts_of(slots)[..slots.len()]) {
                true => b"1",
                false => b"0",
            },
            Self::Word(slots, by) => {
                let word = by(&fields.texts_of(slots)[..slots.len()]);
                word.unwrap_or_default().as_bytes()
            }
        }
    }
}

/// Adds what a value depends on. Returns `false` if that is not steady.
fn add_inputs(code: &Code, is_steady: &impl Fn(usize) -> bool, inputs: &mut Vec<Input>) -> bool {
    let add = |input: Input, inputs: &mut Vec<Input>| {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    };
    let are_steady = |slots: &[usize]| {
        slots
            .iter()
            .all(|slot| *slot == usize::MAX || is_steady(*slot))
    };
    let add_all = |slots: &[usize], inputs: &mut Vec<Input>| {
        for slot in slots.iter().filter(|slot| **slot != usize::MAX) {
            add(Input::Field(*slot), inputs);
        }
    };
    match code {
        Code::Constant(_) => true,
        Code::Context(
            context @ (Context::Account
            | Context::Region
            | Context::LogGroup
            | Context::LogStream
            | Context::Source),
        ) => {
            add(Input::Context(*context), inputs);
            true
        }
        Code::Context(_) | Code::Each(..) | Code::Elements(..) | Code::Rest(_) => false,
        Code::Field(slot, _) => {
            add(Input::Field(*slot), inputs);
            is_steady(*slot)
        }
        Code::First(codes) | Code::List(codes) => {
            codes.iter().all(|code| add_inputs(code, is_steady, inputs))
        }
        Code::Object(program) => {
            let mut steps = program.steps.iter();
            steps.all(|step| add_inputs(&step.code, is_steady, inputs))
        }
        Code::Name(account) => add_inputs(account, is_steady, inputs),
        Code::Computed(slots, _) if are_steady(slots) => {
            add_all(slots, inputs);
            true
        }
        Code::Computed(slots, by) => {
            add(Input::Word(slots.clone(), *by), inputs);
            true
        }
        Code::When(slots, by, code) => {
            if are_steady(slots) {
                add_all(slots, inputs);
            } else {
                add(Input::Whether(slots.clone(), *by), inputs);
            }
            add_inputs(code, is_steady, inputs)
        }
    }
}

impl Program {
    /// Appends an object, as [`write`](Self::write) does.
    pub(in crate::schema) fn write_with(
        &self,
        memo: &mut Memo,
        given: &mut Given<'_>,
        fields: Fields<'_>,
        out: &mut Buffer,
    ) {
        let mut values: [&[u8]; INPUTS_MAX] = [b""; INPUTS_MAX];
        let values = &mut values[..memo.inputs.len()];
        for (value, input) in values.iter_mut().zip(&memo.inputs) {
            *value = input.value(given, fields);
        }
        if values.iter().map(|value| value.len()).sum::<usize>() > STATE_BYTES_MAX {
            self.write(given, fields, out);
            return;
        }
        let begin = out.len();
        let mut place = Place::default();
        let mut done = 0;
        let state = memo.states.of(values, memo.runs.len());
        for ((first, end), output) in memo.runs.iter().zip(&mut state.outputs) {
            self.write_steps(done..*first, &mut place, given, fields, out);
            if output.is_known && output.before == place {
                out.extend(&output.bytes);
                place = output.after;
            } else {
                output.before = place;
                let begin = out.len();
                self.write_steps(*first..*end, &mut place, given, fields, out);
                output.bytes.clear();
                output.bytes.extend_from_slice(&out.written()[begin..]);
                output.after = place;
                output.is_known = true;
            }
            done = *end;
        }
        self.write_steps(done..self.steps.len(), &mut place, given, fields, out);
        place.end(begin, out);
    }
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
