//! Finds fields in JSON by their paths, all of them in one walk.

use std::collections::BTreeMap;

use super::convert::{Kind, Span};
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
    /// Its path, with a dot at the end.
    prefix: String,
    slot: Option<usize>,
    /// Whether it is a part of a field.
    is_part: bool,
    children: Vec<Child>,
    /// The first child whose key has this hash, counted from 1.
    by_hash: [u8; HASHES],
}

struct Child {
    /// The first and the last bytes of the key, if it has 8 to 32: eight of each, or sixteen. Beside the rest, as most of a walk's time is
    /// to wait for keys.
    head: [u8; 16],
    tail: [u8; 16],
    wanted: Wanted,
    key: Box<[u8]>,
    /// The next child whose key has the same hash, counted from 1.
    next: u8,
}

/// A place that is wanted, or some that are inside of it.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) node: usize,
    /// Its slot, if it is wanted as a whole.
    slot: Option<usize>,
}

/// A member that is not wanted.
pub(super) struct Rest {
    node: usize,
    /// The inside of its key.
    pub(super) key: Span,
    pub(super) value: Span,
}

/// What was found: a span for each slot.
#[derive(Default)]
pub(in crate::schema) struct Found {
    pub(in crate::schema) spans: Vec<Span>,
    pub(super) rest: Vec<Rest>,
    /// What an earlier walk was in, which means nothing.
    pub(super) outer: Vec<Open>,
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
            nodes: vec![Node::new(String::new(), false)],
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
            if child.wanted.node == node {
                child.wanted.slot = Some(slot);
            }
        }
        self.mark_parts(node);
        slot
    }

    fn mark_parts(&mut self, node: usize) {
        let children: Vec<_> = self.nodes[node]
            .children
            .iter()
            .map(|child| child.wanted.node)
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
            return known.node;
        }
        let new = self.nodes.len();
        let parent = &self.nodes[node];
        let prefix = format!("{}{}.", parent.prefix, String::from_utf8_lossy(key));
        let node_of_key = Node::new(prefix, parent.is_part || parent.slot.is_some());
        self.nodes.push(node_of_key);
        let parent = &mut self.nodes[node];
        let first = &mut parent.by_hash[hash(key)];
        let (head, tail) = match key.len() {
            8..=16 => padded::<8>(key),
            _ => padded::<16>(key),
        };
        parent.children.push(Child {
            head,
            tail,
            wanted: Wanted {
                node: new,
                slot: None,
            },
            key: key.into(),
            next: *first,
        });
        *first = parent.children.len() as u8;
        new
    }

    /// The path of the object that holds a member which is not wanted, with a dot at the end.
    pub(super) fn prefix(&self, rest: &Rest) -> &str {
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
            .map(|child| self.uses_below(child.wanted.node, uses));
        let own = node.slot.and_then(|slot| uses.get(slot)).copied();
        own.unwrap_or_default() + below.max().unwrap_or_default()
    }

    pub(super) fn any_case(&self) -> bool {
        self.any_case
    }

    /// The longest path of an object whose members may be noted.
    pub(super) fn prefix_bytes_max(&self) -> usize {
        let prefixes = self.nodes.iter().map(|node| node.prefix.len());
        prefixes.max().unwrap_or_default()
    }

    /// The child for the value at this place of an array.
    #[inline(always)]
    pub(super) fn child_at(&self, node: usize, place: usize) -> Option<Wanted> {
        self.nodes[node].find(place.to_string().as_bytes(), false)
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
    fn new(prefix: String, is_part: bool) -> Self {
        Self {
            prefix,
            slot: None,
            is_part,
            children: Vec::new(),
            by_hash: [0; HASHES],
        }
    }

    #[inline(always)]
    fn find(&self, key: &[u8], any_case: bool) -> Option<Wanted> {
        let mut at = self.by_hash[hash(key)];
        while let Some(child) = self.children.get(usize::from(at).wrapping_sub(1)) {
            if child.has(key) || (any_case && is_same_in_any_case(&child.key, key)) {
                return Some(child.wanted);
            }
            at = child.next;
        }
        None
    }
}

impl Child {
    #[inline(always)]
    fn has(&self, key: &[u8]) -> bool {
        if self.key.len() != key.len() {
            return false;
        }
        match key.len() {
            8..=16 => ends::<8>(key) == (self.head.first_chunk(), self.tail.first_chunk()),
            17..=32 => ends::<16>(key) == (Some(&self.head), Some(&self.tail)),
            _ => *self.key == *key,
        }
    }
}

/// The first bytes and the last of a key that is as long, with zeros behind them.
fn padded<const N: usize>(key: &[u8]) -> ([u8; 16], [u8; 16]) {
    let pad = |end: Option<&[u8; N]>| {
        let mut padded = [0; 16];
        if let Some(end) = end {
            padded[..N].copy_from_slice(end);
        }
        padded
    };
    let (first, last) = ends(key);
    (pad(first), pad(last))
}

/// Whether texts are the same. Most have 8 to 32 bytes, of which two halves are compared without a call.
#[inline(always)]
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        8..=16 => ends::<8>(one) == ends::<8>(other),
        17..=32 => ends::<16>(one) == ends::<16>(other),
        _ => one == other,
    }
}

/// The first bytes, and the last.
#[inline(always)]
fn ends<const N: usize>(text: &[u8]) -> (Option<&[u8; N]>, Option<&[u8; N]>) {
    (text.first_chunk(), text.last_chunk())
}

/// Whether keys differ at most in the case of their first letter.
fn is_same_in_any_case(one: &[u8], other: &[u8]) -> bool {
    match (one.split_first(), other.split_first()) {
        (Some((a, one)), Some((b, other))) => a.eq_ignore_ascii_case(b) && one == other,
        _ => false,
    }
}

/// The same for keys that differ only in the case of their first letter.
#[inline(always)]
fn hash(key: &[u8]) -> usize {
    let first = key.first().map_or(0, |byte| usize::from(byte | 0x20));
    let last = key
        .get(1..)
        .and_then(<[u8]>::last)
        .map_or(0, |byte| usize::from(*byte));
    (key.len() + 5 * first + 3 * last) % HASHES
}

const HASHES: usize = 64;

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

/// The child of a node whose key has this inside, which may be escaped.
#[inline(always)]
pub(super) fn child_of_key(
    finder: &Finder,
    node: usize,
    key: &[u8],
    may_be_escaped: bool,
) -> Option<Wanted> {
    let node = &finder.nodes[node];
    let child = node.find(key, finder.any_case);
    if may_be_escaped && child.is_none() && key.contains(&b'\\') {
        return escaped(node, key, finder.any_case);
    }
    child
}

/// Notes a value in an object or array that the walk is in.
#[inline(always)]
pub(super) fn note(
    finder: &Finder,
    open: &Open,
    child: Option<Wanted>,
    key: Span,
    value: Span,
    found: &mut Found,
) {
    if let Some(slot) = child.and_then(|child| child.slot) {
        found.spans[slot] = value;
    } else if finder.wants_rest && open.index.is_none() && value.kind != Kind::Absent {
        let node = &finder.nodes[open.node];
        if node.slot.is_none() && !node.is_part {
            found.rest.push(Rest {
                node: open.node,
                key,
                value,
            });
        }
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
