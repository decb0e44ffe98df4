//! What the commands that talk to AWS share: a runtime, the connections, what is wanted, what is there.

use std::future::Future;

use anyhow::Context;

use super::{Usage, fleet};
use crate::args;
use crate::aws::observe::observe;
use crate::aws::{Ask, Connections, LoginError, Options};
use crate::output::{Hinted, ask};
use crate::provision::desired::Desired;
use crate::provision::fleet::{Flags, MemberByHand};
use crate::provision::name::{Arn, ProfileName};
use crate::provision::observed::Observed;

/// What is wanted, and the way to what is there.
pub(super) struct Session {
    pub connections: Connections,
    pub desired: Desired,
}

/// Runs a command that waits for AWS.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?
        .block_on(work)
}

impl Session {
    /// What the flags ask for.
    pub(super) async fn open(scope: &args::Scope, by_hand: &args::ByHand) -> anyhow::Result<Self> {
        let connections = Connections::new(Options {
            concurrency: scope.concurrency,
            ask: Some(Ask::new(ask)),
        });
        let desired = match &by_hand.destination_arn {
            Some(arn) => self::by_hand(&connections, by_hand, arn).await?,
            None => fleet::desired(&scope.fleet, scope.logging, &scope.members)?,
        };
        Ok(Self {
            connections,
            desired,
        })
    }

    /// Reads every account in scope.
    pub(super) async fn observe(&self) -> anyhow::Result<Observed> {
        Ok(observe(&self.connections, &self.desired)
            .await
            .map_err(hinted)?)
    }
}

async fn by_hand(
    connections: &Connections,
    flags: &args::ByHand,
    arn: &str,
) -> anyhow::Result<Desired> {
    let usage = |error: &dyn std::fmt::Display| Usage(error.to_string());
    let destination: Arn = arn.parse().map_err(|error| usage(&error))?;
    let profile = flags
        .profile
        .as_deref()
        .map(str::parse::<ProfileName>)
        .transpose()
        .map_err(|error| usage(&error))?;
    let Some(region) = destination.region() else {
        return Err(Usage(format!("--destination-arn {arn} names no Region")).into());
    };
    let account = connections
        .account(profile.as_ref(), &region)
        .await
        .map_err(hinted)?;
    let member = MemberByHand::from_flags(Flags {
        profile: flags.profile.as_deref(),
        account: account.as_str(),
        destination_arn: arn,
        vpc_flow_logs: &flags.vpc_flow_logs,
        cloudtrail: &flags.cloudtrail,
        guardduty: &flags.guardduty,
        other: &flags.other,
    })
    .map_err(|error| usage(&error))?;
    Ok(Desired::of_member(&member))
}

fn hinted(error: LoginError) -> Hinted {
    let hint = error.hint();
    Hinted::new(error, hint)
}
