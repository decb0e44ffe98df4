//! `catchment plan`: shows what `apply` would change.

use super::operations::exit::{ExitStatus, is_unmade, is_unread};
use super::operations::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::provision::plan::plan;

/// Runs the command.
///
/// # Errors
/// Fails if the accounts cannot be observed.
pub(super) fn run(args: &args::Plan, output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.outlive_reader();
    block_on(async {
        let session = Session::open(&args.target).await?;
        let plan = plan(&session.desired, &session.observe().await?);
        match args.format.output {
            OutputFormat::Json => output.json(&plan)?,
            OutputFormat::Text => output.result(output::plan::text(&plan).as_bytes())?,
        }
        let fails = if args.exit_code { is_unmade } else { is_unread };
        Ok(if plan.declined.iter().any(fails) {
            ExitStatus::Failed
        } else if args.exit_code && !plan.is_empty() {
            ExitStatus::Pending
        } else {
            ExitStatus::Done
        })
    })
}
