//! Environment variables, as AWS's tools read them: an empty one counts as not set.

/// The value of an environment variable.
#[expect(
    clippy::disallowed_methods,
    reason = "AWS's tools are set up through the environment"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
