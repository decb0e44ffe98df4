//! Carries a plan out: each change after those that it needs, accounts and Regions side by side, past one's failure.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::error::BuildError;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{CallError, Connection, Connections, Login, LoginError};
use crate::provision::desired::Desired;
use crate::provision::name::Region;
use crate::provision::plan::{Action, Change, ChangeKey, Plan};
use crate::provision::resource::{Party, Resource, SubscriptionFilter};

mod diagnose;
mod iam;
mod kinesis;
mod logs;

/// What became of each change of a plan, in the plan's order.
#[derive(Debug, Default)]
pub struct Report {
    pub done: Vec<ChangeKey>,
    pub failed: BTreeMap<ChangeKey, ApplyError>,
    /// Not tried, because of the failure of the change named beside it.
    pub not_tried: BTreeMap<ChangeKey, ChangeKey>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{thing} is still {status} after {minutes} minutes")]
    StillBusy {
        thing: String,
        status: String,
        minutes: u64,
    },
    #[error("{thing} was made by someone else a moment ago, and is not this fleet's")]
    NotOurs { thing: String },
    #[error("the log group has no room for our subscription filter beside {}", names(.beside))]
    Full {
        beside: Vec<SubscriptionFilter>,
        #[source]
        source: CallError,
    },
    #[error("{cause}")]
    Diagnosed {
        cause: String,
        hint: String,
        #[source]
        source: CallError,
    },
    #[error("the request is incomplete")]
    Request(#[from] BuildError),
    #[error("the plan asks for {action} on {thing}, which is no such thing")]
    Mismatch { action: String, thing: String },
}

impl ApplyError {
    /// The true cause, where the error itself is not it.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Call(error) => Some(error.explanation().cause),
            Self::Full { source, .. } => Some(source.explanation().cause),
            Self::Login(_)
            | Self::StillBusy { .. }
            | Self::NotOurs { .. }
            | Self::Diagnosed { .. }
            | Self::Request(_)
            | Self::Mismatch { .. } => None,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Login(error) => error.hint(),
            Self::Call(error) => error.explanation().hint,
            Self::StillBusy { .. } => "wait until it is active, then run the same command again".into(),
            Self::NotOurs { .. } => "run `catchment plan` to see it, and choose another name in the fleet file".into(),
            Self::Full { source, .. } => source.explanation().hint,
            Self::Diagnosed { hint, .. } => hint.clone(),
            Self::Request(_) | Self::Mismatch { .. } => "this is a mistake in catchment: please report it, with the output of `catchment plan --output json`".into(),
        }
    }
}

fn names(filters: &[SubscriptionFilter]) -> String {
    match filters {
        [] => "those that are there".to_owned(),
        filters => filters
            .iter()
            .map(|filter| filter.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What happens while a plan is carried out, for whoever shows it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Began(&'a Change),
    Done(&'a Change),
    Failed(&'a Change, &'a ApplyError),
    NotTried(&'a Change),
}

/// Makes the changes of `plan`. Of one account and Region one at a time: CloudWatch Logs refuses two writers of one log group.
pub async fn apply(
    connections: &Connections,
    desired: &Desired,
    plan: &Plan,
    show: &dyn Fn(Step<'_>),
) -> Report {
    let mut report = Report::default();
    let mut waiting: Vec<&Change> = plan.changes.iter().collect();
    let mut done: BTreeSet<&ChangeKey> = BTreeSet::new();
    let mut busy: BTreeSet<Lane<'_>> = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|change| {
            let failed = |key: &&ChangeKey| {
                report.failed.contains_key(*key) || report.not_tried.contains_key(*key)
            };
            let Some(first) = change.needs.iter().find(failed) else {
                return true;
            };
            let root = report.not_tried.get(first).unwrap_or(first).clone();
            show(Step::NotTried(change));
            report.not_tried.insert(change.key.clone(), root);
            false
        });
        waiting.retain(|&change| {
            let ready =
                change.needs.iter().all(|need| done.contains(need)) && busy.insert(lane(change));
            if ready {
                show(Step::Began(change));
                running.push(async move { (change, make(connections, desired, change).await) });
            }
            !ready
        });
        let Some((change, result)) = running.next().await else {
            break;
        };
        busy.remove(&lane(change));
        match result {
            Ok(()) => {
                show(Step::Done(change));
                done.insert(&change.key);
            }
            Err(error) => {
                show(Step::Failed(change, &error));
                report.failed.insert(change.key.clone(), error);
            }
        }
    }
    report.done = plan
        .changes
        .iter()
        .map(|change| &change.key)
        .filter(|key| done.contains(key))
        .cloned()
        .collect();
    report
}

/// What goes one at a time.
type Lane<'a> = (&'a crate::provision::name::AccountId, Option<&'a Region>);

fn lane(change: &Change) -> Lane<'_> {
    (&change.subject.account, change.subject.region.as_ref())
}

/// Makes one change. Each call may have been made before, by a try whose answer was lost: what is already so is a success.
async fn make(
    connections: &Connections,
    desired: &Desired,
    change: &Change,
) -> Result<(), ApplyError> {
    let connection = connect(connections, desired, change).await?;
    let connection = connection.as_ref();
    match (&change.subject.thing, &change.action) {
        (Resource::Stream(name), action) => Box::pin(kinesis::make(connection, name, action)).await,
        (Resource::Role(name), action) => Box::pin(iam::make(connection, name, action)).await,
        (Resource::Destination(name), action) => {
            Box::pin(logs::make_destination(connection, name, action)).await
        }
        (Resource::Filter { log_group, name }, action) => {
            // a filter comes after the policy of its destination, where this run sees to both
            let is_named = desired.logging.is_some();
            Box::pin(logs::make_filter(
                connection, log_group, name, action, is_named,
            ))
            .await
        }
    }
}

/// The connection that a change goes over: its party's login, its own Region, or for a role any of the party's.
async fn connect(
    connections: &Connections,
    desired: &Desired,
    change: &Change,
) -> Result<std::sync::Arc<Connection>, ApplyError> {
    let subject = &change.subject;
    let (profile, any) = match &subject.party {
        Party::Logging => desired
            .logging
            .as_ref()
            .map(|logging| (&logging.profile, logging.regions.keys().next())),
        Party::Member(name) => desired
            .members
            .get(name)
            .map(|member| (&member.profile, member.regions.keys().next())),
    }
    .unwrap_or((&None, None));
    let login = Login {
        profile: profile.clone(),
        account: subject.account.clone(),
    };
    match subject.region.as_ref().or(any) {
        Some(region) => Ok(connections.open(&login, region).await?),
        None => Err(mismatch(&subject.thing, &change.action)),
    }
}

fn mismatch(thing: &Resource, action: &Action) -> ApplyError {
    ApplyError::Mismatch {
        action: format!("{action:?}"),
        thing: thing.to_string(),
    }
}
