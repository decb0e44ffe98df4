//! Re-ingestion over HTTP: the deployable Lambda in AWS's emulator of its runtime puts back into Kinesis in the emulator of AWS,
//! behind the proxy that injects faults.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops if its setup fails"
)]

#[path = "conserve/events.rs"]
mod events;
mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::time::{Duration, Instant};

use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::limits::BATCH_BYTES_DEFAULT;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use events::{Kind, Sent};
use support::emulator::Emulator;
use support::lambda::Lambda;

const REGION: &str = "us-west-2";
const LOGGING: &str = "999988887777";
const STREAM: &str = "logs";
const EVENTS: usize = 10_000;
const EVENTS_PER_RECORD: usize = 100;
const RECORDS_PER_BATCH: usize = 10;
const FAULTS: [&str; 5] = ["error", "reset", "hang", "throttle", "partial"];

/// The emulated AWS with a Kinesis stream.
fn aws() -> Emulator {
    let emulator = Emulator::start();
    let kinesis =
        |operation, params: Value| emulator.call(LOGGING, REGION, "kinesis", operation, &params);
    kinesis(
        "CreateStream",
        json!({ "StreamName": STREAM, "ShardCount": 1 }),
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let described = kinesis("DescribeStreamSummary", json!({ "StreamName": STREAM }));
        if described["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE" {
            return emulator;
        }
        assert!(Instant::now() < deadline, "{described}");
    }
}

fn lambda(emulator: &Emulator, more: &[(&str, &str)]) -> Lambda {
    let endpoint = emulator.endpoint();
    let mut environment = vec![
        ("CATCHMENT_OVERFLOW", "reingest"),
        ("AWS_ACCESS_KEY_ID", LOGGING),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", &endpoint),
    ];
    environment.extend(more);
    Lambda::start(&support::lambda::bootstrap(), &environment)
}

/// The event that Firehose sends for these records of the stream.
fn batch(records: &[Vec<u8>]) -> Vec<u8> {
    let record = |(id, record): (usize, &Vec<u8>)| json!({ "recordId": id.to_string(), "data": base64_simd::STANDARD.encode_to_string(record) });
    let event = json!({
        "invocationId": "i",
        "deliveryStreamArn": format!("arn:aws:firehose:{REGION}:{LOGGING}:deliverystream/logs"),
        "sourceKinesisStreamArn": format!("arn:aws:kinesis:{REGION}:{LOGGING}:stream/{STREAM}"),
        "region": REGION,
        "records": records.iter().enumerate().map(record).collect::<Vec<_>>(),
    });
    event.to_string().into_bytes()
}

/// Records that do not all fit, with `count` events.
fn records(count: usize) -> Vec<Vec<u8>> {
    let (mut rng, mut sent) = (fastrand::Rng::with_seed(14), Sent::default());
    (0..count / EVENTS_PER_RECORD)
        .map(|at| {
            let kind = [Kind::Constant, Kind::Lines][at % 2];
            let sizes: Vec<usize> = (0..EVENTS_PER_RECORD)
                .map(|_| rng.usize(1..12_000))
                .collect();
            events::record(&mut rng, kind, &sizes, &mut sent)
        })
        .collect()
}

/// Divides records into batches as Firehose does: until there are enough bytes.
fn batches(records: &[Vec<u8>]) -> Vec<&[Vec<u8>]> {
    let mut bytes = 0;
    let is_same = |_: &Vec<u8>, next: &Vec<u8>| {
        bytes = if bytes < BATCH_BYTES_DEFAULT {
            bytes + next.len()
        } else {
            0
        };
        bytes > 0
    };
    records
        .chunk_by(is_same)
        .flat_map(|batch| batch.chunks(RECORDS_PER_BATCH))
        .collect()
}

/// A reader of the stream.
struct Reader<'e> {
    emulator: &'e Emulator,
    iterator: Value,
}

impl<'e> Reader<'e> {
    fn new(emulator: &'e Emulator) -> Self {
        let kinesis = |operation, params: Value| {
            emulator.call(LOGGING, REGION, "kinesis", operation, &params)
        };
        let shards = kinesis("ListShards", json!({ "StreamName": STREAM }));
        let first = json!({
            "StreamName": STREAM,
            "ShardId": shards["Shards"][0]["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        });
        let iterator = kinesis("GetShardIterator", first)["ShardIterator"].take();
        Self { emulator, iterator }
    }

    /// All records that came since the last call.
    fn new_records(&mut self) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        loop {
            let params = json!({ "ShardIterator": self.iterator, "Limit": 100 });
            let mut read = self
                .emulator
                .call(LOGGING, REGION, "kinesis", "GetRecords", &params);
            self.iterator = read["NextShardIterator"].take();
            let Some(found) = read["Records"].as_array().filter(|found| !found.is_empty()) else {
                return records;
            };
            records.extend(found.iter().map(|record| {
                let data = record["Data"]["$base64"].as_str().unwrap();
                base64_simd::STANDARD.decode_to_vec(data).unwrap()
            }));
        }
    }
}

/// Of each event, how often it was delivered or written to the error output.
#[derive(Default)]
struct Seen {
    delivered: BTreeMap<usize, u32>,
    in_error_output: BTreeMap<usize, u32>,
}

impl Seen {
    /// Takes note of a response, and checks that every record is answered.
    fn answered(&mut self, records: &[Vec<u8>], body: &[u8]) -> Vec<RecordResult> {
        let response: Response = serde_json::from_slice(body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body)));
        assert_eq!(response.records.len(), records.len());
        for (record, answer) in records.iter().zip(&response.records) {
            let (seen, text) = match answer.result {
                RecordResult::Ok => (&mut self.delivered, answer.bytes().unwrap()),
                RecordResult::ProcessingFailed => (&mut self.in_error_output, open(record)),
                RecordResult::Dropped => continue,
            };
            for id in ids(&text) {
                *seen.entry(id).or_default() += 1;
            }
        }
        response
            .records
            .iter()
            .map(|answer| answer.result)
            .collect()
    }
}

fn open(record: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(record).read_to_end(&mut text).unwrap();
    text
}

/// The ids of the events in a text, which all have 56 digits.
fn ids(text: &[u8]) -> Vec<usize> {
    let mark = br#""id":""#;
    let places = memchr::memmem::find_iter(text, mark);
    places
        .map(|at| {
            std::str::from_utf8(&text[at + mark.len()..][..56])
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect()
}

/// Every event goes to the destination or to the error output: with throttling, partial failures, errors, resets and silence in
/// many calls, answers that are lost, and the function killed in the middle, after which Firehose gives the batch again.
#[test]
fn ten_thousand_events_arrive_whatever_happens_to_the_calls() {
    let emulator = aws();
    let lambda = lambda(&emulator, &[]);
    let mut reader = Reader::new(&emulator);
    let mut seen = Seen::default();
    let (mut left, mut rounds, mut kills) = (records(EVENTS), 0, 0);
    while !left.is_empty() {
        for (at, records) in batches(&left).into_iter().enumerate() {
            let event = batch(records);
            if rounds == 0 && at % 3 == 0 {
                emulator.faults(&json!({}));
                // Alternately before the put is carried out, and after.
                match at % 2 {
                    0 => emulator.break_before(1),
                    _ => emulator.break_after(1),
                }
                std::thread::scope(|scope| {
                    let invoked = scope.spawn(|| lambda.try_invoke(&event));
                    assert!(emulator.wait_for_breakpoint(60.0), "nothing is put back");
                    lambda.kill();
                    let answer = invoked.join().unwrap();
                    assert!(
                        !answer.is_ok_and(|(status, _)| status == 200),
                        "killed, and it answers"
                    );
                });
                emulator.clear_breakpoint();
                kills += 1;
            }
            emulator.faults(&json!({
                "seed": rounds * 1000 + at, "rate": 0.7, "operations": ["PutRecords"], "hang_seconds": 0.5,
                "kinds": FAULTS, "storm_calls": 2,
            }));
            let (status, body) = lambda.invoke(&event);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
            seen.answered(records, &body);
        }
        left = reader.new_records();
        rounds += 1;
        assert!(rounds < 10, "it goes round and round");
    }
    let injected: Vec<Value> = emulator.calls();
    let count = |code: &str| injected.iter().filter(|call| call["code"] == code).count();
    for kind in FAULTS {
        assert!(count(kind) > 0, "no call had the fault {kind}");
    }
    for id in 0..EVENTS {
        let times = seen.delivered.get(&id).or(seen.in_error_output.get(&id));
        assert!(times.is_some(), "event {id} is lost");
    }
    println!(
        "{} events delivered and {} in the error output, after {rounds} rounds, {kills} kills and {} calls",
        seen.delivered.len(),
        seen.in_error_output.len(),
        injected.len()
    );
    assert!(kills > 0 && !lambda.log().contains("panicked"));
}

#[test]
fn without_faults_every_event_arrives_once() {
    let emulator = aws();
    let lambda = lambda(&emulator, &[]);
    let mut reader = Reader::new(&emulator);
    let (mut seen, mut left, mut rounds) = (Seen::default(), records(2_500), 0);
    while !left.is_empty() {
        for records in batches(&left) {
            seen.answered(records, &lambda.invoke(&batch(records)).1);
        }
        left = reader.new_records();
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert_eq!(seen.delivered.len(), 2_500);
    assert!(seen.delivered.values().all(|times| *times == 1) && seen.in_error_output.is_empty());
}

#[test]
fn with_little_time_left_what_is_not_put_fails_and_the_answer_comes_in_time() {
    let emulator = aws();
    let lambda = lambda(&emulator, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "4")]);
    let records = &records(2_500)[..RECORDS_PER_BATCH];
    // The emulator starts the binary at the first invocation; that is not this one's time.
    lambda.invoke(&batch(&[]));
    emulator.faults(&json!({ "rate": 1.0, "kinds": ["hang"], "operations": ["PutRecords"], "hang_seconds": 60.0, "lost": 0.0 }));
    let started = Instant::now();
    let (status, body) = lambda.invoke(&batch(records));
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    let results = Seen::default().answered(records, &body);
    assert!(results.contains(&RecordResult::ProcessingFailed));
    assert!(!results.contains(&RecordResult::Dropped), "nothing was put");
    assert!(lambda.log().contains("\"not-put-back\""));
}

#[test]
fn what_aws_refuses_for_good_fails_at_once_and_the_log_says_why() {
    let emulator = aws();
    let lambda = lambda(&emulator, &[]);
    let records = &records(2_500)[..RECORDS_PER_BATCH];
    emulator.call(
        LOGGING,
        REGION,
        "kinesis",
        "DeleteStream",
        &json!({ "StreamName": STREAM }),
    );
    let (status, body) = lambda.invoke(&batch(records));
    assert_eq!(status, 200);
    let results = Seen::default().answered(records, &body);
    assert!(
        results.contains(&RecordResult::ProcessingFailed)
            && !results.contains(&RecordResult::Dropped)
    );
    assert!(
        lambda.log().contains("ResourceNotFoundException"),
        "{}",
        lambda.log()
    );
}
