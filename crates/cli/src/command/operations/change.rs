//! Plans, shows the plan, asks for confirmation, applies, and reports: `apply` and `destroy`.

use std::cell::RefCell;
use std::io::BufRead;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::exit::{ExitStatus, Usage};
use super::purpose::Purpose;
use super::saved::SavedPlan;
use super::session::{Session, block_on};
use crate::args::{self, OutputFormat};
use crate::aws::apply::{Step, apply};
use crate::output::document::Document;
use crate::output::{self, Detail, Hinted, Output, Progress};
use crate::provision::plan::{Action, Change, Outcome, Plan, StreamAction};
use crate::provision::resource::ResourceAddress;

/// Where `apply` and `destroy` differ.
pub(crate) struct Operation<'a> {
    pub flags: &'a args::Changes,
    pub question: &'static str,
    pub purpose: Purpose,
    /// The plan to carry out, if it was made before.
    pub saved: Option<SavedPlan>,
}

impl Operation<'_> {
    /// Runs the command.
    ///
    /// # Errors
    /// Fails if the accounts cannot be observed, or have changed since the plan was shown. A change that fails is an entry in
    /// the report, not an error.
    pub(crate) fn run(self, output: &mut Output) -> anyhow::Result<ExitStatus> {
        let yes = self.flags.yes;
        if !yes && !Output::is_interactive() {
            return Err(Usage(
                "cannot ask for confirmation without a terminal; pass --yes to make the changes"
                    .into(),
            )
            .into());
        }
        block_on(async {
            let target = match &self.saved {
                Some(saved) => &saved.target(&self.flags.target)?,
                None => &self.flags.target,
            };
            let session = Session::open(target).await?;
            let plan = self
                .purpose
                .plan(&session.desired, &session.observe().await?);
            if let Some(saved) = &self.saved {
                saved.check(&plan)?;
            }
            if self.format() == OutputFormat::Text {
                output.text(&output::plan::text(&plan, self.detail()))?;
            }
            if plan.is_empty() {
                return self.report(&plan, &Outcome::default(), output);
            }
            if !yes && !self.is_confirmed(&plan, output)? {
                output.note("nothing was changed")?;
                return Ok(ExitStatus::Failed);
            }
            let now = self
                .purpose
                .plan(&session.desired, &session.observe().await?);
            if actions(&now) != actions(&plan) {
                let error = anyhow!(
                    "the accounts have changed since the plan was made; nothing was changed"
                );
                let hint = "run the same command again to see the new plan";
                return Err(Hinted::new(error, hint).into());
            }
            let outcome = make_changes(&session, &now, output).await?;
            self.report(&now, &outcome, output)
        })
    }

    fn detail(&self) -> Detail {
        self.flags.shown.detail.into()
    }

    fn format(&self) -> OutputFormat {
        self.flags.format.output
    }

    fn report(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        output: &mut Output,
    ) -> anyhow::Result<ExitStatus> {
        match self.format() {
            OutputFormat::Json => output.document(Document::Report { plan, outcome })?,
            OutputFormat::Text => output.text(&output::outcome::text(plan, outcome))?,
        }
        Ok(ExitStatus::of_success(
            outcome.failed.is_empty() && !plan.declined.iter().any(self.purpose.fails()),
        ))
    }

    /// Asks on the terminal. With JSON output, the plan has not been shown yet.
    fn is_confirmed(&self, plan: &Plan, output: &mut Output) -> anyhow::Result<bool> {
        if self.format() == OutputFormat::Json {
            output.note(output::plan::text(plan, self.detail()).trim_end())?;
        }
        output.question(&format!("{} [y/N]", self.question))?;
        let mut answer = String::new();
        #[expect(clippy::disallowed_methods, reason = "reads the answer")]
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .context("cannot read the answer")?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// The actions that decide whether two plans are the same. Ignores waits: a stream becoming ACTIVE does not invalidate the plan.
fn actions(plan: &Plan) -> Vec<(ResourceAddress, &Action)> {
    let is_wait =
        |change: &&Change| matches!(change.action, Action::Stream(_, StreamAction::Await { .. }));
    let changes = plan.changes.iter().filter(|change| !is_wait(change));
    changes
        .map(|change| (change.address(), &change.action))
        .collect()
}

/// How often to list the running changes off a terminal: AWS can take minutes to accept a new role.
const RUNNING_INTERVAL: Duration = Duration::from_secs(30);

async fn make_changes(
    session: &Session,
    plan: &Plan,
    output: &mut Output,
) -> anyhow::Result<Outcome> {
    // progress bars bypass `output`, so the plan has to be written first
    output.finish()?;
    let progress = RefCell::new(Progress::new(plan.changes.len()));
    let written = RefCell::new((output, Ok(())));
    let write = |line: Option<String>| {
        let (output, result) = &mut *written.borrow_mut();
        // changes continue even if standard error is closed
        if let (Some(line), Ok(())) = (line, &result) {
            *result = output.note(&line);
        }
    };
    let finish = |word: &str, task: &str| {
        let line = progress.borrow_mut().finish(word, task);
        write(line);
    };
    let show = |step: Step<'_>| match step {
        Step::Began(change) => progress.borrow_mut().start(&change.to_string()),
        Step::Done(change) => finish("done", &change.to_string()),
        Step::Failed(change, error) => finish("failed", &format!("{change}: {error}")),
        Step::NotTried(change) => finish("not tried", &change.to_string()),
    };
    let outcome = {
        let mut work = pin!(apply(&session.connections, plan, &show));
        loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = tokio::time::sleep(RUNNING_INTERVAL) => write(progress.borrow().running()),
            }
        }
    };
    drop(progress);
    let (_, result) = written.into_inner();
    result?;
    Ok(outcome)
}
