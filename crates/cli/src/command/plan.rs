//! `catchment plan`: what would be changed.

use super::world::{World, block_on};
use super::{Status, is_unmade, is_unread};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::plan::plan;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, a profile of another account.
pub(crate) fn run(args: &args::Plan, output: &mut Output) -> anyhow::Result<Status> {
    block_on(async {
        let world = World::open(&args.scope, &args.by_hand).await?;
        let observed = world.observe().await?;
        let plan = plan(&world.desired, &observed);
        match args.format.output {
            OutputFormat::Json => output.json(&plan)?,
            OutputFormat::Text => output.result(output::plan::text(&plan).as_bytes())?,
        }
        let fails = if args.exit_code { is_unmade } else { is_unread };
        Ok(if plan.declined.iter().any(fails) {
            Status::Failed
        } else if args.exit_code && !plan.is_empty() {
            Status::Pending
        } else {
            Status::Done
        })
    })
}
