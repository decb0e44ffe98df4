//! Parts of a text that others replace.

use crate::buffer::Buffer;

/// What is to be replaced of a text, and the text with it replaced.
#[derive(Default)]
pub(super) struct Splices {
    list: Vec<Splice>,
    /// What replaces the parts.
    parts: Buffer,
    result: Buffer,
    /// Bytes by which the text grows; what shrinks does not count.
    growth_bytes: usize,
    /// Bytes of the parts that are replaced.
    replaced_bytes: usize,
}

struct Splice {
    begin: usize,
    end: usize,
    /// Where its part begins and ends.
    part: (usize, usize),
}

impl Splices {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.parts.clear();
        self.result.clear();
        self.growth_bytes = 0;
        self.replaced_bytes = 0;
    }

    /// Replaces the bytes from `begin` to `end`.
    pub(super) fn push(&mut self, begin: usize, end: usize, part: &[u8]) {
        let from = self.parts.len();
        self.parts.extend(part);
        self.replaced_bytes += end - begin;
        self.growth_bytes += part.len().saturating_sub(end - begin);
        self.list.push(Splice {
            begin,
            end,
            part: (from, self.parts.len()),
        });
    }

    /// How many parts there are, and by how many bytes they let the text grow.
    pub(super) fn growth(&self) -> (usize, usize) {
        (self.list.len(), self.growth_bytes)
    }

    /// Writes the text with its parts replaced. Returns `false` if there are none.
    pub(super) fn apply(&mut self, text: &[u8]) -> bool {
        if self.list.is_empty() {
            return false;
        }
        self.list.sort_unstable_by_key(|splice| splice.begin);
        // A text may fill the memory that there is for a record: no more than it takes.
        let size = text.len() - self.replaced_bytes + self.parts.len();
        self.result.exact_room(size);
        let mut copied = 0;
        for splice in &self.list {
            let (from, to) = splice.part;
            let part = &self.parts.written()[from..to];
            self.result.extend_with([&text[copied..splice.begin], part]);
            copied = splice.end;
        }
        self.result.extend(&text[copied..]);
        true
    }

    /// The text with its parts replaced.
    pub(super) fn result(&self) -> &[u8] {
        self.result.written()
    }

    pub(super) fn trim(&mut self) {
        self.parts.trim();
        self.result.trim();
    }
}

#[cfg(test)]
impl Splices {
    /// The bytes that there is room for without another allocation.
    pub(super) fn room(&mut self) -> [usize; 2] {
        [self.parts.room(0).len(), self.result.room(0).len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_text_takes_no_more_memory_than_it_has_bytes() {
        let mut splices = Splices::default();
        assert!(!splices.apply(b"0123456789"));
        splices.push(6, 8, b"xyz");
        splices.push(2, 5, b"");
        assert_eq!(splices.growth(), (2, 1));
        assert!(splices.apply(b"0123456789"));
        assert_eq!(splices.result(), b"015xyz89");
        assert_eq!(splices.room()[1], 0);
    }
}
