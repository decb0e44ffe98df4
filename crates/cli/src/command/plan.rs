//! `catchment plan`: what would be changed.

use super::session::{Session, block_on};
use super::{ExitStatus, is_unmade, is_unread};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::provision::plan::plan;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, a profile of another account.
pub(super) fn run(args: &args::Plan, output: &mut Output) -> anyhow::Result<ExitStatus> {
    block_on(async {
        let world = Session::open(&args.scope, &args.by_hand).await?;
        let observed = world.observe().await?;
        let plan = plan(&world.desired, &observed);
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
