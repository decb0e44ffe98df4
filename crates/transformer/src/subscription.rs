//! A record opened: from its base64 text to the subscription messages inside.
//!
//! Every consumer of records starts here: [`Decoder`] opens the data, [`read`] hands the messages to a [`Sink`].

mod decode;
mod message;

pub use decode::{DecodeError, Decoder};
pub(crate) use message::{Header, LogEvent, Sink, SystemFields, read, read_fast};
pub use message::{MessageError, readers_agree};
