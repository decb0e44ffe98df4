//! Puts records into a stream: in batches within the service's limits, those that fail again, until the time is up.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::limits::PUT_RECORDS_MAX;
use crate::overflow::Piece;

/// A stream that takes records.
pub(super) trait Stream {
    /// The most bytes of one call.
    const LONGEST_CALL: usize;

    /// Puts records in one call, and tells of each whether it was taken.
    fn put(&self, records: &[&Piece]) -> impl Future<Output = Result<Vec<bool>, PutError>> + Send;
}

/// Why a call took no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PutError {
    /// AWS's code of the error, or what happened instead of an answer.
    pub(super) code: String,
    /// Whether the same call can succeed later.
    pub(super) is_transient: bool,
}

/// What became of records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// Of each record, whether it was put.
    pub is_put: Vec<bool>,
    /// Calls that were made.
    pub calls: usize,
    /// The last error, by AWS's code for it.
    pub error: Option<String>,
}

/// Puts `pieces` until `deadline`.
pub(super) async fn put(stream: &(impl Stream + Sync), pieces: &[Piece], deadline: Instant) -> Put {
    let mut put = Put {
        is_put: vec![false; pieces.len()],
        ..Put::default()
    };
    let mut left: Vec<usize> = (0..pieces.len()).collect();
    let mut backoff = BACKOFF_FIRST;
    while !left.is_empty() && Instant::now() < deadline {
        for call in calls(&left, pieces, longest_call(stream)) {
            let records: Vec<&Piece> = call.iter().map(|index| &pieces[*index]).collect();
            let until = deadline.min(Instant::now() + CALL_TIME_MAX);
            put.calls += 1;
            match timeout_at(until, stream.put(&records)).await {
                Ok(Ok(taken)) => {
                    for (index, is_taken) in call.iter().zip(taken) {
                        put.is_put[*index] = is_taken;
                    }
                }
                Ok(Err(error)) => {
                    put.error = Some(error.code);
                    if !error.is_transient {
                        return put;
                    }
                }
                Err(_) => put.error = Some("no answer in time".to_owned()),
            }
        }
        left.retain(|index| !put.is_put[*index]);
        if left.is_empty() {
            break;
        }
        // Any time up to the backoff: callers that were refused together must not come back together.
        let pause = backoff.mul_f64(fastrand::f64());
        sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await;
        backoff = (2 * backoff).min(BACKOFF_MAX);
    }
    put
}

fn longest_call<S: Stream>(_: &S) -> usize {
    S::LONGEST_CALL
}

/// Divides records, by their indices, into calls within the limits.
fn calls<'l>(left: &'l [usize], pieces: &[Piece], bytes_max: usize) -> Vec<&'l [usize]> {
    let mut calls = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (at, index) in left.iter().enumerate() {
        let record = pieces[*index].bytes() + pieces[*index].partition_key().len();
        if at > begin && (bytes + record > bytes_max || at - begin == PUT_RECORDS_MAX) {
            calls.push(&left[begin..at]);
            (begin, bytes) = (at, 0);
        }
        bytes += record;
    }
    if begin < left.len() {
        calls.push(&left[begin..]);
    }
    calls
}

/// A call is given up after this time, far above what a call of a few megabytes takes within a Region.
const CALL_TIME_MAX: Duration = Duration::from_secs(10);
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
