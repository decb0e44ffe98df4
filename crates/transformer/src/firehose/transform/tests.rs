//! Whole batches: what fits, in which order, and what is left out.

mod overflow;
mod panics;

use super::*;
use crate::firehose::{RecordResult, Response};

pub(super) use panics::{panic_if_planted, panic_if_planted_in_pieces};

fn message(text: &str) -> String {
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{{"id":"1","timestamp":1696086922000,"message":"{text}"}}]}}"#
    )
}

/// A record of this text, compressed.
fn record(id: usize, text: &str) -> String {
    let mut deflate = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(1).unwrap());
    let mut packed = vec![0; deflate.gzip_compress_bound(text.len())];
    let length = deflate.gzip_compress(text.as_bytes(), &mut packed).unwrap();
    let data = base64_simd::STANDARD.encode_to_string(&packed[..length]);
    format!(r#"{{"recordId":"{id}","data":"{data}"}}"#)
}

fn transform(records: &[String]) -> (Transformed, Response) {
    let event = format!(r#"{{"records":[{}]}}"#, records.join(","));
    let transformed = Transformer::new(Settings::default())
        .transform(event.as_bytes())
        .unwrap();
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    assert_eq!(response.records.len(), records.len());
    assert_eq!(transformed.report.records, records.len());
    (transformed, response)
}

/// The ids of the records that are `Ok`, in ascending order.
fn ok(response: &Response) -> Vec<String> {
    let ok = response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok);
    let mut ids: Vec<String> = ok.map(|answer| answer.id.to_string()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_response_taken_back_is_written_over_and_what_only_a_rare_batch_takes_is_freed() {
    let event = |size| {
        format!(
            r#"{{"records":[{}]}}"#,
            record(1, &message(&"x".repeat(size)))
        )
    };
    let mut transformer = Transformer::new(Settings::default());
    let first = transformer.transform(event(90_000).as_bytes()).unwrap();
    transformer.take_back(first.response);
    // The first one grew; this one has room for a little more.
    let large = transformer.transform(event(90_000).as_bytes()).unwrap();
    let (place, length) = (large.response.as_ptr(), large.response.len());
    transformer.take_back(large.response);
    assert_eq!(transformer.spare.len(), length);
    let small = transformer.transform(event(10).as_bytes()).unwrap();
    assert_eq!(small.response.as_ptr(), place);
    let fresh = Transformer::new(Settings::default()).transform(event(10).as_bytes());
    assert_eq!(small.response, fresh.unwrap().response);
    transformer.take_back(Vec::with_capacity(2 * RESPONSE_BYTES_MAX));
    assert!(transformer.spare.capacity() <= RESPONSE_BYTES_MAX);
}

#[test]
fn bad_records_take_no_room_from_good_ones_wherever_they_stand() {
    let good: Vec<String> = (0..80)
        .map(|id| record(id, &message(&"x".repeat(40_000))))
        .collect();
    let bad: Vec<String> = (100..103)
        .map(|id| {
            format!(
                r#"{{"recordId":"{id}","data":"{}"}}"#,
                "x".repeat(1_300_001)
            )
        })
        .collect();
    let before = transform(&[&bad[..], &good].concat());
    let behind = transform(&[&good[..], &bad].concat());
    assert_eq!(before.0.report.ok, 80);
    assert_eq!(ok(&before.1), ok(&behind.1));
    // What room is left carries originals, as many as fit.
    let originals = |response: &Response| {
        let failed = response
            .records
            .iter()
            .filter(|answer| answer.result == RecordResult::ProcessingFailed);
        failed.filter(|answer| answer.data.is_some()).count()
    };
    assert_eq!((originals(&before.1), originals(&behind.1)), (1, 1));
}

#[test]
fn the_same_records_are_ok_in_whatever_order_they_come() {
    let mut records: Vec<String> = (0..40)
        .map(|id| record(id, &message(&"x".repeat(1000 + id * 37 % 40 * 10_000))))
        .collect();
    let (transformed, response) = transform(&records);
    let in_order = ok(&response);
    assert!((10..40).contains(&in_order.len()), "{}", in_order.len());
    assert_eq!(transformed.report.ok, in_order.len());
    assert_eq!(transformed.report.events, in_order.len());
    assert_eq!(
        transformed.report.failed_by_reason()["no-room"],
        40 - in_order.len()
    );
    records.reverse();
    assert_eq!(ok(&transform(&records).1), in_order);
    records.rotate_left(13);
    assert_eq!(ok(&transform(&records).1), in_order);
    // The longest are those that are left out.
    let mut lengths: Vec<usize> = (0..40).map(|id| 1000 + id * 37 % 40 * 10_000).collect();
    lengths.sort_unstable();
    let longest = lengths[in_order.len() - 1];
    let fits = |id: &String| {
        let id: usize = id.trim_matches('"').parse().unwrap();
        1000 + id * 37 % 40 * 10_000 <= longest
    };
    assert!(in_order.iter().all(fits));
}

#[test]
fn many_answers_that_give_way_take_neither_memory_nor_the_place_of_others() {
    // Each is a little shorter than the one before, and lets it go.
    let records: Vec<String> = (0..8)
        .map(|id| record(id, &message(&"x".repeat(4_500_000 - id * 1000))))
        .collect();
    let (transformed, response) = transform(&records);
    assert_eq!(ok(&response), ["\"7\""]);
    assert!(transformed.response.capacity() <= 2 * RESPONSE_BYTES_MAX);
}

#[test]
fn commas_between_answers_are_counted() {
    let without_data: Vec<String> = (0..5000)
        .map(|id| format!(r#"{{"recordId":"{id}"}}"#))
        .collect();
    let answered = |bytes: usize| {
        let mut records = without_data.clone();
        records.push(record(5000, &message(&"x".repeat(bytes))));
        let (transformed, _) = transform(&records);
        (transformed.report.ok == 1).then_some(transformed.response.len())
    };
    let begin = 4_000_000;
    let edge = begin + (RESPONSE_BYTES_MAX - answered(begin).unwrap()) / 4 * 3;
    let fitting: Vec<_> = (edge - 4..edge + 5).map(answered).collect();
    assert_eq!(fitting.last(), Some(&None));
    let longest = fitting.iter().flatten().max().unwrap();
    assert!(RESPONSE_BYTES_MAX - longest < 4);
}

#[test]
fn a_message_without_events_beside_one_with_events_changes_nothing() {
    let empty = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[]}"#;
    let control = r#"{"messageType":"CONTROL_MESSAGE"}"#;
    let full = message("a");
    let expected = transform(&[record(0, &full)]).1.records[0].bytes();
    let mut documents = Transformer::new(Settings {
        format: crate::settings::Format::Document,
        ..Settings::default()
    });
    let mut document = |text: &str| {
        let event = format!(r#"{{"records":[{}]}}"#, record(0, text));
        documents.transform(event.as_bytes()).unwrap().response
    };
    assert_eq!(document(&format!("{empty}{full}")), document(&full));
    for text in [
        format!("{empty}{full}"),
        format!("{full}{empty}"),
        format!("{empty}{control}{full}"),
    ] {
        let (transformed, response) = transform(&[record(0, &text)]);
        assert_eq!((transformed.report.ok, transformed.report.events), (1, 1));
        assert_eq!(response.records[0].bytes(), expected);
    }
    for (text, why) in [
        (empty.to_owned(), Dropped::NoEvents),
        (format!("{empty}{control}"), Dropped::ControlMessage),
    ] {
        assert_eq!(transform(&[record(0, &text)]).0.report.dropped[&why], 1);
    }
}

#[test]
fn the_limit_is_lambdas() {
    // "Exceeded maximum allowed payload size (6291556 bytes)."
    assert_eq!(RESPONSE_BYTES_MAX, 6_291_556);
}

#[test]
fn a_batch_like_the_one_before_is_answered_without_growing() {
    let record = record(1, &message(&"x".repeat(100_000)));
    let event = format!(r#"{{"records":[{record}]}}"#);
    let mut transformer = Transformer::new(Settings::default());
    for turn in 0..3 {
        let response = transformer.transform(event.as_bytes()).unwrap().response;
        let room = response.len() + response.len() / 4;
        assert!(
            turn == 0 || response.capacity() < room,
            "{}",
            response.capacity()
        );
    }
}
