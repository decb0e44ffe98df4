//! Records on their way back into a stream, in parcels that one call takes.

use super::ledger::Digest;

/// A record to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub digest: Digest,
    pub data: Vec<u8>,
}

/// What one call takes, and what is gathered for it.
#[derive(Debug)]
pub struct Parcel {
    limits: Limits,
    items: Vec<Item>,
    bytes: usize,
}

/// What a call takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    records_max: usize,
    bytes_max: usize,
    /// Of one record.
    record_bytes_max: usize,
    /// How much each record counts besides its data.
    key_bytes: usize,
}

impl Limits {
    /// Of a PutRecords call; partition keys count
    /// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>). The partition key is a record's digest in
    /// hexadecimal, which spreads records over the shards.
    pub const KINESIS: Self = Self {
        records_max: 500,
        bytes_max: 5 * 1024 * 1024,
        record_bytes_max: 1024 * 1024,
        key_bytes: 32,
    };

    /// Of a PutRecordBatch call, before base64
    /// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>).
    pub const FIREHOSE: Self = Self {
        records_max: 500,
        bytes_max: 4 * 1024 * 1024,
        record_bytes_max: 1_000 * 1024,
        key_bytes: 0,
    };

    fn bytes(&self, item: &Item) -> usize {
        item.data.len() + self.key_bytes
    }
}

impl Parcel {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            items: Vec::new(),
            bytes: 0,
        }
    }

    /// Whether a call takes the record at all.
    pub fn takes(&self, item: &Item) -> bool {
        self.limits.bytes(item) <= self.limits.record_bytes_max
    }

    /// Adds a record. If it does not fit any more, returns what the parcel held, which now holds that record alone.
    pub fn add(&mut self, item: Item) -> Option<Vec<Item>> {
        let bytes = self.limits.bytes(&item);
        let is_full = self.items.len() == self.limits.records_max
            || self.bytes + bytes > self.limits.bytes_max;
        let full = is_full.then(|| self.take());
        self.bytes += bytes;
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

    fn item(bytes: usize) -> Item {
        // one digest for all, since only the size matters
        Item {
            digest: Digest::of(b""),
            data: vec![0; bytes],
        }
    }

    #[test]
    fn a_record_over_the_limit_is_not_taken() {
        let takes = |limits, bytes| Parcel::new(limits).takes(&item(bytes));
        assert!(takes(Limits::KINESIS, (1 << 20) - 32));
        assert!(!takes(Limits::KINESIS, (1 << 20) - 31));
        assert!(takes(Limits::FIREHOSE, 1_024_000));
        assert!(!takes(Limits::FIREHOSE, 1_024_001));
    }

    proptest! {
        #[test]
        fn every_parcel_is_within_the_limits_and_nothing_is_lost(
            sizes in prop::collection::vec(prop_oneof![99 => 0..40_usize, 1 => 900_000..1_000_000_usize], 0..1200),
            is_kinesis in any::<bool>(),
        ) {
            let limits = if is_kinesis { Limits::KINESIS } else { Limits::FIREHOSE };
            let measure = |items: &[Item]| (items.len(), items.iter().map(|item| limits.bytes(item)).sum::<usize>());
            let mut parcel = Parcel::new(limits);
            let mut parcels = Vec::new();
            for size in &sizes {
                parcels.extend(parcel.add(item(*size)).map(|items| measure(&items)));
            }
            parcels.push(measure(&parcel.take()));
            prop_assert_eq!(parcels.iter().map(|(records, _)| records).sum::<usize>(), sizes.len());
            for (records, bytes) in parcels {
                prop_assert!(records <= limits.records_max && bytes <= limits.bytes_max);
            }
        }
    }
}
