//! Any bytes as the text of a record: read as serde_json reads it, and split without changing what is delivered.

#![no_main]

use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::overflow::pieces_of;
use catchment_transformer::subscription::agrees_with_serde_json;
use catchment_transformer::{Settings, Transformer};
use libfuzzer_sys::fuzz_target;

/// What a record with this data delivers, if it delivers anything.
fn delivered(data: &[u8]) -> Option<Vec<u8>> {
    let data = base64_simd::STANDARD.encode_to_string(data);
    let event = format!(r#"{{"records":[{{"recordId":"1","data":"{data}"}}]}}"#);
    let transformed = Transformer::new(Settings::default()).transform(event.as_bytes()).expect("an event");
    let response: Response = serde_json::from_slice(&transformed.response).expect("a response");
    let answer = response.records.first().filter(|answer| answer.result == RecordResult::Ok)?;
    answer.bytes()
}

fuzz_target!(|bytes: &[u8]| {
    assert!(agrees_with_serde_json(bytes));
    if let Some(whole) = delivered(bytes)
        && bytes.starts_with(b"{\"")
        && !bytes.starts_with(b"{\"catchment\"")
    {
        let pieces = pieces_of(bytes).expect("pieces of what can be read");
        let parts: Vec<Vec<u8>> = pieces.iter().map(|piece| delivered(&piece.data()).expect("a piece that delivers")).collect();
        assert_eq!(parts.concat(), whole);
    }
});
