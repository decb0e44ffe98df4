//! Compares responses with expected ones. Data is decoded first, so that a difference shows log events, not base64.

use std::fmt::Write;

use catchment_transformer::firehose::{Answer, Response};
use similar::TextDiff;

use super::ResponseError;

/// The difference between two lists of responses as a unified diff; empty if there is none.
///
/// # Errors
/// Fails if one of them is not a response of the transformer.
pub fn difference(expected: &[String], actual: &[Vec<u8>]) -> Result<String, ResponseError> {
    let expected = readable(expected.iter().map(String::as_bytes))?;
    let actual = readable(actual.iter().map(Vec::as_slice))?;
    let diff = TextDiff::from_lines(&expected, &actual);
    Ok(diff.unified_diff().header("expected", "actual").to_string())
}

/// Responses as lines. Nothing is left out; data that is not text stays base64.
fn readable<'a>(responses: impl Iterator<Item = &'a [u8]>) -> Result<String, ResponseError> {
    let mut text = String::new();
    for (index, response) in responses.enumerate() {
        let response: Response = serde_json::from_slice(response).map_err(ResponseError::Shape)?;
        for answer in &response.records {
            // writing to a String cannot fail
            let _ = writeln!(
                text,
                "batch {} record {} {:?}",
                index + 1,
                answer.id,
                answer.result
            );
            if let Some(metadata) = &answer.metadata {
                let _ = writeln!(text, "  metadata {metadata}");
            }
            data(answer, &mut text);
        }
    }
    Ok(text)
}

fn data(answer: &Answer, text: &mut String) {
    let Some(data) = &answer.data else { return };
    match answer
        .opened()
        .and_then(|bytes| String::from_utf8(bytes).ok())
    {
        Some(opened) => {
            for line in opened.split_inclusive('\n') {
                let end = if line.ends_with('\n') {
                    ""
                } else {
                    " (no newline)\n"
                };
                let _ = write!(text, "  | {line}{end}");
            }
        }
        None => {
            let _ = writeln!(text, "  base64 {data}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(lines: &str, rest: &str) -> String {
        use base64_simd::STANDARD;
        let data = STANDARD.encode_to_string(lines);
        format!(
            r#"{{"records":[{{"recordId":"a","result":"Ok","data":"{data}"{rest}}},{{"recordId":"b","result":"Dropped"}}]}}"#
        )
    }

    #[test]
    fn equal_responses_have_no_difference() {
        let response = response("x\ny\n", "");
        assert_eq!(
            difference(
                std::slice::from_ref(&response),
                &[response.clone().into_bytes()]
            )
            .unwrap(),
            ""
        );
    }

    #[test]
    fn a_difference_shows_log_events() {
        let (expected, actual) = (
            response("x\ny\n", ""),
            response("x\nz\n", r#","metadata":{"partitionKeys":{"a":"b"}}"#),
        );
        insta::assert_snapshot!(difference(&[expected], &[actual.into_bytes()]).unwrap());
    }

    #[test]
    fn a_missing_response_is_a_difference() {
        let response = response("x\n", "");
        assert!(
            !difference(
                &[response.clone(), response.clone()],
                &[response.into_bytes()]
            )
            .unwrap()
            .is_empty()
        );
    }
}
