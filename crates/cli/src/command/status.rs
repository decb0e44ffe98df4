//! `catchment status`: how each thing stands.

use super::Status;
use super::world::{World, block_on};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::status::status;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, a profile of another account.
pub(crate) fn run(args: &args::Status, output: &mut Output) -> anyhow::Result<Status> {
    block_on(async {
        let world = World::open(&args.scope, &args.by_hand).await?;
        let observed = world.observe().await?;
        let status = status(&world.desired, &observed);
        match args.format.output {
            OutputFormat::Json => output.json(&status)?,
            OutputFormat::Text => output.result(output::status::text(&status).as_bytes())?,
        }
        Ok(if status.is_unread() {
            Status::Failed
        } else {
            Status::Done
        })
    })
}
