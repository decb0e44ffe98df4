//! Finds fields in JSON by their paths, all of them in one walk.

use std::collections::BTreeMap;

use super::padded::Padded;
use super::span::{Kind, Span};
use crate::json::{Index, JsonStr};

/// The fields that are wanted of a JSON object.
#[derive(Default)]
pub(in crate::schema) struct Finder {
    /// The first is the object itself.
    nodes: Vec<Node>,
    /// By path.
    pub(super) slots: BTreeMap<String, usize>,
    /// Whether a key may begin with a capital letter as well.
    any_case: bool,
    /// Whether members that are not wanted are to be noted.
    pub(super) wants_rest: bool,
}

/// A place in an object, in which fields are wanted.
struct Node {
    /// What comes before the names of its members where these are noted: [`NEXT`], and its path with a dot at the end.
    prefix: Padded,
    slot: Option<usize>,
    /// Whether it is a part of a field.
    is_part: bool,
    children: Vec<Child>,
    /// The first child whose key has this hash, counted from 1.
    by_hash: [u8; HASHES],
}

struct Child {
    /// The key, if it is no longer than this, with zeros behind it. Beside the rest, as most of a walk's time is to wait for keys.
    short: [u8; SHORT],
    /// All bits of the bytes of it that are the key.
    mask: [u8; SHORT],
    length: u32,
    wanted: Wanted,
    /// The next child whose key has the same hash, counted from 1.
    next: u8,
    key: Box<[u8]>,
}

/// The most bytes of a key that is compared at once: hardly any is longer.
const SHORT: usize = 32;

/// A place that is wanted, or some that are inside of it.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    node: u32,
    slot: u32,
}

/// What comes before the name of a member: a comma, or what becomes the brace, and a quote.
const NEXT: &str = ",\"";

/// Instead of a slot, if there is none.
const NO_SLOT: u32 = u32::MAX;

impl Wanted {
    #[inline(always)]
    pub(super) fn node(self) -> usize {
        self.node as usize
    }

    /// Its slot, if it is wanted as a whole.
    #[inline(always)]
    pub(super) fn slot(self) -> Option<usize> {
        (self.slot != NO_SLOT).then_some(self.slot as usize)
    }
}

/// A member that is not wanted.
pub(super) struct Rest {
    pub(super) node: usize,
    /// The inside of its key.
    pub(super) key: Span,
    pub(super) value: Span,
}

/// What was found: a span for each slot.
#[derive(Default)]
pub(in crate::schema) struct Found {
    pub(in crate::schema) spans: Vec<Span>,
    pub(super) rest: Vec<Rest>,
    pub(super) index: Index,
    /// Whether the index is of the text.
    pub(super) is_indexed: bool,
}

impl Found {
    /// How deep the text is nested, if it is known to be one JSON object without white space between its tokens.
    pub(in crate::schema) fn depth_of_compact(&self) -> Option<u32> {
        self.is_indexed.then(|| self.index.deepest())
    }
}

impl Finder {
    pub(in crate::schema) fn new(any_case: bool) -> Self {
        Self {
            nodes: vec![Node::new(NEXT, false)],
            slots: BTreeMap::new(),
            any_case,
            wants_rest: false,
        }
    }

    /// Has members that are not wanted noted.
    pub(in crate::schema) fn want_rest(&mut self) {
        self.wants_rest = true;
    }

    /// The slot of the field at this path.
    pub(in crate::schema) fn slot(&mut self, path: &str) -> usize {
        let count = self.slots.len();
        let slot = *self.slots.entry(path.to_owned()).or_insert(count);
        let (mut around, mut node) = (0, 0);
        for key in path.split('.') {
            around = node;
            node = self.child(node, key);
        }
        self.nodes[node].slot = Some(slot);
        for child in &mut self.nodes[around].children {
            if child.wanted.node() == node {
                child.wanted.slot = slot as u32;
            }
        }
        self.mark_parts(node);
        slot
    }

    fn mark_parts(&mut self, node: usize) {
        let children: Vec<_> = self.nodes[node]
            .children
            .iter()
            .map(|child| child.wanted.node())
            .collect();
        for child in children {
            self.nodes[child].is_part = true;
            self.mark_parts(child);
        }
    }

    /// The paths and slots of the fields that are no parts of others.
    pub(super) fn outermost(&self) -> impl Iterator<Item = (&str, usize)> {
        let is_part = |path: &str| {
            let mut ends = path.match_indices('.');
            ends.any(|(end, _)| self.slots.contains_key(&path[..end]))
        };
        let all = self.slots.iter().map(|(path, slot)| (path.as_str(), *slot));
        all.filter(move |(path, _)| !is_part(path))
    }

    fn child(&mut self, node: usize, key: &str) -> usize {
        let key = key.as_bytes();
        if let Some(known) = self.nodes[node].find(key, false) {
            return known.node();
        }
        let new = self.nodes.len();
        let parent = &self.nodes[node];
        let prefix = format!("{}{}.", parent.prefix.text(), String::from_utf8_lossy(key));
        let node_of_key = Node::new(&prefix, parent.is_part || parent.slot.is_some());
        self.nodes.push(node_of_key);
        let parent = &mut self.nodes[node];
        let first = &mut parent.by_hash[hash(key)];
        let (mut short, mut mask) = ([0; SHORT], [0; SHORT]);
        for ((place, bits), byte) in short.iter_mut().zip(&mut mask).zip(key) {
            (*place, *bits) = (*byte, u8::MAX);
        }
        let (node, slot) = (new as u32, NO_SLOT);
        let wanted = Wanted { node, slot };
        parent.children.push(Child {
            short,
            mask,
            length: key.len() as u32,
            wanted,
            next: *first,
            key: key.into(),
        });
        *first = parent.children.len() as u8;
        new
    }

    /// What comes before the name of a member that is not wanted: [`NEXT`], and the path of its object with a dot at the end.
    #[inline(always)]
    pub(super) fn prefix(&self, rest: &Rest) -> &Padded {
        &self.nodes[rest.node].prefix
    }

    /// For each path, how often it and the places that it stands in are used at most, if `uses` says it of each slot.
    pub(super) fn uses_max(&self, uses: &[usize]) -> usize {
        self.uses_below(0, uses)
    }

    fn uses_below(&self, node: usize, uses: &[usize]) -> usize {
        let node = &self.nodes[node];
        let below = node
            .children
            .iter()
            .map(|child| self.uses_below(child.wanted.node(), uses));
        let own = node.slot.and_then(|slot| uses.get(slot)).copied();
        own.unwrap_or_default() + below.max().unwrap_or_default()
    }

    pub(super) fn any_case(&self) -> bool {
        self.any_case
    }

    /// The longest path of an object whose members may be noted.
    pub(super) fn prefix_bytes_max(&self) -> usize {
        let prefixes = self
            .nodes
            .iter()
            .map(|node| node.prefix.text().len() - NEXT.len());
        prefixes.max().unwrap_or_default()
    }

    /// The child for the value at this place of an array.
    #[inline(always)]
    pub(super) fn child_at(&self, node: usize, place: usize) -> Option<Wanted> {
        self.nodes[node].find(place.to_string().as_bytes(), false)
    }

    /// Whether members of this place that are not wanted are to be noted.
    #[inline(always)]
    pub(super) fn is_noted(&self, node: usize) -> bool {
        let inside = &self.nodes[node];
        self.wants_rest && inside.slot.is_none() && !inside.is_part
    }

    /// Whether fields are wanted in this place if an array, or else an object, stands there.
    #[inline(always)]
    pub(super) fn is_entered(&self, node: usize, is_array: bool) -> bool {
        let first = self.nodes[node].children.first();
        first.is_some_and(|child| child.key[0].is_ascii_digit() == is_array)
    }
}

impl Found {
    /// Whether there are members that are not wanted.
    pub(in crate::schema) fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }
}

impl Node {
    fn new(prefix: &str, is_part: bool) -> Self {
        Self {
            prefix: Padded::new(prefix),
            slot: None,
            is_part,
            children: Vec::new(),
            by_hash: [0; HASHES],
        }
    }

    /// The child whose key the first `length` bytes of `rest` are. Fails if they are not compared at once.
    #[inline(always)]
    fn find_short(&self, rest: &[u8], length: usize) -> Result<Option<Wanted>, ()> {
        let key = rest.first_chunk::<SHORT>().ok_or(())?;
        let last = length.wrapping_sub(1);
        if last >= SHORT {
            return Err(());
        }
        let mut at = self.by_hash[hash_of(length, key[0], key[last])];
        while let Some(child) = self.children.get(usize::from(at).wrapping_sub(1)) {
            if child.length as usize == length && child.is_short(key) {
                return Ok(Some(child.wanted));
            }
            at = child.next;
        }
        Ok(None)
    }

    fn find(&self, key: &[u8], any_case: bool) -> Option<Wanted> {
        let mut at = self.by_hash[hash(key)];
        while let Some(child) = self.children.get(usize::from(at).wrapping_sub(1)) {
            if *child.key == *key || (any_case && is_same_in_any_case(&child.key, key)) {
                return Some(child.wanted);
            }
            at = child.next;
        }
        None
    }
}

impl Child {
    /// Whether its key, which is short, is at the beginning of these bytes.
    #[inline(always)]
    fn is_short(&self, bytes: &[u8; SHORT]) -> bool {
        let mut differ = 0;
        for ((byte, own), mask) in bytes.iter().zip(&self.short).zip(&self.mask) {
            differ |= (byte ^ own) & mask;
        }
        differ == 0
    }
}

/// Whether keys differ at most in the case of their first letter.
fn is_same_in_any_case(one: &[u8], other: &[u8]) -> bool {
    match (one.split_first(), other.split_first()) {
        (Some((a, one)), Some((b, other))) => a.eq_ignore_ascii_case(b) && one == other,
        _ => false,
    }
}

/// The same for keys that differ only in the case of their first letter.
fn hash(key: &[u8]) -> usize {
    match key {
        [first, .., last] => hash_of(key.len(), *first, *last),
        [only] => hash_of(1, *only, *only),
        [] => 0,
    }
}

#[inline(always)]
fn hash_of(length: usize, first: u8, last: u8) -> usize {
    let (first, last) = (usize::from(first | 0x20), usize::from(last | 0x20));
    (length + 5 * first + 3 * last) % HASHES
}

const HASHES: usize = 128;

/// An object or array that the walk is in.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) node: usize,
    begin: usize,
    /// The place of the next value, if it is an array.
    pub(super) index: Option<usize>,
}

impl Open {
    #[inline(always)]
    pub(super) fn new(node: usize, begin: usize, is_array: bool) -> Self {
        Self {
            node,
            begin,
            index: is_array.then_some(0),
        }
    }

    /// Notes where it stands, if it is wanted as a whole.
    #[inline(always)]
    pub(super) fn close(self, finder: &Finder, end: usize, found: &mut Found) {
        if let Some(slot) = finder.nodes[self.node].slot {
            found.spans[slot] = Span::new(Kind::Nested, self.begin, end);
        }
    }
}

/// The child of a node whose key is the first `length` bytes of `rest`.
#[inline(always)]
pub(super) fn child_of_key(
    finder: &Finder,
    node: usize,
    (rest, length): (&[u8], usize),
    may_be_escaped: bool,
) -> Option<Wanted> {
    let node = &finder.nodes[node];
    match node.find_short(rest, length) {
        Ok(Some(child)) => Some(child),
        Ok(None) if !(may_be_escaped || finder.any_case) => None,
        _ => child_of_any_key(node, &rest[..length], finder.any_case),
    }
}

/// A function of its own, so that it takes no registers from the usual case.
#[inline(never)]
fn child_of_any_key(node: &Node, key: &[u8], any_case: bool) -> Option<Wanted> {
    match node.find(key, any_case) {
        None if key.contains(&b'\\') => escaped(node, key, any_case),
        child => child,
    }
}

/// The child whose key this is, escaped.
#[cold]
#[inline(never)]
fn escaped(node: &Node, key: &[u8], any_case: bool) -> Option<Wanted> {
    let literal = [b"\"", key, b"\""].concat();
    let literal = std::str::from_utf8(&literal).ok()?;
    node.find(JsonStr::from_literal(literal).text().as_bytes(), any_case)
}

#[cfg(test)]
mod tests;
