//! The overflow: a record whose answer does not fit is split into pieces that fit, to be put back to the stream it came from.
//!
//! A piece is a record of its own: a gzipped subscription message with some of the events, each of which is copied byte for
//! byte. [`Splitter`] makes them, and each bears a [`Mark`]. Whoever puts them back is told where to by [`Target`].

mod mark;
mod pieces;
mod renew;
mod split;

pub(crate) use mark::{Mark, unmark};
pub use pieces::Piece;
pub use renew::renewed;
pub(crate) use split::{LineBytes, SplitError, Splitter, messages_in};

/// The pieces of a text that was read before, or `None` if it cannot be split; for the fuzzer.
#[cfg(any(test, fuzzing))]
pub fn pieces_of(text: &[u8]) -> Option<Vec<Piece>> {
    let mark = Mark {
        hops: 1,
        stream: b"\"\"",
    };
    let mut splitter = Splitter::new(crate::limits::BATCH_BYTES_DEFAULT);
    let line = LineBytes {
        times: 1,
        beside: 0,
        more: 0,
    };
    splitter.split(0, text, mark, line).ok()?;
    Some(splitter.into_pieces())
}

/// Where pieces are put back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The Kinesis stream with this ARN.
    Kinesis(String),
    /// The Firehose stream with this ARN, which takes records directly.
    Firehose(String),
}
