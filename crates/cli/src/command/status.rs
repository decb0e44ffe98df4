//! `catchment status`: how each thing stands.

use super::ExitStatus;
use super::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::provision::status::status;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, a profile of another account.
pub(super) fn run(args: &args::Status, output: &mut Output) -> anyhow::Result<ExitStatus> {
    block_on(async {
        let world = Session::open(&args.scope, &args.by_hand).await?;
        let observed = world.observe().await?;
        let status = status(&world.desired, &observed);
        match args.format.output {
            OutputFormat::Json => output.json(&status)?,
            OutputFormat::Text => output.result(output::status::text(&status).as_bytes())?,
        }
        Ok(if status.is_unread() {
            ExitStatus::Failed
        } else {
            ExitStatus::Done
        })
    })
}
