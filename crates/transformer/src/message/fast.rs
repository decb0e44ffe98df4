//! The fast walk: one shape of message, as CloudWatch Logs writes it, in one pass.

use super::{DataMessage, LogEvent};
use crate::json::JsonStr;
use crate::scan::string_end;

/// Walks one DATA_MESSAGE of the shape that CloudWatch Logs writes; `None` for any other text.
pub(super) fn read(text: &str) -> Option<(DataMessage<'_>, usize)> {
    let mut walk = Walk { text, at: 0 };
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
    let mut events = Vec::with_capacity(text.len() / 256);
    loop {
        walk.token(r#"{"id":"#)?;
        let id = walk.string()?;
        walk.token(r#","timestamp":"#)?;
        let timestamp = walk.timestamp()?;
        walk.token(r#","message":"#)?;
        let message = walk.string()?;
        let (mut account, mut region) = (None, None);
        if walk.token(r#","extractedFields":{"#).is_some() {
            (account, region) = walk.system_fields()?;
        }
        events.push(LogEvent {
            id,
            timestamp,
            message,
            account,
            region,
        });
        if walk.token("},").is_none() {
            break;
        }
    }
    walk.token("}]")?;
    if walk.token(r#","policyLevel":"#).is_some() {
        walk.string()?;
    }
    walk.token("}")?;
    let json = &text[..walk.at];
    Some((
        DataMessage {
            json,
            compact: true,
            owner,
            log_group,
            log_stream,
            events,
        },
        walk.at,
    ))
}

/// A place in a text, and the steps from there. A step that does not fit says `None`.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    #[inline(always)]
    fn token(&mut self, token: &str) -> Option<()> {
        self.text.as_bytes()[self.at..]
            .starts_with(token.as_bytes())
            .then(|| self.at += token.len())
    }

    #[inline(always)]
    fn string(&mut self) -> Option<JsonStr<'a>> {
        let start = self.at;
        self.token("\"")?;
        self.at = string_end(self.text.as_bytes(), self.at)? + 1;
        Some(JsonStr::from_literal(&self.text[start..self.at]))
    }

    /// A whole number of milliseconds of at most 13 digits: up to the year 2286.
    #[inline(always)]
    fn timestamp(&mut self) -> Option<i64> {
        let digits = &self.text.as_bytes()[self.at..];
        let mut value = 0;
        let mut length = 0;
        while let Some(digit) = digits.get(length).filter(|byte| byte.is_ascii_digit()) {
            value = value * 10 + i64::from(digit - b'0');
            length += 1;
            if length > 13 {
                return None;
            }
        }
        self.at += length;
        // A leading zero is no JSON number.
        (length == 1 || length > 1 && digits[0] != b'0').then_some(value)
    }

    /// The rest of an `extractedFields` object of strings; a field that stands twice is left to serde_json.
    fn system_fields(&mut self) -> Option<(Option<JsonStr<'a>>, Option<JsonStr<'a>>)> {
        let (mut account, mut region) = (None, None);
        loop {
            let key = self.string()?;
            self.token(":")?;
            let value = self.string()?;
            let slot = match key.inner() {
                "@aws.account" => &mut account,
                "@aws.region" => &mut region,
                other if other.contains('\\') => return None,
                _ => &mut None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
            if self.token(",").is_none() {
                self.token("}")?;
                return Some((account, region));
            }
        }
    }
}
