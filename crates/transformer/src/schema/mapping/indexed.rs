//! Finds fields in a compact JSON object by the index of its tokens: what nobody asks for is stepped over at once.

use super::convert::{Kind, Span};
use super::find::{Finder, Found, Open, child_of_key, note};
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
    let mut outer = std::mem::take(&mut found.outer);
    outer.clear();
    let mut open = Open::new(0, 0, false);
    // The token before the next member or value: what opened the object or array, or a comma.
    let mut token = 0;
    let mut goes_on = is_filled(text, index, token);
    token += usize::from(!goes_on);
    loop {
        while !goes_on {
            let Some(around) = outer.pop() else {
                found.outer = outer;
                return;
            };
            open.close(finder, index.place(token) + 1, found);
            open = around;
            token += 1;
            goes_on = text[index.place(token)] == b',';
        }
        let mut key = Span::default();
        let child;
        match &mut open.index {
            None => {
                let begin = index.place(token) + 2;
                token += 1;
                key = Span::new(Kind::Text, begin, index.place(token) - 1);
                child = child_of_key(finder, open.node, key.of(text), index.has_escapes());
            }
            Some(at) => {
                child = finder.child_at(open.node, *at);
                *at += 1;
            }
        }
        let begin = index.place(token) + 1;
        token += 1;
        let first = text[begin];
        if let b'{' | b'[' = first {
            let is_array = first == b'[';
            if let Some(child) = child
                && finder.is_entered(child.node, is_array)
            {
                outer.push(open);
                open = Open::new(child.node, begin, is_array);
                goes_on = is_filled(text, index, token);
                token += usize::from(!goes_on);
                continue;
            }
            token = index.end(token) + 1;
        }
        let end = index.place(token);
        let value = match first {
            b'"' => Span::new(Kind::Text, begin + 1, end - 1),
            b'{' | b'[' => Span::new(Kind::Nested, begin, end),
            // No field, and so no text.
            b'n' => Span::default(),
            _ => Span::new(Kind::Scalar, begin, end),
        };
        note(finder, &open, child, key, value, found);
        goes_on = text[end] == b',';
    }
}

/// Whether there is anything in the object or array that this token opens.
#[inline(always)]
fn is_filled(text: &[u8], index: &Index, token: usize) -> bool {
    let next = index.place(token) + 1;
    next != index.place(token + 1) || !matches!(text[next], b'}' | b']')
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
            let key = "[a-dA-B]|longer than eight|\"";
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
        }
    }
}
