//! A piece of a record: packed, and as heavy as it has to be.
//!
//! Firehose fills a batch up to a number of bytes as they arrive. Events that compress well are light, so that a batch could
//! take many more pieces than a response has room for, and they would be put back again and again. Each piece therefore weighs
//! its share of a batch, at the least: empty blocks at the beginning of the deflate stream make up for what is missing.

use libdeflater::{CompressionLvl, Compressor};

use crate::limits::{ANSWER_FRAME_BYTES, GZIP_LEVEL, PIECE_RECORD_BYTES_MAX, RESPONSE_BYTES_MAX};

/// A record to be put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The index of the record in its batch that this is a piece of.
    pub record: usize,
    gzip: Vec<u8>,
    /// Empty blocks before what is inside.
    blocks: usize,
}

impl Piece {
    /// The data of the record.
    pub fn data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.bytes());
        let (header, rest) = self.gzip.split_at(HEADER_BYTES);
        data.extend_from_slice(header);
        for _ in 0..self.blocks {
            data.extend_from_slice(&EMPTY_BLOCK);
        }
        data.extend_from_slice(rest);
        data
    }

    /// The length of the data, in bytes.
    pub fn bytes(&self) -> usize {
        self.gzip.len() + self.blocks * EMPTY_BLOCK.len()
    }

    /// Bytes that the piece takes while it waits.
    pub(crate) fn held_bytes(&self) -> usize {
        self.gzip.len()
    }

    /// A key that distributes pieces over the shards of a Kinesis stream: the checksum of what is inside.
    pub fn partition_key(&self) -> String {
        let checksum = self.gzip.iter().rev().skip(4).take(4);
        checksum.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Packs pieces one after another.
pub(super) struct Packer {
    deflate: Compressor,
}

impl Packer {
    pub(super) fn new() -> Self {
        let level = CompressionLvl::new(GZIP_LEVEL).unwrap_or_default();
        Self {
            deflate: Compressor::new(level),
        }
    }

    /// Packs a piece of the record at index `record`. Its answer delivers at most `output_bytes`, and a batch takes `batch_bytes`
    /// of records. Returns `None` if the piece is too long for a record.
    pub(super) fn pack(
        &mut self,
        record: usize,
        text: &[u8],
        output_bytes: usize,
        batch_bytes: usize,
    ) -> Option<Piece> {
        self.pack_to(record, text, weight(output_bytes, batch_bytes))
    }

    /// Packs a piece that weighs so many bytes at the least. Returns `None` if it is too long for a record.
    pub(super) fn pack_to(&mut self, record: usize, text: &[u8], weight: usize) -> Option<Piece> {
        let mut gzip = vec![0; self.deflate.gzip_compress_bound(text.len())];
        let length = self.deflate.gzip_compress(text, &mut gzip).ok()?;
        if length > PIECE_RECORD_BYTES_MAX {
            return None;
        }
        gzip.truncate(length);
        gzip.shrink_to_fit();
        let weight = weight.min(PIECE_RECORD_BYTES_MAX - EMPTY_BLOCK.len());
        Some(Piece {
            record,
            blocks: weight.saturating_sub(length).div_ceil(EMPTY_BLOCK.len()),
            gzip,
        })
    }
}

/// The share of a batch that belongs to a piece: as much as its answer takes of three quarters of a response. The last quarter is
/// for the record with which Firehose exceeds the size of a batch.
fn weight(output_bytes: usize, batch_bytes: usize) -> usize {
    let answer = output_bytes.div_ceil(3) * 4 + ANSWER_FRAME_BYTES;
    answer
        .saturating_mul(batch_bytes)
        .div_ceil(RESPONSE_BYTES_MAX / 4 * 3)
}

/// The header of a gzip member as libdeflate writes it, without anything optional (RFC 1952, section 2.3).
const HEADER_BYTES: usize = 10;

/// A deflate block that stores nothing and is not the last (RFC 1951, section 3.2.4).
const EMPTY_BLOCK: [u8; 5] = [0, 0, 0, 0xff, 0xff];

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::limits::BATCH_BYTES_DEFAULT;

    #[test]
    fn a_light_piece_is_made_as_heavy_as_its_share_and_opens_to_the_same() {
        let text = vec![b'x'; 900_000];
        let piece = Packer::new()
            .pack(0, &text, 1_000_000, BATCH_BYTES_DEFAULT)
            .unwrap();
        let data = piece.data();
        assert_eq!(data.len(), piece.bytes());
        let heavier = data.len() - weight(1_000_000, BATCH_BYTES_DEFAULT);
        assert!(heavier < EMPTY_BLOCK.len());
        assert_eq!(piece.held_bytes(), piece.gzip.len());
        assert!(piece.held_bytes() < 10_000);
        let checksum = format!("{:08x}", libdeflater::crc32(&text));
        assert_eq!(piece.partition_key(), checksum);
        let mut opened = Vec::new();
        flate2::read::GzDecoder::new(data.as_slice())
            .read_to_end(&mut opened)
            .unwrap();
        assert!(opened == text);
        let base64 = base64_simd::STANDARD.encode_to_string(&data);
        let mut decoder = crate::subscription::Decoder::default();
        let opened = decoder.decode(&base64, 1_000_000).unwrap();
        assert!(opened.text == text && opened.member.is_some());
        let in_a_batch = BATCH_BYTES_DEFAULT / data.len() + 1;
        assert!(in_a_batch * 1_000_000 / 3 * 4 < RESPONSE_BYTES_MAX);
    }

    #[test]
    fn a_piece_weighs_its_share_of_a_batch_and_never_more_than_a_record_may() {
        // (3,000 / 3 × 4 + 128) × 1,048,576 / (6,291,556 / 4 × 3), rounded up.
        assert_eq!(weight(3_000, BATCH_BYTES_DEFAULT), 918);
        let heaviest = Packer::new().pack(0, b"{}", 1 << 40, BATCH_BYTES_DEFAULT);
        let bytes = heaviest.unwrap().bytes();
        assert!(bytes <= PIECE_RECORD_BYTES_MAX && bytes > PIECE_RECORD_BYTES_MAX - 10);
    }

    #[test]
    fn a_piece_may_be_as_long_as_a_record() {
        // Noise, which is stored as it is.
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<u8> = (0..PIECE_RECORD_BYTES_MAX).map(|_| random.u8(..)).collect();
        let mut packer = Packer::new();
        let mut pack = |bytes: usize| packer.pack(0, &noise[..bytes], bytes, 0);
        let longest = (0..200)
            .map(|less| PIECE_RECORD_BYTES_MAX - less)
            .find_map(&mut pack);
        assert_eq!(longest.unwrap().gzip.len(), PIECE_RECORD_BYTES_MAX);
    }
}
