//! The whole of `transform` against the work that nobody can avoid, in one run: `make bench`.
//!
//! The floor decodes the same base64, inflates the same records and encodes as many bytes as `transform` puts out, into
//! buffers that are reused; where the output is gzip, it also deflates the same bytes at the same level. Prints a table,
//! and writes `target/bench/summary.json`.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark reads its own files and prints its table"
)]

mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use catchment_transformer::firehose::Response;
use catchment_transformer::limits::GZIP_LEVEL;
use catchment_transformer::{Settings, Transformer};
use criterion::Criterion;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use serde_json::{Value, json};

use workload::Workload;

const FORMATS: [&str; 3] = ["events", "document", "message"];

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
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    let mut rows = Vec::new();
    for (compression, workloads) in [("none", workload::small()), ("gzip", workload::full())] {
        for workload in &workloads {
            for format in FORMATS {
                rows.push(row(&mut criterion, &folder, workload, format, compression));
            }
        }
    }
    linearity(&mut criterion, &folder);
    std::fs::write(
        folder.join("summary.json"),
        format!("{:#}\n", Value::from(rows.clone())),
    )
    .expect("summary.json");
    table(&rows);
}

/// Measures one row: floor and transform, one after the other.
fn row(
    criterion: &mut Criterion,
    folder: &Path,
    workload: &Workload,
    format: &str,
    compression: &str,
) -> Value {
    let settings = [
        ("CATCHMENT_FORMAT", format),
        ("CATCHMENT_COMPRESSION", compression),
    ];
    let mut transformer = Transformer::new(Settings::from_pairs(settings).expect("good settings"));
    let transformed = transformer.transform(&workload.event).expect("an event");
    let report = &transformed.report;
    assert_eq!(
        report.ok,
        workload.data.len(),
        "{} {format} {compression}: not all records are Ok",
        workload.name
    );

    let mut floor = Floor::new(&transformed.response, compression == "gzip");
    let id = format!("{}/{format}/{compression}", workload.name);
    let mut group = criterion.benchmark_group(&id);
    group.bench_function("floor", |bencher| {
        bencher.iter(|| floor.run(&workload.data));
    });
    group.bench_function("transform", |bencher| {
        bencher.iter(|| transformer.transform(&workload.event));
    });
    group.finish();

    let (floor_ms, transform_ms) = (
        median_ms(folder, &id, "floor"),
        median_ms(folder, &id, "transform"),
    );
    json!({
        "workload": workload.name,
        "format": format,
        "schema": "none",
        "compression": compression,
        "records": report.records,
        "bytes_in": report.bytes_in,
        "bytes_decoded": report.bytes_decoded,
        "bytes_out": report.bytes_out,
        "floor_ms": floor_ms,
        "transform_ms": transform_ms,
        "ratio": transform_ms / floor_ms,
    })
}

/// Ten times the data against ten times the time, for gzip output, whose answer fits at both sizes.
fn linearity(criterion: &mut Criterion, folder: &Path) {
    let settings = [("CATCHMENT_COMPRESSION", "gzip")];
    let mut transformer = Transformer::new(Settings::from_pairs(settings).expect("good settings"));
    let mut group = criterion.benchmark_group("linearity");
    for (name, times) in [("one", 1.0), ("ten", 10.0)] {
        let workload = workload::vpc(times);
        group.bench_function(name, |bencher| {
            bencher.iter(|| transformer.transform(&workload.event));
        });
    }
    group.finish();
    let (one, ten) = (
        median_ms(folder, "linearity", "one"),
        median_ms(folder, "linearity", "ten"),
    );
    println!(
        "\nten times the data takes {:.2} times the time ({one:.2} ms, {ten:.2} ms)",
        ten / one
    );
}

fn median_ms(folder: &Path, group: &str, function: &str) -> f64 {
    let path: PathBuf = folder
        .join("criterion")
        .join(group.replace('/', "_"))
        .join(function)
        .join("new/estimates.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let estimates: Value = serde_json::from_str(&text).expect("estimates");
    estimates["median"]["point_estimate"]
        .as_f64()
        .expect("a median in nanoseconds")
        / 1e6
}

fn table(rows: &[Value]) {
    println!(
        "\n{:<12}{:<10}{:<13}{:>10}{:>13}{:>8}{:>8}",
        "workload", "format", "compression", "floor ms", "transform ms", "ratio", "MB/s"
    );
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| row[key].as_f64().unwrap_or_default();
        println!(
            "{:<12}{:<10}{:<13}{:>10.3}{:>13.3}{:>8.2}{:>8.0}",
            text("workload"),
            text("format"),
            text("compression"),
            number("floor_ms"),
            number("transform_ms"),
            number("ratio"),
            number("bytes_decoded") / number("transform_ms") / 1000.0,
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
    /// What each record's answer holds before it is packed.
    outputs: Vec<Vec<u8>>,
}

impl Floor {
    fn new(response: &[u8], gzip: bool) -> Self {
        let response: Response = serde_json::from_slice(response).expect("a response");
        let outputs: Vec<Vec<u8>> = response
            .records
            .iter()
            .map(|answer| answer.opened().expect("data"))
            .collect();
        let longest = outputs.iter().map(Vec::len).max().unwrap_or(0);
        let level = CompressionLvl::new(GZIP_LEVEL).expect("a level");
        let mut deflate = gzip.then(|| Compressor::new(level));
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
