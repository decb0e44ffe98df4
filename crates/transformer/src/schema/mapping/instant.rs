//! Times that are text, as instants.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Milliseconds since 1970 of a time that is text, from 1970 to 9999.
#[inline]
pub(super) fn instant(text: &[u8]) -> Option<i64> {
    let time = usual(text).or_else(|| rare(text))?;
    (time >= Timestamp::UNIX_EPOCH).then(|| time.as_millisecond())
}

/// A time in any form.
#[inline(never)]
fn rare(text: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A time in the form of nearly all, `2023-09-30T15:15:22Z`. Returns `None` of leap seconds, too.
#[inline]
fn usual(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let marks = [text[4], text[7], text[10], text[13], text[16], text[19]];
    if marks != *b"--T::Z" {
        return None;
    }
    let two = |at: usize| {
        let [tens, ones] = [text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0')];
        (tens.max(ones) < 10).then(|| (tens * 10 + ones) as i8)
    };
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    let date = Date::new(year, two(5)?, two(8)?).ok()?;
    let time = Time::new(two(11)?, two(14)?, two(17)?, 0).ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn usual_times_are_read_as_all_others(
            seconds in -100_000_000_i64..253_402_207_200,
        ) {
            let time = Timestamp::from_second(seconds).unwrap();
            let text = time.to_string();
            prop_assert_eq!(rare(text.as_bytes()), Some(time));
            prop_assert_eq!(usual(text.as_bytes()), Some(time));
        }

        #[test]
        fn what_is_no_time_is_refused(
            text in "(1[89]|20|99|00)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9/:][Zz]",
        ) {
            if let Some(time) = usual(text.as_bytes()) {
                prop_assert_eq!(rare(text.as_bytes()), Some(time));
            }
        }
    }

    #[test]
    fn the_ends_of_what_is_read_are_known() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", None),
            ("1969-12-31T23:59:59.9999Z", None),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799_000)),
            ("2000-02-28T23:59:59Z", Some(951_782_399_000)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("2100-02-29T00:00:00Z", None),
            ("2000-03-01T00:00:00Z", Some(951_868_800_000)),
            ("9899-12-31T23:59:59Z", Some(250_246_627_199_000)),
            ("9999-12-30T21:59:59Z", Some(253_402_207_199_000)),
            ("2023-00-01T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-01-00T00:00:00Z", None),
            ("2023-04-31T00:00:00Z", None),
            ("2023-04-30T00:00:1/Z", None),
            ("2023-04-30T00:00:1:Z", None),
            ("2023-04-30T00:00:/1Z", None),
        ] {
            assert_eq!(instant(text.as_bytes()), expected, "{text}");
        }
    }
}
