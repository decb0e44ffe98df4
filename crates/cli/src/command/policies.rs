//! `catchment policies`: every document as it would be attached, and what each operator needs.

use super::{Status, fleet};
use crate::args::{self, OutputFormat};
use crate::desired::{NamedDocument, documents};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used.
pub(crate) fn run(args: &args::Policies, output: &mut Output) -> anyhow::Result<Status> {
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
    Ok(Status::Done)
}
