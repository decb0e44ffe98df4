//! What became of one record's messages.

use std::collections::BTreeMap;

/// What became of one record's messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Log events that were read.
    pub(crate) events: usize,
    /// Control messages that were read.
    pub(crate) controls: usize,
    /// Bytes that the destination receives; `None` if not all of them fit.
    pub(crate) delivered: Option<usize>,
    /// Whether U+FFFD replaces bytes that were not UTF-8.
    pub(crate) replaced: bool,
    /// Log events that are not as their source writes them, so that the schema could not be applied.
    pub(crate) unparsed: usize,
    /// Log events that each rule dropped, by its index.
    pub(crate) dropped: BTreeMap<usize, usize>,
    /// The `metadata` member of the answer with its leading comma; empty if no keys are set.
    pub(crate) metadata: String,
}

impl Encoded {
    #[inline(never)]
    pub(super) fn drop_by(&mut self, rule: usize) {
        *self.dropped.entry(rule).or_default() += 1;
    }

    /// Log events that rules dropped.
    pub(crate) fn dropped_total(&self) -> usize {
        self.dropped.values().sum()
    }
}
