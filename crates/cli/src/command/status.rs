//! `catchment status`: shows the state of each resource.

use super::operations::exit::ExitStatus;
use super::operations::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::aws::health::health;
use crate::output::document::Document;
use crate::output::{self, Output};
use crate::provision::status::status;

/// Runs the command.
///
/// # Errors
/// Fails if the accounts cannot be observed.
pub(super) fn run(args: &args::Status, output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.outlive_reader();
    block_on(async {
        let session = Session::open(&args.target, None).await?;
        let observed = session.observe().await?;
        let mut status = status(&session.desired, &observed);
        if args.health {
            let reading =
                async { Ok(health(&session.connections, &session.desired, &observed).await) };
            session.progress.begin("reading metrics", 1);
            status.health = session.interrupts.unless_pressed(reading).await?;
        }
        match args.format.output {
            OutputFormat::Json => output.document(Document::Status(&status))?,
            OutputFormat::Text => {
                output.text(&output::status::text(&status, args.shown.detail.into()))?;
            }
        }
        Ok(if status.is_unread() {
            ExitStatus::Failed
        } else if args.exit_code && !status.is_in_sync() {
            ExitStatus::Pending
        } else {
            ExitStatus::Done
        })
    })
}
