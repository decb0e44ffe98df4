//! Carries out a plan: each change after those that it needs, accounts and Regions in parallel, whatever fails elsewhere.

use std::collections::BTreeSet;
use std::error::Error;

use aws_sdk_iam::error::BuildError;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::explain::Spread;
use super::{CallError, Connections, LoginError};
use crate::provision::plan::{Action, Change, ChangeKey, Failure, Outcome, Plan};
use crate::provision::resource::{SubscriptionFilter, Tags};
use queue::{Failed, Queue};

mod account_policy;
mod destination;
mod diagnose;
mod filter;
mod queue;
mod role;
mod stream;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The change's login gives no connection.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// AWS refused the call, or did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A stream takes longer to change than we wait.
    #[error("{resource} is still {status} after {minutes} minutes")]
    StillBusy {
        resource: String,
        status: String,
        minutes: u64,
    },
    /// A stream that we wait for does not exist any more.
    #[error("{resource} is gone: someone deleted it a moment ago")]
    Vanished { resource: String },
    /// The run was interrupted while we waited for a stream.
    #[error("{resource} was still {status} when the run was interrupted")]
    Interrupted { resource: String, status: String },
    /// What we were about to create exists, without our tag.
    #[error("{resource} was created by someone else a moment ago, and is not of this fleet")]
    NotOurs { resource: String },
    /// The log group has as many subscription filters as AWS allows.
    #[error("the log group has no room for our subscription filter beside {}", names(.beside))]
    Full {
        beside: Vec<SubscriptionFilter>,
        #[source]
        source: CallError,
    },
    /// AWS refused the call, and a closer look found out why.
    #[error("{cause}")]
    Diagnosed {
        cause: String,
        hint: String,
        #[source]
        source: CallError,
    },
    /// The SDK needs a field that we did not set.
    #[error("the request is incomplete")]
    Request(#[from] BuildError),
}

impl ApplyError {
    /// What AWS's answer really means, unless the error itself says it.
    fn cause(&self) -> Option<String> {
        match self {
            Self::Call(error) => Some(error.explanation().cause),
            Self::Full { source, .. } => Some(source.explanation().cause),
            Self::Login(_)
            | Self::StillBusy { .. }
            | Self::Vanished { .. }
            | Self::Interrupted { .. }
            | Self::NotOurs { .. }
            | Self::Diagnosed { .. }
            | Self::Request(_) => None,
        }
    }

    /// The cause, if other members most likely fail of it too.
    fn wide_cause(&self) -> Option<String> {
        let Self::Call(error) = self else { return None };
        let explanation = error.explanation();
        (explanation.spread == Spread::Wide).then_some(explanation.cause)
    }

    /// What to do next.
    fn hint(&self) -> String {
        match self {
            Self::Login(error) => error.hint(),
            Self::Call(error) => error.explanation().hint,
            Self::StillBusy { .. } => "wait until it is ACTIVE, then run the same command again".into(),
            Self::Vanished { .. } | Self::Interrupted { .. } => "run the same command again".into(),
            Self::NotOurs { .. } => "run `catchment plan` to see it, and choose another name in the fleet file".into(),
            Self::Full { source, .. } => source.explanation().hint,
            Self::Diagnosed { hint, .. } => hint.clone(),
            Self::Request(_) => "this is a bug in catchment: please report it, with the output of `catchment plan --output json`".into(),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let errors = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
        Self {
            errors: errors.map(ToString::to_string).collect(),
            cause: error.cause(),
            hint: error.hint(),
        }
    }
}

fn names(filters: &[SubscriptionFilter]) -> String {
    let names: Vec<&str> = filters.iter().map(|filter| filter.name.as_str()).collect();
    if names.is_empty() {
        "the existing ones".to_owned()
    } else {
        names.join(", ")
    }
}

/// What happens while a plan is carried out, to be shown.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Began(&'a Change),
    Done(&'a Change),
    Failed(&'a Change, &'a ApplyError),
    NotTried(&'a Change),
}

/// Makes the changes of `plan` that `settled` does not name. If the same cause fails for several members in a row, the others are
/// not tried. After an interrupt, changes in flight are finished and no others begin.
pub async fn apply(
    connections: &Connections,
    plan: &Plan,
    settled: Outcome,
    show: &dyn Fn(Step<'_>),
) -> Outcome {
    let run = connections.run();
    let mut outcome = settled;
    let mut queue = Queue::new(plan);
    let not_tried = |outcome: &mut Outcome, changes: Vec<&Change>, root: &ChangeKey| {
        for change in changes {
            show(Step::NotTried(change));
            outcome.not_tried.insert(change.key.clone(), root.clone());
        }
    };
    let mut done: BTreeSet<ChangeKey> = std::mem::take(&mut outcome.done).into_iter().collect();
    for change in done
        .iter()
        .filter_map(|key| queue.skip(key))
        .collect::<Vec<_>>()
    {
        queue.unblock(change);
    }
    for key in outcome.failed.keys().cloned().collect::<Vec<_>>() {
        if let Some(change) = queue.skip(&key) {
            not_tried(&mut outcome, queue.blocked_by(change), &key);
        }
    }
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < connections.concurrency()
            && !run.is_interrupted()
            && let Some(change) = queue.take()
        {
            show(Step::Began(change));
            running.push(async move { (change, make(connections, change).await) });
        }
        let Some((change, result)) = running.next().await else {
            break;
        };
        match result {
            Ok(()) => {
                show(Step::Done(change));
                queue.done(change);
                done.insert(change.key.clone());
            }
            Err(error) => {
                show(Step::Failed(change, &error));
                // a wait that was cut short does not predict how the others fare
                let cause = error.wide_cause().filter(|_| !run.is_interrupted());
                let failed = queue.failed(change, cause.as_deref());
                if let (
                    Failed {
                        is_hopeless: true, ..
                    },
                    Some(cause),
                ) = (&failed, &cause)
                {
                    run.give_up(&change.region, cause);
                }
                not_tried(&mut outcome, failed.not_tried, &change.key);
                outcome.failed.insert(change.key.clone(), error.into());
            }
        }
    }
    for change in queue.rest() {
        show(Step::NotTried(change));
        outcome.interrupted.insert(change.key.clone());
    }
    let keys = plan.changes.iter().map(|change| &change.key);
    outcome.done = keys.filter(|key| done.contains(key)).cloned().collect();
    outcome
}

/// Makes one change. An earlier try whose answer was lost may have made it already, which is a success.
async fn make(connections: &Connections, change: &Change) -> Result<(), ApplyError> {
    let connection = connections.open(&change.login, &change.region).await?;
    let connection = connection.as_ref();
    match &change.action {
        Action::Stream(name, action) => Box::pin(stream::make(connection, name, action)).await,
        Action::Role(name, action) | Action::MemberRole(_, name, action) => {
            Box::pin(role::make(connection, name, action)).await
        }
        Action::Destination(name, action) => {
            Box::pin(destination::make(connection, name, action)).await
        }
        Action::Filter(_, log_group, action) => {
            Box::pin(filter::make(connection, log_group, action)).await
        }
        Action::AccountPolicy(_, action) => {
            Box::pin(account_policy::make(connection, action)).await
        }
    }
}

/// Nothing is left to do if what was to be deleted is gone already.
fn gone(sent: Result<(), CallError>) -> Result<(), CallError> {
    match sent {
        Err(error) if error.is_not_found() => Ok(()),
        sent => sent,
    }
}

/// Adds each tag to a request.
fn with_tags<Request>(
    request: Request,
    tags: &Tags,
    add: impl Fn(Request, &str, &str) -> Request,
) -> Request {
    tags.iter()
        .fold(request, |request, (key, value)| add(request, key, value))
}
