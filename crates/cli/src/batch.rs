//! Captured batches: how they stand in a file, and what their answers deliver.

pub mod compare;
pub mod summary;

use catchment_transformer::firehose::{RecordResult, Response};
use serde_json::value::RawValue;

/// One JSON document of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// The document's text.
    pub json: &'a str,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
}

/// Why a file holds no JSON documents.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DocumentError {
    /// Nothing but white space.
    #[error("it is empty; expected one or more Firehose events as JSON")]
    Empty,
    /// Bytes that no text has.
    #[error(
        "it is not UTF-8 text from byte {at} on{hint}; expected one or more Firehose events as JSON"
    )]
    NotUtf8 { at: usize, hint: &'static str },
    /// Text that is not JSON.
    #[error(
        "it is not JSON (line {line}, column {column}); expected one or more Firehose events as JSON"
    )]
    NotJson { line: usize, column: usize },
}

/// The JSON documents in `bytes`: one, or several one after another.
///
/// # Errors
/// [`DocumentError`] where there is none, or where one cannot be told from the next.
pub fn documents(bytes: &[u8]) -> Result<Vec<Document<'_>>, DocumentError> {
    let text = std::str::from_utf8(bytes).map_err(|error| DocumentError::NotUtf8 {
        at: error.valid_up_to(),
        hint: if bytes.starts_with(b"\x1f\x8b") {
            " (it is gzip: open it with `gzip -dc`)"
        } else {
            ""
        },
    })?;
    let mut documents = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let (mut at, mut line) = (0, 1);
    while let Some(value) = values.next() {
        let json = value
            .map_err(|error| DocumentError::NotJson {
                line: error.line(),
                column: error.column(),
            })?
            .get();
        let end = values.byte_offset();
        let start = end - json.len();
        line += text[at..start].matches('\n').count();
        documents.push(Document { json, line });
        line += json.matches('\n').count();
        at = end;
    }
    if documents.is_empty() {
        Err(DocumentError::Empty)
    } else {
        Ok(documents)
    }
}

/// Whether a document is a response, not an event: each of its records says what became of it.
pub fn is_response(json: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Answered {
        records: Vec<Answer>,
    }
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(rename = "result")]
        _result: String,
    }
    serde_json::from_str::<Answered>(json).is_ok_and(|answered| !answered.records.is_empty())
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It has another shape.
    #[error("not a response of the transformer")]
    Shape(#[source] serde_json::Error),
    /// Its data is not base64.
    #[error("the data of record {record} is not base64")]
    Data {
        /// The record's id.
        record: String,
    },
}

/// What the destination receives for a response: the data of the records answered `Ok`, back to back.
///
/// # Errors
/// [`AnswerError`] where `response` is no response.
pub fn delivered(response: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let response: Response = serde_json::from_slice(response).map_err(AnswerError::Shape)?;
    let mut bytes = Vec::new();
    for answer in response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok)
    {
        bytes.extend(answer.bytes().ok_or_else(|| AnswerError::Data {
            record: answer.id.to_string(),
        })?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_stand_one_after_another() {
        let found: Vec<_> = documents(b"\n{\"a\":\n1}\n{}{}\n\n[]")
            .unwrap()
            .iter()
            .map(|d| (d.json, d.line))
            .collect();
        assert_eq!(found, [("{\"a\":\n1}", 2), ("{}", 4), ("{}", 4), ("[]", 6)]);
    }

    #[test]
    fn a_response_is_no_event() {
        assert!(is_response(
            r#"{"records":[{"recordId":"1","result":"Dropped"}]}"#
        ));
        assert!(!is_response(r#"{"records":[{"recordId":"1","data":""}]}"#));
        assert!(!is_response(r#"{"records":[]}"#));
    }

    #[test]
    fn what_is_no_document_is_named() {
        assert_eq!(documents(b" \n"), Err(DocumentError::Empty));
        assert_eq!(
            documents(b"{}\n{,}"),
            Err(DocumentError::NotJson { line: 2, column: 2 })
        );
        let gzip = documents(b"\x1f\x8b\x08").unwrap_err().to_string();
        assert!(gzip.contains("open it with `gzip -dc`"), "{gzip}");
    }
}
