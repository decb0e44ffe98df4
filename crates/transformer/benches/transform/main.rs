//! The whole of `transform` against the work that nobody can avoid, in one run: `make bench`.
//!
//! Floor and transform take turns. The floor decodes the same base64, inflates the same records and encodes as many bytes
//! as `transform` puts out, into buffers that are reused; if the output is gzip, it also deflates the same bytes at the
//! same level, but not for `document`, which can pass a record's own gzip on. Prints a table, and writes
//! `target/bench/summary.json`.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reads its own files and prints its table"
)]

mod text;
mod workload;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use catchment_transformer::firehose::Response;
use catchment_transformer::limits::GZIP_LEVEL;
use catchment_transformer::{Settings, Transformer};
use criterion::Criterion;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use serde_json::{Value, json};

use text::Shape;
use workload::Workload;

/// Each with the schema `none`.
const FORMATS: [&str; 3] = ["events", "document", "message"];

/// What is measured with a schema, and perhaps with [`RULES`], besides: the workload, and the ratio that it should stay below.
const SCHEMAS: [(&str, &str, f64); 20] = [
    ("native", "vpc", 2.0),
    ("native", "vpc-6.2", 2.0),
    ("native", "cloudtrail", 1.5),
    ("native", "trail-8.3", 1.5),
    ("ecs", "vpc", 3.0),
    ("ecs", "vpc-6.2", 3.0),
    ("ecs", "cloudtrail", 3.0),
    ("ecs", "trail-8.3", 3.0),
    ("ocsf-1.1", "vpc", 3.0),
    ("ocsf-1.1", "vpc-6.2", 3.0),
    ("ocsf-1.1", "cloudtrail", 3.0),
    ("ocsf-1.1", "trail-8.3", 3.0),
    ("ocsf-1.5", "vpc", 3.0),
    ("ocsf-1.5", "vpc-6.2", 3.0),
    ("ocsf-1.5", "cloudtrail", 3.0),
    ("ocsf-1.5", "trail-8.3", 3.0),
    ("native+rules", "vpc", 2.6),
    ("native+rules", "vpc-6.2", 2.6),
    ("native+rules", "cloudtrail", 1.95),
    ("native+rules", "trail-8.3", 1.95),
];

/// Rules of five conditions, which drop next to nothing.
const RULES: &str = r#"[
    {"name":"flow","source":"vpc-flow-logs","action":"drop","detection":{"s":{
        "action":"ACCEPT","bytes|lt":100,"srcaddr|cidr":"203.0.113.0/24","dstport":[22,443],"interface_id|startswith":"eni-0"
    },"condition":"s"}},
    {"name":"trail","source":"cloudtrail","action":"drop","detection":{"s":{
        "eventSource":"kms.amazonaws.com","eventName|startswith":"Decrypt","readOnly":true,"userIdentity.type":"AWSService",
        "sourceIPAddress|cidr":"10.0.0.0/8"
    },"condition":"s"}}
]"#;

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    let mut criterion = Criterion::default()
        .configure_from_args()
        .without_plots()
        .output_directory(&folder.join("criterion"))
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(15);
    let mut rows = Vec::new();
    for (compression, workloads) in [("none", workload::small()), ("gzip", workload::full())] {
        for workload in &workloads {
            for format in FORMATS {
                let limit = limit(workload.shape);
                rows.extend(row(
                    &mut criterion,
                    workload,
                    [format, "none", compression],
                    limit,
                ));
            }
            for (schema, _, limit) in SCHEMAS.into_iter().filter(|row| row.1 == workload.name) {
                // Documents are longer than what they come from: the answer has to fit into a response.
                let is_long = !schema.starts_with("native");
                let part = (is_long && compression == "none").then(|| workload.part(4));
                rows.extend(row(
                    &mut criterion,
                    part.as_ref().unwrap_or(workload),
                    ["events", schema, compression],
                    limit,
                ));
            }
        }
    }
    linearity(&mut criterion);
    std::fs::write(
        folder.join("summary.json"),
        format!("{:#}\n", Value::from(rows.clone())),
    )
    .expect("summary.json");
    table(&rows);
}

/// Measures one row, unless the arguments ask for others.
fn row(
    criterion: &mut Criterion,
    workload: &Workload,
    [format, schema, compression]: [&str; 3],
    limit: f64,
) -> Option<Value> {
    let rules = schema.strip_suffix("+rules");
    let settings = [
        ("CATCHMENT_FORMAT", format),
        ("CATCHMENT_SCHEMA", rules.unwrap_or(schema)),
        ("CATCHMENT_RULES", rules.map_or("", |_| RULES)),
        ("CATCHMENT_COMPRESSION", compression),
    ];
    let mut transformer = Transformer::new(Settings::from_pairs(settings).expect("good settings"));
    let transformed = transformer.transform(&workload.event).expect("an event");
    let report = &transformed.report;
    assert_eq!(
        report.ok,
        workload.data.len(),
        "{} {format} {schema} {compression}: not all records are Ok",
        workload.name
    );
    let deflates = compression == "gzip" && format != "document";
    let mut floor = Floor::new(&transformed.response, deflates);
    let packed: usize = workload.data.iter().map(|data| data.len() / 4 * 3).sum();
    let medians = side_by_side(
        criterion,
        &format!("{}/{format}/{schema}/{compression}", workload.name),
        || floor.run(&workload.data),
        || answer(&mut transformer, &workload.event),
    )?;
    Some(json!({
        "workload": workload.name,
        "format": format,
        "schema": schema,
        "compression": compression,
        "records": report.records,
        "bytes_in": report.bytes_in,
        "bytes_decoded": report.bytes_decoded,
        "opens": report.bytes_decoded as f64 / packed as f64,
        "bytes_out": report.bytes_out,
        "floor_ms": medians.base_ms,
        "transform_ms": medians.other_ms,
        "ratio": medians.ratio,
        "limit": limit,
    }))
}

/// Answers a batch as the Lambda does, which gives a response back once it is sent.
fn answer(transformer: &mut Transformer, event: &[u8]) {
    let transformed = black_box(transformer.transform(event)).expect("an event");
    transformer.take_back(transformed.response);
}

/// The ratio that a row should stay below.
fn limit(shape: Shape) -> f64 {
    match shape {
        Shape::Usual => 1.3,
        Shape::SystemFields => 1.35,
        Shape::UnknownFields => 1.5,
        Shape::Tiny | Shape::WhiteSpace | Shape::KeyOrder => 2.0,
    }
}

/// Ten times the data against ten times the time, for gzip output, whose answer fits at both sizes.
fn linearity(criterion: &mut Criterion) {
    let gzip = || {
        let settings = Settings::from_pairs([("CATCHMENT_COMPRESSION", "gzip")]);
        Transformer::new(settings.expect("good settings"))
    };
    let (one, ten) = (workload::vpc(1.0), workload::vpc(10.0));
    let (mut of_one, mut of_ten) = (gzip(), gzip());
    let medians = side_by_side(
        criterion,
        "linearity",
        || answer(&mut of_one, &one.event),
        || answer(&mut of_ten, &ten.event),
    );
    let Some(medians) = medians else {
        return;
    };
    println!(
        "\nten times the data takes {:.2} times the time ({:.2} ms, {:.2} ms)",
        medians.ratio, medians.base_ms, medians.other_ms
    );
}

/// The medians of two works that were done in turn. The ratio is that of each turn: what slows a shared machine down for a
/// while slows both, and is not taken for a difference between them.
struct Medians {
    base_ms: f64,
    other_ms: f64,
    ratio: f64,
}

fn side_by_side<A, B>(
    criterion: &mut Criterion,
    id: &str,
    mut base: impl FnMut() -> A,
    mut other: impl FnMut() -> B,
) -> Option<Medians> {
    let (mut bases, mut others) = (Vec::new(), Vec::new());
    criterion.bench_function(id, |bencher| {
        bencher.iter_custom(|turns| {
            let mut total = Duration::ZERO;
            for _ in 0..turns {
                let began = Instant::now();
                black_box(base());
                let between = Instant::now();
                black_box(other());
                let other = between.elapsed();
                bases.push((between - began).as_secs_f64() * 1000.0);
                others.push(other.as_secs_f64() * 1000.0);
                total += other;
            }
            total
        });
    });
    let ratios = bases.iter().zip(&others).map(|(base, other)| other / base);
    let ratios: Vec<_> = ratios.collect();
    (!ratios.is_empty()).then(|| Medians {
        ratio: median(ratios),
        base_ms: median(bases),
        other_ms: median(others),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(rows: &[Value]) {
    println!(
        "\n{:<16}{:<10}{:<13}{:<13}{:>6}{:>10}{:>13}{:>8}{:>8}{:>8}",
        "workload",
        "format",
        "schema",
        "compression",
        "opens",
        "floor ms",
        "transform ms",
        "ratio",
        "limit",
        "MB/s"
    );
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| row[key].as_f64().unwrap_or_default();
        println!(
            "{:<16}{:<10}{:<13}{:<13}{:>6.1}{:>10.3}{:>13.3}{:>8.2}{:>8.2}{:>8.0}{}",
            text("workload"),
            text("format"),
            text("schema"),
            text("compression"),
            number("opens"),
            number("floor_ms"),
            number("transform_ms"),
            number("ratio"),
            number("limit"),
            number("bytes_decoded") / number("transform_ms") / 1000.0,
            if number("ratio") > number("limit") {
                "  over"
            } else {
                ""
            },
        );
    }
}

/// The work that nobody can avoid.
struct Floor {
    inflate: Decompressor,
    deflate: Option<Compressor>,
    packed: Vec<u8>,
    opened: Vec<u8>,
    deflated: Vec<u8>,
    encoded: Vec<u8>,
    /// What each record's answer holds: the lines, if the floor deflates them, else the bytes of the answer.
    outputs: Vec<Vec<u8>>,
}

impl Floor {
    fn new(response: &[u8], deflates: bool) -> Self {
        let response: Response = serde_json::from_slice(response).expect("a response");
        let outputs: Vec<Vec<u8>> = response
            .records
            .iter()
            .map(|answer| {
                if deflates {
                    answer.opened()
                } else {
                    answer.bytes()
                }
            })
            .map(|bytes| bytes.expect("data"))
            .collect();
        let longest = outputs.iter().map(Vec::len).max().unwrap_or(0);
        let level = CompressionLvl::new(GZIP_LEVEL).expect("a level");
        let mut deflate = deflates.then(|| Compressor::new(level));
        let deflated = vec![
            0;
            deflate
                .as_mut()
                .map_or(0, |deflate| deflate.gzip_compress_bound(longest))
        ];
        Self {
            inflate: Decompressor::new(),
            deflate,
            packed: vec![0; 8 << 20],
            opened: vec![0; 64 << 20],
            deflated,
            encoded: Vec::with_capacity(8 << 20),
            outputs,
        }
    }

    fn run(&mut self, data: &[String]) -> usize {
        self.encoded.clear();
        for (data, output) in data.iter().zip(&self.outputs) {
            let out = base64_simd::Out::from_slice(&mut self.packed);
            let packed = base64_simd::STANDARD
                .decode(data.as_bytes(), out)
                .expect("base64");
            self.inflate
                .gzip_decompress(packed, &mut self.opened)
                .expect("gzip");
            match &mut self.deflate {
                Some(deflate) => {
                    let length = deflate
                        .gzip_compress(output, &mut self.deflated)
                        .expect("the bound holds");
                    base64_simd::STANDARD
                        .encode_append(&self.deflated[..length], &mut self.encoded);
                }
                None => base64_simd::STANDARD.encode_append(output, &mut self.encoded),
            }
        }
        self.encoded.len()
    }
}
