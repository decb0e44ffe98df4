//! Event times as text: `2023-09-30T15:15:22.000Z`.

use jiff::SignedDuration;
use jiff::civil::date;

/// Milliseconds of a second.
const SECOND: i64 = 1000;

/// Milliseconds of a day, in UTC without leap seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// The last millisecond of the year 9999, counted from 1970.
pub(crate) const MILLISECONDS_MAX: i64 = 253_402_300_799_999;

/// Length of an event time, in bytes.
pub(crate) const TIME: usize = 24;

/// Writes event times. The events of a message lie close together, so the date is worked out once per day, and the time of day once
/// per second.
#[derive(Debug)]
pub(crate) struct Timestamps {
    /// The beginning of the day that was worked out last, in milliseconds since 1970.
    day: i64,
    /// The beginning of the second that was worked out last.
    second: i64,
    /// The same as text.
    text: [u8; TIME],
}

impl Default for Timestamps {
    fn default() -> Self {
        Self {
            day: 0,
            second: 0,
            text: *b"1970-01-01T00:00:00.000Z",
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

    proptest! {
        #[test]
        fn times_are_written_as_jiff_writes_them(times in proptest::collection::vec(0..253_402_207_200_000_i64, 1..4)) {
            let mut timestamps = Timestamps::default();
            for milliseconds in times {
                let expected = format!("{:.3}", jiff::Timestamp::from_millisecond(milliseconds).unwrap());
                prop_assert_eq!(written(&mut timestamps, milliseconds), expected);
            }
        }
    }
}
