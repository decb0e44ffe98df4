//! What a document is that `replay` was given, told by its members, and the Firehose event that the transformer gets for it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// An event for the transformer.
#[derive(Debug, PartialEq, Eq)]
pub struct Input {
    /// The Firehose event.
    pub event: String,
    /// What the error output says of its only record; `None` if the document was an event itself.
    pub origin: Option<Origin>,
}

/// What is known of a record that does not come in a Firehose event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// When Firehose received it, in milliseconds since 1970-01-01T00:00:00Z.
    pub arrived: Option<i64>,
    /// Why Firehose wrote it to the error output.
    pub error_code: Option<String>,
    /// Whether it is from the error output, and failed after the transformation, at the destination.
    pub is_after: bool,
}

/// A document that `replay` does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("it is a response, not an event; to compare with it, pass it to --expect")]
    Response,
    #[error("its rawData is not a string")]
    RawData,
}

/// The members by which documents are told. All values stay JSON.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    records: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "rawData")]
    raw_data: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "messageType")]
    message_type: Option<&'a RawValue>,
}

impl Input {
    /// Reads a document: a Firehose event, a line of the error output, or a subscription message. Anything else is left for the
    /// transformer to refuse.
    ///
    /// # Errors
    /// Fails for a response, and for error output without data.
    pub fn of(json: String) -> Result<Self, InputError> {
        match serde_json::from_str::<Members<'_>>(&json) {
            Ok(Members {
                records: Some(records),
                ..
            }) if is_answers(records.get()) => Err(InputError::Response),
            Ok(Members {
                records: None,
                raw_data: Some(data),
                ..
            }) => Self::of_error_output(&json, data.get()),
            Ok(Members {
                records: None,
                message_type: Some(_),
                ..
            }) => Ok(Self::of_message(&json)),
            _ => Ok(Self {
                event: json,
                origin: None,
            }),
        }
    }

    /// The fields are those of
    /// <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html> and
    /// <https://docs.aws.amazon.com/firehose/latest/dev/retry.html>; format conversion writes `ErrorCode`.
    fn of_error_output(json: &str, data: &str) -> Result<Self, InputError> {
        if !data.starts_with('"') {
            return Err(InputError::RawData);
        }
        let line: Value = serde_json::from_str(json).unwrap_or_default();
        let text = |name: &str| line[name].as_str().map(ToOwned::to_owned);
        let lambda = text("lambdaArn");
        let region = lambda.as_deref().and_then(|arn| arn.split(':').nth(3));
        Ok(Self {
            event: event(region, data),
            origin: Some(Origin {
                arrived: milliseconds(&line["arrivalTimestamp"]),
                error_code: text("errorCode").or_else(|| text("ErrorCode")),
                is_after: lambda.is_none(),
            }),
        })
    }

    fn of_message(json: &str) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        // writing to a Vec cannot fail
        let _ = gzip.write_all(json.as_bytes());
        let data = base64_turbo::encode(gzip.finish().unwrap_or_default());
        Self {
            event: event(None, &format!("\"{data}\"")),
            origin: Some(Origin::default()),
        }
    }
}

/// An event with one record. `data` is its data as JSON.
fn event(region: Option<&str>, data: &str) -> String {
    let region = json!(region.unwrap_or_default());
    format!(r#"{{"region":{region},"records":[{{"recordId":"1","data":{data}}}]}}"#)
}

/// AWS documents a count of milliseconds for some destinations, and no form for others.
fn milliseconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Whether records are those of a response: each has a `result`.
fn is_answers(records: &str) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "result")]
        _result: String,
    }
    serde_json::from_str::<Vec<Answer>>(records).is_ok_and(|answers| !answers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Input, InputError> {
        Input::of(json.to_owned())
    }

    #[test]
    fn a_response_is_told_from_an_event() {
        let response = r#"{"records":[{"recordId":"1","result":"Dropped"}]}"#;
        assert_eq!(of(response), Err(InputError::Response));
        for event in [
            r#"{"records":[{"recordId":"1","data":""}]}"#,
            r#"{"records":[]}"#,
            r#"{"awslogs":{"data":""}}"#,
            "[]",
        ] {
            let input = of(event).unwrap();
            assert_eq!((input.event.as_str(), input.origin), (event, None));
        }
    }

    #[test]
    fn error_output_becomes_an_event_with_one_record() {
        let line = r#"{"attemptsMade":4,"arrivalTimestamp":1696086923000,"errorCode":"Lambda.FunctionError","errorMessage":"m","attemptEndingTimestamp":1696086924000,"rawData":"H4sI","lambdaArn":"arn:aws:lambda:us-west-2:999988887777:function:t:$LATEST"}"#;
        let input = of(line).unwrap();
        assert_eq!(
            input.event,
            r#"{"region":"us-west-2","records":[{"recordId":"1","data":"H4sI"}]}"#
        );
        assert_eq!(
            input.origin,
            Some(Origin {
                arrived: Some(1_696_086_923_000),
                error_code: Some("Lambda.FunctionError".to_owned()),
                is_after: false,
            })
        );
    }

    #[test]
    fn what_failed_at_the_destination_is_known_as_such_and_wrong_fields_are_tolerated() {
        let line = r#"{"arrivalTimestamp":"1696086923000","errorCode":400,"esIndexName":"i","rawData":""}"#;
        let expected = Origin {
            arrived: Some(1_696_086_923_000),
            error_code: None,
            is_after: true,
        };
        assert_eq!(of(line).unwrap().origin, Some(expected));
        assert_eq!(of(r#"{"rawData":7}"#), Err(InputError::RawData));
    }

    #[test]
    fn a_subscription_message_becomes_the_record_that_it_was() {
        let message = r#"{"messageType":"CONTROL_MESSAGE"}"#;
        let input = of(message).unwrap();
        assert_eq!(input.origin, Some(Origin::default()));
        let event: Value = serde_json::from_str(&input.event).unwrap();
        let data = event["records"][0]["data"].as_str().unwrap();
        let data = base64_simd::STANDARD.decode_to_vec(data).unwrap();
        let mut text = String::new();
        let mut gzip = flate2::bufread::GzDecoder::new(data.as_slice());
        std::io::Read::read_to_string(&mut gzip, &mut text).unwrap();
        assert_eq!(text, message);
    }
}
