//! Where the tokens of a compact JSON object stand, noted while it is checked: whoever looks for fields steps from one to the next.

use fearless_simd::{Level, dispatch};

use super::compact::{DEPTHS, Notes, is_compact_object};
use super::scan::BLOCK;

/// The brackets, colons and commas outside of strings, in the order of the text. Strings, numbers and words lie between.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Where each stands; those beyond `count` mean nothing.
    places: Vec<u32>,
    /// For each that opens an object or array, the number of the one that closes it.
    ends: Vec<u32>,
    count: usize,
    /// How deep objects and arrays are nested.
    deepest: u32,
    has_escapes: bool,
}

impl Index {
    /// Reads a text that is UTF-8 and shorter than 4 GiB. Returns `false` if it is not one JSON object without white space between its
    /// tokens; the index then means nothing.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8]) -> bool {
        self.count = 0;
        self.deepest = 0;
        self.has_escapes = false;
        dispatch!(Level::new(), simd => {
            let mut noting = Noting { index: self, first: 0, marks: 0, open: [0; DEPTHS] };
            is_compact_object(simd, text, 0, &mut noting)
        })
    }

    /// How deep objects and arrays are nested.
    pub(crate) fn deepest(&self) -> u32 {
        self.deepest
    }

    /// Whether a backslash stands in the text.
    pub(crate) fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// Where a token stands, by its number.
    #[inline(always)]
    pub(crate) fn place(&self, token: usize) -> usize {
        self.places[token] as usize
    }

    /// Where this token and the next two stand.
    #[inline(always)]
    pub(crate) fn places(&self, token: usize) -> [usize; 3] {
        match self.places[token..] {
            [one, two, three, ..] => [one as usize, two as usize, three as usize],
            _ => [0; 3],
        }
    }

    /// The number of the token that closes the object or array which this token opens.
    #[inline(always)]
    pub(crate) fn end(&self, token: usize) -> usize {
        self.ends[token] as usize
    }
}

/// An index in the making.
struct Noting<'i> {
    index: &'i mut Index,
    /// The number of the first token of the block.
    first: usize,
    /// The tokens of the block.
    marks: u64,
    /// The tokens that opened what is open.
    open: [u32; DEPTHS],
}

/// Places that are noted without a look whether there are as many: few blocks have more.
const AT_ONCE: usize = 8;

impl Noting<'_> {
    /// The number of the token with this bit in the block.
    #[inline(always)]
    fn number(&self, bit: u64) -> usize {
        self.first + (self.marks & bit.wrapping_sub(1)).count_ones() as usize
    }
}

impl Notes for Noting<'_> {
    #[inline(always)]
    fn escapes(&mut self) {
        self.index.has_escapes = true;
    }

    #[inline(always)]
    fn structure(&mut self, at: usize, marks: u64) {
        let Index {
            places,
            ends,
            count,
            ..
        } = &mut *self.index;
        if places.len() < *count + BLOCK {
            grow(places, ends);
        }
        (self.first, self.marks) = (*count, marks);
        if let Some(room) = places[*count..].first_chunk_mut::<BLOCK>() {
            let mut marks = marks;
            for place in &mut room[..AT_ONCE] {
                *place = at as u32 + marks.trailing_zeros();
                marks &= marks.wrapping_sub(1);
            }
            for place in &mut room[AT_ONCE..] {
                if marks == 0 {
                    break;
                }
                *place = at as u32 + marks.trailing_zeros();
                marks &= marks - 1;
            }
        }
        *count += marks.count_ones() as usize;
    }

    #[inline(always)]
    fn opens(&mut self, bracket: u64, depth: u32) {
        self.open[(depth as usize - 1) % DEPTHS] = self.number(bracket) as u32;
        self.index.deepest = self.index.deepest.max(depth);
    }

    #[inline(always)]
    fn closes(&mut self, bracket: u64, depth: u32) {
        let opened = self.open[(depth as usize - 1) % DEPTHS] as usize;
        self.index.ends[opened] = self.number(bracket) as u32;
    }
}

#[cold]
#[inline(never)]
fn grow(places: &mut Vec<u32>, ends: &mut Vec<u32>) {
    let size = (2 * places.len()).max(16 * BLOCK);
    places.resize(size, 0);
    ends.resize(size, 0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::limits::JSON_DEPTH_MAX;

    /// The tokens of valid, compact JSON, with the one that closes each.
    fn tokens(text: &str) -> (Vec<usize>, Vec<(usize, usize)>) {
        let (mut is_inside, mut is_escaped) = (false, false);
        let (mut places, mut open, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (at, byte) in text.bytes().enumerate() {
            if is_inside {
                is_inside = is_escaped || byte != b'"';
                is_escaped = !is_escaped && byte == b'\\';
                continue;
            }
            is_inside = byte == b'"';
            if b"{[".contains(&byte) {
                open.push(places.len());
            }
            if b"}]".contains(&byte) {
                ends.push((open.pop().unwrap(), places.len()));
            }
            if b"{}[]:,".contains(&byte) {
                places.push(at);
            }
        }
        (places, ends)
    }

    #[track_caller]
    fn agree(text: &str) {
        let mut index = Index::default();
        assert!(
            index.read(b"{\"before\":[1,2,3]}") && index.read(text.as_bytes()),
            "{text}"
        );
        let (places, ends) = tokens(text);
        assert_eq!(index.count, places.len(), "{text}");
        for (token, place) in places.into_iter().enumerate() {
            assert_eq!(index.place(token), place, "{text}");
        }
        for (token, end) in ends {
            assert_eq!(index.end(token), end, "{text}");
        }
    }

    #[test]
    fn an_index_grows_with_the_text() {
        agree(&format!("{{\"a\":[{}1]}}", "[[{},1],2],".repeat(3000)));
    }

    #[test]
    fn an_index_tells_how_deep_objects_are_nested_and_of_escapes() {
        let mut index = Index::default();
        assert!(index.read(b"{\"a\":[{}],\"b\":{}}"));
        assert_eq!(index.deepest(), 3);
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(127), "]".repeat(127));
        assert!(index.read(deep.as_bytes()));
        assert_eq!(index.deepest(), JSON_DEPTH_MAX);
        assert!(!index.has_escapes());
        assert!(index.read(br#"{"a":"\n"}"#) && index.has_escapes());
        assert!(!index.read(b"{} ") && !index.read(b"{"));
    }

    proptest! {
        #[test]
        fn every_token_is_noted_with_its_end(
            members in prop::collection::btree_map("[a-z\\\\\"{\\[:,]{0,40}", any::<(String, i16, Vec<Vec<bool>>)>(), 0..9),
        ) {
            agree(&Value::from_iter(members.into_iter().map(|(key, value)| (key, serde_json::to_value(value).unwrap()))).to_string());
        }
    }
}
