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
use crate::aws::health::refused as refused_by;
use crate::aws::verify::{Probe, Put, Removed, counts, put, remove};
use crate::batch::marker::Marker;
use crate::output::document::Document;
use crate::output::{self, Output};
use crate::provision::health::FilterCounts;
use crate::provision::observed::{Observed, State};
use crate::provision::resource::FilterPattern;
use crate::provision::verification::{
    Arrival, Break, Delivery, Evidence, LOG_STREAM, Path, PathState, Place, Sending, Signals,
    Verification, Verified, breaks, judge, paths,
};

mod lookout;
mod scope;
mod watch;

use lookout::Lookout;
use scope::Asked;
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

/// What was seen in the end.
struct Seen {
    arrivals: Vec<Arrival>,
    signals: BTreeMap<usize, Signals>,
    deliveries: BTreeMap<usize, Delivery>,
    puts: BTreeMap<usize, Put>,
    removed: BTreeMap<usize, Removed>,
}

impl Seen {
    /// Whether a log stream could not be deleted.
    fn is_left(&self) -> bool {
        let is_sent = |at| matches!(self.puts.get(at), Some(put) if put.sending == Sending::Done);
        let mut removed = self.removed.iter();
        removed.any(|(at, removed)| matches!(removed, Removed::Failed(_)) && is_sent(at))
    }
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
            ..
        } = self.paths[number];
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
        let is_watched = |number: &usize| watches.of(&self.paths[*number]).is_ok();
        let awaited: Vec<_> = sent.keys().copied().filter(is_watched).collect();
        let Some(last) = sent.values().max() else {
            return;
        };
        progress.begin("waiting for test events in the stream", awaited.len());
        while last.elapsed() < wait && !self.is_interrupted() {
            let missing = {
                let arrived = self.board.arrived.borrow();
                let missing = awaited
                    .iter()
                    .filter(|number| !arrived.contains_key(number));
                missing.copied().collect::<Vec<_>>()
            };
            if missing.is_empty() {
                break;
            }
            progress.show(awaited.len() - missing.len(), &self.names(&missing));
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

    /// What CloudWatch counted of the paths whose event was put and has not been seen.
    async fn signals(&self, watches: &Watches) -> BTreeMap<usize, Signals> {
        let missing: Vec<usize> = {
            let (sent, arrived) = (self.board.sent.borrow(), self.board.arrived.borrow());
            let missing = sent.keys().filter(|number| !arrived.contains_key(number));
            missing.copied().collect()
        };
        if missing.is_empty() || self.is_interrupted() {
            return BTreeMap::new();
        }
        let paths: Vec<_> = missing.iter().map(|number| self.paths[*number]).collect();
        let counts = counts(&self.session.connections, &paths).await;
        let mut refused = BTreeMap::new();
        for watch in watches.all() {
            // what cannot be read says nothing
            let count = refused_by(&watch.connection, &watch.stream).await.ok();
            refused.insert(&watch.arn, count);
        }
        let signals = |(number, counts): (usize, Option<FilterCounts>)| {
            let stream = watches.of(&self.paths[number]).ok();
            let signals = Signals {
                errors: counts.map(|counts| counts.errors),
                throttled: counts.map(|counts| counts.throttled),
                refused: stream.and_then(|watch| refused.get(&watch.arn).copied().flatten()),
            };
            (number, signals)
        };
        missing.into_iter().zip(counts).map(signals).collect()
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

    fn arrivals(&self, watches: &Watches) -> Vec<Arrival> {
        let arrived = self.board.arrived.borrow();
        let arrival = |(number, path): (usize, &Path<'_>)| {
            if let Some(time) = arrived.get(&number) {
                return Arrival::Found {
                    ms: milliseconds(*time),
                };
            }
            match watches.of(path) {
                Ok(_) => Arrival::Missing {
                    seconds: self.args.wait.get().into(),
                },
                Err(why) => Arrival::Unread {
                    why,
                    is_asked_for: self.asked.is_logging_asked_for,
                },
            }
        };
        self.paths.iter().enumerate().map(arrival).collect()
    }

    fn deliveries(&self, watches: &Watches, lookouts: &[Lookout<'_>]) -> BTreeMap<usize, Delivery> {
        let logging = self.session.desired.logging.as_ref();
        let profile = logging.and_then(|logging| logging.login.profile.as_ref());
        let of = |(number, path): (usize, &Path<'_>)| {
            let lookout = lookouts.iter().find(|lookout| lookout.is_of(path))?;
            let watch = watches.of(path).ok()?;
            let mut flags = format!("--region {}", watch.region);
            if let Some(profile) = profile {
                flags = format!("--profile {profile} {flags}");
            }
            let delivery = Delivery {
                stream: watch.stream.to_string(),
                bucket: self.args.bucket.clone(),
                firehoses: lookout.looked(number),
                unread: lookout.unread.clone(),
                flags,
            };
            Some((number, delivery))
        };
        self.paths.iter().enumerate().filter_map(of).collect()
    }

    /// What follows from all that was seen.
    fn verification(&self, mut seen: Seen) -> Verification {
        let verified = |(number, path): (usize, &Path<'_>)| {
            let put = seen.puts.remove(&number);
            let was_left = put.as_ref().is_some_and(|put| put.was_left);
            let evidence = Evidence {
                breaks: self.breaks[number].clone(),
                sending: put.map_or(Sending::NotTried, |put| put.sending),
                arrival: seen.arrivals[number].clone(),
                signals: seen.signals.remove(&number).unwrap_or_default(),
                delivery: seen.deliveries.remove(&number),
            };
            let (state, fault, objects) = judge(&evidence);
            let stream_ms = match evidence.arrival {
                Arrival::Found { ms } => Some(ms),
                Arrival::Missing { .. } | Arrival::Unread { .. } => None,
            };
            let is_put = evidence.sending == Sending::Done;
            let notes = match seen.removed.get(&number) {
                Some(Removed::Done) if was_left || !is_put => vec![format!(
                    "an earlier run had left its log stream {LOG_STREAM}, which was deleted"
                )],
                Some(Removed::Failed(why)) if is_put => vec![format!(
                    "log stream {LOG_STREAM} could not be deleted: {why}; the next run tries again"
                )],
                _ => Vec::new(),
            };
            Verified {
                address: path.address(),
                source: self.asked.source(path).to_owned(),
                state,
                stream_ms,
                objects,
                fault,
                notes,
            }
        };
        Verification {
            paths: self.paths.iter().enumerate().map(verified).collect(),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
