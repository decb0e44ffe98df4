//! Redactions: which fields of log events are masked or replaced by a keyed hash, before anything else reads them.

mod fields;
mod key;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::json::{distinct, members};
use crate::limits::REDACTED_FIELDS_MAX;
use crate::source::Source;

pub use key::Key;

/// What is redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redactions {
    list: Arc<[Redaction]>,
}

/// A field of a source that is redacted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Redaction {
    pub(crate) source: Source,
    /// AWS's name of a flow log's field, or a path of JSON.
    pub(crate) field: String,
    pub(crate) action: Action,
}

/// What stands in the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A text that says nothing of it.
    Mask,
    /// Its hash under the key.
    Hash,
}

impl Redactions {
    /// Reads redactions from a JSON list.
    ///
    /// # Errors
    /// Says what is wrong, and in which entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json = distinct(text, EXPECTED)?;
        let entries = json
            .as_array()
            .ok_or_else(|| format!("not a list; expected {EXPECTED}"))?;
        let mut list: Vec<Redaction> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = |why| format!("entry {}: {why}", index + 1);
            for redaction in redactions(entry).map_err(place)? {
                if let Some(why) = list.iter().find_map(|known| overlap(known, &redaction)) {
                    return Err(place(why));
                }
                list.push(redaction);
            }
        }
        if list.len() > REDACTED_FIELDS_MAX {
            return Err(format!(
                "{} fields; expected at most {REDACTED_FIELDS_MAX}",
                list.len()
            ));
        }
        let list = list.into();
        Ok(Self { list })
    }

    /// Whether nothing is redacted.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether some values are replaced by their hash, which takes a key.
    pub(crate) fn hash(&self) -> bool {
        self.all().any(|one| one.action == Action::Hash)
    }

    /// The redacted field that stands in this one of a source, or in which this one stands.
    pub(crate) fn of(&self, source: Source, field: &str) -> Option<&str> {
        let mut of_source = self.all().filter(|one| one.source == source);
        let found = of_source.find(|one| fields::meet(source, &one.field, field));
        found.map(|one| one.field.as_str())
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Redaction> {
        self.list.iter()
    }
}

const EXPECTED: &str = r#"a JSON list of fields, such as [{"source":"vpc-flow-logs","fields":["srcaddr"],"action":"hash"}]"#;

fn redactions(entry: &Json) -> Result<Vec<Redaction>, String> {
    const KEYS: [&str; 3] = ["source", "fields", "action"];
    let members = members(entry, &KEYS)?;
    let member = |key: &str| members.get(key).ok_or_else(|| format!("{key}: missing"));
    let name = member("source")?.as_str().unwrap_or_default();
    let source = Source::with_fields(name).map_err(|why| format!("source: {why}"))?;
    let action = match member("action")?.as_str() {
        Some("mask") => Action::Mask,
        Some("hash") => Action::Hash,
        _ => return Err("action: expected one of: mask, hash".to_owned()),
    };
    let names = member("fields")?
        .as_array()
        .filter(|names| !names.is_empty());
    let names = names.ok_or("fields: expected a list of fields")?;
    let one = |name: &Json| {
        let name = name.as_str().ok_or("fields: expected texts")?;
        let field =
            fields::field(source, name, action).map_err(|why| format!("fields: {name}: {why}"))?;
        Ok(Redaction {
            source,
            field,
            action,
        })
    };
    names.iter().map(one).collect()
}

/// Says that one of two fields stands in the other, if it does.
fn overlap(one: &Redaction, other: &Redaction) -> Option<String> {
    let meet = one.source == other.source && fields::meet(one.source, &one.field, &other.field);
    meet.then(|| match one.field == other.field {
        true => format!("fields: {}: it is redacted already", other.field),
        false => format!("fields: {} and {} overlap", one.field, other.field),
    })
}

#[cfg(test)]
mod tests;
