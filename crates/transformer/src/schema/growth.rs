//! How long the line of an event can be.

/// The most bytes of a line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Growth {
    /// How often what stands in an event may stand in its line, above once.
    pub(crate) times: usize,
    /// Bytes on top of that.
    pub(crate) bytes: usize,
}
