//! `catchment plan`: shows what `apply` would change.

use super::operations::exit::{ExitStatus, is_unmade, is_unread};
use super::operations::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::output::{self, Output};
use crate::provision::plan::{Consent, plan};

/// Runs the command.
///
/// # Errors
/// Fails if the accounts cannot be observed.
pub(super) fn run(args: &args::Plan, output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.outlive_reader();
    block_on(async {
        let session = Session::open(&args.target, None).await?;
        let plan = plan(
            &session.desired,
            &session.observe().await?,
            consent(args.consent),
        );
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

/// What the flags allow that a plan does not do by itself.
pub(super) fn consent(args::Consent { prune, take_over }: args::Consent) -> Consent {
    Consent { prune, take_over }
}
