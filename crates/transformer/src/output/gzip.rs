//! gzip output: the members of one record, from the first to the last.

use libdeflater::{CompressionLvl, Compressor};

use crate::limits::{GZIP_LEVEL, SCRATCH_BYTES_MAX};

/// Compresses records one after another, in a buffer that stays allocated.
pub(super) struct Gzip {
    deflate: Compressor,
    members: Vec<u8>,
    /// A member that holds a newline.
    newline: Vec<u8>,
}

impl Gzip {
    pub(super) fn new() -> Self {
        // The level is a constant in range; the default replaces what cannot happen.
        let level = CompressionLvl::new(GZIP_LEVEL).unwrap_or_default();
        let mut gzip = Self {
            deflate: Compressor::new(level),
            members: Vec::new(),
            newline: Vec::new(),
        };
        // Without it, an original is not passed on.
        if gzip.member(b"\n") {
            gzip.newline = std::mem::take(&mut gzip.members);
        }
        gzip
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        self.members.clear();
    }

    /// Appends a member that holds `bytes`. Returns `false` if that fails, although libdeflate promises that what it
    /// compresses fits into the bound that it gives.
    #[must_use]
    pub(super) fn member(&mut self, bytes: &[u8]) -> bool {
        let start = self.members.len();
        let bound = self.deflate.gzip_compress_bound(bytes.len());
        self.members.resize(start + bound, 0);
        let length = self
            .deflate
            .gzip_compress(bytes, &mut self.members[start..]);
        self.members
            .truncate(start + length.as_ref().map_or(0, |length| *length));
        length.is_ok()
    }

    /// Appends a whole member that somebody else made, and a newline. Returns `false` if that fails.
    #[must_use]
    pub(super) fn pass_on(&mut self, member: &[u8]) -> bool {
        self.members.extend_from_slice(member);
        self.members.extend_from_slice(&self.newline);
        !self.newline.is_empty()
    }

    /// The members of the record so far.
    pub(super) fn members(&self) -> &[u8] {
        &self.members
    }

    /// Frees what only a rare large record needs.
    pub(super) fn trim(&mut self) {
        self.members.clear();
        self.members.shrink_to(SCRATCH_BYTES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_records_memory_is_freed() {
        let mut gzip = Gzip::new();
        assert!(gzip.member(&vec![0; SCRATCH_BYTES_MAX + 1]));
        assert!(gzip.members.capacity() > SCRATCH_BYTES_MAX);
        gzip.trim();
        assert_eq!(
            (gzip.members.len(), gzip.members.capacity()),
            (0, SCRATCH_BYTES_MAX)
        );
    }
}
