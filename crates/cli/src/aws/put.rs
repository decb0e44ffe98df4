//! Puts records into a Kinesis or Firehose stream: paced, and again what was refused.

use std::time::Duration;

use aws_sdk_firehose::types::Record;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use tokio::time::{Instant, sleep, sleep_until};

use super::Connection;
use super::call::CallError;
use crate::count::counted;
use crate::provision::name::{FirehoseName, StreamName};

/// Where records are put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Kinesis(StreamName),
    /// A Firehose stream that takes records directly.
    Firehose(FirehoseName),
}

/// A record, and the key that chooses its shard, of which a Firehose stream has none.
#[derive(Debug, Clone)]
pub struct Put {
    pub key: String,
    pub data: Vec<u8>,
}

/// Puts records into one stream, at most so many bytes a second.
#[derive(Debug)]
pub struct Putter {
    target: Target,
    bytes_per_second: f64,
    next: Instant,
}

/// Why putting ended early.
#[derive(Debug, thiserror::Error)]
pub enum PutError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Call(CallError),
    /// What was acknowledged could not be noted.
    #[error("what the stream acknowledged cannot be noted")]
    Note(#[source] E),
    #[error("the stream still refuses {} after {TRIES_MAX} tries ({code})", counted(*records, "record"))]
    Refused { records: usize, code: String },
}

/// A shard that is too busy answers again within seconds; after these tries, two minutes have passed.
const TRIES_MAX: u32 = 14;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

impl Putter {
    pub fn new(target: Target, bytes_per_second: f64) -> Self {
        Self {
            target,
            bytes_per_second,
            next: Instant::now(),
        }
    }

    /// Puts records that one call takes, and those that are refused again, after a wait. `acknowledged` is told of those that are
    /// in the stream, by their place, before anything else is sent.
    ///
    /// # Errors
    /// Fails if the service refuses the call or keeps refusing records, or if `acknowledged` fails.
    pub async fn put<E: std::error::Error + 'static>(
        &mut self,
        connection: &Connection,
        records: &[Put],
        mut acknowledged: impl FnMut(&[usize]) -> Result<(), E>,
    ) -> Result<(), PutError<E>> {
        let mut left: Vec<usize> = (0..records.len()).collect();
        let mut wait = FIRST_WAIT;
        for tries in 1.. {
            sleep_until(self.next).await;
            let sent: Vec<&Put> = left.iter().filter_map(|at| records.get(*at)).collect();
            let codes = self.call(connection, &sent).await.map_err(PutError::Call)?;
            let bytes: usize = sent.iter().map(|put| put.data.len()).sum();
            self.next =
                Instant::now() + Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
            let (refused, done): (Vec<_>, Vec<_>) = left
                .iter()
                .zip(&codes)
                .partition(|(_, code)| code.is_some());
            let done: Vec<usize> = done.into_iter().map(|(at, _)| *at).collect();
            acknowledged(&done).map_err(PutError::Note)?;
            let Some((_, Some(code))) = refused.first() else {
                return Ok(());
            };
            if tries == TRIES_MAX {
                return Err(PutError::Refused {
                    records: refused.len(),
                    code: code.clone(),
                });
            }
            // several runs at a time do not come back at the same moment
            let part = records.get(*refused[0].0).map_or(0, |put| jitter(&put.key));
            sleep(wait / 2 + wait / 2 * part / 16).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            left = refused.into_iter().map(|(at, _)| *at).collect();
        }
        Ok(())
    }

    /// Makes one call, and returns the error code of each record that was refused.
    async fn call(
        &self,
        connection: &Connection,
        records: &[&Put],
    ) -> Result<Vec<Option<String>>, CallError> {
        match &self.target {
            Target::Kinesis(name) => kinesis(connection, name, records).await,
            Target::Firehose(name) => firehose(connection, name, records).await,
        }
    }
}

async fn kinesis(
    connection: &Connection,
    name: &StreamName,
    records: &[&Put],
) -> Result<Vec<Option<String>>, CallError> {
    let entries: Vec<_> = records
        .iter()
        .filter_map(|put| {
            let entry = PutRecordsRequestEntry::builder()
                .partition_key(&put.key)
                .data(Blob::new(put.data.as_slice()));
            // it fails only without key or data
            entry.build().ok()
        })
        .collect();
    let send = || {
        let put = connection.kinesis.put_records().stream_name(name.as_str());
        put.set_records(Some(entries.clone())).send()
    };
    let caller = &connection.caller;
    let answer = caller
        .call("kinesis:PutRecords", &format!("stream {name}"), send)
        .await?;
    let codes = answer.records.into_iter().map(|record| record.error_code);
    Ok(codes.collect())
}

async fn firehose(
    connection: &Connection,
    name: &FirehoseName,
    records: &[&Put],
) -> Result<Vec<Option<String>>, CallError> {
    let records: Vec<_> = records
        .iter()
        // it fails only without data
        .filter_map(|put| {
            Record::builder()
                .data(Blob::new(put.data.as_slice()))
                .build()
                .ok()
        })
        .collect();
    let client = connection.firehose();
    let send = || {
        let put = client
            .put_record_batch()
            .delivery_stream_name(name.as_str());
        put.set_records(Some(records.clone())).send()
    };
    let caller = &connection.caller;
    let resource = format!("Firehose stream {name}");
    let answer = caller
        .call("firehose:PutRecordBatch", &resource, send)
        .await?;
    let codes = answer
        .request_responses
        .into_iter()
        .map(|record| record.error_code);
    Ok(codes.collect())
}

/// From 0 to 15, by chance: the first digit of a key that is a digest.
fn jitter(key: &str) -> u32 {
    key.chars()
        .next()
        .and_then(|digit| digit.to_digit(16))
        .unwrap_or_default()
}
