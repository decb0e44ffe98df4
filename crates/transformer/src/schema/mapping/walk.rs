//! Finds fields in a JSON object, and the values of an array, in a walk over all values.

use super::find::{Finder, Found, Open, Rest, Wanted, child_of_key};
use super::span::{Kind, Span};
use crate::json::{Cursor, Invalid, Simd, Walk, walk};

/// Finds fields in any JSON object.
pub(super) struct Find<'f>(pub(super) &'f Finder, pub(super) &'f mut Found);

impl<'a> Walk<'a> for Find<'_> {
    type Found = Result<(), Invalid>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let Self(finder, found) = self;
        cursor.white_space();
        object(&mut cursor, finder, found)?;
        cursor.white_space();
        if cursor.rest().is_empty() {
            Ok(())
        } else {
            Err(Invalid::Syntax)
        }
    }
}

#[inline(always)]
fn object<S: Simd>(
    cursor: &mut Cursor<'_, S>,
    finder: &Finder,
    found: &mut Found,
) -> Result<(), Invalid> {
    let mut outer: Vec<Open> = Vec::new();
    let mut open = Open::new(0, cursor.at(), false);
    let mut goes_on = cursor.open_object()?;
    loop {
        while !goes_on {
            let Some(around) = outer.pop() else {
                return Ok(());
            };
            open.close(finder, cursor.at(), found);
            open = around;
            goes_on = match open.index {
                None => cursor.next_member()?,
                Some(_) => cursor.next_value()?,
            };
        }
        let mut key = Span::default();
        let child;
        match &mut open.index {
            None => {
                let begin = cursor.at();
                let literal = cursor.short_string()?;
                key = Span::new(Kind::Text, begin + 1, cursor.at() - 1);
                cursor.white_space();
                if !cursor.token(":") {
                    return Err(Invalid::Syntax);
                }
                cursor.white_space();
                let inner = literal.inner();
                child = child_of_key(finder, open.node, (inner, inner.len()), true);
            }
            Some(index) => {
                child = finder.child_at(open.node, *index);
                *index += 1;
            }
        }
        let begin = cursor.at();
        let first = cursor.peek();
        if let (Some(child), Some(b'{' | b'[')) = (child, first)
            && finder.is_entered(child.node(), first == Some(b'['))
        {
            outer.push(open);
            open = Open::new(child.node(), begin, first == Some(b'['));
            goes_on = match open.index {
                None => cursor.open_object()?,
                Some(_) => cursor.open_array()?,
            };
            continue;
        }
        let value = if first == Some(b'"') {
            cursor.short_string()?;
            Span::new(Kind::Text, begin + 1, cursor.at() - 1)
        } else {
            cursor.value(outer.len() as u32 + 1)?;
            match first {
                Some(b'{' | b'[') => Span::new(Kind::Nested, begin, cursor.at()),
                // No field, and so no text.
                Some(b'n') => Span::default(),
                _ => Span::new(Kind::Scalar, begin, cursor.at()),
            }
        };
        if let Some(slot) = child.and_then(Wanted::slot) {
            found.spans[slot] = value;
        } else if open.index.is_none() && value.kind != Kind::Absent && finder.is_noted(open.node) {
            let node = open.node;
            found.rest.push(Rest { node, key, value });
        }
        goes_on = match open.index {
            None => cursor.next_member()?,
            Some(_) => cursor.next_value()?,
        };
    }
}

/// The values of a JSON array, or none if it is anything else.
pub(in crate::schema) fn elements(text: &[u8]) -> Vec<Span> {
    walk(text, Elements).unwrap_or_default()
}

struct Elements;

impl<'a> Walk<'a> for Elements {
    type Found = Result<Vec<Span>, Invalid>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let mut spans = Vec::new();
        let mut goes_on = cursor.open_array()?;
        while goes_on {
            let begin = cursor.at();
            cursor.value(1)?;
            let end = cursor.at();
            spans.push(match cursor.since(begin).first() {
                Some(b'"') => Span::new(Kind::Text, begin + 1, end - 1),
                Some(b'{' | b'[') => Span::new(Kind::Nested, begin, end),
                Some(b'n') => Span::default(),
                _ => Span::new(Kind::Scalar, begin, end),
            });
            goes_on = cursor.next_value()?;
        }
        Ok(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_an_array_are_of_the_kinds_that_they_are() {
        let array = br#"["a",{"b":1},[2],null,-3,true]"#;
        let kinds = elements(array)
            .into_iter()
            .map(|span| (span.kind, span.of(array)));
        assert_eq!(
            Vec::from_iter(kinds),
            [
                (Kind::Text, b"a".as_slice()),
                (Kind::Nested, br#"{"b":1}"#),
                (Kind::Nested, b"[2]"),
                (Kind::Absent, b""),
                (Kind::Scalar, b"-3"),
                (Kind::Scalar, b"true"),
            ]
        );
        assert_eq!(elements(b"{}"), []);
    }
}
