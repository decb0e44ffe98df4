//! What was seen of each path in the end, and what follows from it.

use std::collections::BTreeMap;

use super::lookout::Lookout;
use super::watch::Watches;
use super::{Run, milliseconds};
use crate::aws::health::{counts, refused};
use crate::aws::verify::{Put, Removed};
use crate::provision::health::FilterCounts;
use crate::provision::name::{LogGroupPattern, MemberName};
use crate::provision::verification::{
    Arrival, Delivery, Evidence, LOG_STREAM, Path, Sending, Signals, Verification, Verified, judge,
    unknown_paths,
};

/// What was seen in the end.
pub(super) struct Seen {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) signals: BTreeMap<usize, Signals>,
    pub(super) deliveries: BTreeMap<usize, Delivery>,
    pub(super) puts: BTreeMap<usize, Put>,
    pub(super) removed: BTreeMap<usize, Removed>,
}

impl Seen {
    /// Whether a log stream could not be deleted.
    pub(super) fn is_left(&self) -> bool {
        let is_sent = |at| matches!(self.puts.get(at), Some(put) if put.sending == Sending::Done);
        let mut removed = self.removed.iter();
        removed.any(|(at, removed)| matches!(removed, Removed::Failed(_)) && is_sent(at))
    }
}

impl Run<'_> {
    pub(super) fn arrivals(&self, watches: &Watches) -> Vec<Arrival> {
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

    pub(super) fn deliveries(
        &self,
        watches: &Watches,
        lookouts: &[Lookout<'_>],
    ) -> BTreeMap<usize, Delivery> {
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
    pub(super) fn verification(&self, mut seen: Seen) -> Verification {
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
            let mut notes = match seen.removed.get(&number) {
                Some(Removed::Done) if was_left || !is_put => vec![format!(
                    "an earlier run had left its log stream {LOG_STREAM}, which was deleted"
                )],
                Some(Removed::Failed(why)) if is_put => vec![format!(
                    "log stream {LOG_STREAM} could not be deleted: {why}; the next run tries again"
                )],
                _ => Vec::new(),
            };
            if path.is_by_account {
                let group = path.log_group;
                notes.push(format!(
                    "tested with log group {group}, which stands for all"
                ));
            }
            if stream_ms.is_some() {
                // it arrived all the same
                let differences = evidence.breaks.iter().map(|one| one.fault.why.clone());
                notes.extend(differences);
            }
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
        let source = |member: &MemberName, pattern: &LogGroupPattern| {
            let source = self.asked.source_of(member, pattern.to_string());
            source.to_owned()
        };
        let mut paths: Vec<_> = self.paths.iter().enumerate().map(verified).collect();
        let desired = &self.session.desired;
        paths.extend(unknown_paths(desired, self.observed, source));
        Verification { paths }
    }

    /// What CloudWatch counted of the paths whose event was put and has not been seen.
    pub(super) async fn signals(&self, watches: &Watches) -> BTreeMap<usize, Signals> {
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
        let mut refused_by = BTreeMap::new();
        for watch in watches.all() {
            // what cannot be read says nothing
            let count = refused(&watch.connection, &watch.stream).await.ok();
            refused_by.insert(&watch.arn, count);
        }
        let signals = |(number, counts): (usize, Option<FilterCounts>)| {
            let stream = watches.of(&self.paths[number]).ok();
            let signals = Signals {
                errors: counts.map(|counts| counts.errors),
                throttled: counts.map(|counts| counts.throttled),
                refused: stream.and_then(|watch| refused_by.get(&watch.arn).copied().flatten()),
            };
            (number, signals)
        };
        missing.into_iter().zip(counts).map(signals).collect()
    }
}
