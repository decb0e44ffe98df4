//! What CloudWatch counted in the last hour: for a filter in its own account, for the stream and what reads it in the logging account.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::{join, join_all};

use super::metrics::{Query, last_hour};
use super::observe::open;
use super::verify::firehose::reading;
use super::{CallError, Connection, Connections, chain};
use crate::provision::desired::Desired;
use crate::provision::health::{Counts, FilterCounts, Health, StreamCounts};
use crate::provision::name::{Arn, FilterName, Region, StreamName};
use crate::provision::observed::Observed;
use crate::provision::resource::{Login, Party, Resource, ResourceAddress};
use crate::provision::verification::{Path, paths};

/// The last hour of every filter and stream. What cannot be read is unknown, with the reason.
pub async fn health(
    connections: &Connections,
    desired: &Desired,
    observed: &Observed,
) -> Vec<Health> {
    let mut filters = paths(desired, observed);
    // CloudWatch counts those of an account-level policy otherwise
    filters.retain(|path| !path.is_by_account);
    let mut places: BTreeMap<(&Login, &Region, &FilterName), Vec<&Path<'_>>> = BTreeMap::new();
    for path in &filters {
        let key = (path.login, path.region, &path.filter.name);
        places.entry(key).or_default().push(path);
    }
    let filters = places
        .into_iter()
        .map(async |((login, region, filter), paths)| {
            let counts = async {
                let connection = open(connections, login, region).await?;
                let counts = of_filter(&connection, filter).await;
                counts.map_err(|error| why(&error))
            };
            let counts = counts.await;
            let of = |path: &Path<'_>| match &counts {
                Ok(counts) => {
                    let counts = counts.get(path.log_group.as_str());
                    Counts::Filter(counts.copied().unwrap_or_default())
                }
                Err(why) => Counts::Unknown(why.clone()),
            };
            let health = paths.into_iter().map(|path| Health {
                address: path.address(),
                counts: of(path),
            });
            health.collect::<Vec<_>>()
        });
    let streams = desired.logging.iter().flat_map(|logging| {
        let regions = logging.regions.iter();
        let regions = regions.filter(|(_, place)| place.has_stream);
        regions.map(move |(region, place)| (logging, region, &place.stream))
    });
    let streams = streams.map(async |(logging, region, stream)| {
        let counts = async {
            let connection = open(connections, &logging.login, region).await?;
            let counts = of_stream(&connection, &stream.name, &stream.arn).await;
            counts.map_err(|error| why(&error))
        };
        let resource = Resource::Stream(stream.name.clone());
        let account = &logging.login.account;
        vec![Health {
            address: ResourceAddress::new(Party::Logging, account, region, resource),
            counts: counts.await.map_or_else(Counts::Unknown, Counts::Stream),
        }]
    });
    let (streams, filters) = join(join_all(streams), join_all(filters)).await;
    streams.into_iter().chain(filters).flatten().collect()
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

fn why(error: &CallError) -> String {
    format!("{}; {}", chain(error), error.explanation().hint)
}

/// What became of the log events of each log group that has a filter of this name. A log group of which nothing is known is not in it.
///
/// # Errors
/// Fails if the service refuses a call.
pub async fn of_filter(
    connection: &Connection,
    filter: &FilterName,
) -> Result<BTreeMap<String, FilterCounts>, CallError> {
    let mut counts: BTreeMap<String, FilterCounts> = BTreeMap::new();
    for (name, field) in [
        (
            "DeliveryErrors",
            (|counts| &mut counts.errors) as fn(&mut FilterCounts) -> &mut u64,
        ),
        ("DeliveryThrottling", |counts| &mut counts.throttled),
    ] {
        let filter = filter.as_str();
        let values = last_hour(connection, &[Query::OfFilter { name, filter }]).await?;
        for ((_, log_group), value) in values {
            *field(counts.entry(log_group).or_default()) += value;
        }
    }
    Ok(counts)
}

/// What the stream refused, how late it is read, and what failed behind it.
///
/// # Errors
/// Fails if the service refuses a call.
pub async fn of_stream(
    connection: &Connection,
    stream: &StreamName,
    arn: &Arn,
) -> Result<StreamCounts, CallError> {
    let refused = refused(connection, stream).await?;
    let firehoses = reading(connection, arn).await?;
    let mut queries = vec![Query::Metric {
        namespace: "AWS/Kinesis",
        name: "GetRecords.IteratorAgeMilliseconds",
        dimension: ("StreamName", stream.as_str()),
        statistic: "Maximum",
    }];
    for firehose in &firehoses {
        let metric = |namespace, name| Query::Metric {
            namespace,
            name,
            dimension: ("DeliveryStreamName", &firehose.name),
            statistic: "Sum",
        };
        queries.push(metric("Catchment", "RecordsProcessingFailed"));
        queries.push(metric("AWS/Firehose", "FailedConversion.Records"));
    }
    let values = last_hour(connection, &queries).await?;
    let mut counts = StreamCounts {
        refused,
        ..StreamCounts::default()
    };
    for ((at, _), value) in values {
        match at {
            0 => counts.iterator_age_ms = value,
            _ => counts.failed += value,
        }
    }
    Ok(counts)
}

/// The number of records that the stream refused for want of capacity.
///
/// # Errors
/// Fails if the service refuses the call.
pub async fn refused(connection: &Connection, stream: &StreamName) -> Result<u64, CallError> {
    let query = Query::Metric {
        namespace: "AWS/Kinesis",
        name: "WriteProvisionedThroughputExceeded",
        dimension: ("StreamName", stream.as_str()),
        statistic: "Sum",
    };
    let values = last_hour(connection, &[query]).await?;
    Ok(values.into_values().sum())
}
