//! `catchment policies`: prints every policy document, and what each operator needs.

use super::operations::exit::ExitStatus;
use super::operations::fleet;
use crate::args::{self, OutputFormat};
use crate::output::Output;
use crate::output::document::Document;
use crate::provision::desired::{NamedDocument, documents, stack_set};

/// Runs the command.
///
/// # Errors
/// Fails if the fleet file is wrong.
pub(super) fn run(args: &args::Policies, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let desired = fleet::desired(&args.scope, None)?;
    if args.stackset {
        let entering = fleet::fleet(&args.scope.fleet)?.logging.account;
        let template = stack_set(&desired, &entering).map_err(fleet::hinted)?;
        let template = serde_json::to_string_pretty(&template)?;
        output.result(format!("{template}\n").as_bytes())?;
        return Ok(ExitStatus::Done);
    }
    let documents = documents(&desired, args.bucket.as_deref())?;
    match args.format.output {
        OutputFormat::Json => output.document(Document::Policies {
            policies: &documents,
        })?,
        OutputFormat::Text => {
            for NamedDocument {
                party,
                title,
                document,
            } in &documents
            {
                let document = document.to_pretty_json();
                output.result(format!("# {party}: {title}\n{document}\n\n").as_bytes())?;
            }
        }
    }
    Ok(ExitStatus::Done)
}
