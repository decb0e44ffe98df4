//! A response, read back: what `replay` and tests see of one.

use serde::Deserialize;

use crate::decode::{DecodeError, Decoder};
use crate::limits::{DECODED_MIB_MAX, MIB};

/// The answers to one batch.
#[derive(Debug, Deserialize)]
pub struct Response {
    /// One answer per record, in order.
    pub records: Vec<Answer>,
}

/// One record's answer, read back.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// The record's own id.
    #[serde(rename = "recordId")]
    pub id: serde_json::Value,
    /// What became of it.
    pub result: RecordResult,
    /// Base64 of what the destination receives, or of the original where the result is `ProcessingFailed`.
    #[serde(default)]
    pub data: Option<String>,
    /// The partition keys, where there are any.
    #[serde(default)]
    pub metadata: Option<serde_json::Value>,
}

impl Answer {
    /// The bytes of the data; `None` where there is none, or it is not base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        base64_simd::STANDARD
            .decode_to_vec(self.data.as_deref()?)
            .ok()
    }

    /// The bytes of the data, opened where they are gzip or zlib; `None` where they cannot be.
    pub fn opened(&self) -> Option<Vec<u8>> {
        let bytes = self.bytes()?;
        match Decoder::default().decode(self.data.as_deref()?, DECODED_MIB_MAX * MIB) {
            Ok(opened) => Some(opened.to_vec()),
            Err(DecodeError::UnknownEncoding) => Some(bytes),
            Err(_) => None,
        }
    }
}

/// Firehose's three results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum RecordResult {
    /// Transformed; Firehose delivers the answer's data.
    Ok,
    /// Left out on purpose; Firehose forgets it.
    Dropped,
    /// Not readable; Firehose keeps the original in the error output.
    ProcessingFailed,
}
