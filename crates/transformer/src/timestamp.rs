//! Event times as text: `2023-09-30T15:15:22.000Z`.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

/// Milliseconds of a second.
const SECOND: i64 = 1000;

/// Milliseconds of a day, in UTC without leap seconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The last millisecond of the year 9999, counted from 1970.
pub(crate) const MILLISECONDS_MAX: i64 = 253_402_300_799_999;

/// Length of an event time, in bytes.
pub(crate) const TIME: usize = 24;

/// Writes event times, and reads times. The events of a message lie close together, so the date is worked out once per day, and the time
/// of day once per second.
#[derive(Debug)]
pub(crate) struct Timestamps {
    /// The beginning of the day that was worked out last, in milliseconds since 1970.
    day: i64,
    /// The beginning of the second that was worked out last.
    second: i64,
    /// The same as text.
    text: [u8; TIME],
    /// The days that were read last: that of an event, and that of a date in it.
    read: [Day; 2],
}

/// A day that was read.
#[derive(Debug, Clone, Copy)]
struct Day {
    /// Its date, `2023-09-30T`.
    date: [u8; DATE],
    /// Its beginning, in milliseconds since 1970.
    begin: i64,
}

/// Length of a date, and what is between it and the time of day, in bytes.
const DATE: usize = 11;

impl Default for Timestamps {
    fn default() -> Self {
        Self {
            day: 0,
            second: 0,
            text: *b"1970-01-01T00:00:00.000Z",
            read: [Day {
                date: *b"1970-01-01T",
                begin: 0,
            }; 2],
        }
    }
}

impl Timestamps {
    /// Writes `milliseconds` since 1970, from 1970 to 9999, to `place`: RFC 3339, UTC, three decimals.
    ///
    /// Writes in place: copying freshly written digits stalls the processor.
    #[inline(always)]
    pub(crate) fn write(&mut self, milliseconds: i64, place: &mut [u8; TIME]) {
        if !(0..SECOND).contains(&(milliseconds - self.second)) {
            self.set_second(milliseconds);
        }
        *place = self.text;
        let millis = (milliseconds - self.second) as u32;
        place[20..22].copy_from_slice(&two_digits(millis / 10));
        place[22] = b'0' + (millis % 10) as u8;
    }

    /// Milliseconds since 1970 of a time that is text, from 1970 to 9999.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8]) -> Option<i64> {
        if let Some((date, time)) = text.split_first_chunk::<DATE>()
            && let Some(day) = self.read.iter().find(|day| day.date == *date)
            && let Some(time) = time_of_day(time)
        {
            return Some(day.begin + time);
        }
        self.read_new(text)
    }

    /// The same for a time in any form. Remembers the day of one in the usual form.
    #[inline(never)]
    fn read_new(&mut self, text: &[u8]) -> Option<i64> {
        let milliseconds = parse(std::str::from_utf8(text).ok()?)?;
        if let Some((date, time)) = text.split_first_chunk::<DATE>()
            && [date[4], date[7], date[10]] == *b"--T"
            && let Some(time) = time_of_day(time)
        {
            let day = Day {
                date: *date,
                begin: milliseconds - time,
            };
            self.read = [day, self.read[0]];
        }
        Some(milliseconds)
    }

    /// Works out the second in which this lies.
    #[inline(never)]
    fn set_second(&mut self, milliseconds: i64) {
        if !(0..DAY).contains(&(milliseconds - self.day)) {
            self.set_day(milliseconds.div_euclid(DAY));
        }
        let seconds = ((milliseconds - self.day) / SECOND) as u32;
        let minutes = seconds / 60;
        self.text[11..13].copy_from_slice(&two_digits(minutes / 60));
        self.text[14..16].copy_from_slice(&two_digits(minutes % 60));
        self.text[17..19].copy_from_slice(&two_digits(seconds % 60));
        self.second = self.day + i64::from(seconds) * SECOND;
    }

    /// Works out a day, counted from 1970.
    #[cold]
    fn set_day(&mut self, day: i64) {
        let days = SignedDuration::from_hours(24 * day);
        let date = date(1970, 1, 1).saturating_add(days);
        let year = u32::from(date.year().unsigned_abs());
        self.text[0..2].copy_from_slice(&two_digits(year / 100));
        self.text[2..4].copy_from_slice(&two_digits(year % 100));
        self.text[5..7].copy_from_slice(&two_digits(date.month().unsigned_abs().into()));
        self.text[8..10].copy_from_slice(&two_digits(date.day().unsigned_abs().into()));
        self.day = day * DAY;
    }
}

/// Milliseconds since 1970 of a time that is ISO 8601 text, from 1970 to 9999.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let read = |text: &str| {
        let time: Timestamp = text.parse().ok()?;
        (time >= Timestamp::UNIX_EPOCH).then(|| time.as_millisecond())
    };
    // jiff's timestamps end 26 hours before the year 9999 does, so that they have a local time everywhere. The year before is
    // as long.
    let milliseconds = read(text).or_else(|| {
        let year_before = format!("9998{}", text.strip_prefix("9999")?);
        Some(read(&year_before)? + 365 * DAY)
    });
    milliseconds.filter(|milliseconds| *milliseconds <= MILLISECONDS_MAX)
}

/// Milliseconds since midnight of a time of day in the form of nearly all, `15:15:22Z`. Returns `None` of leap seconds, too.
#[inline(always)]
fn time_of_day(text: &[u8]) -> Option<i64> {
    let [h, hh, b':', m, mm, b':', s, ss, b'Z'] = *text else {
        return None;
    };
    let two = |tens: u8, ones: u8, end: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        let is_number = tens.max(ones) < 10 && tens * 10 + ones < end;
        is_number.then(|| i64::from(tens * 10 + ones))
    };
    let minutes = two(h, hh, 24)? * 60 + two(m, mm, 60)?;
    Some((minutes * 60 + two(s, ss, 60)?) * SECOND)
}

/// A number below 100 in decimal.
#[inline(always)]
fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// Reads a number of `N` digits, 9 to 16, of which the first is not zero.
#[inline(always)]
pub(crate) fn number<const N: usize>(digits: &[u8; N]) -> Option<i64> {
    // As two times eight, which share the others.
    let last = u64::MAX << (8 * (16 - N));
    let (high, low) = (digits.first_chunk()?, digits.last_chunk()?);
    let (high, low) = (u64::from_le_bytes(*high), u64::from_le_bytes(*low));
    if !are_digits(high) || !are_digits(low) || digits[0] == b'0' {
        return None;
    }
    let high = i64::from(eight_digits(high)) * 10_i64.pow(N as u32 - 8);
    Some(high + i64::from(eight_digits(low & last)))
}

/// Whether all eight bytes are digits: their upper halves are 3, and stay it when six is added to the lower ones.
#[inline(always)]
fn are_digits(bytes: u64) -> bool {
    let upper = |bytes| bytes & 0xf0f0_f0f0_f0f0_f0f0;
    let threes = 0x3030_3030_3030_3030;
    upper(bytes) == threes && upper(bytes.wrapping_add(0x0606_0606_0606_0606)) == threes
}

/// Reads eight digits at once, the first lowest: adds up pairs, then fours, then all. Zeros stand for zeros, too.
#[inline(always)]
fn eight_digits(digits: u64) -> u32 {
    let units = digits & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (units.wrapping_mul(10 * 256 + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 * 65_536 + 1) >> 16) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32;
    // Eight digits are below 2^32.
    all as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(timestamps: &mut Timestamps, milliseconds: i64) -> String {
        let mut place = [b'x'; TIME];
        timestamps.write(milliseconds, &mut place);
        String::from_utf8(place.to_vec()).unwrap()
    }

    fn text(milliseconds: i64) -> String {
        written(&mut Timestamps::default(), milliseconds)
    }

    #[test]
    fn known_times_are_written_right() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(1_696_086_922_000), "2023-09-30T15:15:22.000Z");
        assert_eq!(text(1_709_164_799_999), "2024-02-28T23:59:59.999Z");
        assert_eq!(text(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
        assert_eq!(text(253_402_207_199_999), "9999-12-30T21:59:59.999Z");
        assert_eq!(text(253_402_207_200_000), "9999-12-30T22:00:00.000Z");
        assert_eq!(text(MILLISECONDS_MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_day_ends_at_midnight_whichever_day_was_written_before() {
        let mut timestamps = Timestamps::default();
        for (milliseconds, expected) in [
            (DAY - 1, "1970-01-01T23:59:59.999Z"),
            (DAY, "1970-01-02T00:00:00.000Z"),
            (2 * DAY - 1, "1970-01-02T23:59:59.999Z"),
            (DAY - 1, "1970-01-01T23:59:59.999Z"),
            (2 * DAY, "1970-01-03T00:00:00.000Z"),
        ] {
            assert_eq!(written(&mut timestamps, milliseconds), expected);
        }
    }

    #[test]
    fn the_ends_of_what_is_read_are_known() {
        let mut timestamps = Timestamps::default();
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
            ("9999-12-30T22:00:01Z", Some(253_402_207_201_000)),
            ("9999-12-30T21:59:59Z", Some(253_402_207_199_000)),
            ("9999-12-31T23:59:59.999Z", Some(MILLISECONDS_MAX)),
            ("9999-12-31T23:59:59.999-00:01", None),
            ("2023-00-01T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-01-00T00:00:00Z", None),
            ("2023-04-31T00:00:00Z", None),
            ("2023-04-30T12:34:56Z", Some(1_682_858_096_000)),
            ("2023-04-30T00:00:1/Z", None),
            ("2023-04-30T00:00:1:Z", None),
            ("2023-04-30T00:00:0aZ", None),
            ("2023-04-30T00:00:/1Z", None),
            ("2023-04-30T24:00:00Z", None),
            ("2023-04-30T25:00:00Z", None),
            ("2023-04-30T00:60:00Z", None),
            ("2023-04-29t00:00:00z", Some(1_682_726_400_000)),
            ("2023-04-29 00:00:00Z", Some(1_682_726_400_000)),
            ("2023-04-29T00:00:00.5Z", Some(1_682_726_400_500)),
            ("2023-04-29T00:00:00+01:00", Some(1_682_722_800_000)),
            ("2023-04-29", None),
            ("", None),
        ] {
            // The second time, the day is known.
            for _ in 0..2 {
                assert_eq!(timestamps.read(text.as_bytes()), expected, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn times_are_read_as_jiff_reads_them(
            texts in proptest::collection::vec(
                "(19[67]|20[0-2]|990)[0-9]-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9/:][Zz]",
                1..8,
            ),
            days in proptest::collection::vec(0..3_i64, 1..8),
            seconds in 0..253_402_000_000_i64,
        ) {
            let days = days.iter().map(|day| {
                let time = seconds + day * DAY / SECOND + day * 1_000_003 % 86_400;
                Timestamp::from_second(time).unwrap().to_string()
            });
            let mut timestamps = Timestamps::default();
            for text in texts.into_iter().chain(days) {
                prop_assert_eq!(timestamps.read(text.as_bytes()), parse(&text), "{}", text);
            }
        }

        #[test]
        fn times_are_written_as_jiff_writes_them(times in proptest::collection::vec(0..253_402_207_200_000_i64, 1..4)) {
            let mut timestamps = Timestamps::default();
            for milliseconds in times {
                let expected = format!("{:.3}", Timestamp::from_millisecond(milliseconds).unwrap());
                prop_assert_eq!(written(&mut timestamps, milliseconds), expected);
            }
        }
    }
}
