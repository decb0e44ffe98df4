//! The answers to a batch on their way into a response.
//!
//! Answers are written in order, each once, and are the response unless a record failed: whether its answer carries the
//! original data is decided last, so then the response is put together from what was written.

use std::ops::Range;

use super::Record;
use super::response::{RESPONSE_CLOSE, RESPONSE_OPEN};
use crate::buffer::Buffer;
use crate::limits::RESPONSE_BYTES_MAX;

/// The answers so far.
pub(super) struct Answers {
    bytes: Buffer,
    /// Where the answer to each record is; `None` for one that failed.
    places: Vec<Option<Range<usize>>>,
    /// Bytes of answers that were written but are not used.
    void: usize,
}

impl Answers {
    /// No answers, to be written over `spare`, with room for about `usual` bytes of them.
    pub(super) fn new(mut spare: Vec<u8>, usual: usize) -> Self {
        // A little more costs nothing before it is used.
        let capacity = (usual + usual / 8).min(RESPONSE_BYTES_MAX);
        spare.reserve_exact(capacity.saturating_sub(spare.len()));
        let mut bytes = Buffer::over(spare);
        bytes.exact_room(usual);
        bytes.extend(RESPONSE_OPEN.as_bytes());
        Self {
            bytes,
            places: Vec::new(),
            void: 0,
        }
    }

    /// Writes the next answer. `write` appends it and returns whether it is to be used; otherwise the record failed. Returns the
    /// length of the answer, or `None` if the record failed.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Buffer) -> bool) -> Option<usize> {
        let end = self.bytes.len();
        if !self.places.is_empty() {
            self.bytes.push(b',');
        }
        let begin = self.bytes.len();
        let is_used = write(&mut self.bytes);
        let place = is_used.then_some(begin..self.bytes.len());
        if place.is_none() {
            self.bytes.truncate(end);
        }
        let length = place.as_ref().map(Range::len);
        self.places.push(place);
        length
    }

    /// The bytes of the answers so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Lets the record at `index` fail, whatever its answer was.
    pub(super) fn fail(&mut self, index: usize) {
        if let Some(place) = self.places.get_mut(index).and_then(Option::take) {
            self.void += place.len();
        }
        // Never more bytes than twice those of a response; and each byte that moves has made room for another.
        if self.void > RESPONSE_BYTES_MAX {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut end = RESPONSE_OPEN.len();
        for place in self.places.iter_mut().flatten() {
            let length = place.len();
            self.bytes.written_mut().copy_within(place.clone(), end);
            *place = end..end + length;
            end += length;
        }
        self.bytes.truncate(end);
        self.void = 0;
    }

    /// Returns the response. `write` appends the answer to a record that has none, given its index.
    pub(super) fn finish<'a>(
        mut self,
        records: &[Record<'a>],
        mut write: impl FnMut(usize, &Record<'a>, &mut Buffer),
    ) -> Vec<u8> {
        if self.places.iter().all(Option::is_some) {
            self.bytes.extend(RESPONSE_CLOSE.as_bytes());
            return self.bytes.into_written();
        }
        let mut response = Buffer::default();
        response.exact_room(self.bytes.len());
        response.extend(RESPONSE_OPEN.as_bytes());
        for (index, (record, place)) in records.iter().zip(self.places).enumerate() {
            if index > 0 {
                response.push(b',');
            }
            match place {
                Some(place) => response.extend(&self.bytes.written()[place]),
                None => write(index, record, &mut response),
            }
        }
        response.extend(RESPONSE_CLOSE.as_bytes());
        response.into_written()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_more_is_void_than_a_response_may_have() {
        let mut answers = Answers::new(Vec::new(), 0);
        let answer = |byte: u8, size: usize| {
            move |out: &mut Buffer| {
                out.extend(&vec![byte; size]);
                true
            }
        };
        for size in [RESPONSE_BYTES_MAX, 1, 3] {
            let byte = b'a' + answers.places.len() as u8;
            assert_eq!(answers.write(answer(byte, size)), Some(size));
        }
        let all = answers.bytes.len();
        answers.fail(0);
        assert_eq!(
            (answers.void, answers.bytes.len()),
            (RESPONSE_BYTES_MAX, all)
        );
        answers.fail(0);
        assert_eq!(answers.void, RESPONSE_BYTES_MAX);
        answers.fail(1);
        assert_eq!(answers.void, 0);
        assert_eq!(
            answers.bytes.written(),
            [RESPONSE_OPEN.as_bytes(), b"ccc"].concat()
        );
        assert_eq!(
            answers.places[2],
            Some(RESPONSE_OPEN.len()..answers.bytes.len())
        );
    }

    #[test]
    fn an_answer_that_is_not_used_leaves_nothing() {
        let mut answers = Answers::new(Vec::new(), 0);
        answers.write(|out| {
            out.extend(b"used");
            true
        });
        let before = answers.bytes.written().to_vec();
        let unused = answers.write(|out| {
            out.extend(b"not used");
            false
        });
        assert_eq!((unused, answers.bytes.written()), (None, &before[..]));
    }
}
