//! Finds fields in a compact JSON object by the index of its tokens: what nobody asks for is stepped over at once.

use super::convert::{Kind, Span};
use super::find::{Finder, Found, Open, child_of_key, note};
use crate::json::Index;

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
                && finder.is_entered(child, is_array)
            {
                outer.push(open);
                open = Open::new(child, begin, is_array);
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
