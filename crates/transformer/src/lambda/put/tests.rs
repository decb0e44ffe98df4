//! Putting, into streams that refuse, fail and hang. The clock is tokio's own, which jumps ahead while all wait.

use std::sync::Mutex;

use super::*;
use crate::limits::BATCH_BYTES_DEFAULT;
use crate::overflow::{LineBytes, Mark, Splitter};

/// What a call does with its records.
#[derive(Clone, Copy)]
enum Does {
    Takes,
    TakesEverySecond,
    Fails { is_transient: bool },
    Hangs,
}

/// Calls do what they are told, one after another, the last for ever; and note how many records and bytes they had.
struct Scripted {
    script: Vec<Does>,
    calls: Mutex<Vec<(usize, usize)>>,
}

impl Stream for Scripted {
    const LONGEST_CALL: usize = 1_000_000;

    async fn put(&self, records: &[&Piece]) -> Result<Vec<bool>, PutError> {
        let bytes = records.iter().map(|piece| piece.data().len() + 8).sum();
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((records.len(), bytes));
            calls.len() - 1
        };
        match self.script[number.min(self.script.len() - 1)] {
            Does::Takes => Ok(vec![true; records.len()]),
            Does::TakesEverySecond => Ok((0..records.len()).map(|at| at % 2 == 0).collect()),
            Does::Fails { is_transient } => Err(PutError {
                code: "Refused".to_owned(),
                is_transient,
            }),
            Does::Hangs => std::future::pending().await,
        }
    }
}

fn pieces(count: usize, bytes: usize) -> Vec<Piece> {
    let mut splitter = Splitter::new(BATCH_BYTES_DEFAULT);
    let event = format!(
        r#"{{"id":"1","timestamp":1,"message":"{}"}}"#,
        "x".repeat(bytes)
    );
    let message = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[{event}]}}"#
    );
    let mark = Mark {
        hops: 1,
        stream: b"\"a\"",
    };
    splitter
        .split(
            0,
            message.repeat(count).as_bytes(),
            mark,
            LineBytes {
                times: 1,
                beside: 0,
                more: 0,
            },
        )
        .unwrap();
    splitter.into_pieces()
}

/// Puts within a minute. Returns what became of the pieces, and the records and bytes of each call.
async fn run(pieces: &[Piece], script: &[Does]) -> (Put, Vec<(usize, usize)>) {
    let stream = Scripted {
        script: script.to_vec(),
        calls: Mutex::default(),
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    let put = put(&stream, pieces, deadline).await;
    assert!(
        Instant::now() <= deadline + Duration::from_millis(2),
        "it ends in time"
    );
    let calls = stream.calls.into_inner().unwrap();
    assert_eq!(put.calls, calls.len());
    (put, calls)
}

#[tokio::test(start_paused = true)]
async fn calls_stay_within_count_and_bytes() {
    let many = pieces(1201, 1);
    let (put, calls) = run(&many, &[Does::Takes]).await;
    assert!(put.is_put.iter().all(|is_put| *is_put));
    assert_eq!(
        calls.iter().map(|call| call.0).collect::<Vec<_>>(),
        [500, 500, 201]
    );
    let large = pieces(10, 900_000);
    let (put, calls) = run(&large, &[Does::Takes]).await;
    assert!(put.is_put.iter().all(|is_put| *is_put));
    assert!(
        calls.iter().all(|call| call.1 <= Scripted::LONGEST_CALL),
        "{calls:?}"
    );
    assert!(calls.len() < 10, "several at once: {calls:?}");
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_is_put_again() {
    let pieces = pieces(8, 1);
    let (put, calls) = run(&pieces, &[Does::TakesEverySecond]).await;
    assert_eq!(
        calls.iter().map(|call| call.0).collect::<Vec<_>>(),
        [8, 4, 2, 1]
    );
    assert_eq!((put.is_put, put.error), (vec![true; 8], None));
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_a_time_is_tried_again_and_a_silence_is_not_waited_out() {
    let pieces = pieces(3, 1);
    let transient = Does::Fails { is_transient: true };
    let (put, calls) = run(&pieces, &[transient, Does::Hangs, transient, Does::Takes]).await;
    assert_eq!(calls.len(), 4);
    assert_eq!(put.is_put, [true; 3]);
    assert_eq!(put.error.as_deref(), Some("Refused"));
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_what_is_left_is_not_put() {
    let pieces = pieces(4, 1);
    let transient = Does::Fails { is_transient: true };
    for last in [transient, Does::Hangs] {
        let (put, calls) = run(&pieces, &[Does::TakesEverySecond, last]).await;
        assert_eq!(put.is_put, [true, false, true, false]);
        assert!((3..100).contains(&calls.len()), "{} calls", calls.len());
    }
    let stream = Scripted {
        script: vec![Does::Takes],
        calls: Mutex::default(),
    };
    let put = put(&stream, &pieces, Instant::now()).await;
    assert_eq!((put.is_put, put.calls), (vec![false; 4], 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_tried_again() {
    let pieces = pieces(1000, 1);
    let refused = Does::Fails {
        is_transient: false,
    };
    let (put, calls) = run(&pieces, &[refused]).await;
    assert_eq!((calls.len(), put.is_put), (1, vec![false; 1000]));
    assert_eq!(put.error.as_deref(), Some("Refused"));
}
