//! Texts that are copied in chunks of one length.

use std::borrow::Cow;

use super::convert::{CHUNK, put};
use crate::buffer::Buffer;

/// A text with zeros behind it, so that it can be copied by chunks.
#[derive(Default)]
pub(super) struct Padded {
    bytes: Vec<u8>,
    length: usize,
}

impl Padded {
    pub(super) fn new(text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().max(CHUNK), 0);
        Self {
            bytes,
            length: text.len(),
        }
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes[..self.length])
    }

    #[inline(always)]
    pub(super) fn put(&self, out: &mut Buffer) {
        put(out, &self.bytes, self.length);
    }
}
