//! Where a field stands in a text, and what it is.

/// Where a field stands in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::schema) struct Span {
    pub(in crate::schema) kind: Kind,
    pub(in crate::schema) begin: u32,
    pub(in crate::schema) end: u32,
}

/// What a field is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::schema) enum Kind {
    #[default]
    Absent,
    /// The inside of a JSON string, escaped.
    Text,
    /// The same, known to be an IP address of version 4, or of version 6.
    Ipv4,
    Ipv6,
    /// The value of a tag, percent-encoded, inside of a JSON string.
    Tag,
    /// A number, `true` or `false`.
    Scalar,
    /// The same, known to be an integer that a signed integer of 64 bits can hold.
    Integer,
    /// An object or an array.
    Nested,
}

impl Span {
    #[inline(always)]
    pub(in crate::schema) fn new(kind: Kind, begin: usize, end: usize) -> Self {
        Self {
            kind,
            begin: begin as u32,
            end: end as u32,
        }
    }

    /// The field.
    #[inline(always)]
    pub(in crate::schema) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.begin as usize..self.end as usize]
    }

    /// The field, and all that follows it in the text.
    #[inline(always)]
    pub(super) fn with_rest(self, text: &[u8]) -> (&[u8], usize) {
        (
            &text[self.begin as usize..],
            (self.end - self.begin) as usize,
        )
    }
}
