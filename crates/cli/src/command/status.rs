//! `catchment status`: shows the state of each resource.

use super::operations::exit::ExitStatus;
use super::operations::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::output::document::Document;
use crate::output::{self, Output};
use crate::provision::status::status;

/// Runs the command.
///
/// # Errors
/// Fails if the accounts cannot be observed.
pub(super) fn run(args: &args::Status, output: &mut Output) -> anyhow::Result<ExitStatus> {
    block_on(async {
        let session = Session::open(&args.target).await?;
        let status = status(&session.desired, &session.observe().await?);
        match args.format.output {
            OutputFormat::Json => output.document(Document::Status(&status))?,
            OutputFormat::Text => {
                output.text(&output::status::text(&status, args.shown.detail.into()))?;
            }
        }
        Ok(ExitStatus::of_success(!status.is_unread()))
    })
}
