//! A record opened: from its base64 text to the subscription messages inside.
//!
//! Every consumer of records starts here: [`Decoder`] opens the data, [`read`] hands the messages to a [`Sink`].

mod decode;
mod gzip;
mod message;

pub use decode::{DecodeError, Decoder, Opened};
pub use message::MessageError;
#[cfg(any(test, fuzzing))]
pub use message::agrees_with_serde_json;
pub(crate) use message::{Document, Header, LogEvent, Sink, SystemFields, read};
