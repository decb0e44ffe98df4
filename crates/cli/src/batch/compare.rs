//! Compares responses with expected ones. Data is decoded first, so that a difference shows log events, not base64.

use std::fmt::Write;

use catchment_transformer::firehose::{Answer, Response};
use similar::TextDiff;

use super::ResponseError;

/// The difference between the expected response to the `index`-th batch, from 0, and the actual one, as a unified diff; empty if
/// there is none.
///
/// # Errors
/// Fails if one of them is not a response of the transformer.
pub fn difference(
    index: usize,
    expected: Option<&[u8]>,
    actual: Option<&[u8]>,
) -> Result<String, ResponseError> {
    if expected == actual {
        return Ok(String::new());
    }
    let readable = |response: Option<&[u8]>| {
        response.map_or(Ok(String::new()), |response| readable(index, response))
    };
    let (expected, actual) = (readable(expected)?, readable(actual)?);
    let diff = TextDiff::from_lines(&expected, &actual);
    Ok(diff.unified_diff().header("expected", "actual").to_string())
}

/// A response as lines. Nothing is left out; data that is not text stays base64.
fn readable(index: usize, response: &[u8]) -> Result<String, ResponseError> {
    let mut text = String::new();
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
        let spaced = response.replace(':', ": ");
        for other in [&response, &spaced] {
            let found = difference(0, Some(response.as_bytes()), Some(other.as_bytes()));
            assert_eq!(found.unwrap(), "");
        }
    }

    #[test]
    fn a_difference_shows_log_events() {
        let (expected, actual) = (
            response("x\ny\n", ""),
            response("x\nz\n", r#","metadata":{"partitionKeys":{"a":"b"}}"#),
        );
        let found = difference(0, Some(expected.as_bytes()), Some(actual.as_bytes()));
        insta::assert_snapshot!(found.unwrap());
    }

    #[test]
    fn a_missing_response_is_a_difference() {
        let response = response("x\n", "");
        let found = difference(0, Some(response.as_bytes()), None).unwrap();
        assert!(found.contains("-batch 1 record"), "{found}");
    }
}
