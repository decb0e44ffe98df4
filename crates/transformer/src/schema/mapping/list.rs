//! Arrays in documents.

use crate::buffer::Buffer;

/// An array in the making, of values that differ.
pub(super) struct List {
    begin: usize,
    /// Where the values begin, as far as there is room.
    begins: [usize; 16],
    count: usize,
    /// Whether a value was left out, as it was there already.
    has_left_out: bool,
}

impl List {
    pub(super) fn new(out: &mut Buffer) -> Self {
        out.push(b'[');
        Self {
            begin: out.len(),
            begins: [0; 16],
            count: 0,
            has_left_out: false,
        }
    }

    /// Appends what `write` does, unless that says that it is absent, or it is known.
    #[inline]
    pub(super) fn value(&mut self, out: &mut Buffer, write: impl FnOnce(&mut Buffer) -> bool) {
        let before = out.len();
        if before > self.begin {
            out.push(b',');
        }
        let begin = out.len();
        let is_there = write(out);
        if !is_there || self.knows(&out.written()[begin..], out.written()) {
            self.has_left_out |= is_there;
            out.truncate(before);
            return;
        }
        if let Some(place) = self.begins.get_mut(self.count) {
            *place = begin;
        }
        self.count += 1;
    }

    fn knows(&self, value: &[u8], written: &[u8]) -> bool {
        let begins = &self.begins[..self.count.min(self.begins.len())];
        // Each of these ends with a comma, as this value comes after it. No other begins with all of this one and a comma.
        begins.iter().any(|begin| {
            let after = written[*begin..].strip_prefix(value);
            after.is_some_and(|after| after.starts_with(b","))
        })
    }

    /// Where the values begin; `None` if that is not known, or if one was left out, as it was there already.
    pub(super) fn begins(&self) -> Option<&[usize]> {
        let known = self.begins.get(..self.count);
        known.filter(|_| !self.has_left_out)
    }

    pub(super) fn end(&self, out: &mut Buffer) -> bool {
        out.push(b']');
        self.count > 0
    }
}
