//! Decides what fits into a response, and what happens to the rest.
//!
//! Every record must be answered, and the whole response must stay under Lambda's limit. So room for the shortest
//! honest answer to every record is set aside first. An `Ok` answer that would use room set aside for others is
//! refused; later, smaller ones may still fit.
//!
//! An honest `ProcessingFailed` carries the original data. If the originals together would take more than half of the
//! response, room set aside for all of them would leave too little for what is `Ok`. Then each is carried only if it
//! still fits; otherwise Firehose puts its own copy into the error output.

use super::response::{RESPONSE_CLOSE, RESPONSE_OPEN};
use super::{BatchError, Record};

/// The room in a response, in bytes, while records are answered in order.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that are neither used nor set aside for the records to come.
    free: usize,
    /// Whether the room set aside for a record includes its original data.
    with_data: bool,
}

impl Budget {
    /// Sets aside the room that `records` need in a response of at most `bytes_max`.
    ///
    /// # Errors
    /// Fails if not even answers without data fit.
    pub(super) fn new(records: &[Record<'_>], bytes_max: usize) -> Result<Self, BatchError> {
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

    /// Takes the room for an `Ok` answer of `bytes` to `record`. Returns `false`, and takes nothing, if it does not fit.
    pub(super) fn take_ok(&mut self, record: &Record<'_>, bytes: usize) -> bool {
        let room = self.free + record.failed_bytes(self.with_data);
        match room.checked_sub(bytes) {
            Some(free) => {
                self.free = free;
                true
            }
            None => false,
        }
    }

    /// Takes the room for `ProcessingFailed`, which always fits. Returns whether the original data fits as well.
    pub(super) fn take_failed(&mut self, record: &Record<'_>) -> bool {
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
    pub(super) fn room(&self, record: &Record<'_>) -> usize {
        self.free + record.failed_bytes(self.with_data)
    }
}
