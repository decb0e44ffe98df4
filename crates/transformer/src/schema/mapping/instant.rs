//! Times that are text, as instants.

use crate::timestamp::{DAY, MILLISECONDS_MAX};

/// Milliseconds since 1970 of a time that is text, from 1970 to 9999.
#[inline]
pub(super) fn instant(text: &[u8]) -> Option<i64> {
    usual(text).or_else(|| rare(text))
}

/// The same in any form.
#[inline(never)]
fn rare(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(instant.as_millisecond()).filter(|time| (0..=MILLISECONDS_MAX).contains(time))
}

/// The same in the form of nearly all, `2023-09-30T15:15:22Z`. Returns `None` of some others, such as leap days, leap seconds
/// and the last century.
#[inline]
fn usual(text: &[u8]) -> Option<i64> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let marks = [text[4], text[7], text[10], text[13], text[16], text[19]];
    if marks != *b"--T::Z" {
        return None;
    }
    let two = |at: usize| {
        let [tens, ones] = [text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0')];
        // Whatever is no digit makes it too large for anything.
        let is_number = tens < 10 && ones < 10;
        if is_number {
            i64::from(tens * 10 + ones)
        } else {
            100
        }
    };
    let (century, year, month, day) = (two(0), two(2), two(5), two(8));
    let (hours, minutes, seconds) = (two(11), two(14), two(17));
    let days = usize::try_from(month - 1)
        .ok()
        .and_then(|month| MONTHS.get(month))?;
    let is_usual = (19..99).contains(&century) && year < 100 && (1..=*days).contains(&day);
    if !is_usual || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    // Counted from March, so that the leap day comes last (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
    let (years, months) = match month {
        1 | 2 => (100 * century + year - 1, month + 9),
        _ => (100 * century + year, month - 3),
    };
    let leap_days = years / 4 - years / 100 + years / 400;
    let days = 365 * years + leap_days + (153 * months + 2) / 5 + day - 1 - DAYS_TO_1970;
    let time = days * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    (time >= 0).then_some(time)
}

/// The days of each month, without the leap day.
const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn usual_times_are_read_as_all_others(
            seconds in -100_000_000_i64..250_000_000_000,
        ) {
            let time = jiff::Timestamp::from_second(seconds).unwrap();
            let text = time.to_string();
            prop_assert_eq!(rare(text.as_bytes()), Some(seconds * 1000).filter(|time| *time >= 0));
            let is_rare = text.contains("-02-29") || text.starts_with("99");
            let expected = rare(text.as_bytes()).filter(|_| !is_rare);
            prop_assert_eq!(usual(text.as_bytes()), expected);
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
        ] {
            assert_eq!(instant(text.as_bytes()), expected, "{text}");
        }
    }
}
