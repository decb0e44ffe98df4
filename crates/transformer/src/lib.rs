//! The transformer of Catchment: a batch of Firehose records in, one answer per record out.
//!
//! Firehose calls a Lambda with a batch of records that CloudWatch Logs put into a Kinesis stream: gzipped subscription
//! messages in base64. The transformer opens each and returns its log events in the form that the destination wants.
//!
//! One record in the default format:
//! ```
//! use catchment_transformer::{Settings, Transformer};
//!
//! let message = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"CloudTrail/member_account_1",
//!     "logStream":"111122223333_CloudTrail_us-west-2","subscriptionFilters":["catchment"],
//!     "logEvents":[{"id":"37","timestamp":1696086922000,"message":"{\"eventVersion\":\"1.08\"}"}]}"#;
//! let data = base64_simd::STANDARD.encode_to_string(message);
//! let event = format!(r#"{{"invocationId":"i","region":"us-west-2","records":[{{"recordId":"1","data":"{data}"}}]}}"#);
//!
//! let transformed = Transformer::new(Settings::default()).transform(event.as_bytes())?;
//! let line = r#"{"timestamp":"2023-09-30T15:15:22.000Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"CloudTrail/member_account_1","log_stream":"111122223333_CloudTrail_us-west-2","id":"37","message":"{\"eventVersion\":\"1.08\"}"}"#;
//! let line = base64_simd::STANDARD.encode_to_string(format!("{line}\n"));
//! assert_eq!(
//!     String::from_utf8(transformed.response)?,
//!     format!(r#"{{"records":[{{"recordId":"1","result":"Ok","data":"{line}"}}]}}"#),
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Without the feature `lambda` the library does no I/O and reads neither clock nor environment: the same event and
//! settings give the same answer.

pub mod firehose;
pub mod subscription;

pub mod limits;
pub mod overflow;
pub mod redact;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod source;

mod buffer;
mod json;
mod output;
mod timestamp;

#[cfg(feature = "lambda")]
pub mod lambda;

pub use firehose::{Transformed, Transformer};
pub use settings::Settings;
