//! Finds fields in a compact JSON object by the index of its tokens: what nobody asks for is stepped over at once.

use super::find::{Finder, Found, Rest, Wanted, child_of_key};
use super::span::{Kind, Span};
use super::walk::Find;
use crate::json::{Index, Invalid, walk};

impl Finder {
    /// Finds the fields in a text that should be one JSON object.
    #[inline]
    pub(in crate::schema) fn find(&self, text: &[u8], found: &mut Found) -> Result<(), Invalid> {
        found.spans.clear();
        found.spans.resize(self.slots.len(), Span::default());
        found.rest.clear();
        let mut index = std::mem::take(&mut found.index);
        found.is_indexed = index.read(text);
        if found.is_indexed {
            find(self, text, &index, found);
        }
        found.index = index;
        if found.is_indexed {
            return Ok(());
        }
        walk(text, Find(self, found))
    }
}

/// Finds the fields in a text that `index` was made of.
#[inline]
pub(super) fn find(finder: &Finder, text: &[u8], index: &Index, found: &mut Found) {
    let found = &mut (&mut found.spans[..], &mut found.rest);
    let search = Search {
        finder,
        text,
        index,
    };
    search.object(0, 0, found);
}

/// What is found: a span for each slot, and the members that are not wanted.
type Spans<'f> = (&'f mut [Span], &'f mut Vec<Rest>);

#[derive(Clone, Copy)]
struct Search<'s> {
    finder: &'s Finder,
    text: &'s [u8],
    index: &'s Index,
}

impl Search<'_> {
    /// Finds what is wanted in the object that this token opens.
    fn object(self, node: usize, opening: usize, found: &mut Spans<'_>) {
        let Self {
            finder,
            text,
            index,
        } = self;
        let end = index.end(opening);
        // Only an empty object has no colon.
        if end == opening + 1 {
            return;
        }
        let is_noted = finder.is_noted(node);
        // What comes before the next member: what opened the object, or a comma.
        let mut token = opening;
        while token != end {
            let [before, colon, after] = index.places(token);
            let begin = before + 2;
            let key = (&text[begin..], colon - 1 - begin);
            let child = child_of_key(finder, node, key, index.has_escapes());
            token += 2;
            if child.is_none() && !is_noted {
                if matches!(text[colon + 1], b'{' | b'[') {
                    token = index.end(token) + 1;
                }
                continue;
            }
            // Three numbers: a span would be written to memory, and read again before it is there.
            let (kind, from, to) = match text[colon + 1] {
                b'"' => (Kind::Text, colon + 2, after - 1),
                b'{' | b'[' => match self.nested(colon + 1, &mut token, child, found) {
                    Some(end) => (Kind::Nested, colon + 1, end),
                    None => continue,
                },
                first => scalar(first, colon + 1, after),
            };
            if let Some(slot) = child.and_then(Wanted::slot) {
                found.0[slot] = Span::new(kind, from, to);
            } else if is_noted && kind != Kind::Absent {
                let key = Span::new(Kind::Text, begin, colon - 1);
                let value = Span::new(kind, from, to);
                found.1.push(Rest { node, key, value });
            }
        }
    }

    /// Finds what is wanted in the array that this token opens.
    fn array(self, node: usize, opening: usize, found: &mut Spans<'_>) {
        let index = self.index;
        let end = index.end(opening);
        if end == opening + 1 && index.place(end) == index.place(opening) + 1 {
            return;
        }
        let mut token = opening;
        for place in 0.. {
            if token == end {
                return;
            }
            let begin = index.place(token) + 1;
            let child = self.finder.child_at(node, place);
            token += 1;
            let (kind, from, to) = match self.text[begin] {
                b'"' => (Kind::Text, begin + 1, index.place(token) - 1),
                b'{' | b'[' => match self.nested(begin, &mut token, child, found) {
                    Some(end) => (Kind::Nested, begin, end),
                    None => continue,
                },
                first => scalar(first, begin, index.place(token)),
            };
            if let Some(slot) = child.and_then(Wanted::slot) {
                found.0[slot] = Span::new(kind, from, to);
            }
        }
    }

    /// Steps over the object or array at `begin`, which `token` opens, to the token behind it. Returns where it ends, or `None` if fields
    /// are wanted in it, and it was noted: these calls are no deeper than paths are long.
    #[inline(never)]
    fn nested(
        self,
        begin: usize,
        token: &mut usize,
        child: Option<Wanted>,
        found: &mut Spans<'_>,
    ) -> Option<usize> {
        let opening = *token;
        let closing = self.index.end(opening);
        *token = closing + 1;
        let end = self.index.place(closing) + 1;
        let is_array = self.text[begin] == b'[';
        let Some(child) = child.filter(|child| self.finder.is_entered(child.node(), is_array))
        else {
            return Some(end);
        };
        if is_array {
            self.array(child.node(), opening, found);
        } else {
            self.object(child.node(), opening, found);
        }
        if let Some(slot) = child.slot() {
            found.0[slot] = Span::new(Kind::Nested, begin, end);
        }
        None
    }
}

/// What a number, `true`, `false` or `null` is, and where.
#[inline(always)]
fn scalar(first: u8, begin: usize, end: usize) -> (Kind, usize, usize) {
    match first {
        // No field, and so no text.
        b'n' => (Kind::Absent, 0, 0),
        _ => (Kind::Scalar, begin, end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Finds the same fields by the index and by a walk over all values.
    fn agree(text: &str) {
        for any_case in [false, true] {
            let mut finder = Finder::new(any_case);
            for path in [
                "a",
                "b.a",
                "b.b",
                "c",
                "c.a",
                "d.0",
                "d.1.a",
                "longer than eight.a",
                "longer than the bytes that are compared at once",
            ] {
                finder.slot(path);
            }
            finder.wants_rest = true;
            let (mut indexed, mut walked) = (Found::default(), Found::default());
            finder.find(text.as_bytes(), &mut indexed).unwrap();
            assert!(indexed.depth_of_compact().is_some(), "{text}");
            walked.spans = vec![Span::default(); indexed.spans.len()];
            walk(text.as_bytes(), Find(&finder, &mut walked)).unwrap();
            assert_eq!(indexed.spans, walked.spans, "{text}");
            let rest = |found: &Found| -> Vec<_> {
                let rest = found.rest.iter();
                rest.map(|rest| (rest.key, rest.value)).collect()
            };
            assert_eq!(rest(&indexed), rest(&walked), "{text}");
        }
    }

    #[test]
    fn what_is_empty_absent_or_there_twice_is_found_alike() {
        for text in [
            "{}",
            r#"{"b":{},"c":[],"d":[{}]}"#,
            r#"{"d":[[],{"a":{"a":1}},2],"b":{"b":null,"a":[{}]}}"#,
            r#"{"a":1,"a":null,"b":{"a":1},"b":{"b":2},"A":"x"}"#,
            r#"{"\u0061":"\\","c":{"a":"}"},"C":{"A":{}}}"#,
            r#"{"d":["x",["y"]]}"#,
            r#"{"d":{"0":1},"b":["a"],"longer than eight":{"a":-1.5e3,"b":true}}"#,
        ] {
            agree(text);
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            "[a-c\\\\\"{}\\[,:]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key =
                "[a-dA-B]|longer than eight|longer than the bytes that are compared at (once|all)|\"";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4).prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn fields_are_found_as_a_walk_over_all_values_finds_them(members in prop::collection::btree_map("[a-dA-B]", any_value(), 0..5)) {
            agree(&json!(members).to_string());
            // Near the end of a text, keys are compared in another way.
            let mut longer = members;
            longer.insert("longer than the bytes that are compared at once".to_owned(), "x".repeat(64).into());
            agree(&json!(longer).to_string());
        }
    }
}
