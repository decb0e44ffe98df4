//! `catchment plan`: shows what `apply` would change, or `destroy`, and saves it.

use super::operations::exit::{ExitStatus, is_unread};
use super::operations::purpose::Purpose;
use super::operations::saved::SavedPlan;
use super::operations::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::output::document::Document;
use crate::output::{self, Output};

/// Runs the command.
///
/// # Errors
/// Fails if the accounts cannot be observed.
pub(super) fn run(args: &args::Plan, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let purpose = if args.destroy {
        Purpose::Destroy {
            delete_stream: args.delete_stream,
            accounts: Vec::new(),
        }
    } else {
        let args::Consent { prune, take_over } = args.consent;
        Purpose::Apply { prune, take_over }
    };
    output.outlive_reader();
    block_on(async {
        let session = Session::open(&args.target, Some(&purpose)).await?;
        let plan = purpose.plan(&session.desired, &session.observe().await?);
        match args.format.output {
            OutputFormat::Json => output.document(Document::Plan(&plan))?,
            OutputFormat::Text => {
                output.text(&output::plan::text(&plan, args.shown.detail.into()))?;
            }
        }
        if let Some(path) = &args.out {
            SavedPlan::new(&purpose, &args.target, &plan)?.write(path)?;
            let (path, command) = (path.display(), purpose.command());
            output.note(&format!(
                "saved to {path}; to carry it out, run `catchment {command} {path}`"
            ))?;
        }
        let fails = if args.exit_code {
            purpose.fails()
        } else {
            is_unread
        };
        Ok(if plan.declined.iter().any(fails) {
            ExitStatus::Failed
        } else if args.exit_code && !plan.is_empty() {
            ExitStatus::Pending
        } else {
            ExitStatus::Done
        })
    })
}
