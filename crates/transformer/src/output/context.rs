//! What the output of a record depends on besides its messages.

use crate::settings::Settings;
use crate::source::Carried;

/// What is known of a record besides its messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'o> {
    pub(crate) settings: &'o Settings,
    /// The batch's Region, as a JSON string, or `null`.
    pub(crate) region: &'o str,
    /// What the log events of each message that has some are, if that is known already.
    pub(crate) told: &'o [Carried],
    /// The record as it came.
    pub(crate) original: Original<'o>,
}

/// A record as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original<'o> {
    /// The length of the text inside, in bytes.
    pub(crate) text_bytes: usize,
    /// The record's data, if that is exactly one gzip member.
    pub(crate) member: Option<&'o [u8]>,
}
