//! Opens a record's data: base64, then gzip, zlib or nothing, under a cap.
//!
//! libdeflate opens a gzip member into a buffer of the size that its trailer announces, if it is sure to be the only one.
//! Everything else (several members, zlib, a wrong trailer, damage) goes through flate2, stream by stream. Both respect the
//! cap, so a record that opens to gigabytes costs no more than the cap.

use base64_turbo::STANDARD;
use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::gzip::{FOOTER_BYTES, Footer, MAGIC, header_bytes};
use crate::buffer::Buffer;
use crate::json::is_white_space;
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

/// A record, opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The bytes inside.
    pub text: &'a [u8],
    /// The data, decoded from base64, if it is exactly one gzip member.
    pub member: Option<&'a [u8]>,
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
    pub fn decode(&mut self, data: &str, bytes_max: usize) -> Result<Opened<'_>, DecodeError> {
        self.packed.clear();
        self.opened.clear();
        let packed = self
            .packed
            .exact_room(STANDARD.decoded_len_estimate(data.len()));
        let packed = match STANDARD.decode_slice(data, packed) {
            Ok(length) => &packed[..length],
            Err(_) => return Err(DecodeError::NotBase64),
        };
        let encoding = Encoding::of(packed).ok_or(DecodeError::UnknownEncoding)?;
        if encoding == Encoding::Plain {
            return if packed.len() > bytes_max {
                Err(DecodeError::OverCap { bytes_max })
            } else {
                Ok(Opened {
                    text: packed,
                    member: None,
                })
            };
        }
        if encoding == Encoding::Gzip
            && only_member(&mut self.inflate, packed, bytes_max, &mut self.opened)?
        {
            return Ok(Opened {
                text: self.opened.written(),
                member: Some(packed),
            });
        }
        streams(encoding, packed, bytes_max, &mut self.opened)?;
        Ok(Opened {
            text: self.opened.written(),
            member: None,
        })
    }

    /// Frees what only a rare large record needs.
    pub fn trim(&mut self) {
        self.packed.trim();
        self.opened.trim();
    }
}

/// How a record's bytes are packed, as their beginning tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Zlib,
    Plain,
}

impl Encoding {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            _ if bytes.starts_with(&MAGIC) => Some(Self::Gzip),
            // RFC 1950: method 8, and the two bytes as a big-endian number are a multiple of 31.
            &[method, flags, ..]
                if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31) =>
            {
                Some(Self::Zlib)
            }
            _ => {
                let text = bytes.iter().find(|byte| !is_white_space(**byte));
                (text == Some(&b'{')).then_some(Self::Plain)
            }
        }
    }

    fn damaged(self) -> DecodeError {
        DecodeError::Damaged {
            encoding: if self == Self::Zlib { "zlib" } else { "gzip" },
        }
    }
}

/// Opens `packed` if it is surely one gzip member and nothing else. Returns `false` if it is not, or is damaged: [`streams`]
/// finds out.
fn only_member(
    inflate: &mut libdeflater::Decompressor,
    packed: &[u8],
    bytes_max: usize,
    opened: &mut Buffer,
) -> Result<bool, DecodeError> {
    let Some((begin, footer)) = header_bytes(packed).zip(packed.last_chunk::<FOOTER_BYTES>())
    else {
        return Ok(false);
    };
    let Some(deflated) = packed.get(begin..packed.len() - FOOTER_BYTES) else {
        return Ok(false);
    };
    let size = Footer::of(*footer).size;
    if size >= deflated.len().saturating_mul(DEFLATE_RATIO_MAX) {
        return Ok(false);
    }
    // libdeflate checks the footer right behind the stream, and does not tell where that is. It ends with the size, which stands
    // nowhere else: then it is the one at the end.
    let (_, size_bytes) = footer.split_at(4);
    if memmem::find(&packed[begin..], size_bytes) != Some(deflated.len() + 4) {
        return Ok(false);
    }
    if size > bytes_max {
        return Err(DecodeError::OverCap { bytes_max });
    }
    let is_whole = inflate.gzip_decompress(packed, opened.exact_room(size)) == Ok(size);
    if is_whole {
        opened.advance(size);
    }
    Ok(is_whole)
}

/// Opens stream after stream, each with all its checksums, to the end of `packed`. Behind gzip there may be more gzip; behind
/// zlib, and behind gzip otherwise, nothing.
fn streams(
    encoding: Encoding,
    packed: &[u8],
    bytes_max: usize,
    opened: &mut Buffer,
) -> Result<(), DecodeError> {
    let damaged = encoding.damaged();
    let mut rest = packed;
    loop {
        let is_zlib = encoding == Encoding::Zlib;
        if !is_zlib {
            rest = &rest[header_bytes(rest).ok_or(damaged)?..];
        }
        let begin = opened.len();
        let length = inflate(Decompress::new(is_zlib), rest, bytes_max, opened, damaged)?;
        rest = &rest[length..];
        if !is_zlib {
            let (footer, after) = rest.split_first_chunk().ok_or(damaged)?;
            if Footer::of(*footer) != Footer::for_text(&opened.written()[begin..]) {
                return Err(damaged);
            }
            rest = after;
        }
        if rest.is_empty() {
            return Ok(());
        }
        if is_zlib {
            return Err(damaged);
        }
    }
}

/// Opens one stream, but at most one byte beyond the cap, and returns how many bytes of `packed` it has.
fn inflate(
    mut stream: Decompress,
    packed: &[u8],
    bytes_max: usize,
    opened: &mut Buffer,
    damaged: DecodeError,
) -> Result<usize, DecodeError> {
    let mut rest = packed;
    loop {
        // Doubles, but never past the one byte that tells "at the cap" from "over the cap".
        let most = bytes_max.saturating_add(1).max(INFLATE_BYTES);
        let size = (opened.len() * 2).clamp(INFLATE_BYTES, most);
        let free = opened.exact_room(size.saturating_sub(opened.len()).max(1));
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream
            .decompress(rest, free, FlushDecompress::None)
            .map_err(|_| damaged)?;
        let read = usize::try_from(stream.total_in() - read).map_err(|_| damaged)?;
        let written = usize::try_from(stream.total_out() - written).map_err(|_| damaged)?;
        rest = &rest[read..];
        opened.advance(written);
        if opened.len() > bytes_max {
            return Err(DecodeError::OverCap { bytes_max });
        }
        match status {
            Status::StreamEnd => return Ok(packed.len() - rest.len()),
            Status::Ok | Status::BufError if written > 0 => {}
            Status::Ok | Status::BufError => return Err(damaged),
        }
    }
}

/// The least bytes that a stream is opened into. Our own choice: a record of the common size has two or three times as many.
const INFLATE_BYTES: usize = 65_536;

#[cfg(test)]
mod tests;
