//! Where the fields of a line end, 64 bytes at a time.

use fearless_simd::{Level, dispatch, prelude::*, u8x64};

use super::scan::{BLOCK, first_block};

/// The fields of a line, which a space parts from one another.
pub(crate) struct Split {
    /// Where each field ends.
    ends: [u32; FIELDS_MAX],
    /// Fields of the line; the ends of more than [`FIELDS_MAX`] are not known.
    pub(crate) count: usize,
    /// Whether a backslash stands in the line.
    pub(crate) has_escapes: bool,
}

/// The most fields of a line whose ends are known. Our own choice: more than flow logs have.
pub(crate) const FIELDS_MAX: usize = 96;

impl Default for Split {
    fn default() -> Self {
        Self {
            ends: [0; FIELDS_MAX],
            count: 0,
            has_escapes: false,
        }
    }
}

impl Split {
    /// Splits a line, which is shorter than 4 GiB.
    #[inline]
    pub(crate) fn new(line: &[u8]) -> Self {
        dispatch!(Level::new(), simd => split(simd, line))
    }

    /// Where the field with this index ends, if it is known.
    #[inline(always)]
    pub(crate) fn end_of(&self, index: usize) -> usize {
        self.ends[index % FIELDS_MAX] as usize
    }

    /// Where the fields of the line end, as far as they are known.
    #[inline(always)]
    pub(crate) fn ends(&self) -> impl Iterator<Item = usize> {
        let known = &self.ends[..self.count.min(FIELDS_MAX)];
        known.iter().map(|end| *end as usize)
    }
}

#[inline(always)]
fn split<S: Simd>(simd: S, line: &[u8]) -> Split {
    let mut split = Split::default();
    let mut at = 0;
    while let Some(block) = line[at..].first_chunk::<BLOCK>() {
        split.block(u8x64::from_slice(simd, block), at, u64::MAX);
        at += BLOCK;
    }
    if at < line.len() {
        match line.last_chunk::<BLOCK>() {
            // Overlaps the block before, so that no byte beyond the line is needed.
            Some(block) => {
                let begin = line.len() - BLOCK;
                let is_new = u64::MAX << (at - begin);
                split.block(u8x64::from_slice(simd, block), begin, is_new);
            }
            None => {
                let (bytes, is_line) = first_block(simd, line);
                split.block(bytes, 0, is_line);
            }
        }
    }
    split.end(line.len());
    split
}

impl Split {
    /// Reads a block that begins at `at`, but only the bytes that are the line's and were not read before.
    #[inline(always)]
    fn block<S: Simd>(&mut self, bytes: u8x64<S>, at: usize, is_new: u64) {
        self.has_escapes |= bytes.simd_eq(b'\\').any_true();
        let mut spaces = bytes.simd_eq(b' ').to_bitmask() & is_new;
        while spaces != 0 {
            self.end(at + spaces.trailing_zeros() as usize);
            spaces &= spaces - 1;
        }
    }

    #[inline(always)]
    fn end(&mut self, at: usize) {
        if let Some(end) = self.ends.get_mut(self.count) {
            *end = at as u32;
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fields_end_where_spaces_are(line in r"[a \\]{0,200}|(a{0,20} ?){0,12}") {
            let split = Split::new(line.as_bytes());
            let mut expected: Vec<usize> = line.match_indices(' ').map(|(at, _)| at).collect();
            expected.push(line.len());
            prop_assert_eq!(split.count, expected.len());
            prop_assert_eq!(split.has_escapes, line.contains('\\'));
            expected.truncate(FIELDS_MAX);
            prop_assert_eq!(split.ends().collect::<Vec<_>>(), expected);
        }
    }
}
