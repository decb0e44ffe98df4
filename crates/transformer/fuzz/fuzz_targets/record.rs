//! Any bytes as a record's data, and as the text inside one: no panic, one honest answer, and a reader that agrees with serde_json.

#![no_main]

use std::cell::RefCell;

use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::limits::RESPONSE_BYTES_MAX;
use catchment_transformer::subscription::agrees_with_serde_json;
use catchment_transformer::{Settings, Transformer};
use libfuzzer_sys::fuzz_target;

const REDACT: &str = r#"[{"source":"vpc-flow-logs","fields":["srcaddr","account-id"],"action":"hash"},
    {"source":"cloudtrail","fields":["userIdentity.userName","resources.ARN"],"action":"hash"},
    {"source":"guardduty","fields":["detail.resource"],"action":"mask"}]"#;

/// No rule names what is redacted.
const RULES: &str = r#"[{"name":"flow","source":"vpc-flow-logs","action":"drop","detection":{"s":{"action":"ACCEPT","bytes|lt":100},"condition":"s"}},
    {"name":"trail","source":"cloudtrail","action":"sample","rate":2,"detection":{"s":{"eventName|exists":true},"condition":"s"}}]"#;

const SETTINGS: [(&str, &str, &str, &str, &str); 11] = [
    ("events", "none", "none", "account,region,source,class,log_group,year,month,day,hour", ""),
    ("document", "none", "none", "", ""),
    ("message", "none", "none", "", ""),
    ("events", "none", "gzip", "account", ""),
    ("events", "native", "none", "", ""),
    ("events", "ecs", "none", "", ""),
    ("events", "ocsf-1.1", "none", "class", ""),
    ("events", "ocsf-1.5", "none", "class", ""),
    ("events", "native", "none", "", REDACT),
    ("events", "ecs", "none", "", REDACT),
    ("document", "none", "gzip", "", REDACT),
];

thread_local! {
    static TRANSFORMERS: RefCell<Vec<Transformer>> = RefCell::new(
        SETTINGS
            .iter()
            .map(|(format, schema, compression, keys, redact)| {
                let settings = Settings::from_pairs([
                    ("CATCHMENT_FORMAT", *format),
                    ("CATCHMENT_SCHEMA", *schema),
                    ("CATCHMENT_COMPRESSION", *compression),
                    ("CATCHMENT_PARTITION_KEYS", *keys),
                    ("CATCHMENT_REDACT", *redact),
                    // Only lines of the format `events` are judged.
                    ("CATCHMENT_RULES", if redact.is_empty() || *format != "events" { "" } else { RULES }),
                    ("CATCHMENT_REDACT_KEY", "0123456789abcdef0123456789abcdef"),
                    ("CATCHMENT_MAX_DECODED_MIB", "1"),
                ]);
                Transformer::new(settings.expect("good settings"))
            })
            .collect(),
    );
}

fuzz_target!(|bytes: &[u8]| {
    assert!(agrees_with_serde_json(bytes));
    let data = base64_simd::STANDARD.encode_to_string(bytes);
    let event = format!(r#"{{"records":[{{"recordId":"1","data":"{data}"}}]}}"#);
    TRANSFORMERS.with_borrow_mut(|transformers| {
        for (transformer, (format, schema, compression, ..)) in transformers.iter_mut().zip(SETTINGS) {
            let transformed = transformer.transform(event.as_bytes()).expect("an event");
            assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
            let response: Response = serde_json::from_slice(&transformed.response).expect("a response");
            let [answer] = &response.records[..] else { panic!("{} answers", response.records.len()) };
            match answer.result {
                RecordResult::Ok => {
                    let opened = answer.opened().expect("output that opens");
                    assert_eq!(opened.last(), Some(&b'\n'), "{format} {schema} {compression}");
                    if format != "message" {
                        for line in opened.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                            serde_json::from_slice::<&serde_json::value::RawValue>(line).expect("a line of JSON");
                        }
                    }
                }
                RecordResult::Dropped => assert_eq!(answer.data, None),
                RecordResult::ProcessingFailed => assert_eq!(answer.data.as_deref(), Some(data.as_str())),
            }
        }
    });
});
