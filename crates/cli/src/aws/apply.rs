//! Carries out a plan: each change after those that it needs, accounts and Regions side by side, whatever fails elsewhere.

use std::collections::BTreeSet;
use std::error::Error;

use aws_sdk_iam::error::BuildError;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{CallError, Connections, LoginError};
use crate::provision::name::{AccountId, Region};
use crate::provision::plan::{Action, Change, ChangeKey, Failure, Outcome, Plan};
use crate::provision::resource::{ResourceAddress, SubscriptionFilter};

mod destination;
mod diagnose;
mod filter;
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
            | Self::NotOurs { .. }
            | Self::Diagnosed { .. }
            | Self::Request(_) => None,
        }
    }

    /// What to do next.
    fn hint(&self) -> String {
        match self {
            Self::Login(error) => error.hint(),
            Self::Call(error) => error.explanation().hint,
            Self::StillBusy { .. } => "wait until it is ACTIVE, then run the same command again".into(),
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

/// Makes the changes of `plan`. One at a time in each account and Region, because CloudWatch Logs refuses a second writer of a
/// log group.
pub async fn apply(connections: &Connections, plan: &Plan, show: &dyn Fn(Step<'_>)) -> Outcome {
    let mut outcome = Outcome::default();
    let mut waiting: Vec<(&Change, Lane)> = plan.changes.iter().map(lane).collect();
    let mut done: BTreeSet<&ChangeKey> = BTreeSet::new();
    let mut busy: BTreeSet<Lane> = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|(change, _)| {
            let failed = |key: &&ChangeKey| {
                outcome.failed.contains_key(*key) || outcome.not_tried.contains_key(*key)
            };
            let Some(first) = change.needs.iter().find(failed) else {
                return true;
            };
            let root = outcome.not_tried.get(first).unwrap_or(first).clone();
            show(Step::NotTried(change));
            outcome.not_tried.insert(change.key.clone(), root);
            false
        });
        waiting.retain(|(change, lane)| {
            let is_ready = change.needs.iter().all(|need| done.contains(need));
            if !is_ready || busy.contains(lane) {
                return true;
            }
            show(Step::Began(change));
            busy.insert(lane.clone());
            let (change, lane) = (*change, lane.clone());
            running.push(async move { (change, lane, make(connections, change).await) });
            false
        });
        let Some((change, lane, result)) = running.next().await else {
            break;
        };
        busy.remove(&lane);
        match result {
            Ok(()) => {
                show(Step::Done(change));
                done.insert(&change.key);
            }
            Err(error) => {
                show(Step::Failed(change, &error));
                outcome.failed.insert(change.key.clone(), error.into());
            }
        }
    }
    let keys = plan.changes.iter().map(|change| &change.key);
    outcome.done = keys.filter(|key| done.contains(key)).cloned().collect();
    outcome
}

/// Where changes are made one at a time. Roles have no Region, and so a lane of their own; so have streams, whose changes take
/// minutes and hold up nothing that does not need them.
type Lane = (AccountId, Option<Region>, bool);

fn lane(change: &Change) -> (&Change, Lane) {
    let ResourceAddress {
        account, region, ..
    } = change.address();
    let is_stream = matches!(change.action, Action::Stream(..));
    (change, (account, region, is_stream))
}

/// Makes one change. An earlier try whose answer was lost may have made it already, which is a success.
async fn make(connections: &Connections, change: &Change) -> Result<(), ApplyError> {
    let connection = connections.open(&change.login, &change.region).await?;
    let connection = connection.as_ref();
    match &change.action {
        Action::Stream(name, action) => Box::pin(stream::make(connection, name, action)).await,
        Action::Role(name, action) => Box::pin(role::make(connection, name, action)).await,
        Action::Destination(name, action) => {
            Box::pin(destination::make(connection, name, action)).await
        }
        Action::Filter(_, log_group, action) => {
            Box::pin(filter::make(connection, log_group, action)).await
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
