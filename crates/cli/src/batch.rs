//! Captured batches, error output and subscription messages: reading them, and what their responses deliver.

pub mod capture;
pub mod compare;
pub mod documents;
pub mod explain;
pub mod input;
pub mod ledger;
pub mod mask;
pub mod parcel;
pub mod peek;
pub mod summary;

use catchment_transformer::firehose::{Answer, RecordResult, Response};

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
    data_of(response, Answer::bytes)
}

/// The same, decompressed.
///
/// # Errors
/// Fails if `response` is not a response of the transformer.
pub fn opened(response: &[u8]) -> Result<Vec<u8>, ResponseError> {
    data_of(response, Answer::opened)
}

fn data_of(
    response: &[u8],
    data: impl Fn(&Answer) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, ResponseError> {
    let response: Response = serde_json::from_slice(response).map_err(ResponseError::Shape)?;
    let mut bytes = Vec::new();
    for answer in response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok)
    {
        bytes.extend(data(answer).ok_or_else(|| ResponseError::Data {
            record: answer.id.to_string(),
        })?);
    }
    Ok(bytes)
}
