//! What CloudWatch counted in the last hour: for a filter in its own account, for the stream and what reads it in the logging account.

use std::collections::BTreeMap;

use super::metrics::{Query, last_hour};
use super::verify::firehose::reading;
use super::{CallError, Connection};
use crate::provision::health::{FilterCounts, StreamCounts};
use crate::provision::name::{Arn, FilterName, StreamName};

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
