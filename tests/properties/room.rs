//! What fits in one response and what does not: sizes at the limit, and the order of records.

use catchment_transformer::firehose::{BatchError, RecordResult, Response};
use catchment_transformer::limits::RESPONSE_BYTES_MAX;
use catchment_transformer::{Settings, Transformer};
use proptest::prelude::*;
use serde_json::json;

use crate::{batch, check};

/// A record whose message is `bytes` long, in data that compresses well.
fn wide(bytes: usize) -> String {
    let text = batch::message("111122223333", "g", "s", &[(0, &"x".repeat(bytes))]);
    base64_simd::STANDARD.encode_to_string(batch::gzip(text.as_bytes()))
}

#[test]
fn what_does_not_fit_fails_and_later_records_that_fit_are_kept() {
    let event = batch::event([
        wide(2_000_000),
        wide(2_000_000),
        wide(2_000_000),
        wide(100_000),
        wide(9_000_000),
    ]);
    let transformed = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap();
    let results: Vec<_> = check(&event, &transformed)
        .records
        .iter()
        .map(|answer| answer.result)
        .collect();
    use RecordResult::{Ok, ProcessingFailed};
    assert_eq!(results, [Ok, Ok, ProcessingFailed, Ok, ProcessingFailed]);
    assert_eq!(transformed.report.failed[0].error.name(), "no-room");
}

#[test]
fn the_response_is_filled_to_the_last_bytes_and_not_beyond() {
    let answered = |bytes| {
        let event = batch::event([wide(bytes)]);
        let transformed = Transformer::new(Settings::default())
            .transform(&event)
            .unwrap();
        check(&event, &transformed);
        (transformed.report.ok == 1).then_some(transformed.response.len())
    };
    // Three bytes more are four more of base64, until one more byte is one too many.
    let begin = 4_000_000;
    let edge = begin + (RESPONSE_BYTES_MAX - answered(begin).unwrap()) / 4 * 3;
    let fitting: Vec<_> = (edge - 4..edge + 5).map(answered).collect();
    assert_eq!(fitting.first().map(Option::is_some), Some(true));
    assert_eq!(fitting.last(), Some(&None));
    let longest = fitting.iter().flatten().max().unwrap();
    assert!(
        RESPONSE_BYTES_MAX - longest < 4,
        "{} bytes left unused",
        RESPONSE_BYTES_MAX - longest
    );
}

#[test]
fn a_batch_that_fails_whole_still_fits() {
    // As long as a request may be, and without the timestamps that make a real one longer than its answer.
    let data = base64_simd::STANDARD.encode_to_string([b'x'; 3000]);
    let records: Vec<_> = (0..1550)
        .map(|id| json!({"recordId": id.to_string(), "data": data}))
        .collect();
    let event = json!({"records": records}).to_string().into_bytes();
    assert!(event.len() > 6_200_000);
    let transformed = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap();
    assert_eq!(check(&event, &transformed).records.len(), 1550);
}

#[test]
fn a_request_as_long_as_the_response_may_be_still_gets_its_share_of_ok() {
    let data: Vec<_> = (0..100)
        .map(|_| wide(20_000))
        .chain((0..700).map(|_| "x".repeat(8_000)))
        .collect();
    let event = batch::event(data);
    assert!(event.len() > 5_500_000);
    let transformed = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap();
    assert_eq!(transformed.report.ok, 100);
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
}

#[test]
fn originals_that_cannot_fit_are_left_to_firehose_which_keeps_them() {
    let records: Vec<_> = (0..700)
        .map(|id| json!({"recordId": id.to_string(), "data": "x".repeat(9000)}))
        .collect();
    let event = json!({"records": records}).to_string().into_bytes();
    let transformed = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap();
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
    assert_eq!(response.records.len(), 700);
    let with_data = response
        .records
        .iter()
        .filter(|answer| answer.data.is_some())
        .count();
    assert!((600..700).contains(&with_data), "{with_data}");
}

#[test]
fn more_records_than_can_be_answered_are_refused_as_a_whole() {
    let records: Vec<_> = (0..200_000).map(|_| json!({"recordId": ""})).collect();
    let event = json!({"records": records}).to_string().into_bytes();
    let error = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap_err();
    assert!(
        matches!(
            error,
            BatchError::TooManyRecords {
                records: 200_000,
                ..
            }
        ),
        "{error}"
    );
}

/// Records of a batch near the limit: bytes of a good one's message, or of a bad one's data.
#[derive(Clone)]
enum Sized {
    Good(usize),
    Bad(usize),
}

impl std::fmt::Debug for Sized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Good(bytes) => write!(f, "good {bytes}"),
            Self::Bad(bytes) => write!(f, "bad {bytes}"),
        }
    }
}

fn near_the_limit() -> impl Strategy<Value = Vec<Sized>> {
    let length = prop_oneof![
        4 => 10_000..400_000_usize,
        1 => 400_000..1_500_000_usize,
    ];
    let record = (length, prop::bool::weighted(0.7)).prop_map(|(bytes, good)| {
        if good {
            Sized::Good(bytes)
        } else {
            Sized::Bad(bytes)
        }
    });
    prop::collection::vec(record, 4..40)
}

fn data(records: &[Sized]) -> Vec<String> {
    records
        .iter()
        .map(|record| match record {
            Sized::Good(bytes) => wide(*bytes),
            Sized::Bad(bytes) => "x".repeat(*bytes),
        })
        .collect()
}

/// The data of each record that is `Ok`, sorted, and the length of the response without the originals of the others.
fn delivered(data: &[String]) -> (Vec<String>, usize) {
    let event = batch::event(data.to_vec());
    let transformed = Transformer::new(Settings::default())
        .transform(&event)
        .unwrap();
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    let mut length = transformed.response.len();
    let mut ok = Vec::new();
    for (answer, data) in response.records.iter().zip(data) {
        if answer.result == RecordResult::Ok {
            ok.push(data.clone());
        } else if let Some(original) = &answer.data {
            assert_eq!(original, data);
            length -= r#","data":"""#.len() + original.len();
        }
    }
    ok.sort_unstable();
    (ok, length)
}

proptest! {
    // Each case is megabytes; a failing one is made smaller a few times only.
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_does_not_change_which_good_ones_are_ok(
        (records, shuffled) in near_the_limit().prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        prop_assert!(delivered(&data(&records)).0 == delivered(&data(&shuffled)).0);
    }

    /// A record that could be `Ok` is left out only if it would not fit even without the originals of all bad ones.
    #[test]
    fn originals_take_no_room_from_what_is_ok(records in near_the_limit()) {
        let all = data(&records);
        let (ok, length) = delivered(&all);
        let failed = delivered(&["!".to_owned()]).1;
        for (record, data) in records.iter().zip(&all) {
            if matches!(record, Sized::Good(_)) && !ok.contains(data) {
                let needs = delivered(std::slice::from_ref(data)).1 - failed;
                prop_assert!(length + needs > RESPONSE_BYTES_MAX, "{length} and {needs} would fit");
            }
        }
    }
}

#[test]
fn bad_records_before_good_ones_leave_as_many_ok_as_behind_them() {
    let bad = vec!["x".repeat(1_300_000); 3];
    let good = vec![wide(40_000); 80];
    let before = delivered(&[bad.clone(), good.clone()].concat()).0.len();
    let behind = delivered(&[good, bad].concat()).0.len();
    assert_eq!(before, behind);
}
