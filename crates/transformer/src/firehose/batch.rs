//! A batch as it arrives, read tolerantly: unknown fields and metadata are skipped.

mod walk;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Fields, Object};
use crate::overflow::Target;

/// The event of one invocation, borrowed from its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Firehose's id of this invocation; empty if the event has none.
    pub invocation_id: String,
    /// The ARN of the Firehose stream; empty if the event has none.
    pub delivery_stream_arn: String,
    /// The ARN of the Kinesis stream that the records come from; empty if they were put to the Firehose stream directly.
    pub source_kinesis_stream_arn: String,
    /// The Region of the Firehose stream; empty if the event has none.
    region: String,
    /// The records, to be answered in this order.
    pub records: Vec<Record<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(default)]
    invocation_id: Option<String>,
    #[serde(default)]
    delivery_stream_arn: Option<String>,
    #[serde(default)]
    source_kinesis_stream_arn: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(borrow)]
    records: Vec<Object<WireRecord<'a>>>,
}

#[derive(Deserialize)]
struct WireRecord<'a> {
    #[serde(borrow, rename = "recordId")]
    id: &'a RawValue,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// One record of a batch. Both values stay the JSON that they were: the id is echoed to the letter, and data of a wrong type
/// fails the record, not the batch.
#[derive(Debug, PartialEq, Eq)]
pub struct Record<'a> {
    id: &'a str,
    data: Option<&'a str>,
}

/// Why an event as a whole cannot be answered. No message quotes the event.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BatchError {
    /// The bytes are not UTF-8, hence not JSON.
    #[error("the event is not UTF-8 text from byte {at} on; expected a Firehose event: {EXPECTED}")]
    NotUtf8 {
        /// Offset of the first byte that is not UTF-8.
        at: usize,
    },
    /// The text is not a JSON document.
    #[error(
        "the event is not JSON (line {line}, column {column}); expected a Firehose event: {EXPECTED}"
    )]
    NotJson {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
    },
    /// The text is JSON of another shape.
    #[error("the event is {found}; expected a Firehose event: {EXPECTED}")]
    NotAnEvent {
        /// What the event is instead.
        found: &'static str,
    },
    /// A field of the event is wrong.
    #[error("the event's `{field}` {problem}; expected a Firehose event: {EXPECTED}")]
    Field {
        /// The field, such as `records[3].recordId`.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The shortest possible response is longer than Lambda allows.
    #[error(
        "{records} records cannot be answered in one response: it would take {bytes} bytes even without data, over \
         Lambda's limit of {max}",
        max = crate::limits::RESPONSE_BYTES_MAX
    )]
    TooManyRecords {
        /// Records in the batch.
        records: usize,
        /// Bytes of the shortest possible response.
        bytes: usize,
    },
}

const EXPECTED: &str = r#"{"invocationId": …, "records": [{"recordId": …, "data": …}, …]}"#;

impl<'a> Batch<'a> {
    /// Reads one event.
    ///
    /// # Errors
    /// Fails unless `bytes` is JSON with a list of records that each have an id.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        walk::usual(bytes).map_or_else(|| Self::by_serde_json(bytes), Ok)
    }

    #[cold]
    fn by_serde_json(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let text = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                return Err(BatchError::NotUtf8 {
                    at: error.valid_up_to(),
                });
            }
        };
        let Object(wire) = serde_json::from_str::<Object<Wire<'_>>>(text).map_err(|error| {
            if error.is_data() {
                return wrong_field(text);
            }
            BatchError::NotJson {
                line: error.line(),
                column: error.column(),
            }
        })?;
        Ok(Self {
            invocation_id: wire.invocation_id.unwrap_or_default(),
            delivery_stream_arn: wire.delivery_stream_arn.unwrap_or_default(),
            source_kinesis_stream_arn: wire.source_kinesis_stream_arn.unwrap_or_default(),
            region: wire.region.unwrap_or_default(),
            records: wire
                .records
                .into_iter()
                .map(|Object(record)| Record {
                    id: record.id.get(),
                    data: record.data.map(RawValue::get),
                })
                .collect(),
        })
    }

    /// Where records are put back to: the stream that they came from, or `None` if the event does not name it.
    pub fn source(&self) -> Option<Target> {
        if self.delivery_stream_arn.is_empty() {
            return None;
        }
        Some(if self.source_kinesis_stream_arn.is_empty() {
            Target::Firehose(self.delivery_stream_arn.clone())
        } else {
            Target::Kinesis(self.source_kinesis_stream_arn.clone())
        })
    }

    /// The Region that the batch came through: the event's, or else that of the Firehose stream's ARN.
    pub fn region(&self) -> Option<&str> {
        if !self.region.is_empty() {
            return Some(&self.region);
        }
        self.delivery_stream_arn
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
    }
}

/// Says what is wrong with a JSON text that is not an event, without quoting it.
#[cold]
fn wrong_field(text: &str) -> BatchError {
    let wrong = |field: &str, problem| BatchError::Field {
        field: field.to_owned(),
        problem,
    };
    let Some(event) = Fields::of(text) else {
        return BatchError::NotAnEvent {
            found: "a JSON value that is not an object",
        };
    };
    for name in [
        "invocationId",
        "deliveryStreamArn",
        "sourceKinesisStreamArn",
        "region",
    ] {
        match (event.all(name).count(), event.only(name)) {
            (0, _) => {}
            (_, None) => return wrong(name, "occurs twice"),
            (_, Some(json)) if json == "null" || json.starts_with('"') => {}
            _ => return wrong(name, "is not a string"),
        }
    }
    let Some(records) = event.only("records") else {
        return match event.all("records").count() {
            0 => BatchError::NotAnEvent { found: found(text) },
            _ => wrong("records", "occurs twice"),
        };
    };
    let Ok(records) = serde_json::from_str::<Vec<&RawValue>>(records) else {
        return wrong("records", "is not a list");
    };
    for (index, record) in records.iter().enumerate() {
        let Some(record) = Fields::of(record.get()) else {
            return wrong(&format!("records[{index}]"), "is not an object");
        };
        for name in ["recordId", "data"] {
            let problem = match record.all(name).count() {
                0 if name == "recordId" => "is absent",
                0 | 1 => continue,
                _ => "occurs twice",
            };
            return wrong(&format!("records[{index}].{name}"), problem);
        }
    }
    BatchError::NotAnEvent {
        found: "JSON of another shape",
    }
}

/// Says what a JSON object without `records` looks like.
fn found(text: &str) -> &'static str {
    const EVENTS: [(&str, &str); 3] = [
        (
            "\"messageType\"",
            "a CloudWatch Logs subscription message, not wrapped in a batch",
        ),
        (
            "\"awslogs\"",
            "a CloudWatch Logs event for a Lambda function",
        ),
        ("\"Records\"", "an event of another source, with `Records`"),
    ];
    EVENTS
        .iter()
        .find(|(mark, _)| text.contains(mark))
        .map_or("an object without `records`", |(_, what)| what)
}

impl<'a> Record<'a> {
    /// The id as JSON text, quotes included.
    pub fn id_json(&self) -> &'a str {
        self.id
    }

    /// The id as text.
    pub fn id(&self) -> Cow<'a, str> {
        serde_json::from_str(self.id).map_or(Cow::Borrowed(self.id), Cow::Owned)
    }

    /// The base64 text of the data; `None` if the record has no data or the data is not a string.
    pub fn data(&self) -> Option<Cow<'a, str>> {
        let literal = self.data_json()?;
        let inner = &literal[1..literal.len() - 1];
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str(literal).ok().map(Cow::Owned)
    }

    /// The data as the JSON string that it was, quotes included.
    pub(super) fn data_json(&self) -> Option<&'a str> {
        self.data.filter(|json| json.starts_with('"'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_any_shape_is_accepted() {
        for metadata in [
            r#"{"shardId":"s","partitionKey":"k","approximateArrivalTimestamp":1,"sequenceNumber":"9","subsequenceNumber":0}"#,
            r#"{"shardId":"s","partitionKey":"k","approximateArrivalTimestamp":"2012-04-23T18:25:43.511Z","subsequenceNumber":""}"#,
            "null",
            "{}",
        ] {
            let event = format!(
                r#"{{"invocationId":"i","sourceKinesisStreamArn":"a","region":"us-west-2","later":[1],"records":[
                    {{"recordId":"1","data":"aGk=","approximateArrivalTimestamp":"","kinesisRecordMetadata":{metadata}}}]}}"#
            );
            let batch = Batch::parse(event.as_bytes()).unwrap();
            assert_eq!(batch.records[0].data().as_deref(), Some("aGk="));
            assert_eq!(batch.region(), Some("us-west-2"));
        }
    }

    #[test]
    fn the_region_follows_from_the_arn_if_the_event_has_none() {
        let event = br#"{"deliveryStreamArn":"arn:aws:firehose:eu-west-1:999988887777:deliverystream/x","records":[]}"#;
        assert_eq!(Batch::parse(event).unwrap().region(), Some("eu-west-1"));
        assert_eq!(Batch::parse(br#"{"records":[]}"#).unwrap().region(), None);
    }

    #[test]
    fn data_may_be_escaped_of_another_type_or_absent() {
        let event = br#"{"records":[{"recordId":"1","data":"a\/b="},{"recordId":2,"data":7},{"recordId":"3"}]}"#;
        let batch = Batch::parse(event).unwrap();
        assert_eq!(batch.records[0].data().as_deref(), Some("a/b="));
        assert_eq!(batch.records[1].data(), None);
        assert_eq!(batch.records[1].id_json(), "2");
        assert_eq!(batch.records[2].data(), None);
    }

    #[test]
    fn fields_that_are_null_are_absent() {
        let event = br#"{"invocationId":null,"deliveryStreamArn":null,"sourceKinesisStreamArn":null,"region":null,"records":[]}"#;
        let batch = Batch::parse(event).unwrap();
        assert_eq!((batch.invocation_id.as_str(), batch.region()), ("", None));
        let event =
            br#"{"deliveryStreamArn":"arn:aws:firehose:eu-west-1:9:x","region":null,"records":[]}"#;
        assert_eq!(Batch::parse(event).unwrap().region(), Some("eu-west-1"));
    }

    #[test]
    fn an_error_names_what_is_wrong_and_does_not_quote_it() {
        for (event, expected) in [
            ("[1]", "a JSON value that is not an object"),
            (r#"["i","a","r",[]]"#, "a JSON value that is not an object"),
            (r#"{"a":"secret"}"#, "an object without `records`"),
            (r#"{"records":"secret"}"#, "`records` is not a list"),
            (r#"{"records":null}"#, "`records` is not a list"),
            (
                r#"{"region":"a","invocationId":null,"records":7}"#,
                "`records` is not a list",
            ),
            (r#"{"records":[],"records":[]}"#, "`records` occurs twice"),
            (r#"{"region":7,"records":[]}"#, "`region` is not a string"),
            (
                r#"{"invocationId":{},"records":[]}"#,
                "`invocationId` is not a string",
            ),
            (
                r#"{"deliveryStreamArn":[],"records":[]}"#,
                "`deliveryStreamArn` is not a string",
            ),
            (
                r#"{"sourceKinesisStreamArn":7,"records":[]}"#,
                "`sourceKinesisStreamArn` is not a string",
            ),
            (
                r#"{"region":"a","region":"b","records":[]}"#,
                "`region` occurs twice",
            ),
            (
                r#"{"records":[{"recordId":"1"},{"data":"secret"}]}"#,
                "`records[1].recordId` is absent",
            ),
            (
                r#"{"records":[{"recordId":"1","recordId":"1"}]}"#,
                "`records[0].recordId` occurs twice",
            ),
            (
                r#"{"records":[{"recordId":"1","data":"","data":""}]}"#,
                "`records[0].data` occurs twice",
            ),
            (
                r#"{"records":[["1","secret"]]}"#,
                "`records[0]` is not an object",
            ),
            (r#"{"records":[null]}"#, "`records[0]` is not an object"),
            (
                r#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#,
                "not wrapped in a batch",
            ),
            (r#"{"records":[secret]}"#, "not JSON (line 1, column"),
            ("", "not JSON (line 1, column 0)"),
        ] {
            let text = Batch::parse(event.as_bytes()).unwrap_err().to_string();
            assert!(text.contains(expected), "{event}: {text}");
            assert!(!text.contains("secret"), "{text}");
        }
        assert_eq!(
            Batch::parse(b"{\"\xff\"}").unwrap_err(),
            BatchError::NotUtf8 { at: 2 }
        );
    }
}
