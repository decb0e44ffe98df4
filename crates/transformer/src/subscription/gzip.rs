//! The format of gzip (RFC 1952): the header and the footer of a member.

/// How a member begins.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Bytes of a footer.
pub(super) const FOOTER_BYTES: usize = 8;

/// What a footer says of the text inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    checksum: u32,
    /// Stored modulo 4 GiB, far above what a record of 1,000 KiB opens to.
    pub(super) size: usize,
}

impl Footer {
    pub(super) fn of(bytes: [u8; FOOTER_BYTES]) -> Self {
        let [a, b, c, d, size @ ..] = bytes;
        Self {
            checksum: u32::from_le_bytes([a, b, c, d]),
            size: u32::from_le_bytes(size) as usize,
        }
    }

    /// The footer that belongs to this text.
    pub(super) fn for_text(text: &[u8]) -> Self {
        Self {
            checksum: libdeflater::crc32(text),
            size: text.len() & u32::MAX as usize,
        }
    }
}

/// The length of the member's header at the beginning of `bytes`, or `None` if it is not whole or its checksum is wrong.
pub(super) fn header_bytes(bytes: &[u8]) -> Option<usize> {
    let (fixed, mut rest) = bytes.split_first_chunk::<10>()?;
    let [magic @ .., _, _, _, _, _, _, _, _] = *fixed;
    let (method, flags) = (fixed[2], fixed[3]);
    if magic != MAGIC || method != DEFLATE || flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (length, after) = rest.split_first_chunk()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = memchr::memchr(0, rest)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        let header = &bytes[..bytes.len() - rest.len()];
        let (checksum, after) = rest.split_first_chunk()?;
        if u32::from(u16::from_le_bytes(*checksum)) != libdeflater::crc32(header) & 0xffff {
            return None;
        }
        rest = after;
    }
    Some(bytes.len() - rest.len())
}

const DEFLATE: u8 = 8;
const HEADER_CHECKSUM: u8 = 0b0000_0010;
const EXTRA: u8 = 0b0000_0100;
const NAME: u8 = 0b0000_1000;
const COMMENT: u8 = 0b0001_0000;
const RESERVED: u8 = 0b1110_0000;
