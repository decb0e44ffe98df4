//! `catchment policies`: every document as it would be attached, and what each operator needs.

use super::{ExitStatus, fleet};
use crate::args::{self, OutputFormat};
use crate::output::Output;
use crate::provision::desired::{NamedDocument, documents};

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used.
pub(super) fn run(args: &args::Policies, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let desired = fleet::desired(&args.fleet, args.logging, &args.members)?;
    let documents = documents(&desired)?;
    match args.format.output {
        OutputFormat::Json => output.json(&documents)?,
        OutputFormat::Text => {
            for NamedDocument {
                party,
                title,
                document,
            } in &documents
            {
                output.result(format!("# {party}: {title}\n").as_bytes())?;
                output.result(document.to_pretty_json().as_bytes())?;
                output.result(b"\n\n")?;
            }
        }
    }
    Ok(ExitStatus::Done)
}
