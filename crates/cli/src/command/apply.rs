//! `catchment apply`: the plan, shown, agreed to, and carried out.

use std::cell::RefCell;
use std::future::Future;
use std::io::BufRead;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::session::{Session, block_on};
use super::{ExitStatus, Usage, is_unmade};
use crate::args::{self, OutputFormat};
use crate::aws::apply::{Step, apply};
use crate::output::{self, Hinted, Output, Progress};
use crate::provision::desired::Desired;
use crate::provision::observed::Observed;
use crate::provision::plan::{Action, Change, Declined, Outcome, Plan, StreamAction, plan};
use crate::provision::resource::ResourceAddress;

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, a profile of another account, a world that moved. What fails while changes are made is
/// in the report.
pub(super) fn run(args: &args::Apply, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let run = Run {
        question: "Make these changes?",
        yes: args.yes,
        format: args.format.output,
        fails: is_unmade,
    };
    run.carry_out(Session::open(&args.scope, &args.by_hand), output, plan)
}

/// What `apply` and `destroy` do alike.
pub(super) struct Run {
    pub(super) question: &'static str,
    pub(super) yes: bool,
    pub(super) format: OutputFormat,
    /// Which of the things left undone make the run a failure.
    pub(super) fails: fn(&Declined) -> bool,
}

impl Run {
    /// Plans, shows, asks, looks again, and makes the changes.
    pub(super) fn carry_out(
        self,
        world: impl Future<Output = anyhow::Result<Session>>,
        output: &mut Output,
        planner: impl Fn(&Desired, &Observed) -> Plan,
    ) -> anyhow::Result<ExitStatus> {
        if !self.yes && !Output::is_interactive() {
            return Err(Usage(
                "there is no terminal to ask on: --yes makes the changes unasked".into(),
            )
            .into());
        }
        block_on(async {
            let world = world.await?;
            let plan = planner(&world.desired, &world.observe().await?);
            if self.format == OutputFormat::Text {
                output.result(output::plan::text(&plan).as_bytes())?;
            }
            if plan.is_empty() {
                return self.report(&plan, &Outcome::default(), output);
            }
            if !self.yes && !self.agreed(&plan, output)? {
                output.note("nothing was changed")?;
                return Ok(ExitStatus::Failed);
            }
            let now = planner(&world.desired, &world.observe().await?);
            if told(&now) != told(&plan) {
                let error = anyhow!(
                    "the accounts are no longer as the plan shows them; nothing was changed"
                );
                let hint = "run the same command again to see the new plan";
                return Err(Hinted::new(error, hint).into());
            }
            let outcome = make(&world, &now, output).await?;
            self.report(&now, &outcome, output)
        })
    }

    /// Says what was done. What could not be made as the file says is a failure too.
    fn report(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        output: &mut Output,
    ) -> anyhow::Result<ExitStatus> {
        match self.format {
            OutputFormat::Json => output.json(&output::outcome::Document { plan, outcome })?,
            OutputFormat::Text => output.result(output::outcome::text(plan, outcome).as_bytes())?,
        }
        let is_whole = outcome.failed.is_empty() && !plan.declined.iter().any(self.fails);
        Ok(if is_whole {
            ExitStatus::Done
        } else {
            ExitStatus::Failed
        })
    }

    /// Asks on the terminal. Where the result is JSON, the plan has not been seen yet.
    fn agreed(&self, plan: &Plan, output: &mut Output) -> anyhow::Result<bool> {
        if self.format == OutputFormat::Json {
            output.note(output::plan::text(plan).trim_end())?;
        }
        output.question(&format!("{} [y/N]", self.question))?;
        let mut answer = String::new();
        #[expect(clippy::disallowed_methods, reason = "a command asks")]
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .context("cannot read the answer")?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// What a plan says it does. Waiting is not told: a stream that became ACTIVE meanwhile is no world that moved.
fn told(plan: &Plan) -> Vec<(ResourceAddress, &Action)> {
    let waits =
        |change: &&Change| matches!(change.action, Action::Stream(_, StreamAction::Await { .. }));
    let told = plan.changes.iter().filter(|change| !waits(change));
    told.map(|change| (change.address(), &change.action))
        .collect()
}

/// Off a terminal, how often a line says that a run is not dead but waiting: a new role can take AWS minutes.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

async fn make(world: &Session, plan: &Plan, output: &mut Output) -> anyhow::Result<Outcome> {
    // the plan stands above the progress, which is drawn past `output`
    output.finish()?;
    let progress = RefCell::new(Progress::new(plan.changes.len()));
    let written = RefCell::new((output, Ok(())));
    let write = |line: Option<String>| {
        let (output, result) = &mut *written.borrow_mut();
        // the changes go on, whoever reads of them or not
        if let (Some(line), Ok(())) = (line, &result) {
            *result = output.note(&line);
        }
    };
    let end = |word: &str, thing: &str| {
        let line = progress.borrow_mut().ended(word, thing);
        write(line);
    };
    let show = |step: Step<'_>| match step {
        Step::Began(change) => progress.borrow_mut().began(&change.to_string()),
        Step::Done(change) => end("done", &change.to_string()),
        Step::Failed(change, error) => end("failed", &format!("{change}: {error}")),
        Step::NotTried(change) => end("not tried", &change.to_string()),
    };
    let outcome = {
        let mut work = pin!(apply(&world.connections, plan, &show));
        loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = tokio::time::sleep(SIGN_OF_LIFE) => write(progress.borrow().still()),
            }
        }
    };
    drop(progress);
    let (_, result) = written.into_inner();
    result?;
    Ok(outcome)
}
