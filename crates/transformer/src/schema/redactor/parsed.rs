//! Finds what is redacted of flow logs that are objects.

use super::paths::{Hit, Paths};
use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::redact::Action;
use crate::schema::Misfit;
use crate::schema::mapping::Found;
use crate::schema::parsed::{self, member_of, text_of};

/// What is redacted of flow logs that `parseVPC` has made objects.
pub(super) struct Parsed {
    known: parsed::Parsed,
    paths: Paths,
    found: Found,
}

impl Parsed {
    pub(super) fn new<'a>(redacted: impl Iterator<Item = (&'a str, Action)>) -> Self {
        let members = redacted.filter_map(|(field, action)| Some((member_of(field)?, action)));
        Self {
            known: parsed::Parsed::new(),
            paths: Paths::new(("version", false), members),
            found: Found::default(),
        }
    }

    /// Notes the values in a message, in order, as often as each member occurs. Returns the message's text.
    ///
    /// # Errors
    /// Fails if the message is not what `parseVPC` writes.
    #[cold]
    pub(super) fn find<'t>(
        &mut self,
        message: JsonStr<'_>,
        text: &'t mut Buffer,
        hits: &mut Vec<Hit>,
    ) -> Result<&'t [u8], Misfit> {
        if !message.is_utf8() {
            return Err(Misfit::NotText);
        }
        let text = text_of(message, (text, false))?;
        self.known.find(text, &mut self.found)?;
        let found = self.paths.find(text, hits);
        found.map_err(|_| Misfit::NotAnObject)?;
        hits.retain(|hit| &text[hit.begin..hit.end] != ABSENT);
        Ok(text)
    }
}

/// What stands for a field that is absent.
const ABSENT: &[u8] = br#""-""#;
