//! What `verify` does in the accounts: puts a test event into each log group, removes it again, and looks for it behind the stream.

pub mod firehose;
pub mod objects;
mod probe;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;

use super::health::of_filter;
use super::observe::open;
use super::{Connection, Connections};
use crate::provision::health::FilterCounts;
use crate::provision::name::{FilterName, Region};
use crate::provision::resource::{FilterPattern, Login};
use crate::provision::verification::Path;

pub use probe::{Put, Removed};

/// A test event and where to put it.
#[derive(Debug, Clone)]
pub struct Probe<'p> {
    pub path: Path<'p>,
    /// The pattern of the filter that is there.
    pub pattern: FilterPattern,
    pub message: String,
}

/// Puts the test events, all accounts at once, and tells of each as it is done, by its place.
pub async fn put(connections: &Connections, probes: &[Probe<'_>], done: impl Fn(usize, Put)) {
    let paths = probes.iter().map(|probe| probe.path);
    each(connections, paths, async |at, connection| {
        match (connection, probes.get(at)) {
            (Ok(connection), Some(probe)) => done(at, probe::put(&connection, probe).await),
            (Err(why), _) => done(at, Put::refused(why)),
            (Ok(_), None) => {}
        }
    })
    .await;
}

/// Deletes the log streams of the test events, all accounts at once, and tells of each, by its place.
pub async fn remove<'p>(
    connections: &Connections,
    paths: impl Iterator<Item = Path<'p>> + Clone,
    done: impl Fn(usize, Removed),
) {
    let groups: Vec<_> = paths.clone().map(|path| path.log_group).collect();
    each(connections, paths, async |at, connection| {
        match (connection, groups.get(at)) {
            (Ok(connection), Some(group)) => done(at, probe::remove(&connection, group).await),
            (Err(why), _) => done(at, Removed::Failed(why)),
            (Ok(_), None) => {}
        }
    })
    .await;
}

/// What CloudWatch counted of each path in the last hour; `None` if it did not say.
pub async fn counts(connections: &Connections, paths: &[Path<'_>]) -> Vec<Option<FilterCounts>> {
    let counted = RefCell::new(vec![None; paths.len()]);
    // one question for all log groups of an account that have a filter of the same name
    let mut asked: BTreeMap<(&Login, &Region, &FilterName), Vec<usize>> = BTreeMap::new();
    for (at, path) in paths.iter().enumerate() {
        let key = (path.login, path.region, &path.filter.name);
        asked.entry(key).or_default().push(at);
    }
    let accounts = asked
        .into_iter()
        .map(async |((login, region, filter), all)| {
            let Ok(connection) = open(connections, login, region).await else {
                return;
            };
            let Ok(counts) = of_filter(&connection, filter).await else {
                return;
            };
            for at in all {
                let of_group = counts.get(paths[at].log_group.as_str()).copied();
                counted.borrow_mut()[at] = Some(of_group.unwrap_or_default());
            }
        });
    join_all(accounts).await;
    counted.into_inner()
}

/// Does something with the account of each path: with one account at a time as many at once as the connections allow, and in each
/// account as its quotas allow.
async fn each<'p>(
    connections: &Connections,
    paths: impl Iterator<Item = Path<'p>>,
    work: impl AsyncFn(usize, Result<std::sync::Arc<Connection>, String>),
) {
    let mut places: BTreeMap<(&Login, &Region), Vec<usize>> = BTreeMap::new();
    for (at, path) in paths.enumerate() {
        places
            .entry((path.login, path.region))
            .or_default()
            .push(at);
    }
    let work = &work;
    let accounts = places.into_iter().map(async |((login, region), all)| {
        let connection = open(connections, login, region).await;
        join_all(all.into_iter().map(|at| work(at, connection.clone()))).await;
    });
    join_all(accounts).await;
}

/// The time, in milliseconds since 1970-01-01T00:00:00Z.
#[expect(
    clippy::disallowed_methods,
    reason = "only `aws` and `output` read the clock"
)]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or(Duration::ZERO).as_millis()).unwrap_or(i64::MAX)
}
