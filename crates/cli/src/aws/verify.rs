//! What `verify` does in the accounts: puts a test event into each log group, removes it again, and looks for it behind the stream.

pub mod firehose;
pub mod objects;
mod probe;

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::observe::open;
use super::{Connection, Connections};
use crate::provision::name::Region;
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

/// Does something with the account of each path: as many accounts at once as the connections allow, and in each what its quotas allow.
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
