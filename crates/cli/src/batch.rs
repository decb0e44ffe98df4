//! Captured batches: reading them from a file, and what their responses deliver.

pub mod compare;
pub mod summary;

use catchment_transformer::firehose::{RecordResult, Response};
use serde_json::value::RawValue;

/// One of the JSON documents in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct JsonDocument<'a> {
    pub json: &'a str,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
}

/// Why a file cannot be read as JSON documents.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// The file holds only white space.
    #[error("it is empty; expected one or more Firehose events as JSON")]
    Empty,
    #[error(
        "it is not UTF-8 text, from byte {at} on{hint}; expected one or more Firehose events as JSON"
    )]
    NotUtf8 { at: usize, hint: &'static str },
    #[error(
        "it is not JSON (line {line}, column {column}); expected one or more Firehose events as JSON"
    )]
    NotJson { line: usize, column: usize },
}

/// Splits a file into its JSON documents, which follow one another with any white space between them.
///
/// # Errors
/// Fails if there is none, or if one is not JSON.
pub fn json_documents(bytes: &[u8]) -> Result<Vec<JsonDocument<'_>>, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 {
        at: error.valid_up_to(),
        hint: if bytes.starts_with(b"\x1f\x8b") {
            " (it is gzip: decompress it with `gzip -dc`)"
        } else {
            ""
        },
    })?;
    let mut documents = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let (mut at, mut line) = (0, 1);
    while let Some(value) = values.next() {
        let json = value
            .map_err(|error| ReadError::NotJson {
                line: error.line(),
                column: error.column(),
            })?
            .get();
        let end = values.byte_offset();
        let start = end - json.len();
        line += text[at..start].matches('\n').count();
        documents.push(JsonDocument { json, line });
        line += json.matches('\n').count();
        at = end;
    }
    if documents.is_empty() {
        Err(ReadError::Empty)
    } else {
        Ok(documents)
    }
}

/// Whether a document is a response, not an event: each of its records has a `result`.
pub fn is_response(json: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Response {
        records: Vec<Record>,
    }
    #[derive(serde::Deserialize)]
    struct Record {
        #[serde(rename = "result")]
        _result: String,
    }
    serde_json::from_str::<Response>(json).is_ok_and(|response| !response.records.is_empty())
}

/// Why a response cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    #[error("it is not a response of the transformer")]
    Shape(#[source] serde_json::Error),
    #[error("the data of record {record} is not base64")]
    Data { record: String },
}

/// What the destination receives for a response: the data of the `Ok` records, concatenated.
///
/// # Errors
/// Fails if `response` is not a response of the transformer.
pub fn delivered(response: &[u8]) -> Result<Vec<u8>, ResponseError> {
    let response: Response = serde_json::from_slice(response).map_err(ResponseError::Shape)?;
    let mut bytes = Vec::new();
    for answer in response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok)
    {
        bytes.extend(answer.bytes().ok_or_else(|| ResponseError::Data {
            record: answer.id.to_string(),
        })?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_may_follow_one_another() {
        let found: Vec<_> = json_documents(b"\n{\"a\":\n1}\n{}{}\n\n[]")
            .unwrap()
            .iter()
            .map(|d| (d.json, d.line))
            .collect();
        assert_eq!(found, [("{\"a\":\n1}", 2), ("{}", 4), ("{}", 4), ("[]", 6)]);
    }

    #[test]
    fn a_response_is_told_from_an_event() {
        assert!(is_response(
            r#"{"records":[{"recordId":"1","result":"Dropped"}]}"#
        ));
        assert!(!is_response(r#"{"records":[{"recordId":"1","data":""}]}"#));
        assert!(!is_response(r#"{"records":[]}"#));
    }

    #[test]
    fn an_error_says_what_the_file_is_instead() {
        assert_eq!(json_documents(b" \n"), Err(ReadError::Empty));
        assert_eq!(
            json_documents(b"{}\n{,}"),
            Err(ReadError::NotJson { line: 2, column: 2 })
        );
        let gzip = json_documents(b"\x1f\x8b\x08").unwrap_err().to_string();
        assert!(gzip.contains("decompress it with `gzip -dc`"), "{gzip}");
    }
}
