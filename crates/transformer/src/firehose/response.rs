//! A response, read back: what `replay` and tests see of one.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

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

    /// The bytes of the data, opened where they are gzip; `None` where there is none, or it cannot be opened.
    pub fn opened(&self) -> Option<Vec<u8>> {
        let bytes = self.bytes()?;
        if !bytes.starts_with(&GZIP) {
            return Some(bytes);
        }
        let mut opened = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut opened)
            .ok()?;
        Some(opened)
    }
}

/// How gzip begins (RFC 1952). A bare message may begin as zlib does, and is none.
const GZIP: [u8; 2] = [0x1f, 0x8b];

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
