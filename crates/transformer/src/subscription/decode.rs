//! Opens a record's data: base64, then gzip, zlib or nothing, under a cap.
//!
//! libdeflate opens a single gzip member into a buffer of the size that its trailer announces. Everything else (several
//! members, zlib, a wrong trailer, damage) goes through flate2's streaming reader, which has the last word. Both respect
//! the cap, so a record that opens to gigabytes costs no more than the cap.

use std::io::Read;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use memchr::memmem;

use crate::buffer::Buffer;
use crate::limits::DEFLATE_RATIO_MAX;

/// Why a record's data cannot be opened. No message quotes the data.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The data is not padded base64 of the standard alphabet.
    #[error("the data is not base64")]
    NotBase64,
    /// The data begins neither as gzip or zlib nor as a JSON object.
    #[error("the data is neither gzip, zlib nor a JSON object")]
    UnknownEncoding,
    /// The data begins as gzip or zlib, but is damaged or cut short.
    #[error("the data begins as {encoding} and is damaged or cut short")]
    Damaged {
        /// `gzip` or `zlib`.
        encoding: &'static str,
    },
    /// The data opens to more bytes than the cap allows.
    #[error("the data opens to more than {bytes_max} bytes (CATCHMENT_MAX_DECODED_MIB)")]
    OverCap {
        /// The cap, in bytes.
        bytes_max: usize,
    },
}

/// Opens records one after another, in buffers that stay allocated.
pub struct Decoder {
    inflate: libdeflater::Decompressor,
    packed: Buffer,
    opened: Buffer,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            inflate: libdeflater::Decompressor::new(),
            packed: Buffer::default(),
            opened: Buffer::default(),
        }
    }
}

impl Decoder {
    /// Opens `data`, which may hold at most `bytes_max` bytes.
    ///
    /// # Errors
    /// Returns which step refused the data.
    pub fn decode(&mut self, data: &str, bytes_max: usize) -> Result<&[u8], DecodeError> {
        self.packed.clear();
        let packed = self
            .packed
            .exact_room(base64_simd::STANDARD.estimated_decoded_length(data.len()));
        let packed: &[u8] = base64_simd::STANDARD
            .decode(data.as_bytes(), base64_simd::Out::from_slice(packed))
            .map_err(|_| DecodeError::NotBase64)?;
        match Encoding::of(packed).ok_or(DecodeError::UnknownEncoding)? {
            Encoding::Plain if packed.len() > bytes_max => Err(DecodeError::OverCap { bytes_max }),
            Encoding::Plain => Ok(packed),
            Encoding::Gzip => gunzip(&mut self.inflate, packed, bytes_max, &mut self.opened),
            Encoding::Zlib => stream(
                ZlibDecoder::new(packed),
                bytes_max,
                &mut self.opened,
                DecodeError::Damaged { encoding: "zlib" },
            ),
        }
    }

    /// Frees what only a rare large record needs.
    pub fn trim(&mut self) {
        self.packed.trim();
        self.opened.trim();
    }
}

/// How a record's bytes are packed, as their beginning tells.
enum Encoding {
    Gzip,
    Zlib,
    Plain,
}

impl Encoding {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // RFC 1950: method 8, and the two bytes as a big-endian number are a multiple of 31.
            &[method, flags, ..]
                if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31) =>
            {
                Some(Self::Zlib)
            }
            _ => bytes
                .trim_ascii_start()
                .starts_with(b"{")
                .then_some(Self::Plain),
        }
    }
}

fn gunzip<'a>(
    inflate: &mut libdeflater::Decompressor,
    packed: &[u8],
    bytes_max: usize,
    opened: &'a mut Buffer,
) -> Result<&'a [u8], DecodeError> {
    if let Some(size) = announced_size(packed) {
        if size > bytes_max {
            return Err(DecodeError::OverCap { bytes_max });
        }
        opened.clear();
        if inflate.gzip_decompress(packed, opened.exact_room(size)) == Ok(size) {
            opened.advance(size);
            return Ok(opened.written());
        }
    }
    stream(
        MultiGzDecoder::new(packed),
        bytes_max,
        opened,
        DecodeError::Damaged { encoding: "gzip" },
    )
}

/// Returns the size that the gzip trailer announces, if it is credible: of a single member, and no more than deflate can
/// reach. The size is stored modulo 4 GiB, far above what a record of 1,000 KiB opens to.
fn announced_size(packed: &[u8]) -> Option<usize> {
    let size = usize::try_from(u32::from_le_bytes(*packed.last_chunk::<4>()?)).ok()?;
    // By chance, bytes that look like a second member's header occur once in about 130 MB.
    let another = memmem::find_iter(&packed[2..], b"\x1f\x8b\x08")
        .any(|at| packed.get(at + 5).is_some_and(|flags| flags & 0xe0 == 0));
    (!another && size <= packed.len().saturating_mul(DEFLATE_RATIO_MAX)).then_some(size)
}

/// Reads `reader` to its end, but at most one byte beyond the cap.
fn stream(
    mut reader: impl Read,
    bytes_max: usize,
    opened: &mut Buffer,
    damaged: DecodeError,
) -> Result<&[u8], DecodeError> {
    opened.clear();
    loop {
        // Doubles, but never past the one byte that tells "at the cap" from "over the cap".
        let size = (opened.len() * 2).clamp(64 * 1024, bytes_max.saturating_add(1).max(64 * 1024));
        let free = opened.exact_room(size - opened.len());
        match reader.read(free) {
            Ok(0) => return Ok(opened.written()),
            Ok(read) => opened.advance(read),
            Err(_) => return Err(damaged),
        }
        if opened.len() > bytes_max {
            return Err(DecodeError::OverCap { bytes_max });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::limits::SCRATCH_BYTES_MAX;

    const MAX: usize = 1024 * 1024;

    fn decode(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let data = base64_simd::STANDARD.encode_to_string(bytes);
        Decoder::default().decode(&data, MAX).map(<[u8]>::to_vec)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_opens_to_the_same_text() {
        let text = br#"{"a":"b"}"#;
        assert_eq!(decode(&gzip(text)).unwrap(), text);
        assert_eq!(decode(&zlib(text)).unwrap(), text);
        assert_eq!(decode(text).unwrap(), text);
        assert_eq!(decode(b"\n {}").unwrap(), b"\n {}");
    }

    #[test]
    fn all_members_are_opened_even_if_they_are_equal() {
        let one = gzip(b"{}");
        assert_eq!(
            decode(&[one.clone(), one.clone()].concat()).unwrap(),
            b"{}{}"
        );
        assert_eq!(
            decode(&[one.clone(), gzip(b"{\"longer\":1}"), one].concat()).unwrap(),
            b"{}{\"longer\":1}{}"
        );
    }

    #[test]
    fn unreadable_data_is_refused_with_its_reason() {
        let good = gzip(&[b'{'; 4000]);
        let flipped = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x55;
            bytes
        };
        let damaged = Err(DecodeError::Damaged { encoding: "gzip" });
        assert_eq!(decode(&good[..good.len() / 2]), damaged, "cut short");
        assert_eq!(decode(&good[..good.len() - 4]), damaged, "trailer cut");
        assert_eq!(
            decode(&[&good[..], b"garbage"].concat()),
            damaged,
            "trailing garbage"
        );
        assert_eq!(decode(&flipped(good.len() - 6)), damaged, "checksum");
        assert_eq!(decode(&flipped(good.len() - 2)), damaged, "size");
        assert_eq!(decode(&[0x1f, 0x8b]), damaged);
        assert_eq!(
            decode(&zlib(b"{}")[..5]),
            Err(DecodeError::Damaged { encoding: "zlib" })
        );
        assert_eq!(decode(b"Hello World"), Err(DecodeError::UnknownEncoding));
        assert_eq!(decode(b""), Err(DecodeError::UnknownEncoding));
        let mut decoder = Decoder::default();
        for data in ["a", "aGk", "aG k=", "aGk=\n", "é"] {
            assert_eq!(
                decoder.decode(data, MAX),
                Err(DecodeError::NotBase64),
                "{data}"
            );
        }
    }

    #[test]
    fn the_cap_holds_for_every_encoding_even_if_the_trailer_lies() {
        let over = Err(DecodeError::OverCap { bytes_max: MAX });
        let (fits, exceeds) = (vec![b'{'; MAX], vec![b'{'; MAX + 1]);
        for pack in [gzip, zlib, <[u8]>::to_vec] {
            assert_eq!(decode(&pack(&fits)).unwrap(), fits);
            assert_eq!(decode(&pack(&exceeds)), over);
        }
        let mut lying = gzip(&exceeds);
        let trailer = lying.len() - 4;
        lying[trailer..].copy_from_slice(&2_u32.to_le_bytes());
        assert_eq!(decode(&lying), over);
        assert_eq!(decode(&[gzip(&fits), gzip(b"{")].concat()), over);
    }

    #[test]
    fn a_large_records_memory_is_freed() {
        let mut decoder = Decoder::default();
        let data = base64_simd::STANDARD.encode_to_string(gzip(&vec![b'{'; 2 * SCRATCH_BYTES_MAX]));
        decoder.decode(&data, usize::MAX).unwrap();
        decoder.trim();
        assert!(decoder.opened.room(0).len() <= SCRATCH_BYTES_MAX);
    }
}
