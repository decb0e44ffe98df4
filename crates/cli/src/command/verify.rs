//! `catchment verify`: puts a test event into each log group, and proves that it arrives.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::{join_all, pending};
use tokio::time::{Instant, sleep};

use super::operations::exit::ExitStatus;
use super::operations::interrupt::Interrupted;
use super::operations::session::{Session, TICK, block_on};
use crate::args::{self, OutputFormat};
use crate::aws::verify::{Probe, Put, Removed, put, remove};
use crate::batch::marker::Marker;
use crate::output::document::Document;
use crate::output::{self, Output};
use crate::provision::observed::{Observed, State};
use crate::provision::resource::FilterPattern;
use crate::provision::verification::{Break, Path, PathState, Place, Sending, breaks, paths};

mod lookout;
mod scope;
mod verdict;
mod watch;

use lookout::Lookout;
use scope::Asked;
use verdict::Seen;
use watch::Watches;

/// Runs the command.
///
/// # Errors
/// Fails if a flag or the fleet file is wrong, or if Ctrl-C is pressed.
pub(super) fn run(args: &args::Verify, output: &mut Output) -> anyhow::Result<ExitStatus> {
    output.outlive_reader();
    let asked = Asked::of(args)?;
    block_on(async {
        let session = Session::open(&asked.target, None).await?;
        let observed = session.observe().await?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).context("the system gives no random numbers")?;
        let run = Run::new(args, &asked, &session, &observed, Marker::new(random));
        let seen = run.to_the_end().await?;
        if session.connections.run().is_interrupted() {
            return Err(Interrupted(match seen.is_left() {
                false => "the test events were deleted",
                true => "some log streams catchment-verify are left: the next run deletes them",
            })
            .into());
        }
        let is_left = seen.is_left();
        let verification = run.verification(seen);
        match args.format.output {
            OutputFormat::Json => output.document(Document::Verification(&verification))?,
            OutputFormat::Text => {
                let detail = args.shown.detail.into();
                output.text(&output::verify::text(&verification, detail))?;
            }
        }
        let has = |state| verification.has(state);
        Ok(ExitStatus::of_success(
            !has(PathState::Failed) && !has(PathState::Unknown) && !is_left,
        ))
    })
}

/// What stays the same during a run.
struct Run<'s> {
    args: &'s args::Verify,
    asked: &'s Asked,
    session: &'s Session,
    observed: &'s Observed,
    marker: Marker,
    paths: Vec<Path<'s>>,
    /// What the configuration says against each path.
    breaks: Vec<Vec<Break>>,
    board: Board,
}

/// What has been seen so far, by the number of the path, which is also that of its test event.
#[derive(Default)]
struct Board {
    puts: RefCell<BTreeMap<usize, Put>>,
    /// When each event was accepted.
    sent: RefCell<BTreeMap<usize, Instant>>,
    /// How long each took until it was read from the stream.
    arrived: RefCell<BTreeMap<usize, Duration>>,
    removed: RefCell<BTreeMap<usize, Removed>>,
}

impl<'s> Run<'s> {
    fn new(
        args: &'s args::Verify,
        asked: &'s Asked,
        session: &'s Session,
        observed: &'s Observed,
        marker: Marker,
    ) -> Self {
        let paths = paths(&session.desired, observed);
        let breaks = paths
            .iter()
            .map(|path| breaks(&session.desired, observed, path))
            .collect();
        Self {
            args,
            asked,
            session,
            observed,
            marker,
            paths,
            breaks,
            board: Board::default(),
        }
    }

    /// Does it, and deletes the log streams at the end, also after Ctrl-C.
    async fn to_the_end(&self) -> anyhow::Result<Seen> {
        let Session {
            connections,
            progress,
            interrupts,
            ..
        } = self.session;
        let run = connections.run();
        let mut work = pin!(async {
            let seen = self.prove().await;
            self.remove().await;
            seen
        });
        let seen = loop {
            tokio::select! {
                seen = &mut work => break Ok(seen),
                () = interrupts.pressed(1), if !run.is_interrupted() => {
                    run.interrupt();
                    progress.note("interrupted: deleting the test events; press Ctrl-C again to end at once");
                }
                () = interrupts.pressed(2) => break Err(Interrupted(
                    "log streams catchment-verify may be left: the next run deletes them",
                )),
            }
        };
        progress.clear();
        let mut seen = seen?;
        seen.puts = self.board.puts.take();
        seen.removed = self.board.removed.take();
        Ok(seen)
    }

    /// The paths whose event could arrive.
    fn open(&self) -> Vec<usize> {
        let is_open = |breaks: &Vec<Break>| !breaks.iter().any(|one| one.is_certain);
        let numbered = self.breaks.iter().enumerate();
        numbered
            .filter(|(_, breaks)| is_open(breaks))
            .map(|(number, _)| number)
            .collect()
    }

    async fn prove(&self) -> Seen {
        let open = self.open();
        let logging = self.session.desired.logging.as_ref();
        let watches = Watches::open(
            &self.session.connections,
            logging,
            open.iter()
                .map(|number| self.paths[*number].region)
                .collect(),
        )
        .await;
        let reading = async {
            let take = |data: &[u8]| self.take(data);
            join_all(watches.all().map(|watch| watch.read(take))).await;
            pending::<()>().await;
        };
        let mut lookouts = Vec::new();
        let waiting = async {
            while !watches.all().all(watch::Watch::is_settled) && !self.is_interrupted() {
                sleep(TICK).await;
            }
            if self.args.destination {
                for watch in watches.all() {
                    let mut lookout = Lookout::open(watch).await;
                    lookout.remember(&self.places(&open)).await;
                    lookouts.push(lookout);
                }
            }
            self.put(&open).await;
            self.wait(&watches).await;
            self.look(&mut lookouts).await;
        };
        tokio::select! {
            () = reading => {}
            () = waiting => {}
        }
        let arrivals = self.arrivals(&watches);
        Seen {
            deliveries: self.deliveries(&watches, &lookouts),
            signals: self.signals(&watches).await,
            arrivals,
            puts: BTreeMap::new(),
            removed: BTreeMap::new(),
        }
    }

    fn is_interrupted(&self) -> bool {
        self.session.connections.run().is_interrupted()
    }

    /// Notes the test events in a record of a stream.
    fn take(&self, data: &[u8]) {
        let numbers = self.marker.numbers(data);
        let (sent, mut arrived) = (self.board.sent.borrow(), self.board.arrived.borrow_mut());
        for number in numbers {
            // it may be read before its put was answered
            let time = sent
                .get(&number)
                .map_or(Duration::ZERO, |sent| sent.elapsed());
            arrived.entry(number).or_insert(time);
        }
    }

    /// Puts the test events.
    async fn put(&self, open: &[usize]) {
        let probe = |number: &usize| Probe {
            path: self.paths[*number],
            pattern: self.pattern(*number),
            message: self.marker.message(*number),
        };
        let probes: Vec<_> = open.iter().map(probe).collect();
        let progress = &self.session.progress;
        progress.begin("writing test events", probes.len());
        put(&self.session.connections, &probes, |at, put| {
            let Some(number) = open.get(at) else {
                return;
            };
            if put.sending == Sending::Done {
                self.board.sent.borrow_mut().insert(*number, Instant::now());
            }
            let mut puts = self.board.puts.borrow_mut();
            puts.insert(*number, put);
            progress.show(puts.len(), &[]);
        })
        .await;
        progress.clear();
    }

    /// The pattern of the filter that is there.
    fn pattern(&self, number: usize) -> FilterPattern {
        let Path {
            member,
            region,
            log_group,
            filter,
            is_by_account,
            ..
        } = self.paths[number];
        if is_by_account {
            let policy = self.observed.members.get(member);
            return match policy.and_then(|member| member.policies.get(region)) {
                Some(State::Present(policy)) => policy.filter.pattern.clone(),
                _ => filter.pattern.clone(),
            };
        }
        let group = self.observed.members.get(member);
        let group = group.and_then(|member| member.regions.get(region)?.get(log_group));
        match group {
            Some(State::Present(group)) => group
                .filters
                .iter()
                .find(|one| one.is(filter))
                .map_or_else(|| filter.pattern.clone(), |one| one.pattern.clone()),
            _ => filter.pattern.clone(),
        }
    }

    /// Waits until every event is in its stream, if that is read, or the time is over.
    async fn wait(&self, watches: &Watches) {
        let wait = Duration::from_secs(self.args.wait.get().into());
        let progress = &self.session.progress;
        let sent = self.board.sent.borrow().clone();
        let Some(last) = sent.values().max() else {
            return;
        };
        progress.begin("waiting for test events in the stream", sent.len());
        while last.elapsed() < wait && !self.is_interrupted() {
            let missing = {
                let arrived = self.board.arrived.borrow();
                // a stream that is not read, or no longer, is not waited for
                let may_come = |number: &&usize| {
                    !arrived.contains_key(number) && watches.of(&self.paths[**number]).is_ok()
                };
                sent.keys().filter(may_come).copied().collect::<Vec<_>>()
            };
            if missing.is_empty() {
                break;
            }
            progress.show(sent.len() - missing.len(), &self.names(&missing));
            sleep(TICK).await;
        }
        progress.clear();
    }

    /// Looks behind the streams for what has arrived there.
    async fn look(&self, lookouts: &mut [Lookout<'_>]) {
        let arrived: BTreeSet<usize> = self.board.arrived.borrow().keys().copied().collect();
        let sent = self.board.sent.borrow().clone();
        let begun = Instant::now();
        let progress = &self.session.progress;
        for lookout in lookouts {
            let is_here = |number: &usize| lookout.is_of(&self.paths[*number]);
            let wanted: Vec<_> = arrived.iter().copied().filter(is_here).collect();
            let places = self.places(&wanted);
            let wait = Duration::from_secs(lookout.seconds() + u64::from(self.args.wait.get()));
            progress.begin("waiting for test events behind Firehose", wanted.len());
            loop {
                lookout.look(&self.marker, &places, &sent).await;
                let missing = lookout.missing(&wanted);
                if missing.is_empty() || begun.elapsed() >= wait || self.is_interrupted() {
                    break;
                }
                progress.show(wanted.len() - missing.len(), &self.names(&missing));
                lookout.pause().await;
            }
            lookout.waited = begun.elapsed().as_secs();
            progress.clear();
        }
    }

    fn names(&self, numbers: &[usize]) -> Vec<String> {
        let name = |number: &usize| {
            let path = &self.paths[*number];
            format!("{}, {}: {}", path.member, path.region, path.log_group)
        };
        numbers.iter().map(name).collect()
    }

    /// What the keys of objects say of these events.
    fn places(&self, numbers: &[usize]) -> BTreeMap<usize, Place<'_>> {
        let place = |number: &usize| {
            let path = &self.paths[*number];
            let place = Place {
                account: path.login.account.as_str(),
                source: self.asked.source(path),
            };
            (*number, place)
        };
        numbers.iter().map(place).collect()
    }

    /// Deletes the log streams, also those that an earlier run left in log groups into which this one put nothing.
    async fn remove(&self) {
        let is_there = |path: &&Path<'_>| {
            let member = self.observed.members.get(path.member);
            let group = member.and_then(|one| one.regions.get(path.region)?.get(path.log_group));
            !matches!(group, Some(State::Absent))
        };
        let paths = self.paths.iter().filter(is_there);
        let numbers: Vec<usize> = (0..self.paths.len())
            .filter(|number| is_there(&&self.paths[*number]))
            .collect();
        let progress = &self.session.progress;
        progress.begin("deleting test events", numbers.len());
        remove(&self.session.connections, paths.copied(), |at, one| {
            let mut removed = self.board.removed.borrow_mut();
            if let Some(number) = numbers.get(at) {
                removed.insert(*number, one);
            }
            progress.show(removed.len(), &[]);
        })
        .await;
        progress.clear();
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
