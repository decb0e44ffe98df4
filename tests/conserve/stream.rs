//! The stream and Firehose, simulated: batches to the transformer, and back what it puts back.

use std::collections::VecDeque;
use std::fmt;

use catchment_transformer::firehose::{Pending, RecordResult, Response};
use catchment_transformer::limits::{BATCH_BYTES_DEFAULT, RESPONSE_BYTES_MAX};
use catchment_transformer::subscription::Decoder;
use catchment_transformer::{Settings, Transformer};
use fastrand::Rng;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::events::{Sent, hash};

const STREAM: &str = "arn:aws:firehose:us-west-2:999988887777:deliverystream/logs";
/// Firehose tries a batch again that the function did not answer.
const RETRIES: usize = 3;

/// How often something goes wrong, 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// A record is not taken.
    pub(crate) fails: f64,
    /// It is taken, and the answer is lost.
    pub(crate) is_lost: f64,
    /// The function ends in the middle of an invocation, and the batch is given again.
    pub(crate) kills: f64,
}

impl Faults {
    pub(crate) fn is_none(self) -> bool {
        self.fails + self.is_lost + self.kills == 0.0
    }
}

/// A transformer under test, and what became of all events.
pub(crate) struct Run<'s> {
    transformer: Transformer,
    opener: Decoder,
    faults: Faults,
    rng: Rng,
    sent: &'s Sent,
    /// Of each event, how often it was delivered.
    pub(crate) delivered: Vec<u32>,
    /// Of each event, how often it was written to the error output.
    pub(crate) in_error_output: Vec<u32>,
    totals: Totals,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) events: u64,
    /// Bytes of the events.
    pub(crate) bytes: u64,
    batches: u64,
    pub(crate) pieces: u64,
    pub(crate) bytes_put: u64,
    /// Pieces that were given up.
    pub(crate) not_put: u64,
    pub(crate) kills: u64,
    pub(crate) hops: u8,
    /// Events in the error output.
    failed: u64,
    /// Events that came more than once.
    repeated: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.bytes += other.bytes;
        self.batches += other.batches;
        self.pieces += other.pieces;
        self.bytes_put += other.bytes_put;
        self.not_put += other.not_put;
        self.kills += other.kills;
        self.hops = self.hops.max(other.hops);
        self.failed += other.failed;
        self.repeated += other.repeated;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events of {} MB in {} batches; {} records of {} MB put back, {} given up, {} kills, at most {} hops; \
             {} events in the error output, {} more than once",
            self.events,
            self.bytes / 1_000_000,
            self.batches,
            self.pieces,
            self.bytes_put / 1_000_000,
            self.not_put,
            self.kills,
            self.hops,
            self.failed,
            self.repeated
        )
    }
}

/// A line of the output.
#[derive(Deserialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// A line of the format `document`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    log_events: Vec<Line<'a>>,
}

impl<'s> Run<'s> {
    pub(crate) fn new(settings: Settings, faults: Faults, rng: Rng, sent: &'s Sent) -> Self {
        Self {
            transformer: Transformer::new(settings),
            opener: Decoder::default(),
            faults,
            rng,
            sent,
            delivered: vec![0; sent.events.len()],
            in_error_output: vec![0; sent.events.len()],
            totals: Totals::default(),
        }
    }

    /// Lets all records through, and what is put back, in batches of every shape.
    pub(crate) fn all(&mut self, records: Vec<Vec<u8>>) {
        let mut stream = VecDeque::from(records);
        while !stream.is_empty() {
            let (bytes, count) = (self.rng.usize(200_000..=3_000_000), self.rng.usize(1..=500));
            let batch = take(&mut stream, bytes, count);
            stream.extend(self.batch(&batch));
        }
    }

    /// Lets these records through in batches as Firehose makes them by default. Returns what is put back.
    pub(crate) fn round(&mut self, records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let (mut stream, mut back) = (VecDeque::from(records), Vec::new());
        while !stream.is_empty() {
            let batch = take(&mut stream, BATCH_BYTES_DEFAULT, usize::MAX);
            back.extend(self.batch(&batch));
        }
        back
    }

    pub(crate) fn totals(self) -> Totals {
        let times = self.delivered.iter().zip(&self.in_error_output);
        Totals {
            events: self.sent.events.len() as u64,
            bytes: self
                .sent
                .events
                .iter()
                .map(|event| event.bytes as u64)
                .sum(),
            failed: self
                .in_error_output
                .iter()
                .filter(|times| **times > 0)
                .count() as u64,
            repeated: times.filter(|(a, b)| *a + *b > 1).count() as u64,
            ..self.totals
        }
    }

    /// Has one batch transformed, as Firehose does. Returns what is put back.
    fn batch(&mut self, batch: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let records: Vec<String> = batch
            .iter()
            .enumerate()
            .map(|(id, record)| {
                let data = base64_simd::STANDARD.encode_to_string(record);
                format!(r#"{{"recordId":"{id}","data":"{data}"}}"#)
            })
            .collect();
        let event = format!(
            r#"{{"deliveryStreamArn":"{STREAM}","region":"us-west-2","records":[{}]}}"#,
            records.join(",")
        );
        let mut back = Vec::new();
        for _ in 0..=RETRIES {
            self.totals.batches += 1;
            let pending = self.transformer.begin(event.as_bytes()).unwrap();
            let killed_at = (self.rng.f64() < self.faults.kills)
                .then(|| self.rng.usize(0..=pending.pieces().len()));
            let put = self.put(&pending, killed_at, &mut back);
            if killed_at.is_some() {
                self.totals.kills += 1;
                continue;
            }
            let transformed = pending.finish(|piece| put[piece]);
            assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
            self.answered(
                batch,
                &serde_json::from_slice(&transformed.response).unwrap(),
            );
            return back;
        }
        for record in batch {
            self.failed(record);
        }
        back
    }

    /// Puts pieces into the stream, up to the one at which the function is killed. Returns which of them the function knows of.
    fn put(
        &mut self,
        pending: &Pending<'_>,
        killed_at: Option<usize>,
        stream: &mut Vec<Vec<u8>>,
    ) -> Vec<bool> {
        let mut put = Vec::new();
        for piece in pending
            .pieces()
            .iter()
            .take(killed_at.unwrap_or(usize::MAX))
        {
            let mut is_put = false;
            for _ in 0..self.rng.usize(1..=3) {
                if self.rng.f64() < self.faults.fails {
                    continue;
                }
                let data = piece.data();
                assert_eq!(data.len(), piece.bytes());
                self.totals.pieces += 1;
                self.totals.bytes_put += data.len() as u64;
                let text = self.open(&data);
                let hops = text.strip_prefix(br#"{"catchment":{"hops":"#).unwrap()[0] - b'0';
                self.totals.hops = self.totals.hops.max(hops);
                stream.push(data);
                is_put = self.rng.f64() >= self.faults.is_lost;
                if is_put {
                    break;
                }
            }
            self.totals.not_put += u64::from(!is_put);
            put.push(is_put);
        }
        put
    }

    /// Takes note of what a response says.
    fn answered(&mut self, batch: &[Vec<u8>], response: &Response) {
        assert_eq!(response.records.len(), batch.len());
        for (record, answer) in batch.iter().zip(&response.records) {
            match answer.result {
                RecordResult::Ok => {
                    let data = answer.bytes().unwrap();
                    let text = std::str::from_utf8(&data).unwrap();
                    for line in text.lines() {
                        if let Ok(line) = serde_json::from_str(line) {
                            self.delivered(&line);
                        } else {
                            let document: Document<'_> = serde_json::from_str(line).unwrap();
                            document
                                .log_events
                                .iter()
                                .for_each(|line| self.delivered(line));
                        }
                    }
                }
                RecordResult::Dropped => {}
                RecordResult::ProcessingFailed => self.failed(record),
            }
        }
    }

    fn delivered(&mut self, line: &Line<'_>) {
        let id: usize = line.id.parse().unwrap();
        let is_same = hash(line.message.get().as_bytes()) == self.sent.events[id].hash;
        assert!(is_same, "event {id} was changed");
        self.delivered[id] += 1;
    }

    /// Writes a record to the error output, as Firehose does, which has its own copy.
    fn failed(&mut self, record: &[u8]) {
        let text = self.open(record);
        const MARK: &[u8] = br#"{"id":""#;
        for at in memchr::memmem::find_iter(&text, MARK) {
            let id = &text[at + MARK.len()..][..56];
            let id: usize = std::str::from_utf8(id).unwrap().parse().unwrap();
            self.in_error_output[id] += 1;
        }
    }

    fn open(&mut self, record: &[u8]) -> Vec<u8> {
        let base64 = base64_simd::STANDARD.encode_to_string(record);
        self.opener
            .decode(&base64, usize::MAX / 2)
            .unwrap()
            .text
            .to_vec()
    }
}

/// Takes a batch: records until there are `bytes` of them, as they lie in the stream, or `count`.
fn take(stream: &mut VecDeque<Vec<u8>>, bytes: usize, count: usize) -> Vec<Vec<u8>> {
    let (mut batch, mut taken) = (Vec::new(), 0);
    while taken < bytes
        && batch.len() < count
        && let Some(record) = stream.pop_front()
    {
        taken += record.len();
        batch.push(record);
    }
    batch
}
