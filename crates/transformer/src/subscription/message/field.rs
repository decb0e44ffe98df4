//! A field of a message: how its value is read, and what can be wrong with it.

use std::borrow::Cow;

use super::MessageError;
use crate::json::{Cursor, Invalid, JsonStr, Simd};
use crate::limits::NAME_BYTES_MAX;

/// Why the walk stops.
pub(super) enum Stop {
    Invalid(Invalid),
    Message(MessageError),
}

impl From<Invalid> for Stop {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<MessageError> for Stop {
    fn from(error: MessageError) -> Self {
        Self::Message(error)
    }
}

pub(super) fn absent(field: &'static str) -> MessageError {
    MessageError::Field { field }
}

pub(super) fn twice(field: &'static str) -> MessageError {
    MessageError::Twice { field }
}

/// Sets a field that may occur once.
#[inline(always)]
pub(super) fn set<T>(
    slot: &mut Option<T>,
    value: T,
    field: &'static str,
) -> Result<(), MessageError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(field)),
    }
}

/// The string as bytes, unescaped if it has to be.
#[inline(always)]
pub(super) fn plain(string: JsonStr<'_>) -> Cow<'_, [u8]> {
    if string.inner().contains(&b'\\') {
        return string.text().into_owned().into_bytes().into();
    }
    string.inner().into()
}

/// Reads the value of a field that has to be a string, and stands in `depth` arrays and objects.
#[inline(always)]
pub(super) fn string<'a, S: Simd>(
    cursor: &mut Cursor<'a, S>,
    depth: u32,
    field: &'static str,
) -> Result<JsonStr<'a>, Stop> {
    cursor.white_space();
    if cursor.peek() != Some(b'"') {
        cursor.value(depth)?;
        return Err(absent(field).into());
    }
    Ok(cursor.string()?)
}

/// The same name, if it is not too long.
#[inline(always)]
pub(super) fn short<'a>(name: JsonStr<'a>, field: &'static str) -> Result<JsonStr<'a>, Stop> {
    if name.literal().len() > NAME_BYTES_MAX {
        return Err(MessageError::TooLong { field }.into());
    }
    Ok(name)
}
