//! Why there are no credentials: one sentence, and the next step.

use std::error::Error;
use std::fmt;

use aws_sdk_sts::error::ErrorMetadata;

/// A cause in one sentence, and what to do about it. Cheap to keep: a profile that failed is not tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    sentence: String,
    hint: String,
}

impl Cause {
    pub(in crate::aws) fn new(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            hint: hint.into(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Error for Cause {}

/// What an SDK's error comes to. It wraps the cause in layers that say no more than "dispatch failure" or "an error occurred":
/// the innermost one matters.
pub(in crate::aws) fn innermost(error: &(dyn Error + 'static)) -> String {
    let told = std::iter::successors(Some(error), |&error| error.source())
        .map(told)
        .filter(|told| !told.is_empty())
        .last()
        .unwrap_or_default();
    match told.split_once("Response {") {
        // an HTTP response in Rust's debug form
        Some((before, _)) => before.trim_end_matches(['.', ':', ' ']).to_owned(),
        None => told.trim_end().to_owned(),
    }
}

fn told(error: &(dyn Error + 'static)) -> String {
    // an error that the SDK does not model prints itself in Rust's debug form
    match error.downcast_ref::<ErrorMetadata>() {
        Some(metadata) => [metadata.code(), metadata.message()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": "),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::config::http::HttpResponse;
    use aws_sdk_sts::error::SdkError;
    use aws_sdk_sts::operation::assume_role::AssumeRoleError;

    use super::*;

    #[test]
    fn the_innermost_cause_is_told_and_never_in_rusts_debug_form() {
        let metadata = ErrorMetadata::builder()
            .code("AccessDenied")
            .message("not you")
            .build();
        let error: SdkError<AssumeRoleError, HttpResponse> =
            SdkError::construction_failure(metadata);
        let error: SdkError<AssumeRoleError, HttpResponse> = SdkError::construction_failure(error);
        assert_eq!(innermost(&error), "AccessDenied: not you");

        let error = std::io::Error::other(
            "error response from IMDS (code: 404). Response { status: StatusCode(404), headers: Headers {",
        );
        assert_eq!(innermost(&error), "error response from IMDS (code: 404)");
    }
}
