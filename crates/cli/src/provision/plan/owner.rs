//! Whose a thing is: the filter that stands before every change.

use crate::provision::observed::State;
use crate::provision::resource::{OWNER_TAG, Tags};

/// Whose it is.
pub(super) enum Owner {
    Ours,
    /// It bears no tag of ours and nothing else that is ours.
    Nobody,
    /// It bears the tag of another fleet, which is given.
    AnotherFleet(String),
    /// Its tags could not be read; why.
    Unknown(String),
}

/// Reads the ownership tag. `looks_ours` speaks where there is none: a thing that carries what only we write (our policy, our
/// two ARNs) lost its tags, or catchment was stopped before it wrote them.
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

/// The tags that were read; none where they could not be.
pub(super) fn known(tags: &State<Tags>) -> Option<Tags> {
    match tags {
        State::Present(tags) => Some(tags.clone()),
        State::Absent => Some(Tags::new()),
        State::Unknown(_) => None,
    }
}
