//! What rows are compiled to.

use std::sync::Arc;

use super::convert::CHUNK;
use super::find::Finder;
use super::padded::Padded;
use super::{As, Context};

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
    /// What comes behind the lead; absent if that ends with constants, and nothing else is there.
    pub(super) code: Option<Code>,
}

/// The slots of fields, and what decides by these.
type Condition = (Vec<usize>, fn(&[&[u8]]) -> bool);

/// What comes before a value: a comma, the names of the objects to open, and the last name. Of constants, these as well.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    pub(super) begin: usize,
    pub(super) length: usize,
}

impl Program {
    /// Whether there is nothing in it that follows from an event.
    pub(super) fn has_constants_alone(&self) -> bool {
        self.steps.iter().all(|step| step.code.is_none())
    }

    /// What has to hold for there to be more in it than constants, if that is one condition: it is known before they are written.
    pub(super) fn condition(&self) -> Option<Condition> {
        let mut codes = self.steps.iter().filter_map(|step| step.code.as_ref());
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
    List(Arc<[Code]>),
    Object(Program),
    Each(usize, Finder, Box<Code>),
    Elements(usize, As),
    Computed(Vec<usize>, fn(&[&[u8]]) -> Option<&'static str>),
    /// The name of the account that another value is.
    Name(Box<Code>),
    When(Vec<usize>, fn(&[&[u8]]) -> bool, Box<Code>),
    /// Another value, if all of these are there, or none is.
    If(Vec<usize>, bool, Box<Code>),
    /// The members that no row reads, and these slots, each with what comes before its value.
    Rest(Vec<(usize, Padded)>),
}

/// The slots of a list's values, if these are the same just if their fields are.
pub(super) fn slots_of(codes: &[Code]) -> Option<Vec<usize>> {
    let slots = codes.iter().map(|code| match code {
        Code::Field(slot, As::Ip) => Some(*slot),
        _ => None,
    });
    slots.collect()
}
