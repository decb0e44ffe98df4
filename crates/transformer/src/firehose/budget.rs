//! Decides which answers fit into a response.
//!
//! Every record must be answered, and the whole response must stay under Lambda's limit. So room for the shortest answer
//! to every record, `ProcessingFailed` without its data, is set aside first. `Ok` answers share the rest: if they do not all
//! fit, the longest go first, so that as many as possible stay, and the same ones in whatever order the records come. Records
//! that were put back before stay before all others, so that they do not go round again and again. What room is left then carries
//! the original data of failed records. Firehose puts its own copy of the others into the error output.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::response::{RESPONSE_CLOSE, RESPONSE_OPEN};
use super::{BatchError, Record};

/// The room in a response while its records are answered.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    /// Bytes that are not set aside.
    all: usize,
    /// Bytes of these that are not used.
    free: usize,
    /// The `Ok` answers, at the top the one that goes first.
    kept: BinaryHeap<Kept<'a>>,
}

/// An `Ok` answer. Of two equally long ones the one with the greater id is the longer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept<'a> {
    /// How often the record was put back before.
    hops: Reverse<u8>,
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
                all: free,
                free,
                kept: BinaryHeap::new(),
            }),
            None => Err(BatchError::TooManyRecords {
                records: records.len(),
                bytes,
            }),
        }
    }

    /// The most bytes with which an `Ok` answer to `record` can be kept, if it was put back `hops` times.
    pub(super) fn room(&self, record: &Record<'a>, hops: u8) -> usize {
        let longest = match self.kept.peek() {
            Some(kept) if kept.hops.0 < hops => self.all,
            Some(kept) if kept.hops.0 == hops => kept.extra,
            _ => 0,
        };
        record.failed_bytes(false) + self.free.max(longest)
    }

    /// Keeps an `Ok` answer of `bytes` to the record at `index`, which was put back `hops` times. Returns the indices of the
    /// records whose answers do not fit any more; it may be among them.
    pub(super) fn keep(
        &mut self,
        index: usize,
        hops: u8,
        record: &Record<'a>,
        bytes: usize,
    ) -> Vec<usize> {
        let extra = bytes.saturating_sub(record.failed_bytes(false));
        self.kept.push(Kept {
            hops: Reverse(hops),
            extra,
            id: record.id_json(),
            index,
        });
        let (mut free, mut gone) = (self.free, Vec::new());
        while free < extra
            && let Some(first) = self.kept.pop()
        {
            free += first.extra;
            gone.push(first.index);
        }
        self.free = free.saturating_sub(extra);
        gone
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
                    let longest = budget.room(record, 0);
                    let fits = bytes <= longest;
                    kept[id] = true;
                    let gone = budget.keep(index, 0, record, bytes);
                    prop_assert!(gone.len() <= 1, "one is enough");
                    prop_assert!(fits || gone == [index]);
                    // There is no more room than can be used: of two that are equally long, one may have to go.
                    prop_assert!(bytes >= longest || gone != [index]);
                    for gone in gone {
                        kept[ids[gone]] = false;
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

    #[test]
    fn what_was_put_back_stays_before_what_was_not() {
        let event = event(&[0, 1, 2, 3, 4]);
        let batch = Batch::parse(event.as_bytes()).unwrap();
        let records = &batch.records;
        let shortest = |record: &Record<'_>| record.failed_bytes(false);
        let framing = RESPONSE_OPEN.len() + RESPONSE_CLOSE.len() + records.len() - 1;
        let bytes = framing + records.iter().map(shortest).sum::<usize>();
        let mut budget = Budget::new(records, bytes + 100).unwrap();
        let mut keep = |index: usize, hops, extra| {
            let bytes = shortest(&records[index]) + extra;
            let room = budget.room(&records[index], hops);
            let fits = bytes <= room;
            assert!(index != 3 || room == shortest(&records[3]) + 10);
            let gone = budget.keep(index, hops, &records[index], bytes);
            assert!(fits || gone.contains(&index));
            gone
        };
        assert_eq!(keep(0, 0, 30), [0; 0]);
        assert_eq!(keep(1, 0, 40), [0; 0]);
        assert_eq!(
            keep(2, 1, 90),
            [1, 0],
            "two give way to one that was put back"
        );
        assert_eq!(keep(3, 0, 20), [3], "and nothing comes in its place");
        assert_eq!(keep(4, 2, 80), [2]);
        assert_eq!(budget.free, 20);
    }

    #[test]
    fn an_original_takes_exactly_its_own_bytes() {
        let event = event(&[0]);
        let batch = Batch::parse(event.as_bytes()).unwrap();
        let record = &batch.records[0];
        let bytes = RESPONSE_OPEN.len() + RESPONSE_CLOSE.len() + record.failed_bytes(true);
        for (bytes, fits) in [(bytes, true), (bytes - 1, false)] {
            let mut budget = Budget::new(&batch.records, bytes).unwrap();
            assert_eq!(budget.take_original(record), fits);
            assert!(!budget.take_original(record));
        }
    }
}
