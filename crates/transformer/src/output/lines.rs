//! Lines on their way into an answer, packed piece by piece.
//!
//! A piece for base64 fits into the processor's nearest cache: lines are written, packed and gone before the next piece,
//! instead of filling megabytes that are read again at the end. A piece for gzip is long, because each is a member; it
//! bounds the memory that a large record takes.

use base64_turbo::STANDARD;

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::limits::{BASE64_PIECE_BYTES, GZIP_PIECE_BYTES};
use crate::output::gzip::Gzip;
use crate::settings::Compression;

/// Packs records one after another, in buffers that stay allocated.
pub(super) struct Packer {
    pending: Buffer,
    gzip: Option<Gzip>,
}

impl Packer {
    pub(super) fn new(compression: Compression) -> Self {
        Self {
            pending: Buffer::default(),
            gzip: match compression {
                Compression::None => None,
                Compression::Gzip => Some(Gzip::new()),
            },
        }
    }

    /// Begins a record. Its data goes to the end of `response` as base64, at most `bytes_max` bytes and a piece: what goes
    /// beyond is noticed there, and refused.
    pub(super) fn lines<'o>(&'o mut self, response: &'o mut Buffer, bytes_max: usize) -> Lines<'o> {
        self.pending.clear();
        if let Some(gzip) = &mut self.gzip {
            gzip.begin();
        }
        Lines {
            piece: if self.gzip.is_some() {
                GZIP_PIECE_BYTES
            } else {
                BASE64_PIECE_BYTES
            },
            pending: &mut self.pending,
            gzip: self.gzip.as_mut(),
            response_bytes_max: response.len().saturating_add(bytes_max),
            response,
            delivered: 0,
        }
    }

    /// Frees what only a rare large record needs.
    pub(super) fn trim(&mut self) {
        self.pending.trim();
        if let Some(gzip) = &mut self.gzip {
            gzip.trim();
        }
    }

    /// Bytes that the lines of the last record still take.
    #[cfg(test)]
    pub(super) fn held_bytes(&mut self) -> usize {
        self.pending.len() + self.pending.room(0).len()
    }
}

/// The lines of one record.
pub(super) struct Lines<'o> {
    /// What is not packed yet.
    pending: &'o mut Buffer,
    /// Bytes of a piece.
    piece: usize,
    gzip: Option<&'o mut Gzip>,
    response: &'o mut Buffer,
    response_bytes_max: usize,
    /// Bytes that the destination receives of what is packed.
    delivered: usize,
}

impl Lines<'_> {
    /// The place to append to. Call [`Lines::settle`] after each line.
    #[inline(always)]
    pub(super) fn end(&mut self) -> &mut Buffer {
        self.pending
    }

    /// Packs whatever makes a whole piece. Returns `false` once there is no room for more.
    #[inline(always)]
    #[must_use]
    pub(super) fn settle(&mut self) -> bool {
        self.pending.len() < self.piece || self.pack()
    }

    /// Appends `text` piece by piece, so that a long one is not copied whole.
    #[must_use]
    pub(super) fn write_long(&mut self, text: &[u8]) -> bool {
        if self.gzip.is_some() || text.len() <= LONG {
            return text.chunks(self.piece).all(|piece| {
                self.pending.extend(piece);
                self.settle()
            });
        }
        // What completes the bytes before it is copied, and the end. The rest is encoded from where it is.
        let (first, rest) = text.split_at(3 - self.pending.len() % 3);
        let (whole, last) = rest.split_at(rest.len() / 3 * 3);
        self.pending.extend(first);
        if !self.pack() || !encode(whole, self.response, self.response_bytes_max) {
            return false;
        }
        self.delivered += whole.len();
        self.pending.extend(last);
        true
    }

    /// Appends a string as it stands in the text, with U+FFFD for bytes that are not UTF-8.
    #[must_use]
    pub(super) fn write_string(&mut self, string: JsonStr<'_>) -> bool {
        if string.is_utf8() {
            return self.write_long(string.literal());
        }
        write_as_utf8(string.literal(), |text| self.write_long(text))
    }

    /// Whether the output is gzip.
    pub(super) fn is_gzip(&self) -> bool {
        self.gzip.is_some()
    }

    /// Appends a record that is one gzip member as it is, and a newline. Returns `false` if that cannot be.
    #[must_use]
    pub(super) fn pass_on(&mut self, member: &[u8]) -> bool {
        self.gzip.as_mut().is_some_and(|gzip| gzip.pass_on(member))
    }

    /// Packs the rest. Returns how many bytes the destination receives, or `None` if there was no room for all of them.
    pub(super) fn finish(mut self) -> Option<usize> {
        match &mut self.gzip {
            None => {
                self.delivered += self.pending.len();
                append(self.pending.written(), self.response)?;
            }
            Some(gzip) => {
                if self.pending.len() > 0 && !gzip.member(self.pending.written()) {
                    return None;
                }
                self.delivered = gzip.members().len();
                let base64 = STANDARD.encoded_len(self.delivered);
                if self.response.len() + base64 > self.response_bytes_max {
                    return None;
                }
                append(gzip.members(), self.response)?;
            }
        }
        (self.response.len() <= self.response_bytes_max).then_some(self.delivered)
    }

    /// Packs what is pending piece by piece, and stops where there is no room for more.
    #[inline(never)]
    fn pack(&mut self) -> bool {
        let Some(gzip) = &mut self.gzip else {
            // Base64 without padding between the pieces takes three bytes at a time.
            let whole = self.pending.len() / 3 * 3;
            let fits = encode(
                &self.pending.written()[..whole],
                self.response,
                self.response_bytes_max,
            );
            self.delivered += whole;
            self.pending.drop_first(whole);
            return fits;
        };
        let whole = self.pending.len() / GZIP_PIECE_BYTES * GZIP_PIECE_BYTES;
        for piece in self.pending.written()[..whole].chunks(GZIP_PIECE_BYTES) {
            let base64 = STANDARD.encoded_len(gzip.members().len());
            if !gzip.member(piece) || self.response.len() + base64 >= self.response_bytes_max {
                return false;
            }
        }
        self.pending.drop_first(whole);
        true
    }
}

/// Writes a text in parts, with U+FFFD for bytes that are not UTF-8, as long as `write` returns `true`. Returns whether it always did.
pub(super) fn write_as_utf8(text: &[u8], mut write: impl FnMut(&[u8]) -> bool) -> bool {
    text.utf8_chunks().all(|chunk| {
        write(chunk.valid().as_bytes())
            && (chunk.invalid().is_empty() || write("\u{fffd}".as_bytes()))
    })
}

/// Appends base64 piece by piece, and stops where `response` is longer than it may be. Returns `false` then.
fn encode(bytes: &[u8], response: &mut Buffer, response_bytes_max: usize) -> bool {
    bytes
        .chunks(BASE64_PIECE_BYTES)
        .all(|piece| append(piece, response).is_some() && response.len() <= response_bytes_max)
}

/// Appends base64. Returns `None` if there is no room for it, which there is.
fn append(bytes: &[u8], response: &mut Buffer) -> Option<()> {
    let room = response.room(STANDARD.encoded_len(bytes.len()));
    let length = STANDARD.encode_slice(bytes, room).ok()?;
    response.advance(length);
    Some(())
}

/// Bytes of a text that is worth encoding from where it is.
const LONG: usize = 1024;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn response(bytes: &[u8]) -> Buffer {
        let mut response = Buffer::default();
        response.extend(bytes);
        response
    }

    proptest! {
        #[test]
        fn pieces_encode_as_the_whole_does(
            lines in prop::collection::vec(
                prop_oneof![0..200_usize, BASE64_PIECE_BYTES - 4..BASE64_PIECE_BYTES + 4, 0..3 * BASE64_PIECE_BYTES],
                0..6,
            ),
        ) {
            let text: Vec<u8> = (0..=255).cycle().take(lines.iter().sum()).collect();
            let (mut packer, mut response) = (Packer::new(Compression::None), response(b"before"));
            let mut writer = packer.lines(&mut response, usize::MAX);
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
            prop_assert_eq!(&response.written()[..6], b"before");
            let whole = base64_simd::STANDARD.encode_to_string(&text);
            prop_assert_eq!(&response.written()[6..], whole.as_bytes());
        }
    }

    #[test]
    fn a_long_record_is_several_members_that_open_to_the_whole() {
        let text: Vec<u8> = (0..=255).cycle().take(2 * GZIP_PIECE_BYTES + 5).collect();
        let (mut packer, mut response) = (Packer::new(Compression::Gzip), Buffer::default());
        let mut writer = packer.lines(&mut response, usize::MAX);
        assert!(writer.write_long(&text));
        let delivered = writer.finish();
        let members = base64_simd::STANDARD
            .decode_to_vec(response.written())
            .unwrap();
        assert_eq!(delivered, Some(members.len()));
        let mut opened = Vec::new();
        flate2::read::MultiGzDecoder::new(members.as_slice())
            .read_to_end(&mut opened)
            .unwrap();
        assert!(opened == text);
        let mut gzip = Gzip::new();
        assert!(
            text.chunks(GZIP_PIECE_BYTES)
                .all(|piece| gzip.member(piece))
        );
        assert!(gzip.members() == members);
        assert!(packer.pending.room(0).len() <= 2 * GZIP_PIECE_BYTES);
    }

    #[test]
    fn at_most_a_piece_is_written_beyond_the_room() {
        let (mut packer, mut response) = (Packer::new(Compression::None), response(&[0; 50]));
        let mut writer = packer.lines(&mut response, 100);
        assert!(!writer.write_long(&[0; 100 * BASE64_PIECE_BYTES]));
        assert!(response.len() < 2 * BASE64_PIECE_BYTES);
    }

    #[test]
    fn the_room_is_used_to_the_last_byte_and_not_beyond() {
        for (bytes, delivered) in [(75, Some(75)), (76, None)] {
            let (mut packer, mut response) = (Packer::new(Compression::None), response(&[0; 50]));
            let mut writer = packer.lines(&mut response, 100);
            writer.end().extend(&[0; 76][..bytes]);
            assert_eq!(writer.finish(), delivered);
        }
        let (mut packer, mut response) = (Packer::new(Compression::Gzip), response(&[0; 50]));
        let mut writer = packer.lines(&mut response, usize::MAX);
        writer.end().extend(b"abc");
        let size = writer.finish().unwrap().div_ceil(3) * 4;
        for (room, fits) in [(size, true), (size - 1, false)] {
            let mut writer = packer.lines(&mut response, room);
            writer.end().extend(b"abc");
            assert_eq!(writer.finish().is_some(), fits);
        }
    }

    #[test]
    fn lines_are_packed_as_soon_as_they_make_a_piece() {
        let (mut packer, mut response) = (Packer::new(Compression::None), Buffer::default());
        let mut writer = packer.lines(&mut response, usize::MAX);
        for (bytes, pending) in [
            (10, 10),
            (BASE64_PIECE_BYTES - 11, BASE64_PIECE_BYTES - 1),
            (1, 0),
            (BASE64_PIECE_BYTES + 4, 1),
        ] {
            writer.end().extend(&vec![0; bytes]);
            assert!(writer.settle());
            assert_eq!(writer.pending.len(), pending);
        }
    }

    #[test]
    fn gzip_members_stop_where_the_room_ends() {
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<u8> = (0..3 * GZIP_PIECE_BYTES).map(|_| random.u8(..)).collect();
        for (room, fits) in [(1000, false), (5 * GZIP_PIECE_BYTES, true)] {
            let (mut packer, mut response) = (Packer::new(Compression::Gzip), response(&[0; 50]));
            let mut writer = packer.lines(&mut response, room);
            assert_eq!(writer.write_long(&noise), fits);
        }
    }
}
