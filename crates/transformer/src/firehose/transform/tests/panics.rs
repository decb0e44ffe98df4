//! A panic, planted in the work of a record, costs that record alone.

use super::overflow::{STREAM, delivered, event, reingest, results, text_of_megabytes};
use super::*;
use crate::settings::Compression;

/// Panics if the record asks for it, when its events are read and most of its answer is written.
pub(in super::super) fn panic_if_planted(text: &[u8]) {
    assert!(!has(text, b"PANIC"), "secret");
}

/// Panics if the record asks for it, when it is split into pieces.
pub(in super::super) fn panic_if_planted_in_pieces(text: &[u8]) {
    assert!(!has(text, b"PIECES"), "secret");
}

fn has(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}

#[test]
fn a_panic_fails_its_record_and_leaves_the_others_as_they_are() {
    let good = |id| record(id, &message(&"good".repeat(10_000 * id)));
    // Longer than a piece, so that a part of its answer is written.
    let bad = record(9, &message(&("x".repeat(50_000) + "PANIC")));
    for compression in [Compression::None, Compression::Gzip] {
        let settings = Settings {
            compression,
            ..Settings::default()
        };
        let mut transformer = Transformer::new(settings);
        let with = event(STREAM, &[bad.clone(), good(1), bad.clone(), good(2)]);
        let without = event(STREAM, &[good(1), good(2)]);
        let with = transformer.transform(with.as_bytes()).unwrap();
        let without = transformer.transform(without.as_bytes()).unwrap();
        let (failed, ok) = (RecordResult::ProcessingFailed, RecordResult::Ok);
        assert_eq!(results(&with), [failed, ok, failed, ok]);
        assert!(delivered(&with) == delivered(&without));
        assert_eq!(with.report.failed_by_reason()["panicked"], 2);
        let error = with.report.failed[0].error.to_string();
        assert!(!error.contains("secret") && !error.contains("PANIC"));
        // The originals are in the answers, to be sent again once the defect is mended.
        let response: Response = serde_json::from_slice(&with.response).unwrap();
        assert!(bad.contains(response.records[0].data.as_deref().unwrap()));
    }
}

#[test]
fn a_panic_while_a_record_is_split_leaves_no_piece_of_it() {
    let text = text_of_megabytes(7);
    let bad = record(1, &text.replacen("ccc", "PIECES", 1));
    let event = event(STREAM, &[record(0, &text), bad, record(2, &text)]);
    let mut transformer = Transformer::new(reingest());
    let pending = transformer.begin(event.as_bytes()).unwrap();
    let records: Vec<_> = pending.pieces().iter().map(|piece| piece.record).collect();
    assert_eq!(records, [[0; 7], [2; 7]].concat());
    let transformed = pending.finish(|_| true);
    let (failed, dropped) = (RecordResult::ProcessingFailed, RecordResult::Dropped);
    assert_eq!(results(&transformed), [dropped, failed, dropped]);
    assert_eq!(transformed.report.failed_by_reason()["panicked"], 1);
}
