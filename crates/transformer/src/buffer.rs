//! A byte buffer that stays allocated from record to record, and is initialised only once.

use crate::limits::SCRATCH_BYTES_MAX;

/// Bytes written one after another, and room after them that is never cleared again.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// All initialised; the bytes beyond `written` mean nothing.
    bytes: Vec<u8>,
    written: usize,
}

impl Buffer {
    /// A buffer that writes over these bytes.
    pub(crate) fn over(bytes: Vec<u8>) -> Self {
        Self { bytes, written: 0 }
    }

    /// The bytes written, without the room after them.
    pub(crate) fn into_written(mut self) -> Vec<u8> {
        self.bytes.truncate(self.written);
        self.bytes
    }

    /// The bytes written so far.
    #[inline(always)]
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.written]
    }

    #[inline(always)]
    pub(crate) fn written_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.written]
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.written
    }

    /// Returns at least `size` bytes to write to. Grows by doubling, but a large buffer in even steps, which waste less.
    #[inline(always)]
    pub(crate) fn room(&mut self, size: usize) -> &mut [u8] {
        if self.bytes.len() - self.written < size {
            self.grow_by_steps_to(self.written + size);
        }
        &mut self.bytes[self.written..]
    }

    /// Returns exactly `size` bytes to write to. Grows no more than it has to.
    pub(crate) fn exact_room(&mut self, size: usize) -> &mut [u8] {
        if self.bytes.len() - self.written < size {
            self.grow_to(self.written + size);
        }
        &mut self.bytes[self.written..][..size]
    }

    /// Counts the next `size` bytes as written.
    #[inline(always)]
    pub(crate) fn advance(&mut self, size: usize) {
        self.written = (self.written + size).min(self.bytes.len());
    }

    /// Returns `N` bytes to write to from `at`, a place that is written or in the room that was returned last.
    #[inline(always)]
    pub(crate) fn chunk_at<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        if self.bytes.len().checked_sub(at).is_none_or(|room| room < N) {
            return self.new_chunk_at(at);
        }
        let (_, room) = self.bytes.split_at_mut_checked(at)?;
        room.first_chunk_mut()
    }

    /// The same where there is too little room: apart, so that the usual case does not ask again how much there is.
    #[cold]
    #[inline(never)]
    fn new_chunk_at<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        self.grow_by_steps_to(at + N);
        let (_, room) = self.bytes.split_at_mut_checked(at)?;
        room.first_chunk_mut()
    }

    /// Counts the first `size` bytes as written.
    #[inline(always)]
    pub(crate) fn set_len(&mut self, size: usize) {
        self.written = size.min(self.bytes.len());
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, byte: u8) {
        self.room(1)[0] = byte;
        self.advance(1);
    }

    #[inline(always)]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.advance(bytes.len());
    }

    /// Appends the parts, one behind the other.
    #[inline(always)]
    pub(crate) fn extend_with<const N: usize>(&mut self, parts: [&[u8]; N]) {
        let size = parts.iter().map(|part| part.len()).sum();
        let mut room = self.room(size);
        for part in parts {
            let (place, rest) = room.split_at_mut(part.len());
            copy(part, place);
            room = rest;
        }
        self.advance(size);
    }

    /// Drops the first `size` bytes and moves the others to the beginning.
    pub(crate) fn drop_first(&mut self, size: usize) {
        self.bytes.copy_within(size..self.written, 0);
        self.written -= size;
    }

    /// Drops what was written beyond the first `size` bytes.
    pub(crate) fn truncate(&mut self, size: usize) {
        self.written = self.written.min(size);
    }

    pub(crate) fn clear(&mut self) {
        self.written = 0;
    }

    /// Drops everything, and frees what only a rare large record needs.
    pub(crate) fn trim(&mut self) {
        self.written = 0;
        self.bytes.truncate(SCRATCH_BYTES_MAX);
        self.bytes.shrink_to(SCRATCH_BYTES_MAX);
    }

    #[cold]
    #[inline(never)]
    fn grow_by_steps_to(&mut self, size: usize) {
        let length = self.bytes.len();
        if size <= self.bytes.capacity() {
            // Memory that is written over: cleared little by little, as not much more may be needed.
            let enough = size.max(length + length / 8);
            self.grow_to(enough.min(self.bytes.capacity()));
        } else {
            self.grow_to(size.max(length + length.min(SCRATCH_BYTES_MAX)));
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_to(&mut self, size: usize) {
        self.bytes.reserve_exact(size - self.bytes.len());
        self.bytes.resize(size, 0);
    }
}

/// Copies a part to a place of the same length, without a call if it is as long as a name, an event's id, a flow log or a line's head.
#[inline(always)]
pub(crate) fn copy(part: &[u8], place: &mut [u8]) {
    match part.len() {
        8..=16 => copy_halves::<8>(part, place),
        17..=31 => copy_halves::<16>(part, place),
        32..=64 => copy_halves::<32>(part, place),
        65..=128 => copy_halves::<64>(part, place),
        129..=256 => copy_halves::<128>(part, place),
        _ => place.copy_from_slice(part),
    }
}

/// Copies a part of `N` to `2 * N` bytes as two halves, which mostly overlap.
#[inline(always)]
fn copy_halves<const N: usize>(part: &[u8], place: &mut [u8]) {
    if let (Some(first), Some(last)) = (part.first_chunk::<N>(), part.last_chunk::<N>()) {
        if let Some(place) = place.first_chunk_mut() {
            *place = *first;
        }
        if let Some(place) = place.last_chunk_mut() {
            *place = *last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_in_order() {
        let mut buffer = Buffer::default();
        buffer.extend(b"abc");
        buffer.room(100)[..3].copy_from_slice(b"def");
        buffer.advance(2);
        buffer.push(b'!');
        buffer.extend_with([b"fg", b"", b"h"]);
        assert_eq!(buffer.written(), b"abcde!fgh");
        buffer.drop_first(4);
        assert_eq!(buffer.written(), b"e!fgh");
        buffer.clear();
        assert_eq!(buffer.len(), 0);
    }

    #[test]
    fn bytes_that_are_written_over_are_gone_and_their_memory_is_used() {
        let old = vec![b'x'; 1000];
        let place = old.as_ptr();
        let mut buffer = Buffer::over(old);
        assert_eq!(buffer.written(), b"");
        buffer.extend(b"abc");
        let written = buffer.into_written();
        assert_eq!(
            (written.as_slice(), written.as_ptr()),
            (b"abc".as_slice(), place)
        );
    }

    #[test]
    fn memory_that_is_written_over_is_cleared_little_by_little() {
        for (size, expected) in [(1, 10), (15, 15), (20, 20), (21, 80)] {
            let mut old = Vec::with_capacity(100);
            old.resize(80, b'x');
            let mut buffer = Buffer::over(old);
            buffer.advance(80);
            assert_eq!(buffer.room(size).len(), expected, "{size}");
        }
        let mut buffer = Buffer::over(Vec::with_capacity(85));
        buffer.exact_room(80);
        buffer.advance(80);
        assert_eq!(buffer.room(1).len(), 5);
    }

    #[test]
    fn parts_of_any_length_are_copied_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(400).collect();
        for length in 0..=260 {
            let mut buffer = Buffer::default();
            buffer.extend_with([b"[", &bytes[100..100 + length], b"]"]);
            let expected = [b"[", &bytes[100..100 + length], b"]"].concat();
            assert_eq!(buffer.written(), expected);
        }
    }

    #[test]
    fn a_chunk_behind_what_is_written_is_written_once_it_is_counted() {
        let mut buffer = Buffer::default();
        buffer.extend(b"abc");
        for at in [3, 4, 8] {
            buffer.chunk_at::<4>(at).unwrap().copy_from_slice(b"defg");
            assert_eq!(buffer.len(), 3);
        }
        buffer.set_len(8);
        assert_eq!(buffer.written(), b"abcddefg");
        // Never more than there is.
        buffer.set_len(1000);
        assert_eq!(buffer.written().len(), buffer.bytes.len());
    }

    #[test]
    fn a_buffer_grows_by_doubling_and_an_exact_one_no_more_than_it_has_to() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.room(100).len(), 100);
        assert_eq!(buffer.room(100).len(), 100);
        buffer.advance(100);
        assert_eq!(buffer.room(1).len(), 100);
        assert_eq!(buffer.exact_room(300).len(), 300);
        assert_eq!(buffer.bytes.capacity(), 400);
    }

    #[test]
    fn a_large_records_memory_is_freed() {
        let mut buffer = Buffer::default();
        assert_eq!(
            buffer.exact_room(2 * SCRATCH_BYTES_MAX).len(),
            2 * SCRATCH_BYTES_MAX
        );
        assert_eq!(buffer.bytes.capacity(), 2 * SCRATCH_BYTES_MAX);
        buffer.advance(2 * SCRATCH_BYTES_MAX);
        buffer.trim();
        assert_eq!(
            (buffer.len(), buffer.bytes.capacity()),
            (0, SCRATCH_BYTES_MAX)
        );
    }
}
