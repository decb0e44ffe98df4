//! Tags: whose a resource is, and which tags to write.

use schemars::JsonSchema;
use serde::Serialize;

use crate::provision::observed::State;
use crate::provision::resource::{OWNER_TAG, Tags};

/// Whose a resource is. Nothing is changed before this is known.
pub(super) enum Owner {
    Ours,
    /// It has no owner tag, nor anything else that only we write.
    Nobody,
    /// It has the tag of this other fleet.
    AnotherFleet(String),
    /// Its tags could not be read; why.
    Unknown(String),
}

/// Reads the ownership tag. If there is none, `looks_ours` decides: a resource with what only we write (our policy, our two ARNs)
/// lost its tags, or catchment was stopped before it wrote them.
pub(super) fn owner(tags: &State<Tags>, ours: &str, looks_ours: bool) -> Owner {
    let tag = match tags {
        State::Present(tags) => tags.get(OWNER_TAG),
        State::Absent => None,
        State::Unknown(why) => return Owner::Unknown(why.clone()),
    };
    match tag {
        Some(tag) if tag == ours => Owner::Ours,
        Some(tag) => Owner::AnotherFleet(tag.clone()),
        None if looks_ours => Owner::Ours,
        None => Owner::Nobody,
    }
}

/// Tags to write. `before` has the values that they replace; other tags are in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagChange {
    pub before: Tags,
    pub after: Tags,
}

impl TagChange {
    /// Returns what to write so that the resource has all of `desired`. `None` if it has, or if its tags are unknown.
    pub(super) fn between(tags: &State<Tags>, desired: &Tags) -> Option<Self> {
        let none = Tags::new();
        let tags = match tags {
            State::Present(tags) => tags,
            State::Absent => &none,
            State::Unknown(_) => return None,
        };
        let mut after = desired.clone();
        after.retain(|key, value| tags.get(key) != Some(value));
        let mut before = tags.clone();
        before.retain(|key, _| after.contains_key(key));
        (!after.is_empty()).then_some(Self { before, after })
    }
}
