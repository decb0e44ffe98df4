//! Compares the two readers of a message.

use super::{Header, LogEvent, Sink, fast, general};
use crate::buffer::Buffer;

/// Returns whether the fast reader, if it accepts `bytes`, sees what the general reader sees. For fuzzing and property tests.
#[doc(hidden)]
pub fn readers_agree(bytes: &[u8]) -> bool {
    let (mut fast, mut fast_texts) = (Gathered::default(), Gathered::with_texts());
    let length = fast::read(bytes, &mut fast);
    if fast::read(bytes, &mut fast_texts) != length {
        return false;
    }
    let Some(length) = length else {
        return true;
    };
    let Ok(text) = std::str::from_utf8(&bytes[..length]) else {
        return false;
    };
    let (mut slow, mut slow_texts) = (Gathered::default(), Gathered::with_texts());
    general::read(text, &mut slow) == Ok(length)
        && general::read(text, &mut slow_texts) == Ok(length)
        && fast == slow
        && fast_texts == slow_texts
        && fast_texts.texts_are_serdes()
}

/// A sink that gathers messages for comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gathered<'a> {
    pub(super) controls: usize,
    /// The header of each event.
    pub(super) headers: Vec<Header<'a>>,
    pub(super) events: Vec<LogEvent<'a>>,
    pub(super) json: Vec<&'a [u8]>,
    /// The texts of the messages one after another, if they are wanted.
    pub(super) texts: Option<Buffer>,
}

impl Gathered<'_> {
    pub(super) fn with_texts() -> Self {
        Self {
            texts: Some(Buffer::default()),
            ..Self::default()
        }
    }

    /// Returns whether the texts are what serde_json makes of the literals. It refuses lone surrogates: those are skipped.
    fn texts_are_serdes(&self) -> bool {
        let literals = self.events.iter().map(|event| event.message.literal());
        let texts: Result<String, _> = literals.map(serde_json::from_slice::<String>).collect();
        texts.map_or(true, |texts| {
            self.texts.as_ref().map(Buffer::written) == Some(texts.as_bytes())
        })
    }
}

impl<'a> Sink<'a> for Gathered<'a> {
    fn control(&mut self) {
        self.controls += 1;
    }

    fn message_text(&mut self) -> Option<&mut Buffer> {
        self.texts.as_mut()
    }

    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        self.headers.push(*header);
        self.events.push(event);
    }

    fn end(&mut self, json: &'a [u8], _compact: bool) {
        self.json.push(json);
    }
}
