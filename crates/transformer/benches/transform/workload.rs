//! Workloads that resemble reality: seeded, so that every run measures the same bytes.

use std::fmt::Write;

use libdeflater::{CompressionLvl, Compressor};

use crate::text::{Random, Shape, Variety, application, flow_logs, trail};

/// One batch, as Firehose would send it.
pub(crate) struct Workload {
    /// What the records hold, or what is odd about them.
    pub(crate) name: &'static str,
    /// How its records are written.
    pub(crate) shape: Shape,
    /// The base64 data of each record.
    pub(crate) data: Vec<String>,
    /// The event.
    pub(crate) event: Vec<u8>,
}

impl Workload {
    /// The workload with one of so many records.
    pub(crate) fn part(&self, of: usize) -> Self {
        packed(
            self.name,
            self.shape,
            self.data.iter().step_by(of).cloned().collect(),
        )
    }
}

/// The workloads whose answer without compression fits one response: about 0.4 MB compressed.
pub(crate) fn small() -> Vec<Workload> {
    let mut all = usual(1.0);
    let mut random = Random(0x5eed_0003);
    let mut flow_logs_of = |name, shape| {
        let records = (0..24).map(|_| {
            let events = random.between(300, 400);
            flow_logs(&mut random, shape, Variety::Wide, events)
        });
        workload(name, shape, records)
    };
    let shapes = [
        flow_logs_of("system-fields", Shape::SystemFields),
        flow_logs_of("unknown-fields", Shape::UnknownFields),
        flow_logs_of("white-space", Shape::WhiteSpace),
        flow_logs_of("key-order", Shape::KeyOrder),
    ];
    let one_event = (0..1000).map(|_| trail(&mut random, Shape::Tiny, Variety::Real, 1));
    all.push(workload("one-event", Shape::Tiny, one_event));
    let application = (0..40).map(|_| {
        let events = random.between(150, 250);
        application(&mut random, events)
    });
    all.push(workload("application", Shape::Usual, application));
    all.extend(shapes);
    all.extend(real(1.0));
    all
}

/// The workloads for gzip output: about 1 MB compressed, Firehose's default buffer.
pub(crate) fn full() -> Vec<Workload> {
    let mut all = usual(2.5);
    all.extend(real(2.5));
    all
}

/// The VPC workload, `times` as much of it.
pub(crate) fn vpc(times: f64) -> Workload {
    let mut random = Random(0x5eed_0001);
    let records = (0..count(24, times)).map(|_| {
        let events = random.between(300, 400);
        flow_logs(&mut random, Shape::Usual, Variety::Wide, events)
    });
    workload("vpc", Shape::Usual, records)
}

fn usual(times: f64) -> Vec<Workload> {
    let mut random = Random(0x5eed_0002);
    let cloudtrail: Vec<_> = (0..count(70, times))
        .map(|_| {
            let events = random.between(10, 60);
            trail(&mut random, Shape::Usual, Variety::Wide, events)
        })
        .collect();
    let tiny: Vec<_> = (0..count(2000, times))
        .map(|_| flow_logs(&mut random, Shape::Tiny, Variety::Wide, 1))
        .collect();
    let large = trail(&mut random, Shape::Usual, Variety::Wide, count(2450, times));
    vec![
        vpc(times),
        workload("cloudtrail", Shape::Usual, cloudtrail),
        workload("tiny", Shape::Tiny, tiny),
        workload("large", Shape::Usual, [large]),
    ]
}

/// Logs that compress as real ones do: flow logs 6.2 times, CloudTrail 8.3 times.
fn real(times: f64) -> Vec<Workload> {
    let mut random = Random(0x5eed_0004);
    let vpc: Vec<_> = (0..count(24, times))
        .map(|_| {
            let events = random.between(300, 400);
            flow_logs(&mut random, Shape::Usual, Variety::Real, events)
        })
        .collect();
    let cloudtrail: Vec<_> = (0..count(70, times))
        .map(|_| {
            let events = random.between(10, 60);
            trail(&mut random, Shape::Usual, Variety::Real, events)
        })
        .collect();
    vec![
        workload("vpc-6.2", Shape::Usual, vpc),
        workload("trail-8.3", Shape::Usual, cloudtrail),
    ]
}

fn count(number: u64, times: f64) -> u64 {
    (number as f64 * times) as u64
}

fn workload(name: &'static str, shape: Shape, texts: impl IntoIterator<Item = String>) -> Workload {
    // The level of Java's GZIPOutputStream, which writes these records at AWS.
    let mut deflate = Compressor::new(CompressionLvl::new(6).expect("a level"));
    let data: Vec<String> = texts
        .into_iter()
        .map(|text| {
            let mut packed = vec![0; deflate.gzip_compress_bound(text.len())];
            let length = deflate
                .gzip_compress(text.as_bytes(), &mut packed)
                .expect("the bound holds");
            base64_simd::STANDARD.encode_to_string(&packed[..length])
        })
        .collect();
    packed(name, shape, data)
}

/// The workload of records that are base64 already.
fn packed(name: &'static str, shape: Shape, data: Vec<String>) -> Workload {
    let mut event = String::from(
        r#"{"invocationId":"0f8fad5b-d9cb-469f-a165-70867728950e","deliveryStreamArn":"arn:aws:firehose:us-west-2:999988887777:deliverystream/catchment","sourceKinesisStreamArn":"arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream","region":"us-west-2","records":["#,
    );
    for (index, data) in data.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(
            event,
            r#"{comma}{{"recordId":"4957873408644225903749749298{index:028}","approximateArrivalTimestamp":1696086923000,"data":"{data}","kinesisRecordMetadata":{{"shardId":"shardId-000000000000","partitionKey":"4d1ad2b9-24f8-4b9d-a088-76e9947c317a","approximateArrivalTimestamp":1696086923000,"sequenceNumber":"49546986683135544286507457936321625675700192471156785154","subsequenceNumber":0}}}}"#
        )
        .expect("a String takes all");
    }
    event.push_str("]}");
    Workload {
        name,
        shape,
        data,
        event: event.into_bytes(),
    }
}
