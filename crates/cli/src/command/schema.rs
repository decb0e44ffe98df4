//! `catchment schema`: prints the JSON Schema of what the other commands print with `--output json`.

use super::operations::exit::ExitStatus;
use crate::output::Output;
use crate::output::document::schema;

/// Runs the command.
///
/// # Errors
/// Fails if standard output cannot be written to.
pub(super) fn run(output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.json(&schema())?;
    Ok(ExitStatus::Done)
}
