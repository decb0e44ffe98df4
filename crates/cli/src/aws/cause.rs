//! The cause that matters of an SDK's error, in one sentence.

use std::error::Error;

use aws_sdk_sts::error::ErrorMetadata;

/// Returns the innermost cause of an SDK's error: the layers around it say no more than "dispatch failure" or "an error occurred".
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = std::iter::successors(Some(error), |&error| error.source())
        .map(text_of)
        .filter(|text| !text.is_empty())
        .last()
        .unwrap_or_default();
    match text.split_once("Response {") {
        // an HTTP response in Rust's Debug form
        Some((before, _)) => before.trim_end_matches(['.', ':', ' ']).to_owned(),
        None => text.trim_end().to_owned(),
    }
}

fn text_of(error: &(dyn Error + 'static)) -> String {
    // an error that the SDK does not model prints itself in Rust's Debug form
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
    fn the_innermost_cause_is_returned_without_rusts_debug_form() {
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
