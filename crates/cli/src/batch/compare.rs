//! Answers compared with recorded ones, opened first so that a difference is one of log events.

use std::fmt::Write;

use catchment_transformer::firehose::{Answer, Response};
use similar::TextDiff;

use super::AnswerError;

/// The difference between recorded and given answers as a unified diff; empty where there is none.
///
/// # Errors
/// [`AnswerError`] where a recorded answer is no response.
pub fn difference(recorded: &[String], given: &[Vec<u8>]) -> Result<String, AnswerError> {
    let recorded = readable(recorded.iter().map(String::as_bytes))?;
    let given = readable(given.iter().map(Vec::as_slice))?;
    let diff = TextDiff::from_lines(&recorded, &given);
    Ok(diff.unified_diff().header("recorded", "given").to_string())
}

/// Responses as lines for a person: nothing is left out, and data is opened where it is text.
fn readable<'a>(responses: impl Iterator<Item = &'a [u8]>) -> Result<String, AnswerError> {
    let mut text = String::new();
    for (index, response) in responses.enumerate() {
        let response: Response = serde_json::from_slice(response).map_err(AnswerError::Shape)?;
        for answer in &response.records {
            // Writing to a String does not fail.
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
    fn equal_answers_have_no_difference() {
        let answer = response("x\ny\n", "");
        assert_eq!(
            difference(
                std::slice::from_ref(&answer),
                &[answer.clone().into_bytes()]
            )
            .unwrap(),
            ""
        );
    }

    #[test]
    fn a_difference_is_one_of_log_events() {
        let (recorded, given) = (
            response("x\ny\n", ""),
            response("x\nz\n", r#","metadata":{"partitionKeys":{"a":"b"}}"#),
        );
        insta::assert_snapshot!(difference(&[recorded], &[given.into_bytes()]).unwrap());
    }

    #[test]
    fn a_missing_answer_is_a_difference() {
        let answer = response("x\n", "");
        assert!(
            !difference(&[answer.clone(), answer.clone()], &[answer.into_bytes()])
                .unwrap()
                .is_empty()
        );
    }
}
