//! Lines on their way into an answer: base64 in pieces as they come, or kept together for gzip.
//!
//! Encoding piece by piece keeps a record's lines in the processor's nearest cache: they are written, read and gone
//! before the next piece, instead of filling megabytes that are read again at the end.

/// Bytes of one piece: a multiple of three, so that base64 needs no padding between pieces, and a good part of the
/// 32 KiB or more that a core's first cache has.
const PIECE: usize = 24 * 1024;

/// The lines of one record.
pub(crate) struct Lines<'a> {
    /// What is not encoded yet.
    pending: &'a mut Vec<u8>,
    /// Where pieces are encoded to; `None` keeps all lines pending.
    encoded: Option<&'a mut Vec<u8>>,
    /// The most bytes that `encoded` may come to hold; one piece beyond is noticed and refused.
    encoded_max: usize,
    /// Bytes of lines that are encoded.
    settled: usize,
}

impl<'a> Lines<'a> {
    /// Lines that are encoded to the end of `encoded`, until that holds more than `encoded_max` bytes.
    pub(crate) fn encoded(
        pending: &'a mut Vec<u8>,
        encoded: &'a mut Vec<u8>,
        encoded_max: usize,
    ) -> Self {
        pending.clear();
        Self {
            pending,
            encoded: Some(encoded),
            encoded_max,
            settled: 0,
        }
    }

    /// Lines that are kept together.
    pub(crate) fn kept(pending: &'a mut Vec<u8>) -> Self {
        pending.clear();
        Self {
            pending,
            encoded: None,
            encoded_max: usize::MAX,
            settled: 0,
        }
    }

    /// The end of what was written, to write to; [`Lines::settle`] after each line.
    #[inline(always)]
    pub(crate) fn end(&mut self) -> &mut Vec<u8> {
        self.pending
    }

    /// Encodes what makes a whole piece. `false` once there is no room for more.
    #[inline(always)]
    #[must_use]
    pub(crate) fn settle(&mut self) -> bool {
        self.pending.len() < PIECE || self.settle_pieces()
    }

    /// Writes `text`, however long it is, without a copy of all of it.
    #[must_use]
    pub(crate) fn write_long(&mut self, text: &[u8]) -> bool {
        text.chunks(PIECE).all(|piece| {
            self.pending.extend_from_slice(piece);
            self.settle()
        })
    }

    fn settle_pieces(&mut self) -> bool {
        let Some(encoded) = &mut self.encoded else {
            return true;
        };
        let whole = self.pending.len() / 3 * 3;
        base64_simd::STANDARD.encode_append(&self.pending[..whole], *encoded);
        self.settled += whole;
        let rest = self.pending.len() - whole;
        self.pending.copy_within(whole.., 0);
        self.pending.truncate(rest);
        encoded.len() <= self.encoded_max
    }

    /// Encodes what is left, and says how many bytes the lines have. `None` where there was no room for all.
    pub(crate) fn finish(self) -> Option<usize> {
        let Some(encoded) = self.encoded else {
            return Some(self.pending.len());
        };
        base64_simd::STANDARD.encode_append(&*self.pending, encoded);
        (encoded.len() <= self.encoded_max).then_some(self.settled + self.pending.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_encode_as_the_whole_does(
            lines in prop::collection::vec(prop_oneof![0..200_usize, PIECE - 4..PIECE + 4, 0..3 * PIECE], 0..6),
        ) {
            let text: Vec<u8> = (0..=255).cycle().take(lines.iter().sum()).collect();
            let (mut pending, mut encoded) = (vec![1; 9], b"before".to_vec());
            let mut writer = Lines::encoded(&mut pending, &mut encoded, usize::MAX);
            let mut rest = text.as_slice();
            for length in lines {
                let (line, after) = rest.split_at(length);
                if length % 2 == 0 {
                    prop_assert!(writer.write_long(line));
                } else {
                    writer.end().extend_from_slice(line);
                    prop_assert!(writer.settle());
                }
                rest = after;
            }
            prop_assert_eq!(writer.finish(), Some(text.len()));
            prop_assert_eq!(&encoded[..6], b"before");
            let whole = base64_simd::STANDARD.encode_to_string(&text);
            prop_assert_eq!(&encoded[6..], whole.as_bytes());
        }
    }

    #[test]
    fn no_more_than_a_piece_is_written_where_there_is_no_room() {
        let (mut pending, mut encoded) = (Vec::new(), Vec::new());
        let mut writer = Lines::encoded(&mut pending, &mut encoded, 100);
        assert!(!writer.write_long(&[0; 100 * PIECE]));
        assert!(encoded.len() < 2 * PIECE);
        let writer = Lines::encoded(&mut pending, &mut encoded, 100);
        assert_eq!(writer.finish(), None);
    }

    #[test]
    fn kept_lines_stay_together() {
        let mut pending = Vec::new();
        let mut writer = Lines::kept(&mut pending);
        assert!(writer.write_long(&[7; 3 * PIECE]));
        assert_eq!(writer.finish(), Some(3 * PIECE));
        assert_eq!(pending.len(), 3 * PIECE);
    }
}
