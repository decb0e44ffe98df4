//! Steps over values that nobody asks for, as strictly as serde_json.

use fearless_simd::Simd;

use super::{Cursor, Invalid};
use crate::limits::JSON_DEPTH_MAX;

impl<'a, S: Simd> Cursor<'a, S> {
    /// Steps over a value of any kind, which stands in `depth` arrays and objects, and returns it.
    #[inline(always)]
    pub(crate) fn value(&mut self, depth: u32) -> Result<&'a [u8], Invalid> {
        let begin = self.at;
        self.apart(
            #[inline(always)]
            |cursor| cursor.skip_value(depth),
        )?;
        Ok(self.since(begin))
    }

    #[inline(always)]
    fn skip_value(&mut self, depth: u32) -> Result<(), Invalid> {
        // The arrays and objects that are open, the innermost lowest: a bit is set for an object.
        let (mut objects, mut open) = (0_u128, 0);
        loop {
            let is_object = match self.peek() {
                Some(b'"') => self.string().map(|_| None)?,
                Some(b'{') => Some(true),
                Some(b'[') => Some(false),
                _ => self.scalar().map(|()| None)?,
            };
            if let Some(is_object) = is_object {
                if depth + open == JSON_DEPTH_MAX {
                    return Err(Invalid::TooDeep);
                }
                let has_members = if is_object {
                    self.open_object()?
                } else {
                    self.open_array()?
                };
                if has_members {
                    open += 1;
                    objects = objects << 1 | u128::from(is_object);
                    if is_object {
                        self.key()?;
                    }
                    continue;
                }
            }
            // A value has ended, and with it perhaps some of the arrays and objects around it.
            loop {
                if open == 0 {
                    return Ok(());
                }
                let is_object = objects & 1 == 1;
                let goes_on = if is_object {
                    self.next_member()?
                } else {
                    self.next_value()?
                };
                if goes_on {
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                open -= 1;
                objects >>= 1;
            }
        }
    }

    /// Steps over a number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Result<(), Invalid> {
        self.at += scalar(self.rest()).ok_or(Invalid::Syntax)?;
        Ok(())
    }
}

/// The length of the number, `true`, `false` or `null` at the beginning of `text`.
#[inline]
pub(super) fn scalar(text: &[u8]) -> Option<usize> {
    match text {
        [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => Some(4),
        [b'f', b'a', b'l', b's', b'e', ..] => Some(5),
        _ => number(text),
    }
}

/// The length of the number at the beginning of `text`.
#[inline(never)]
fn number(text: &[u8]) -> Option<usize> {
    let digits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match (text.get(at), digits(at)) {
        (_, 0) => return None,
        (Some(b'0'), _) => 1,
        (_, count) => count,
    };
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at += 1 + fraction;
        if fraction == 0 {
            return None;
        }
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at);
        at += exponent;
        if exponent == 0 {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::json::{NEAR_VALUES, levels};

    /// The length of the value at the beginning of `text`.
    fn value(text: &[u8], depth: u32) -> Result<usize, Invalid> {
        let mut lengths = levels().into_iter().map(
            |level| dispatch!(level, simd => Cursor::new(simd, text).value(depth).map(<[u8]>::len)),
        );
        let length = lengths.next().unwrap();
        assert!(lengths.all(|other| other == length), "{text:?}");
        length
    }

    /// The same according to serde_json.
    fn serde_value(text: &str) -> Option<usize> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        Some(values.next()?.ok()?.get().len())
    }

    #[track_caller]
    fn agree(text: &str) {
        // serde_json wants something after a number that stands alone to be white space or a bracket.
        let text = format!("[{text}]");
        assert_eq!(value(text.as_bytes(), 0).ok(), serde_value(&text), "{text}");
    }

    #[test]
    fn values_are_as_valid_as_serde_json_says() {
        for text in NEAR_VALUES {
            agree(text);
        }
    }

    #[test]
    fn values_nest_as_deep_as_the_limit_and_no_deeper() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth| {
                let inner = if open == "[" { "" } else { "1" };
                format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
            };
            let (most, more) = (nested(128), nested(129));
            assert_eq!(value(most.as_bytes(), 0), Ok(most.len()));
            assert_eq!(value(more.as_bytes(), 0), Err(Invalid::TooDeep));
            assert_eq!(value(most.as_bytes(), 1), Err(Invalid::TooDeep));
            assert_eq!(value(nested(127).as_bytes(), 1), Ok(nested(127).len()));
        }
    }

    proptest! {
        #[test]
        fn anything_near_json_is_as_valid_as_serde_json_says(text in r#"([\[\]{}:, \n"\\]|"a"|"[a\\]{0,3}":|-?[0-9]{1,3}([.e][0-9+]{0,2})?|true|null|fals[e ]){0,12}"#) {
            agree(&text);
        }
    }
}
