//! Reads the Kinesis streams in which test events are to arrive: each once, for all members together.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::read::{Range, ReadError, StreamShards, read};
use crate::aws::{Connection, Connections};
use crate::command::operations::connect::hinted;
use crate::provision::desired::Logging;
use crate::provision::name::{Arn, Region, StreamName};
use crate::provision::verification::Path;

/// The streams of a run, by their Region.
pub(super) struct Watches(BTreeMap<Region, Result<Watch, String>>);

/// A stream while it is read.
pub(super) struct Watch {
    pub(super) stream: StreamName,
    pub(super) region: Region,
    /// The Regions of the log groups that deliver into it.
    of: BTreeSet<Region>,
    pub(super) arn: Arn,
    pub(super) connection: Arc<Connection>,
    /// The shards that are read from their end on.
    begun: RefCell<BTreeSet<String>>,
    is_ready: Cell<bool>,
    /// Why it is no longer read.
    broken: RefCell<Option<String>>,
}

/// It is read until it is dropped.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

impl Watches {
    /// Connects to the streams behind these paths.
    pub(super) async fn open(
        connections: &Connections,
        logging: Option<&Logging>,
        regions: BTreeSet<&Region>,
    ) -> Self {
        // A stream of several Regions is read once.
        let mut streams: BTreeMap<&Region, BTreeSet<Region>> = BTreeMap::new();
        for region in regions {
            let behind = logging.and_then(|logging| logging.stream_behind(region));
            let (home, _) = behind.unzip();
            let of = streams.entry(home.unwrap_or(region)).or_default();
            of.insert(region.clone());
        }
        let mut watches = BTreeMap::new();
        for (region, of) in streams {
            let watch = match logging {
                Some(logging) => Watch::open(connections, logging, region, of.clone()).await,
                None => Err("no fleet file says how to log in to the logging account".to_owned()),
            };
            match watch {
                Ok(watch) => {
                    watches.insert(region.clone(), Ok(watch));
                }
                Err(why) => {
                    watches.extend(of.into_iter().map(|region| (region, Err(why.clone()))));
                }
            }
        }
        Self(watches)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Watch> {
        self.0.values().filter_map(|watch| watch.as_ref().ok())
    }

    /// The stream of a path, or why it is not read.
    pub(super) fn of(&self, path: &Path<'_>) -> Result<&Watch, String> {
        let mut watches = self.all();
        let Some(watch) = watches.find(|watch| watch.serves(path.region)) else {
            let why = self.0.get(path.region).and_then(|one| one.as_ref().err());
            let why = why.map_or("no test event was sent there", String::as_str);
            return Err(why.to_owned());
        };
        match watch.broken.borrow().as_ref() {
            None => Ok(watch),
            Some(why) => Err(why.clone()),
        }
    }
}

impl Watch {
    async fn open(
        connections: &Connections,
        logging: &Logging,
        region: &Region,
        of: BTreeSet<Region>,
    ) -> Result<Self, String> {
        let place = logging.regions.get(region);
        let place = place.ok_or_else(|| format!("the fleet has no stream in {region}"))?;
        let stream = &place.stream;
        let connection = connections.open(&logging.login, region).await;
        let connection = connection.map_err(|error| {
            let error = hinted(error);
            format!("{error:#}")
        })?;
        Ok(Self {
            stream: stream.name.clone(),
            region: region.clone(),
            of,
            arn: stream.arn.clone(),
            connection,
            begun: RefCell::default(),
            is_ready: Cell::new(false),
            broken: RefCell::default(),
        })
    }

    /// Reads what arrives from now on, until it is dropped or fails. It begins at the end of each shard, and not at a time, so that a
    /// wrong clock does no harm.
    pub(super) async fn read(&self, take: impl Fn(&[u8])) {
        let shards = StreamShards {
            connection: &self.connection,
            stream: &self.stream,
            arn: &self.arn,
        };
        let ended = read(&shards, Range::Next(LONG), |progress, page| {
            page.records.iter().for_each(|record| take(&record.data));
            let mut begun = self.begun.borrow_mut();
            begun.insert(page.shard);
            self.is_ready.set(begun.len() >= progress.shards);
            Ok::<(), Infallible>(())
        })
        .await;
        if let Err(ReadError::Call(error)) = ended {
            let hint = error.explanation().hint;
            let chain = format!("{:#}; {hint}", anyhow::Error::from(error));
            *self.broken.borrow_mut() = Some(chain);
        }
    }

    /// Whether the log groups of this Region deliver into it.
    pub(super) fn serves(&self, region: &Region) -> bool {
        self.of.contains(region)
    }

    /// Whether what is put from now on will be read, or nothing will.
    pub(super) fn is_settled(&self) -> bool {
        self.is_ready.get() || self.broken.borrow().is_some()
    }
}
