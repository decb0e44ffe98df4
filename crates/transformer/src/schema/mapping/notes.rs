//! What may be another value in the next document, noted while one is written.

use std::ops::Range;
use std::sync::Arc;

use super::code::{Code, slots_of};
use super::{As, Context};

/// The values that follow from the event, in the order in which they were written.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) values: Vec<Noted>,
}

/// Where a value was written, or was looked for and absent.
pub(super) struct Noted {
    pub(super) value: Variable,
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) is_there: bool,
    /// Whether what was written has been taken back since.
    pub(super) is_lost: bool,
}

/// A value that may be another in the next document.
pub(super) enum Variable {
    Field(usize, As),
    Context(Context),
    /// A list whose values may be the same in one document and differ in the next.
    List(Arc<[Code]>),
}

/// Takes notes of a document that is being written; `()` takes none.
pub(super) trait Noting {
    /// Notes a value that was written to a place, or that is absent.
    #[inline(always)]
    fn add(&mut self, _value: impl FnOnce() -> Variable, _place: Range<usize>, _is_there: bool) {}

    /// Notes that what was written beyond `end` is taken back.
    #[inline(always)]
    fn take_back(&mut self, _end: usize) {}

    /// Notes a list that was written from `begin` to the end of `written`. Its values are at `begins`, unless that is not known or one was
    /// left out, as it was there already.
    #[inline(always)]
    fn list(
        &mut self,
        _codes: &Arc<[Code]>,
        _begins: Option<&[usize]>,
        _begin: usize,
        _written: &[u8],
        _is_there: bool,
    ) {
    }
}

impl Noting for () {}

impl Noting for Notes {
    fn add(&mut self, value: impl FnOnce() -> Variable, place: Range<usize>, is_there: bool) {
        self.values.push(Noted {
            value: value(),
            begin: place.start,
            end: place.end,
            is_there,
            is_lost: false,
        });
    }

    fn take_back(&mut self, end: usize) {
        for noted in self.values.iter_mut().rev() {
            if noted.end <= end {
                return;
            }
            noted.is_lost |= noted.is_there;
            (noted.begin, noted.end) = (end, end);
        }
    }

    fn list(
        &mut self,
        codes: &Arc<[Code]>,
        begins: Option<&[usize]>,
        begin: usize,
        written: &[u8],
        is_there: bool,
    ) {
        // What was noted before the list; its values stand behind its bracket.
        let count = self.values.partition_point(|noted| noted.begin <= begin);
        if slots_of(codes).is_some() {
            // Which of them are left out follows from the fields.
            let mut at = 0;
            self.values.retain(|value| {
                at += 1;
                at <= count || !value.is_lost
            });
        } else if begins.is_none_or(|begins| self.may_change(count, begins, written)) {
            self.values.truncate(count);
            let list = || Variable::List(Arc::clone(codes));
            self.add(list, begin..written.len(), is_there);
        }
    }
}

impl Notes {
    /// Whether values of a list, which ends where `written` does, may become the same in another document.
    fn may_change(&self, count: usize, begins: &[usize], written: &[u8]) -> bool {
        let ends = begins.iter().skip(1).copied().chain([written.len()]);
        let heads = begins.iter().zip(ends).map(|(begin, end)| {
            let values = self.values[count..].iter();
            let first = values.map(|noted| noted.begin).find(|at| at >= begin);
            // What stays the same at the beginning of the value: all of it, and the comma or the bracket behind it, if nothing is noted.
            &written[*begin..first.unwrap_or(end).min(end)]
        });
        let heads: Vec<_> = heads.collect();
        heads.iter().enumerate().any(|(at, head)| {
            let mut others = heads[..at].iter();
            others.any(|other| head.starts_with(other) || other.starts_with(head))
        })
    }
}

#[cfg(test)]
mod tests;
