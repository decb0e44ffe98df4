//! What fits in one response, and what becomes of the rest.
//!
//! Every record must be answered, and the whole answer must stay under Lambda's limit. So the room for the shortest
//! honest answer to every record is set aside first; an `Ok` answer that would eat into the room set aside for others is
//! refused, and later, smaller ones are still let in.
//!
//! An honest `ProcessingFailed` carries the original data. Where the originals together would take more than half of the
//! response, setting room aside for all of them would leave too little for what is `Ok`: then they are carried where
//! they still fit, and otherwise left to Firehose, which puts its own copy into the error output.

use crate::firehose::{BatchError, RESPONSE_CLOSE, RESPONSE_OPEN, Record};

/// The room of one response, in bytes, as records are answered in order.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Bytes not yet written, over and above those that the records still to come are sure to need.
    free: usize,
    /// Whether the room set aside for a record covers its original data.
    with_data: bool,
}

impl Budget {
    /// Sets aside the room that `records` need in a response of at most `bytes_max`.
    ///
    /// # Errors
    /// [`BatchError::TooManyRecords`] where not even answers without data fit.
    pub(crate) fn new(records: &[Record<'_>], bytes_max: usize) -> Result<Self, BatchError> {
        let framing = RESPONSE_OPEN.len() + RESPONSE_CLOSE.len() + records.len().saturating_sub(1);
        let all = |with_data| {
            framing
                + records
                    .iter()
                    .map(|record| record.failed_bytes(with_data))
                    .sum::<usize>()
        };
        let with_data = all(true) <= bytes_max / 2;
        match bytes_max.checked_sub(all(with_data)) {
            Some(free) => Ok(Self { free, with_data }),
            None => Err(BatchError::TooManyRecords {
                records: records.len(),
                bytes: all(false),
            }),
        }
    }

    /// Takes the room for an `Ok` answer of `bytes` to `record`; `false`, and nothing taken, where it does not fit.
    pub(crate) fn take_ok(&mut self, record: &Record<'_>, bytes: usize) -> bool {
        let room = self.free + record.failed_bytes(self.with_data);
        match room.checked_sub(bytes) {
            Some(free) => {
                self.free = free;
                true
            }
            None => false,
        }
    }

    /// Takes the room for `ProcessingFailed`, which always fits; says whether the original data does too.
    pub(crate) fn take_failed(&mut self, record: &Record<'_>) -> bool {
        if self.with_data {
            return true;
        }
        let extra = record.failed_bytes(true) - record.failed_bytes(false);
        match self.free.checked_sub(extra) {
            Some(free) => {
                self.free = free;
                true
            }
            None => false,
        }
    }

    /// The most bytes that an `Ok` answer to `record` may have.
    pub(crate) fn room(&self, record: &Record<'_>) -> usize {
        self.free + record.failed_bytes(self.with_data)
    }
}
