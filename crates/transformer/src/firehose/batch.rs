//! A batch as it arrives, read tolerantly: unknown fields and metadata are skipped.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The event of one invocation, borrowed from its text.
#[derive(Debug, Deserialize)]
pub struct Batch<'a> {
    /// Firehose's id of this invocation; empty if the event has none.
    #[serde(borrow, default, rename = "invocationId")]
    pub invocation_id: Cow<'a, str>,
    /// The ARN of the Firehose stream; empty if the event has none.
    #[serde(borrow, default, rename = "deliveryStreamArn")]
    pub delivery_stream_arn: Cow<'a, str>,
    /// The Region of the Firehose stream; empty if the event has none.
    #[serde(borrow, default)]
    region: Cow<'a, str>,
    /// The records, to be answered in this order.
    #[serde(borrow)]
    pub records: Vec<Record<'a>>,
}

/// One record of a batch. Both values stay the JSON that they were: the id is echoed to the letter, and data of a wrong type
/// fails the record, not the batch.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    #[serde(borrow, rename = "recordId")]
    id: &'a RawValue,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
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
    #[error(
        "the event is {found} (line {line}, column {column}); expected a Firehose event: {EXPECTED}"
    )]
    NotAnEvent {
        /// What the event is instead.
        found: &'static str,
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1.
        column: usize,
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
        let text = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                return Err(BatchError::NotUtf8 {
                    at: error.valid_up_to(),
                });
            }
        };
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            if error.is_data() {
                BatchError::NotAnEvent {
                    found: found(text),
                    line,
                    column,
                }
            } else {
                BatchError::NotJson { line, column }
            }
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

/// Says what a JSON text looks like that is not an event, without quoting it.
fn found(text: &str) -> &'static str {
    const EVENTS: [(&str, &str); 5] = [
        (
            "\"messageType\"",
            "a CloudWatch Logs subscription message, not wrapped in a batch",
        ),
        (
            "\"awslogs\"",
            "a CloudWatch Logs event for a Lambda function",
        ),
        ("\"Records\"", "an event of another source, with `Records`"),
        (
            "\"result\"",
            "a response to a batch, or a batch whose records have no `recordId`",
        ),
        (
            "\"records\"",
            "an object whose `records` is not a list of objects with a `recordId`",
        ),
    ];
    if !text.trim_start().starts_with('{') {
        return "a JSON value that is not an object";
    }
    EVENTS
        .iter()
        .find(|(mark, _)| text.contains(mark))
        .map_or("an object without `records`", |(_, what)| what)
}

impl<'a> Record<'a> {
    /// The id as JSON text, quotes included.
    pub fn id_json(&self) -> &'a str {
        self.id.get()
    }

    /// The id as text.
    pub fn id(&self) -> Cow<'a, str> {
        serde_json::from_str(self.id.get()).map_or(Cow::Borrowed(self.id.get()), Cow::Owned)
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
        self.data
            .map(RawValue::get)
            .filter(|json| json.starts_with('"'))
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
    fn an_error_says_what_was_found_and_does_not_quote_it() {
        for (event, expected) in [
            ("[1]", "a JSON value that is not an object"),
            (r#"{"a":"secret"}"#, "an object without `records`"),
            (r#"{"records":"secret"}"#, "whose `records` is not a list"),
            (
                r#"{"records":[{"data":"secret"}]}"#,
                "whose `records` is not a list of objects with a `recordId`",
            ),
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
