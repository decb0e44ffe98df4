//! A session: the connections of one run of a command to AWS, and the desired state of the accounts that it works on.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use tokio::time::interval;

use super::connect::hinted;
use super::exit::Usage;
use super::fleet;
use super::interrupt::Interrupts;
use super::purpose::Purpose;
use crate::args;
use crate::aws::observe::observe;
use crate::aws::{Ask, Connections, Options, Place};
use crate::output::{Progress, ask};
use crate::provision::desired::Desired;
use crate::provision::fleet::{Flags, MemberByHand};
use crate::provision::name::ProfileName;
use crate::provision::observed::Observed;

pub(crate) struct Session {
    pub connections: Connections,
    pub desired: Desired,
    pub progress: Progress,
    pub interrupts: Interrupts,
}

/// Runs a command that talks to AWS.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let result = runtime.block_on(work);
    // a thread that still waits for an answer from the terminal must not hold up the end
    runtime.shutdown_background();
    result
}

impl Session {
    /// Opens a session on the accounts that the flags select, for a plan of this purpose, if one is made.
    ///
    /// # Errors
    /// Fails if the fleet file or a flag is wrong, or if the profile given by flag has no credentials.
    pub(crate) async fn open(
        target: &args::Target,
        purpose: Option<&Purpose>,
    ) -> anyhow::Result<Self> {
        let (connections, progress, interrupts) = connect(&target.calls);
        let desired = match &target.by_hand.destination_arn {
            Some(arn) => {
                let desired = by_hand(&connections, &target.by_hand, arn);
                interrupts.unless_pressed(desired).await?
            }
            None => fleet::desired(&target.scope, purpose.and_then(Purpose::leaving))?,
        };
        let desired = match purpose {
            Some(purpose) if purpose.removes() => desired.looking_for_roles(),
            _ => desired,
        };
        Ok(Self {
            connections,
            desired,
            progress,
            interrupts,
        })
    }

    /// Reads every account of the session.
    ///
    /// # Errors
    /// Fails if Ctrl-C is pressed.
    pub(crate) async fn observe(&self) -> anyhow::Result<Observed> {
        self.observe_part(&self.desired).await
    }

    /// Reads the accounts that a part of the desired state names, and shows how far that is.
    ///
    /// # Errors
    /// Fails if Ctrl-C is pressed.
    pub(crate) async fn observe_part(&self, desired: &Desired) -> anyhow::Result<Observed> {
        let run = self.connections.run();
        run.forget_closed();
        let places = Places::of(desired);
        self.progress.begin("reading accounts", places.0.len());
        let mut tick = interval(TICK);
        let reading = async {
            let mut observed = pin!(observe(&self.connections, desired));
            loop {
                tokio::select! {
                    observed = &mut observed => return Ok(observed),
                    _ = tick.tick() => {
                        let ended = places.0.values().filter(|places| run.closed_of(*places) == places.len());
                        self.progress.show(ended.count(), &places.slow(&run.open()));
                    }
                }
            }
        };
        let observed = self.interrupts.unless_pressed(reading).await;
        self.progress.clear();
        observed
    }
}

/// What a run connects with, shows its progress on, and is interrupted by.
pub(crate) fn connect(calls: &args::Calls) -> (Connections, Progress, Interrupts) {
    let progress = Progress::to_terminal();
    let asking = progress.clone();
    let connections = Connections::new(Options {
        concurrency: calls.concurrency,
        timeout: Duration::from_secs(calls.timeout.get().into()),
        ask: Some(Ask::new(move |question| asking.pause(|| ask(question)))),
    });
    (connections, progress, Interrupts::count())
}

/// How often the progress is drawn.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// An account that takes longer is named.
const SLOW: Duration = Duration::from_secs(2);

/// The accounts to read, by the name to show, each with its Regions.
struct Places(BTreeMap<String, Vec<Place>>);

impl Places {
    fn of(desired: &Desired) -> Self {
        let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        if let Some(logging) = &desired.logging {
            let account = &logging.login.account;
            let regions = logging.regions.keys();
            places.insert(
                format!("logging account {account}"),
                regions
                    .map(|region| (account.clone(), region.clone()))
                    .collect(),
            );
        }
        for (name, member) in &desired.members {
            let account = &member.login.account;
            let regions = member.regions.keys();
            places.insert(
                format!("member {name} {account}"),
                regions
                    .map(|region| (account.clone(), region.clone()))
                    .collect(),
            );
        }
        Self(places)
    }

    /// The accounts that are slow to answer, slowest first.
    fn slow(&self, open: &[(Place, Duration)]) -> Vec<String> {
        let mut slow: Vec<_> = open.iter().filter(|(_, time)| *time >= SLOW).collect();
        slow.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
        let named = slow.iter().filter_map(|(place, time)| {
            let (name, _) = self.0.iter().find(|(_, places)| places.contains(place))?;
            let (_, region) = place;
            Some(format!("{} {name}, {region}", duration(*time)))
        });
        named.collect()
    }
}

/// A time as a person reads it: `45 s`, `5 min`.
pub(super) fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..100 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

async fn by_hand(
    connections: &Connections,
    flags: &args::ByHand,
    arn: &str,
) -> anyhow::Result<Desired> {
    let usage = |error: &dyn std::fmt::Display| Usage(error.to_string());
    let region = MemberByHand::region(arn).map_err(|error| usage(&error))?;
    let profile = flags
        .profile
        .as_deref()
        .map(str::parse::<ProfileName>)
        .transpose()
        .map_err(|error| usage(&error))?;
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
        route53_resolver_query_logs: &flags.route53_resolver_query_logs,
        other: &flags.other,
    })
    .map_err(|error| usage(&error))?;
    Ok(Desired::of_member(&member))
}
