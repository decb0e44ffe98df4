//! Plans, shows the plan, asks for confirmation, applies, and reports: `apply` and `destroy`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::pin::pin;

use anyhow::Context;
use tokio::time::{Instant, interval};

use super::exit::{ExitStatus, Usage};
use super::interrupt::Interrupted;
use super::purpose::Purpose;
use super::recheck::{changing, merged, recheck};
use super::saved::SavedPlan;
use super::session::{Session, TICK, block_on, duration};
use crate::args::{self, OutputFormat};
use crate::aws::apply::{Step, apply};
use crate::aws::{Run, Waiting};
use crate::output::document::Document;
use crate::output::{self, Detail, Output};
use crate::provision::plan::{Change, ChangeKey, Outcome, Plan};
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
    /// Runs the command. It goes on if the reader of the result goes away, as `head` does.
    ///
    /// # Errors
    /// Fails if it may not ask for confirmation, or if Ctrl-C is pressed before the first change. A change that fails is an entry
    /// in the report, not an error.
    pub(crate) fn run(self, output: &mut Output) -> anyhow::Result<ExitStatus> {
        let yes = self.flags.yes;
        if !yes && !Output::is_interactive() {
            return Err(Usage(
                "cannot ask for confirmation without a terminal; pass --yes to make the changes"
                    .into(),
            )
            .into());
        }
        output.outlive_reader();
        block_on(async {
            let target = match &self.saved {
                Some(saved) => &saved.target(&self.flags.target)?,
                None => &self.flags.target,
            };
            let session = Session::open(target, Some(&self.purpose)).await?;
            let observed = session.observe().await?;
            let plan = self.purpose.plan(&session.desired, &observed);
            if let Some(saved) = &self.saved {
                saved.check(&plan)?;
            }
            if self.format() == OutputFormat::Text {
                output.text(&output::plan::text(&plan, self.detail()))?;
            }
            if plan.is_empty() {
                return self.report(&session, &plan, &Outcome::default(), output);
            }
            if !yes && !self.is_confirmed(&session, &plan, output).await? {
                output.note("nothing was changed")?;
                return Ok(ExitStatus::Failed);
            }
            // progress bypasses `output`, so the plan has to be written first
            output.finish()?;
            let again = changing(&session.desired, &plan);
            let again = session.observe_part(&again).await?;
            let now = self
                .purpose
                .plan(&session.desired, &merged(observed, again));
            let (plan, settled) = recheck(&plan, now);
            let outcome = make_changes(&session, &plan, settled).await?;
            self.report(&session, &plan, &outcome, output)
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
        session: &Session,
        plan: &Plan,
        outcome: &Outcome,
        output: &mut Output,
    ) -> anyhow::Result<ExitStatus> {
        let failing = plan.declined.iter().filter(|one| self.purpose.fails()(one));
        let failing: Vec<_> = failing.collect();
        let text = output::outcome::text(plan, outcome, &failing);
        match self.format() {
            OutputFormat::Json => output.document(Document::Report { plan, outcome })?,
            OutputFormat::Text => output.text(&text)?,
        }
        output.finish()?;
        if output.is_unread() {
            output.note(text.trim_end())?;
        }
        let is_left = outcome.done.len() < plan.changes.len();
        Ok(if is_left && session.connections.run().is_interrupted() {
            ExitStatus::Interrupted
        } else {
            ExitStatus::of_success(!is_left && failing.is_empty())
        })
    }

    /// Asks on the terminal. With JSON output, the plan has not been shown yet.
    async fn is_confirmed(
        &self,
        session: &Session,
        plan: &Plan,
        output: &mut Output,
    ) -> anyhow::Result<bool> {
        if self.format() == OutputFormat::Json {
            output.note(output::plan::text(plan, self.detail()).trim_end())?;
        }
        output.question(&format!("{} [y/N]", self.question))?;
        // on a thread of its own, so that Ctrl-C is noticed
        let answer = async { tokio::task::spawn_blocking(read_answer).await? };
        let answer = session.interrupts.unless_pressed(answer).await;
        if answer.is_err() {
            // the question's line is still open
            output.note("")?;
        }
        Ok(matches!(
            answer?.trim().to_lowercase().as_str(),
            "y" | "yes"
        ))
    }
}

fn read_answer() -> anyhow::Result<String> {
    let mut answer = String::new();
    #[expect(clippy::disallowed_methods, reason = "reads the answer")]
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(answer)
}

/// Makes the changes and shows how far that is. After Ctrl-C no change begins; those in flight are finished.
async fn make_changes(session: &Session, plan: &Plan, settled: Outcome) -> anyhow::Result<Outcome> {
    let Session {
        connections,
        progress,
        interrupts,
        ..
    } = session;
    let (run, total) = (connections.run(), plan.changes.len());
    progress.begin("making changes", total);
    let running: RefCell<BTreeMap<ChangeKey, (String, Instant)>> = RefCell::default();
    let ended = RefCell::new(settled.done.len() + settled.failed.len());
    let end = |word: &str, change: &Change, why: &str| {
        running.borrow_mut().remove(&change.key);
        *ended.borrow_mut() += 1;
        progress.note(&format!(
            "[{}/{total}] {word}: {change}{why}",
            ended.borrow()
        ));
    };
    let show = |step: Step<'_>| match step {
        Step::Began(change) => {
            let began = (brief(change), Instant::now());
            running.borrow_mut().insert(change.key.clone(), began);
        }
        Step::Done(change) => end("done", change, ""),
        Step::Failed(change, error) => end("failed", change, &format!(": {error}")),
        Step::NotTried(change) => end("not tried", change, ""),
    };
    let outcome = {
        let mut work = pin!(apply(connections, plan, settled, &show));
        let mut tick = interval(TICK);
        loop {
            tokio::select! {
                outcome = &mut work => break Ok(outcome),
                () = interrupts.pressed(1), if !run.is_interrupted() => {
                    run.interrupt();
                    progress.note("interrupted: calls in flight finish, no others begin; press Ctrl-C again to end at once");
                }
                () = interrupts.pressed(2) => break Err(Interrupted(
                    "calls in flight were abandoned, and may or may not have been carried out: run `catchment plan` to see",
                )),
                _ = tick.tick() => progress.show(*ended.borrow(), &lines(run, &running.borrow())),
            }
        }
    };
    progress.clear();
    Ok(outcome?)
}

/// A change, its account first, because a terminal may show no more than the beginning.
fn brief(change: &Change) -> String {
    let ResourceAddress {
        party,
        region,
        resource,
        ..
    } = change.address();
    let region = region.map(|region| format!(", {region}"));
    let region = region.unwrap_or_default();
    format!("{party}{region}: {}: {resource}", change.action)
}

/// What goes on: calls that are repeated, then the changes that run, longest first.
fn lines(run: &Run, running: &BTreeMap<ChangeKey, (String, Instant)>) -> Vec<String> {
    let waits = run.repeated().into_iter().map(|wait| {
        let Waiting {
            call,
            cause,
            since,
            at_most,
        } = wait;
        let (since, at_most) = (duration(since), duration(at_most));
        format!("repeating for {since}, at most {at_most}: {call}: {cause}")
    });
    let mut changes: Vec<_> = running.values().collect();
    changes.sort_by_key(|(_, began)| *began);
    let changes = changes
        .into_iter()
        .map(|(change, began)| format!("{} {change}", duration(began.elapsed())));
    waits.chain(changes).collect()
}
