//! A session: the connections of one run of a command to AWS, and the desired state of the accounts that it works on.

use std::future::Future;

use anyhow::Context;

use super::exit::Usage;
use super::fleet;
use crate::args;
use crate::aws::observe::observe;
use crate::aws::{Ask, Connections, LoginError, Options};
use crate::output::{Hinted, ask};
use crate::provision::desired::Desired;
use crate::provision::fleet::{Flags, MemberByHand};
use crate::provision::name::{AccountId, Arn, ProfileName};
use crate::provision::observed::Observed;

pub(crate) struct Session {
    pub connections: Connections,
    pub desired: Desired,
}

/// Runs a command that talks to AWS.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?
        .block_on(work)
}

impl Session {
    /// Opens a session on the accounts that the flags select; `leaving` if they are to be removed, along with these accounts.
    ///
    /// # Errors
    /// Fails if the fleet file or a flag is wrong, or if the profile given by flag has no credentials.
    pub(crate) async fn open(
        target: &args::Target,
        leaving: Option<&[AccountId]>,
    ) -> anyhow::Result<Self> {
        let connections = Connections::new(Options {
            concurrency: target.concurrency,
            ask: Some(Ask::new(ask)),
        });
        let desired = match &target.by_hand.destination_arn {
            Some(arn) => by_hand(&connections, &target.by_hand, arn).await?,
            None => fleet::desired(&target.scope, leaving)?,
        };
        Ok(Self {
            connections,
            desired,
        })
    }

    /// Reads every account of the session.
    ///
    /// # Errors
    /// Fails if a profile gives no credentials, or those of another account.
    pub(crate) async fn observe(&self) -> anyhow::Result<Observed> {
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
        return Err(Usage(format!("--destination-arn: `{arn}` has no Region")).into());
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
