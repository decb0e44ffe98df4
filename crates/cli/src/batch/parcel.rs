//! Records on their way back into a stream, in parcels that one call takes.

use super::ledger::Digest;

/// A record to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub digest: Digest,
    pub data: Vec<u8>,
}

/// What one call takes.
#[derive(Debug, Default)]
pub struct Parcel {
    items: Vec<Item>,
    bytes: usize,
}

/// The most records of a PutRecords call
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
const RECORDS_MAX: usize = 500;

/// The most bytes of a PutRecords call, partition keys included
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
const PARCEL_BYTES_MAX: usize = 5 * 1024 * 1024;

/// The most bytes of a record, partition key included
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// The partition key is a record's digest in hexadecimal, which spreads records over the shards.
const KEY_BYTES: usize = 32;

impl Item {
    /// A record with its digest; `None` if it is too large to be put.
    pub fn of(data: Vec<u8>) -> Option<Self> {
        (data.len() + KEY_BYTES <= RECORD_BYTES_MAX).then(|| Self {
            digest: Digest::of(&data),
            data,
        })
    }

    pub fn bytes(&self) -> usize {
        self.data.len() + KEY_BYTES
    }
}

impl Parcel {
    /// Adds a record. If it does not fit any more, returns what the parcel held, which now holds that record alone.
    pub fn add(&mut self, item: Item) -> Option<Vec<Item>> {
        let is_full =
            self.items.len() == RECORDS_MAX || self.bytes + item.bytes() > PARCEL_BYTES_MAX;
        let full = is_full.then(|| self.take());
        self.bytes += item.bytes();
        self.items.push(item);
        full
    }

    /// Empties the parcel.
    pub fn take(&mut self) -> Vec<Item> {
        self.bytes = 0;
        std::mem::take(&mut self.items)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_over_the_limit_is_none() {
        let of = |bytes| Item::of(vec![0; bytes]).map(|item| item.bytes());
        assert_eq!(of((1 << 20) - 32), Some(1 << 20));
        assert_eq!(of((1 << 20) - 31), None);
    }

    proptest! {
        #[test]
        fn every_parcel_is_within_the_limits_and_nothing_is_lost(
            sizes in prop::collection::vec(prop_oneof![99 => 0..40_usize, 1 => 900_000..1_000_000_usize], 0..1200),
        ) {
            // one record for all, since only its size matters
            let digest = Digest::of(b"");
            let mut parcel = Parcel::default();
            let mut parcels = Vec::new();
            for size in &sizes {
                parcels.extend(parcel.add(Item { digest, data: vec![0; *size] }).map(|items| measure(&items)));
            }
            parcels.push(measure(&parcel.take()));
            prop_assert_eq!(parcels.iter().map(|(records, _)| records).sum::<usize>(), sizes.len());
            for (records, bytes) in parcels {
                prop_assert!(records <= RECORDS_MAX && bytes <= PARCEL_BYTES_MAX);
            }
        }
    }

    fn measure(items: &[Item]) -> (usize, usize) {
        (items.len(), items.iter().map(Item::bytes).sum())
    }
}
