//! Decides which answers fit into a response.
//!
//! Every record must be answered, and the whole response must stay under Lambda's limit. So room for the shortest answer
//! to every record, `ProcessingFailed` without its data, is set aside first. `Ok` answers share the rest: if they do not all
//! fit, the longest go first, so that as many as possible stay, and the same ones in whatever order the records come. What
//! room is left then carries the original data of failed records. Firehose puts its own copy of the others into the error output.

use std::collections::BinaryHeap;

use super::response::{RESPONSE_CLOSE, RESPONSE_OPEN};
use super::{BatchError, Record};

/// The room in a response while its records are answered.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    /// Bytes that are neither used nor set aside.
    free: usize,
    /// The `Ok` answers, the longest at the top.
    kept: BinaryHeap<Kept<'a>>,
}

/// An `Ok` answer. Of two equally long ones the one with the greater id is the longer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept<'a> {
    /// Bytes beyond those that are set aside for the record.
    extra: usize,
    id: &'a str,
    index: usize,
}

impl<'a> Budget<'a> {
    /// Sets aside the room that `records` need in a response of at most `bytes_max`.
    ///
    /// # Errors
    /// Fails if not even answers without data fit.
    pub(super) fn new(records: &[Record<'a>], bytes_max: usize) -> Result<Self, BatchError> {
        let framing = RESPONSE_OPEN.len() + RESPONSE_CLOSE.len() + records.len().saturating_sub(1);
        let shortest = records.iter().map(|record| record.failed_bytes(false));
        let bytes = framing + shortest.sum::<usize>();
        match bytes_max.checked_sub(bytes) {
            Some(free) => Ok(Self {
                free,
                kept: BinaryHeap::new(),
            }),
            None => Err(BatchError::TooManyRecords {
                records: records.len(),
                bytes,
            }),
        }
    }

    /// The most bytes with which an `Ok` answer to `record` can be kept.
    pub(super) fn room(&self, record: &Record<'a>) -> usize {
        let longest = self.kept.peek().map_or(0, |kept| kept.extra);
        record.failed_bytes(false) + self.free.max(longest)
    }

    /// Keeps an `Ok` answer of `bytes` to the record at `index`. Returns the index of the record whose answer does not fit any
    /// more, if there is one; it may be the same.
    pub(super) fn keep(
        &mut self,
        index: usize,
        record: &Record<'a>,
        bytes: usize,
    ) -> Option<usize> {
        let extra = bytes.saturating_sub(record.failed_bytes(false));
        self.kept.push(Kept {
            extra,
            id: record.id_json(),
            index,
        });
        if let Some(free) = self.free.checked_sub(extra) {
            self.free = free;
            return None;
        }
        // The longest is at least as long as the new one, so one is enough.
        let longest = self.kept.pop()?;
        self.free = (self.free + longest.extra).saturating_sub(extra);
        Some(longest.index)
    }

    /// Takes the room for the original data of a failed record. Returns `false`, and takes nothing, if it does not fit.
    pub(super) fn take_original(&mut self, record: &Record<'a>) -> bool {
        let extra = record.failed_bytes(true) - record.failed_bytes(false);
        match self.free.checked_sub(extra) {
            Some(free) => {
                self.free = free;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::firehose::Batch;

    fn event(ids: &[usize]) -> String {
        let records: Vec<String> = ids
            .iter()
            .map(|id| format!(r#"{{"recordId":"{id}","data":"aGVsbG8="}}"#))
            .collect();
        format!(r#"{{"records":[{}]}}"#, records.join(","))
    }

    proptest! {
        #[test]
        fn as_many_answers_as_possible_stay_in_any_order(
            answers in prop::collection::vec((0..12_usize, any::<prop::sample::Index>()), 1..12),
            room in 0..60_usize,
        ) {
            // Answers of these extra lengths, then the same in another order; ids are indices.
            let lengths: Vec<usize> = answers.iter().map(|(extra, _)| *extra).collect();
            let ids: Vec<usize> = (0..lengths.len()).collect();
            let mut shuffled = ids.clone();
            for (at, (_, other)) in answers.iter().enumerate() {
                shuffled.swap(at, other.index(ids.len()));
            }
            let kept = |ids: &[usize]| {
                let event = event(ids);
                let batch = Batch::parse(event.as_bytes()).unwrap();
                let records = &batch.records;
                let bytes = RESPONSE_OPEN.len() + RESPONSE_CLOSE.len() + records.len() - 1
                    + records.iter().map(|record| record.failed_bytes(false)).sum::<usize>();
                let mut budget = Budget::new(records, bytes + room).unwrap();
                let mut kept = vec![false; ids.len()];
                for (index, record) in records.iter().enumerate() {
                    let id = ids[index];
                    let bytes = record.failed_bytes(false) + lengths[id];
                    let fits = bytes <= budget.room(record);
                    kept[id] = true;
                    let gone = budget.keep(index, record, bytes).map(|gone| ids[gone]);
                    prop_assert!(fits || gone == Some(id));
                    if let Some(gone) = gone {
                        kept[gone] = false;
                    }
                }
                let used: usize = ids.iter().filter(|id| kept[**id]).map(|id| lengths[*id]).sum();
                prop_assert_eq!(budget.free, room - used);
                Ok(kept)
            };
            let in_order = kept(&ids)?;
            let mut sorted = lengths.clone();
            sorted.sort_unstable();
            let mut used = 0;
            let most = sorted.iter().take_while(|length| { used += **length; used <= room }).count();
            prop_assert_eq!(in_order.iter().filter(|kept| **kept).count(), most);
            prop_assert_eq!(in_order, kept(&shuffled)?);
        }
    }
}
