//! Why there are no credentials: one sentence, and the next step.

use std::error::Error;
use std::fmt;

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
