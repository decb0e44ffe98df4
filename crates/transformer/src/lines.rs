//! Lines on their way into an answer, packed in pieces as they come.
//!
//! Base64 in pieces keeps a record's lines in the processor's nearest cache: they are written, read and gone before the
//! next piece, instead of filling megabytes that are read again at the end. Gzip wants long pieces, a member each; they
//! bound the memory that one large record takes.

use libdeflater::Compressor;

use crate::buffer::Buffer;
use crate::limits::{BASE64_PIECE_BYTES, GZIP_PIECE_BYTES};

/// The lines of one record.
pub(crate) struct Lines<'a> {
    /// What is not packed yet.
    pending: &'a mut Buffer,
    packing: Packing<'a>,
    /// The most bytes that the packed lines may come to; one piece beyond is noticed and refused.
    packed_max: usize,
    /// Bytes that the destination receives of what is packed.
    delivered: usize,
}

/// What becomes of a piece.
pub(crate) enum Packing<'a> {
    /// Base64, to the end of these bytes.
    Base64(&'a mut Vec<u8>),
    /// One gzip member, to the end of these bytes.
    Gzip(&'a mut Compressor, &'a mut Vec<u8>),
}

impl<'a> Lines<'a> {
    /// No lines yet; `pending` is cleared and used. `packed_max` is the most bytes that the packed lines may have.
    pub(crate) fn new(pending: &'a mut Buffer, packing: Packing<'a>, packed_max: usize) -> Self {
        pending.clear();
        let before = match &packing {
            Packing::Base64(out) | Packing::Gzip(_, out) => out.len(),
        };
        Self {
            pending,
            packing,
            packed_max: before.saturating_add(packed_max),
            delivered: 0,
        }
    }

    /// The end of what was written, to write to; [`Lines::settle`] after each line.
    #[inline(always)]
    pub(crate) fn end(&mut self) -> &mut Buffer {
        self.pending
    }

    /// Packs what makes a whole piece. `false` once there is no room for more.
    #[inline(always)]
    #[must_use]
    pub(crate) fn settle(&mut self) -> bool {
        self.pending.len() < self.piece() || self.pack()
    }

    /// Writes `text`, however long it is, without a copy of all of it.
    #[must_use]
    pub(crate) fn write_long(&mut self, text: &[u8]) -> bool {
        text.chunks(self.piece()).all(|piece| {
            self.pending.extend(piece);
            self.settle()
        })
    }

    /// Packs what is left, and says how many bytes the destination receives. `None` where there was no room for all.
    pub(crate) fn finish(mut self) -> Option<usize> {
        let fits = match &mut self.packing {
            Packing::Base64(out) => {
                self.delivered += self.pending.len();
                base64_simd::STANDARD.encode_append(self.pending.written(), *out);
                out.len() <= self.packed_max
            }
            Packing::Gzip(..) => self.pending.len() == 0 || self.pack(),
        };
        fits.then_some(self.delivered)
    }

    #[inline(always)]
    fn piece(&self) -> usize {
        match self.packing {
            Packing::Base64(_) => BASE64_PIECE_BYTES,
            Packing::Gzip(..) => GZIP_PIECE_BYTES,
        }
    }

    fn pack(&mut self) -> bool {
        match &mut self.packing {
            Packing::Base64(out) => {
                let whole = self.pending.len() / 3 * 3;
                base64_simd::STANDARD.encode_append(&self.pending.written()[..whole], *out);
                self.delivered += whole;
                self.pending.forget(whole);
                out.len() <= self.packed_max
            }
            Packing::Gzip(deflate, out) => {
                let start = out.len();
                out.resize(start + deflate.gzip_compress_bound(self.pending.len()), 0);
                // libdeflate promises that what it compresses fits the bound.
                let Ok(length) = deflate.gzip_compress(self.pending.written(), &mut out[start..])
                else {
                    return false;
                };
                out.truncate(start + length);
                self.delivered += length;
                self.pending.clear();
                out.len() <= self.packed_max
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use libdeflater::CompressionLvl;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_encode_as_the_whole_does(
            lines in prop::collection::vec(
                prop_oneof![0..200_usize, BASE64_PIECE_BYTES - 4..BASE64_PIECE_BYTES + 4, 0..3 * BASE64_PIECE_BYTES],
                0..6,
            ),
        ) {
            let text: Vec<u8> = (0..=255).cycle().take(lines.iter().sum()).collect();
            let (mut pending, mut out) = (Buffer::default(), b"before".to_vec());
            let mut writer = Lines::new(&mut pending, Packing::Base64(&mut out), usize::MAX);
            let mut rest = text.as_slice();
            for length in lines {
                let (line, after) = rest.split_at(length);
                if length % 2 == 0 {
                    prop_assert!(writer.write_long(line));
                } else {
                    writer.end().extend(line);
                    prop_assert!(writer.settle());
                }
                rest = after;
            }
            prop_assert_eq!(writer.finish(), Some(text.len()));
            prop_assert_eq!(&out[..6], b"before");
            let whole = base64_simd::STANDARD.encode_to_string(&text);
            prop_assert_eq!(&out[6..], whole.as_bytes());
        }
    }

    #[test]
    fn a_long_record_is_several_members_that_open_to_the_whole() {
        let mut deflate = Compressor::new(CompressionLvl::fastest());
        let text: Vec<u8> = (0..=255).cycle().take(2 * GZIP_PIECE_BYTES + 5).collect();
        let (mut pending, mut out) = (Buffer::default(), Vec::new());
        let mut writer = Lines::new(
            &mut pending,
            Packing::Gzip(&mut deflate, &mut out),
            usize::MAX,
        );
        assert!(writer.write_long(&text));
        assert_eq!(writer.finish(), Some(out.len()));
        let mut opened = Vec::new();
        flate2::read::MultiGzDecoder::new(out.as_slice())
            .read_to_end(&mut opened)
            .unwrap();
        assert!(opened == text);
        assert!(pending.room(0).len() <= 2 * GZIP_PIECE_BYTES);
    }

    #[test]
    fn no_more_than_a_piece_is_written_where_there_is_no_room() {
        let (mut pending, mut out) = (Buffer::default(), vec![0; 50]);
        let mut writer = Lines::new(&mut pending, Packing::Base64(&mut out), 100);
        assert!(!writer.write_long(&[0; 100 * BASE64_PIECE_BYTES]));
        assert!(out.len() < 2 * BASE64_PIECE_BYTES);
        let mut writer = Lines::new(&mut pending, Packing::Base64(&mut out), 100);
        writer.end().extend(&[0; 76]);
        assert_eq!(writer.finish(), None);
    }
}
