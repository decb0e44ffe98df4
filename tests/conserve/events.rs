//! Log events from noise to constants, of one byte to 900 KB, in subscription messages as CloudWatch Logs packs them.

#![allow(dead_code, reason = "each test binary uses only a part")]

use std::hash::{DefaultHasher, Hasher};

use fastrand::Rng;
use libdeflater::{CompressionLvl, Compressor};

/// The events that were sent; an event's id is its index.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) events: Vec<Event>,
}

pub(crate) struct Event {
    /// Bytes of the event in its message.
    pub(crate) bytes: usize,
    /// A hash of its message, as the literal that it is in the output.
    pub(crate) hash: u64,
}

/// What a message consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One byte, again and again.
    Constant,
    /// Text as logs have it.
    Lines,
    /// Random printable bytes, with escapes.
    Noise,
    /// Random bytes that are not UTF-8.
    NotUtf8,
}

/// All bytes of a record, as it lies in the stream. Kinesis takes 1 MiB at the most.
const RECORD_BYTES_MAX: usize = 1000 * 1024;

/// Makes records with this many events in all, one record of the stream each.
pub(crate) fn records(rng: &mut Rng, events: u64, sent: &mut Sent) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut left = events;
    while left > 0 {
        let kind = match rng.u8(0..10) {
            0..=3 => Kind::Constant,
            4..=6 => Kind::Lines,
            7..=8 => Kind::Noise,
            _ => Kind::NotUtf8,
        };
        // What compresses well opens wide.
        let bytes_max = match kind {
            Kind::Constant => 6_000_000,
            Kind::Lines => 3_000_000,
            Kind::Noise | Kind::NotUtf8 => 900_000,
        };
        let (mut sizes, mut bytes) = (Vec::new(), 0);
        for _ in 0..rng.u64(1..=left.min(300)) {
            let size = size(rng);
            bytes += size + 200;
            if bytes > bytes_max && !sizes.is_empty() {
                break;
            }
            sizes.push(size);
        }
        left -= sizes.len() as u64;
        let record = record(rng, kind, &sizes, sent);
        assert!(
            record.len() <= RECORD_BYTES_MAX,
            "{kind:?}: {} bytes",
            record.len()
        );
        records.push(record);
    }
    records
}

/// 1 byte to 900 KB, mostly short.
fn size(rng: &mut Rng) -> usize {
    match rng.u8(0..100) {
        0..70 => rng.usize(1..200),
        70..90 => rng.usize(200..4_000),
        90..98 => rng.usize(4_000..64_000),
        _ => rng.usize(64_000..=900_000),
    }
}

/// Makes a record: one message, with an event of each size.
pub(crate) fn record(rng: &mut Rng, kind: Kind, sizes: &[usize], sent: &mut Sent) -> Vec<u8> {
    let mut text = br#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"group","logStream":"stream","subscriptionFilters":["f"],"policyLevel":"ACCOUNT","logEvents":["#.to_vec();
    for (at, size) in sizes.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        let begin = text.len();
        let id = sent.events.len();
        text.extend_from_slice(
            format!(
                r#"{{"id":"{id:056}","timestamp":{},"message":"#,
                1_696_086_922_000 + id
            )
            .as_bytes(),
        );
        let literal = literal(rng, kind, *size);
        text.extend_from_slice(&literal);
        if id.is_multiple_of(3) {
            text.extend_from_slice(
                br#","extractedFields":{"@aws.account":"444455556666","@aws.region":"eu-west-1"}"#,
            );
        }
        text.push(b'}');
        sent.events.push(Event {
            bytes: text.len() - begin,
            hash: hash(String::from_utf8_lossy(&literal).as_bytes()),
        });
    }
    text.extend_from_slice(b"]}");
    gzip(&text)
}

/// A JSON string of about `size` bytes.
fn literal(rng: &mut Rng, kind: Kind, size: usize) -> Vec<u8> {
    let mut literal = Vec::with_capacity(size + 3);
    literal.push(b'"');
    match kind {
        Kind::Constant => literal.resize(size + 1, b'x'),
        Kind::Lines => {
            while literal.len() <= size {
                let [a, b] = [rng.u8(..), rng.u8(..)];
                literal.extend_from_slice(
                    format!("2 111122223333 eni-0123456789abcdef0 10.0.{a}.{b} ACCEPT OK\\n")
                        .as_bytes(),
                );
            }
        }
        Kind::Noise => {
            while literal.len() <= size {
                match rng.u8(b' '..=b'~') {
                    b'"' => literal.extend_from_slice(b"\\\""),
                    b'\\' => literal.extend_from_slice(b"\\u00e9"),
                    byte => literal.push(byte),
                }
            }
        }
        Kind::NotUtf8 => {
            let begin = literal.len();
            literal.resize(size + 1, 0);
            rng.fill(&mut literal[begin..]);
            for byte in &mut literal[begin..] {
                *byte |= 0x80;
            }
        }
    }
    literal.push(b'"');
    literal
}

pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut deflate = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; deflate.gzip_compress_bound(text.len())];
    let length = deflate.gzip_compress(text, &mut packed).unwrap();
    packed.truncate(length);
    packed
}
