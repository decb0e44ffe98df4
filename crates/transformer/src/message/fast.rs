//! The fast walk: one shape of message, as CloudWatch Logs writes it, in one pass.

use fearless_simd::{Level, Simd, dispatch};

use super::{Header, LogEvent, Sink, SystemFields};
use crate::buffer::Buffer;
use crate::json::{JsonStr, unescape};
use crate::scan::{StringEnd, string_end};

/// Walks one DATA_MESSAGE of the shape that CloudWatch Logs writes, and says how many bytes of `text` it took; `None` for
/// any other text, also for one that is not UTF-8, and then what `sink` was given is to be forgotten.
pub(super) fn read<'a>(text: &'a [u8], sink: &mut impl Sink<'a>) -> Option<usize> {
    dispatch!(Level::new(), simd => walk(Walk { simd, text, at: 0 }, sink))
}

#[inline(always)]
fn walk<'a, S: Simd>(mut walk: Walk<'a, S>, sink: &mut impl Sink<'a>) -> Option<usize> {
    walk.token(r#"{"messageType":"DATA_MESSAGE","owner":"#)?;
    let owner = walk.string()?;
    walk.token(r#","logGroup":"#)?;
    let log_group = walk.string()?;
    walk.token(r#","logStream":"#)?;
    let log_stream = walk.string()?;
    walk.token(r#","subscriptionFilters":["#)?;
    walk.string()?;
    while walk.token(",").is_some() {
        walk.string()?;
    }
    walk.token(r#"],"logEvents":["#)?;
    let header = Header {
        owner,
        log_group,
        log_stream,
    };
    loop {
        walk.token(r#"{"id":"#)?;
        let id = walk.string()?;
        walk.token(r#","timestamp":"#)?;
        let timestamp = walk.timestamp()?;
        walk.token(r#","message":"#)?;
        let message = match sink.texts() {
            Some(texts) => walk.text(texts)?,
            None => walk.string()?,
        };
        let system = match walk.token(r#","extractedFields":{"#) {
            Some(()) => walk.system_fields()?,
            None => SystemFields::default(),
        };
        let event = LogEvent {
            id,
            timestamp,
            message,
            system,
        };
        sink.event(&header, event);
        if walk.token("},").is_none() {
            break;
        }
    }
    walk.token("}]")?;
    if walk.token(r#","policyLevel":"#).is_some() {
        walk.string()?;
    }
    walk.token("}")?;
    sink.close(&walk.text[..walk.at], true);
    Some(walk.at)
}

/// A place in a text, and the steps from there. A step that does not fit says `None`.
struct Walk<'a, S> {
    simd: S,
    text: &'a [u8],
    at: usize,
}

impl<'a, S: Simd> Walk<'a, S> {
    #[inline(always)]
    fn token(&mut self, token: &str) -> Option<()> {
        self.text[self.at..]
            .starts_with(token.as_bytes())
            .then(|| self.at += token.len())
    }

    #[inline(always)]
    fn string(&mut self) -> Option<JsonStr<'a>> {
        self.token("\"")?;
        let end = string_end(self.simd, self.text, self.at)?;
        self.past(end)
    }

    /// A string whose text goes to `texts` on the way.
    #[inline(always)]
    fn text(&mut self, texts: &mut Buffer) -> Option<JsonStr<'a>> {
        self.token("\"")?;
        let (simd, text, at) = (self.simd, self.text, self.at);
        // A function of its own: inlined here, the loop would lack registers.
        let end = simd.vectorize(
            #[inline(always)]
            || unescape(simd, text, at, texts),
        )?;
        self.past(end)
    }

    /// Goes past the string that begins just before this place.
    #[inline(always)]
    fn past(&mut self, end: StringEnd) -> Option<JsonStr<'a>> {
        let literal = &self.text[self.at - 1..=end.quote];
        self.at = end.quote + 1;
        let is_utf8 = end.is_ascii || simdutf8::basic::from_utf8(literal).is_ok();
        is_utf8.then_some(JsonStr::from_literal(literal))
    }

    /// A whole number of milliseconds of 13 digits: from the year 2001 to 2286.
    #[inline(always)]
    fn timestamp(&mut self) -> Option<i64> {
        let rest = &self.text[self.at..];
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (second, rest) = rest.split_first_chunk::<5>()?;
        let is_number = first.iter().chain(second).all(u8::is_ascii_digit);
        if !is_number || first[0] == b'0' || rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        self.at += 13;
        let low = second
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        Some(i64::from(eight_digits(*first)) * 100_000 + low)
    }

    /// The rest of an `extractedFields` object of strings; a field that stands twice is left to serde_json.
    #[inline(always)]
    fn system_fields(&mut self) -> Option<SystemFields<'a>> {
        let mut system = SystemFields::default();
        loop {
            let key = self.string()?;
            self.token(":")?;
            let value = self.string()?;
            let slot = match key.inner() {
                b"@aws.account" => &mut system.account,
                b"@aws.region" => &mut system.region,
                other if other.contains(&b'\\') => return None,
                _ => &mut None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
            if self.token(",").is_none() {
                self.token("}")?;
                return Some(system);
            }
        }
    }
}

/// The number of eight digits, worked out side by side: pairs, then fours, then all.
#[inline(always)]
fn eight_digits(digits: [u8; 8]) -> u32 {
    let units = u64::from_le_bytes(digits) & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (units.wrapping_mul(10 * 256 + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 * 65_536 + 1) >> 16) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32;
    // Eight digits are below 2^32.
    all as u32
}
