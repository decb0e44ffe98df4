//! What is wrong in a fleet file.

use std::fmt;

/// Every mistake in a fleet file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetError {
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Counted from 1; absent for a flag.
    pub line: Option<usize>,
    /// The key, for example `members[2].account`, or the flag.
    pub key: String,
    /// What is wrong, and what is allowed.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, what } = self;
        if let Some(line) = line {
            write!(f, "line {line}: ")?;
        }
        if key.is_empty() {
            f.write_str(what)
        } else {
            write!(f, "{key}: {what}")
        }
    }
}

impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [one] => write!(f, "{one}"),
            many => {
                write!(f, "{} mistakes", many.len())?;
                many.iter()
                    .try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}

impl std::error::Error for FleetError {}
