//! Looks for test events behind a Kinesis stream: in the buckets of the Firehose streams that read it, and in the error output there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::milliseconds;
use super::watch::Watch;
use crate::aws::clock::now_ms;
use crate::aws::verify::firehose::reading;
use crate::aws::verify::objects::{NewObjects, Unread};
use crate::batch::marker::Marker;
use crate::provision::verification::{
    BucketTarget, Firehose, Looked, Path, Place, Target, delivered, failed, hours,
};

/// The Firehose streams behind one Kinesis stream.
pub(super) struct Lookout<'w> {
    watch: &'w Watch,
    sights: Vec<Sight<'w>>,
    /// Why the Firehose streams could not be listed.
    pub(super) unread: Option<String>,
    /// For how many seconds it was looked for.
    pub(super) waited: u64,
    began: Timestamp,
}

/// What was seen behind one Firehose stream.
struct Sight<'w> {
    firehose: Firehose,
    objects: Option<NewObjects<'w>>,
    /// Why nothing more can be seen.
    broken: Option<Looked>,
    seen: BTreeMap<usize, Looked>,
}

/// How often the buckets are listed. Our own choice.
const PAUSE: Duration = Duration::from_secs(2);

/// An object is named after the time of its first record, which came before ours. Our own choice.
const HOUR: i64 = 60 * 60;

impl<'w> Lookout<'w> {
    /// Finds the Firehose streams.
    pub(super) async fn open(watch: &'w Watch) -> Self {
        let found = reading(&watch.connection, &watch.arn).await;
        let (firehoses, unread) = match found {
            Ok(firehoses) => (firehoses, None),
            Err(error) => (
                Vec::new(),
                Some(format!("{:#}", anyhow::Error::from(error))),
            ),
        };
        let sight = |firehose: Firehose| {
            let objects = match &firehose.target {
                Target::Bucket(target) => Some(NewObjects::of(&watch.connection, &target.bucket)),
                Target::Other(_) => None,
            };
            Sight {
                firehose,
                objects,
                broken: None,
                seen: BTreeMap::new(),
            }
        };
        Self {
            watch,
            sights: firehoses.into_iter().map(sight).collect(),
            unread,
            waited: 0,
            began: now(),
        }
    }

    /// Whether the events of this path come through the stream.
    pub(super) fn is_of(&self, path: &Path<'_>) -> bool {
        self.watch.serves(path.region)
    }

    /// How long Firehose gathers records at most.
    pub(super) fn seconds(&self) -> u64 {
        let seconds = self
            .sights
            .iter()
            .filter_map(|sight| match &sight.firehose.target {
                Target::Bucket(target) => Some(target.buffer_seconds),
                Target::Other(_) => None,
            });
        seconds.max().unwrap_or_default()
    }

    /// Remembers which objects are there before an event is put.
    pub(super) async fn remember(&mut self, places: &BTreeMap<usize, Place<'_>>) {
        let hours = self.hours();
        for sight in &mut self.sights {
            sight.new_objects(places.values(), &hours).await;
        }
    }

    /// Looks for what is not found yet.
    pub(super) async fn look(
        &mut self,
        marker: &Marker,
        places: &BTreeMap<usize, Place<'_>>,
        sent: &BTreeMap<usize, Instant>,
    ) {
        let hours = self.hours();
        for sight in &mut self.sights {
            let missing = places
                .iter()
                .filter(|(number, _)| !sight.seen.contains_key(number));
            let missing: Vec<_> = missing.map(|(_, place)| *place).collect();
            if !missing.is_empty() {
                let keys = sight.new_objects(missing.iter(), &hours).await;
                for key in keys {
                    sight.read(&key, marker, sent, &hours).await;
                }
            }
        }
    }

    /// The events that may still be found.
    pub(super) fn missing(&self, wanted: &[usize]) -> Vec<usize> {
        let may_come = |number: &&usize| {
            let mut sights = self.sights.iter();
            sights.any(|sight| sight.is_looking() && !sight.seen.contains_key(number))
        };
        wanted.iter().filter(may_come).copied().collect()
    }

    /// Waits before the next look.
    pub(super) async fn pause(&self) {
        self.watch.connection.caller.pause(PAUSE).await;
    }

    /// What became of an event behind each Firehose stream.
    pub(super) fn looked(&self, number: usize) -> Vec<(Firehose, Looked)> {
        let looked = |sight: &Sight<'_>| {
            let missing = || match (&sight.broken, &sight.objects) {
                (Some(broken), _) => broken.clone(),
                (None, Some(_)) => Looked::Missing {
                    seconds: self.waited,
                },
                (None, None) => Looked::No,
            };
            let looked = sight.seen.get(&number).cloned().unwrap_or_else(missing);
            (sight.firehose.clone(), looked)
        };
        self.sights.iter().map(looked).collect()
    }

    fn hours(&self) -> Vec<Timestamp> {
        let from = Timestamp::from_second(self.began.as_second() - HOUR);
        hours(from.unwrap_or(self.began), now())
    }
}

impl Sight<'_> {
    /// Whether anything can still be seen. One that does not run delivers nothing.
    fn is_looking(&self) -> bool {
        self.broken.is_none() && self.objects.is_some() && self.firehose.status == "ACTIVE"
    }

    /// The keys of objects that are new, in which an event at one of these places can be.
    async fn new_objects<'p>(
        &mut self,
        places: impl Iterator<Item = &'p Place<'p>>,
        hours: &[Timestamp],
    ) -> Vec<String> {
        let (Target::Bucket(target), Some(objects), None) =
            (&self.firehose.target, &mut self.objects, &self.broken)
        else {
            return Vec::new();
        };
        let mut prefixes = failed(target, hours);
        for place in places {
            prefixes.extend(delivered(target, *place, hours));
        }
        match objects.look(&widest(prefixes)).await {
            Ok(keys) => keys,
            Err(why) => {
                self.broken = Some(looked(why));
                Vec::new()
            }
        }
    }

    async fn read(
        &mut self,
        key: &str,
        marker: &Marker,
        sent: &BTreeMap<usize, Instant>,
        hours: &[Timestamp],
    ) {
        let (Target::Bucket(target), Some(objects)) = (&self.firehose.target, &self.objects) else {
            return;
        };
        let BucketTarget { bucket, .. } = target;
        let object = match objects.read(key).await {
            Ok(object) => object,
            Err(why) => {
                self.broken = Some(looked(why));
                return;
            }
        };
        let url = format!("s3://{bucket}/{key}");
        let is_error_output = failed(target, hours)
            .iter()
            .any(|prefix| key.starts_with(prefix));
        if is_error_output {
            for (number, failure) in marker.failures(&object) {
                let failed = Looked::Failed {
                    url: url.clone(),
                    code: failure.code,
                    message: failure.message,
                };
                self.seen.entry(number).or_insert(failed);
            }
        } else {
            for number in marker.numbers(&object) {
                let ms = sent.get(&number).map(|sent| milliseconds(sent.elapsed()));
                let found = Looked::Found {
                    url: url.clone(),
                    ms: ms.unwrap_or_default(),
                };
                self.seen.insert(number, found);
            }
        }
    }
}

/// The prefixes without those that another one covers.
fn widest(prefixes: BTreeSet<String>) -> BTreeSet<String> {
    let mut widest: BTreeSet<String> = BTreeSet::new();
    // in order, so that the shorter one comes first
    for prefix in prefixes {
        let is_covered = widest
            .last()
            .is_some_and(|last| prefix.starts_with(last.as_str()));
        if !is_covered {
            widest.insert(prefix);
        }
    }
    widest
}

fn looked(why: Unread) -> Looked {
    match why {
        Unread::NoBucket => Looked::NoBucket,
        Unread::Other(why) => Looked::Unread { why },
    }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(now_ms()).unwrap_or(Timestamp::UNIX_EPOCH)
}
