//! Any bytes as Firehose's event: refused, or one answer to each record, in order, within the limit.

#![no_main]

use catchment_transformer::firehose::{Batch, Response};
use catchment_transformer::limits::RESPONSE_BYTES_MAX;
use catchment_transformer::{Settings, Transformer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let settings = Settings::from_pairs([("CATCHMENT_OVERFLOW", "reingest"), ("CATCHMENT_MAX_DECODED_MIB", "1")]);
    let mut transformer = Transformer::new(settings.expect("good settings"));
    let batch = Batch::parse(bytes);
    let Ok(transformed) = transformer.transform(bytes) else {
        assert!(batch.is_err());
        return;
    };
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
    let response: Response = serde_json::from_slice(&transformed.response).expect("a response");
    let records = batch.expect("an event").records;
    assert_eq!(response.records.len(), records.len());
    for (answer, record) in response.records.iter().zip(&records) {
        // Ids that no program can tell apart, such as numbers beyond a float's range, are echoed to the letter anyway.
        if let serde_json::Value::String(id) = &answer.id {
            assert_eq!(*id, record.id());
        }
    }
});
