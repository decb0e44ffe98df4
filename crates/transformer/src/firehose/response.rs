//! The response: answers written exactly, and read back for `replay` and tests.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Record;
use crate::buffer::Buffer;
use crate::json::JsonStr;

/// The answers to one batch.
#[derive(Debug, Deserialize)]
pub struct Response {
    /// One answer per record, in order.
    pub records: Vec<Answer>,
}

/// One record's answer, read back.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// The record's own id. One that no value can hold, such as a number beyond a float's range, is the text of its JSON.
    #[serde(rename = "recordId", deserialize_with = "id")]
    pub id: Value,
    /// The record's result.
    pub result: RecordResult,
    /// Base64 of what the destination receives, or the original data if the result is `ProcessingFailed`.
    /// A lone surrogate in an original, which no text can hold, is U+FFFD.
    #[serde(default, deserialize_with = "data")]
    pub data: Option<String>,
    /// The partition keys, if there are any.
    #[serde(default)]
    pub metadata: Option<Value>,
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().into()))
}

fn data<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    if json.get().starts_with('"') {
        return Ok(Some(JsonStr::from_literal(json.get()).text().into_owned()));
    }
    serde_json::from_str(json.get()).map_err(Error::custom)
}

impl Answer {
    /// The bytes of the data; `None` if there is none or it is not base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        base64_turbo::decode(self.data.as_deref()?).ok()
    }

    /// The bytes of the data, decompressed if they are gzip; `None` if there is no data or it cannot be opened.
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

/// How gzip begins (RFC 1952). zlib is not recognised: a bare message may begin like it by chance.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Firehose's three results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum RecordResult {
    /// Transformed; Firehose delivers the answer's data.
    Ok,
    /// Dropped on purpose; Firehose forgets it.
    Dropped,
    /// Failed; Firehose keeps the original in the error output.
    ProcessingFailed,
}

impl Record<'_> {
    /// Length of the answer `ProcessingFailed`, in bytes.
    pub(super) fn failed_bytes(&self, with_data: bool) -> usize {
        let data = if with_data { self.data_json() } else { None };
        RECORD_ID.len()
            + self.id_json().len()
            + FAILED.len()
            + data.map_or(0, |data| DATA.len() + data.len())
            + 1
    }

    /// Writes the answer `ProcessingFailed`.
    pub(super) fn write_failed(&self, with_data: bool, out: &mut Buffer) {
        open(self, FAILED, out);
        if let Some(data) = self.data_json().filter(|_| with_data) {
            out.extend(DATA.as_bytes());
            out.extend(data.as_bytes());
        }
        out.push(b'}');
    }

    /// Writes the answer `Dropped`.
    pub(super) fn write_dropped(&self, out: &mut Buffer) {
        open(self, DROPPED, out);
        out.push(b'}');
    }

    /// Writes the answer `Ok` up to its data. Append that as base64, then call [`close_ok`].
    pub(super) fn open_ok(&self, out: &mut Buffer) {
        open(self, OK, out);
        out.extend(DATA.as_bytes());
        out.push(b'"');
    }
}

/// Ends an answer `Ok`. `metadata` is empty or a member of the answer's object with its leading comma.
pub(super) fn close_ok(metadata: &str, out: &mut Buffer) {
    out.push(b'"');
    out.extend(metadata.as_bytes());
    out.push(b'}');
}

fn open(record: &Record<'_>, result: &str, out: &mut Buffer) {
    out.extend(RECORD_ID.as_bytes());
    out.extend(record.id_json().as_bytes());
    out.extend(result.as_bytes());
}

pub(super) const RESPONSE_OPEN: &str = r#"{"records":["#;
pub(super) const RESPONSE_CLOSE: &str = "]}";
const RECORD_ID: &str = r#"{"recordId":"#;
const OK: &str = r#","result":"Ok""#;
const DROPPED: &str = r#","result":"Dropped""#;
const FAILED: &str = r#","result":"ProcessingFailed""#;
const DATA: &str = r#","data":"#;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::firehose::Batch;
    use crate::{Settings, Transformer};

    #[test]
    fn an_answers_size_is_known_before_it_is_written() {
        let event = r#"{"records":[{"recordId":"4957…\u0041","data":"aGk="},{"recordId":"x"}]}"#;
        for record in Batch::parse(event.as_bytes()).unwrap().records {
            for with_data in [false, true] {
                let mut out = Buffer::default();
                record.write_failed(with_data, &mut out);
                assert_eq!(out.len(), record.failed_bytes(with_data));
            }
            let mut out = Buffer::default();
            record.write_dropped(&mut out);
            assert!(out.len() <= record.failed_bytes(false));
        }
    }

    #[test]
    fn ids_and_originals_that_no_value_can_hold_are_echoed_and_read() {
        let event = r#"{"records":[{"recordId":5E4200},{"recordId":"\ud800"},{"recordId":7,"data":"\udfff\n"}]}"#;
        let transformed = Transformer::new(Settings::default())
            .transform(event.as_bytes())
            .unwrap();
        let text = str::from_utf8(&transformed.response).unwrap();
        assert!(text.contains(r#""recordId":5E4200,"#) && text.contains(r#""recordId":"\ud800","#));
        let response: Response = serde_json::from_str(text).unwrap();
        let ids: Vec<_> = response.records.iter().map(|answer| &answer.id).collect();
        assert_eq!(response.records[2].data.as_deref(), Some("\u{fffd}\n"));
        assert!(
            serde_json::from_str::<Answer>(r#"{"recordId":1,"result":"Ok","data":7}"#).is_err()
        );
        assert_eq!(ids, [&json!("5E4200"), &json!(r#""\ud800""#), &json!(7)]);
    }
}
