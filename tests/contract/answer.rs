//! The transformer's library behind the flags of `catchment replay --response`, and nothing else: quick to build and to start,
//! so that many answers can be compared on each kind of processor. `answer level` says which kind it uses.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool of the tests reads its arguments and prints"
)]

use std::io::Read;

use catchment_transformer::firehose::RecordError;
use catchment_transformer::{Settings, Transformer};
use fearless_simd::Simd as _;
use serde_json::json;
use serde_json::value::RawValue;

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("level").is_some() {
        // What is held back is left out as work is given to a kind of processor, not as the kind is found out.
        fearless_simd::dispatch!(fearless_simd::Level::new(), simd => println!("{:?}", simd.level()));
        return;
    }
    let mut arguments = arguments.skip_while(|argument| !argument.starts_with("--"));
    let mut pairs = Vec::new();
    while let Some(flag) = arguments.next() {
        let name = flag.trim_start_matches('-').replace('-', "_");
        if name != "response" {
            let mut value = arguments.next().expect("a value");
            if name == "redact_key" {
                value = std::fs::read_to_string(value).expect("a key");
            }
            pairs.push((format!("CATCHMENT_{}", name.to_uppercase()), value));
        }
    }
    let settings = Settings::from_pairs(pairs).expect("good settings");
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .expect("events on standard input");
    let mut transformer = Transformer::new(settings);
    for event in serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>() {
        match transformer.transform(event.expect("JSON").get().as_bytes()) {
            Ok(transformed) => {
                let mut failed = transformed.report.failed.iter();
                assert!(failed.all(|failure| failure.error != RecordError::Panicked));
                println!("{}", String::from_utf8_lossy(&transformed.response));
            }
            Err(refused) => println!("{}", json!({"refused": refused.to_string()})),
        }
    }
}
