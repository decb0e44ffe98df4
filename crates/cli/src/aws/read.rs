//! Reads the records of a Kinesis stream, shard by shard, without a registered consumer: nothing is left behind.
//!
//! Each shard is read at half of what it gives, because Firehose reads it, too, and the limits are shared
//! (<https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>).

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{ShardFilter, ShardFilterType, ShardIteratorType};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::Connection;
use super::call::{CallError, GET_ITERATOR, GET_RECORDS};
use crate::provision::name::{Arn, StreamName};

/// A record, as it is in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub sequence_number: String,
    pub partition_key: String,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub arrived: i64,
    pub data: Vec<u8>,
}

/// What one call gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub shard: String,
    pub records: Vec<Fetched>,
    /// How far behind the newest record the shard has been read.
    pub behind: Duration,
    /// Whether the shard is read to the end of the range.
    pub is_last: bool,
    iterator: Option<String>,
    children: Vec<String>,
}

/// Which records to read.
#[derive(Debug, Clone, Copy)]
pub enum Range {
    /// Those that arrive in the next so many seconds.
    Next(Duration),
    /// Those that have arrived since so long ago.
    Last(Duration),
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Call(CallError),
    /// What was read could not be taken.
    #[error(transparent)]
    Take(E),
}

/// A shard is read every half second at most: of five calls a second, two.
const PACE: Duration = Duration::from_millis(500);

/// Of the two MiB a second that a shard gives, one.
const BYTES_PER_SECOND: f64 = 1024.0 * 1024.0;

/// How many calls are in flight at a time. Each may bring 10 MiB, so that memory stays bounded.
const CALLS_MAX: usize = 8;

/// Reads the range of all shards, and gives what comes to `take`. A shard that was closed is followed by its children. Dropped, it
/// ends at once.
///
/// # Errors
/// Fails if the service refuses a call, or if `take` fails.
pub async fn read<E: std::error::Error + 'static>(
    shards: &impl Shards,
    range: Range,
    mut take: impl FnMut(Progress, Page) -> Result<(), E>,
) -> Result<(), ReadError<E>> {
    let until = match range {
        Range::Next(time) => Instant::now() + time,
        Range::Last(_) => Instant::now(),
    };
    let listed = shards.list(range).await.map_err(ReadError::Call)?;
    let mut known: BTreeSet<String> = listed.iter().cloned().collect();
    let start = Start::of(range);
    let calls = Semaphore::new(CALLS_MAX);
    let mut reading: FuturesUnordered<_> = listed
        .into_iter()
        .map(|shard| step(shards, &calls, until, Reader::new(shard, start.clone())))
        .collect();
    let mut progress = Progress {
        shards: known.len(),
        ended: 0,
    };
    while let Some(read) = reading.next().await {
        let (reader, mut page) = read.map_err(ReadError::Call)?;
        for child in std::mem::take(&mut page.children) {
            if known.insert(child.clone()) {
                progress.shards += 1;
                let child = Reader::new(child, Start::Horizon);
                reading.push(step(shards, &calls, until, child));
            }
        }
        match page.is_last {
            true => progress.ended += 1,
            false => reading.push(step(shards, &calls, until, reader)),
        }
        take(progress, page).map_err(ReadError::Take)?;
    }
    Ok(())
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub shards: usize,
    /// Shards that are read to the end.
    pub ended: usize,
}

/// Where to start in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Latest,
    At(SystemTime),
    Horizon,
    /// Behind the record with this sequence number.
    After(String),
}

impl Start {
    fn of(range: Range) -> Self {
        match range {
            Range::Next(_) => Self::Latest,
            Range::Last(time) => Self::At(ago(time)),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only `aws` and `output` read the clock"
)]
fn ago(time: Duration) -> SystemTime {
    SystemTime::now() - time
}

/// A shard while it is read.
struct Reader {
    shard: String,
    start: Start,
    /// When reading began.
    since: SystemTime,
    iterator: Option<String>,
    /// When it may be read again.
    next: Instant,
}

impl Reader {
    fn new(shard: String, start: Start) -> Self {
        Self {
            shard,
            start,
            since: ago(Duration::ZERO),
            iterator: None,
            next: Instant::now(),
        }
    }
}

/// Makes the next call for a shard, once it is its turn.
async fn step(
    shards: &impl Shards,
    calls: &Semaphore,
    until: Instant,
    mut reader: Reader,
) -> Result<(Reader, Page), CallError> {
    sleep_until(reader.next).await;
    // it is never closed
    let _turn = calls.acquire().await.ok();
    let iterator = match reader.iterator.take() {
        Some(iterator) => iterator,
        None => shards.iterator(&reader.shard, &reader.start).await?,
    };
    let asked = Instant::now();
    let mut page = match shards.records(&reader.shard, &iterator).await {
        Ok(page) => page,
        // it was not used for five minutes
        Err(error) if error.code() == Some("ExpiredIterator") => {
            if reader.start == Start::Latest {
                reader.start = Start::At(reader.since);
            }
            reader.next = asked + PACE;
            return Ok((reader, Page::default()));
        }
        Err(error) => return Err(error),
    };
    let bytes: usize = page.records.iter().map(|record| record.data.len()).sum();
    reader.next = asked + PACE.max(Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND));
    if let Some(last) = page.records.last() {
        reader.start = Start::After(last.sequence_number.clone());
    }
    reader.iterator = page.iterator.take();
    let is_closed = reader.iterator.is_none();
    page.is_last = is_closed || asked.checked_sub(page.behind).is_some_and(|at| at >= until);
    page.shard.clone_from(&reader.shard);
    Ok((reader, page))
}

/// What of the service is needed; tests have one of their own.
pub trait Shards {
    /// The shards in which records of the range can be.
    fn list(&self, range: Range) -> impl Future<Output = Result<Vec<String>, CallError>>;
    fn iterator(
        &self,
        shard: &str,
        start: &Start,
    ) -> impl Future<Output = Result<String, CallError>>;
    fn records(&self, shard: &str, iterator: &str)
    -> impl Future<Output = Result<Page, CallError>>;
}

/// The shards of a stream.
#[derive(Debug)]
pub struct StreamShards<'a> {
    pub connection: &'a Connection,
    pub stream: &'a StreamName,
    pub arn: &'a Arn,
}

impl StreamShards<'_> {
    fn resource(&self) -> String {
        format!("stream {}", self.stream)
    }
}

impl Shards for StreamShards<'_> {
    async fn list(&self, range: Range) -> Result<Vec<String>, CallError> {
        let filter = match Start::of(range) {
            Start::At(time) => ShardFilter::builder()
                .r#type(ShardFilterType::FromTimestamp)
                .timestamp(DateTime::from(time)),
            _ => ShardFilter::builder().r#type(ShardFilterType::AtLatest),
        };
        // it fails only without a type
        let filter = filter.build().ok();
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let send = || {
                let list = self.connection.kinesis.list_shards();
                // a token stands for the stream and the filter
                match &token {
                    Some(token) => list.next_token(token),
                    None => list
                        .stream_name(self.stream.as_str())
                        .set_shard_filter(filter.clone()),
                }
                .send()
            };
            let caller = &self.connection.caller;
            let page = caller
                .call("kinesis:ListShards", &self.resource(), send)
                .await?;
            shards.extend(
                page.shards
                    .unwrap_or_default()
                    .into_iter()
                    .map(|shard| shard.shard_id),
            );
            token = page.next_token;
            if token.is_none() {
                return Ok(shards);
            }
        }
    }

    async fn iterator(&self, shard: &str, start: &Start) -> Result<String, CallError> {
        let send = || {
            let get = self.connection.kinesis.get_shard_iterator();
            let get = get.stream_name(self.stream.as_str()).shard_id(shard);
            match start {
                Start::Latest => get.shard_iterator_type(ShardIteratorType::Latest),
                Start::Horizon => get.shard_iterator_type(ShardIteratorType::TrimHorizon),
                Start::At(time) => get
                    .shard_iterator_type(ShardIteratorType::AtTimestamp)
                    .timestamp(DateTime::from(*time)),
                Start::After(number) => get
                    .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                    .starting_sequence_number(number),
            }
            .send()
        };
        let caller = &self.connection.caller;
        let answer = caller.call(GET_ITERATOR, &self.resource(), send).await?;
        Ok(answer.shard_iterator.unwrap_or_default())
    }

    async fn records(&self, _shard: &str, iterator: &str) -> Result<Page, CallError> {
        let send = || {
            let get = self.connection.kinesis.get_records();
            // AWS recommends it, though the iterator says which stream it is
            // (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>)
            get.stream_arn(self.arn.as_str())
                .shard_iterator(iterator)
                .send()
        };
        let caller = &self.connection.caller;
        let answer = caller.call(GET_RECORDS, &self.resource(), send).await?;
        let behind = answer.millis_behind_latest.unwrap_or_default();
        let records = answer.records.into_iter().map(|record| Fetched {
            arrived: record
                .approximate_arrival_timestamp
                .and_then(|time| time.to_millis().ok())
                .unwrap_or_default(),
            sequence_number: record.sequence_number,
            // a put without a key has none
            partition_key: record.partition_key.unwrap_or_default(),
            data: record.data.into_inner(),
        });
        Ok(Page {
            records: records.collect(),
            behind: Duration::from_millis(behind.unsigned_abs()),
            iterator: answer.next_shard_iterator,
            children: answer
                .child_shards
                .into_iter()
                .flatten()
                .map(|child| child.shard_id)
                .collect(),
            ..Page::default()
        })
    }
}

#[cfg(test)]
mod tests;
