//! What holds for any batch whatever: no panic, one answer each, the same ids in the same order, never too long.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;

use catchment_transformer::firehose::{BatchError, RecordResult, Response};
use catchment_transformer::limits::RESPONSE_BYTES_MAX;
use catchment_transformer::{Settings, Transformed, Transformer};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Checks what must hold of a response, and gives it back read.
fn check(event: &[u8], transformed: &Transformed) -> Response {
    assert!(transformed.response.len() <= RESPONSE_BYTES_MAX);
    let response: Response =
        serde_json::from_slice(&transformed.response).expect("a response is JSON");
    let event: Value = serde_json::from_slice(event).expect("an event that was answered is JSON");
    let records = event["records"]
        .as_array()
        .expect("an event that was answered has records");
    let ids: Vec<_> = records.iter().map(|record| &record["recordId"]).collect();
    assert_eq!(
        response
            .records
            .iter()
            .map(|answer| &answer.id)
            .collect::<Vec<_>>(),
        ids
    );
    for (answer, record) in response.records.iter().zip(records) {
        match answer.result {
            RecordResult::Ok => assert!(answer.bytes().is_some_and(|bytes| !bytes.is_empty())),
            RecordResult::Dropped => assert_eq!(answer.data, None),
            RecordResult::ProcessingFailed => {
                assert_eq!(answer.data.as_deref(), record["data"].as_str());
            }
        }
    }
    let report = &transformed.report;
    assert_eq!(
        report.ok + report.dropped_total() + report.failed.len(),
        records.len()
    );
    response
}

fn every_setting() -> impl Strategy<Value = Settings> {
    (
        prop::sample::select(vec!["events", "document", "message"]),
        prop::sample::select(vec!["none", "gzip"]),
        prop::sample::select(vec![
            "",
            "account,region,source,log_group,year,month,day,hour",
        ]),
    )
        .prop_map(|(format, compression, keys)| {
            Settings::from_pairs([
                ("CATCHMENT_FORMAT", format),
                ("CATCHMENT_COMPRESSION", compression),
                ("CATCHMENT_PARTITION_KEYS", keys),
                ("CATCHMENT_MAX_DECODED_MIB", "1"),
            ])
            .expect("good settings")
        })
}

/// Text that is nearly a subscription message, in all the ways that matter to a parser.
fn near_message() -> impl Strategy<Value = String> {
    let good = batch::message(
        "111122223333",
        "g",
        "s",
        &[(1_696_086_922_000, "a \"b\""), (0, "")],
    );
    (
        0..good.len(),
        0..8_usize,
        r#"(["\\{}\[\]:, 0-9eux\n]|DATA_MESSAGE|null|"timestamp":1){0,3}"#,
    )
        .prop_map(move |(at, cut, splice)| {
            format!(
                "{}{splice}{}",
                &good[..at],
                &good[(at + cut).min(good.len())..]
            )
        })
}

fn any_data() -> impl Strategy<Value = Value> {
    let base64 = |bytes: Vec<u8>| json!(base64_simd::STANDARD.encode_to_string(bytes));
    prop_oneof![
        any::<Vec<u8>>().prop_map(base64),
        any::<Vec<u8>>().prop_map(move |bytes| base64(batch::gzip(&bytes))),
        near_message().prop_map(move |text| base64(batch::gzip(text.as_bytes()))),
        near_message().prop_map(move |text| base64(text.into_bytes())),
        (near_message(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            move |(text, at, value)| {
                let mut packed = batch::gzip(text.as_bytes());
                let at = at.index(packed.len());
                packed[at] = value;
                base64(packed)
            }
        ),
        any::<String>().prop_map(Value::from),
        any_json(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("records|recordId|data|region|[a-z]{0,3}", inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn any_data_is_answered(
        records in prop::collection::vec((any::<String>(), any_data()), 0..12),
        settings in every_setting(),
    ) {
        let records: Vec<_> = records.into_iter().map(|(id, data)| json!({"recordId": id, "data": data})).collect();
        let event = json!({"invocationId": "i", "records": records}).to_string().into_bytes();
        let transformed = Transformer::new(settings).transform(&event).expect("an event");
        check(&event, &transformed);
    }

    #[test]
    fn any_json_is_answered_or_refused_as_a_whole(event in any_json()) {
        let event = event.to_string().into_bytes();
        if let Ok(transformed) = Transformer::new(Settings::default()).transform(&event) {
            check(&event, &transformed);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_answered(event in any::<Vec<u8>>()) {
        let _ = Transformer::new(Settings::default()).transform(&event);
    }

    /// The same answer whatever was transformed before: buffers that are kept carry nothing over.
    #[test]
    fn what_came_before_does_not_matter(
        first in prop::collection::vec(any_data(), 0..4),
        second in prop::collection::vec(any_data(), 0..4),
        settings in every_setting(),
    ) {
        let event = |records: &[Value]| {
            let records: Vec<_> = records.iter().map(|data| json!({"recordId": "1", "data": data})).collect();
            json!({"records": records}).to_string().into_bytes()
        };
        let mut used = Transformer::new(settings.clone());
        used.transform(&event(&first)).expect("an event");
        let fresh = Transformer::new(settings).transform(&event(&second)).expect("an event");
        prop_assert_eq!(used.transform(&event(&second)).expect("an event").response, fresh.response);
    }
}

/// Messages of all the kinds of text that are written in different ways: long and short, with escapes and without.
fn any_message() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z \"\\\\]{0,200}",
        any::<String>(),
        Just("x".repeat(70_000)),
        Just("\\\"\n\t\u{1}é😀".repeat(3_000)),
    ];
    let event = (1_000_000_000_000..9_999_999_999_999_i64, text);
    prop::collection::vec(event, 1..5).prop_map(|events| {
        let events: Vec<_> = events
            .iter()
            .map(|(time, text)| (*time, text.as_str()))
            .collect();
        batch::message("111122223333", "g", "s", &events)
    })
}

/// The answers to records of these texts, each as it stands, with the data of those that are `Ok` opened.
fn answers(settings: &Settings, texts: &[&str]) -> Vec<Value> {
    let data = texts
        .iter()
        .map(|text| base64_simd::STANDARD.encode_to_string(batch::gzip(text.as_bytes())));
    let event = batch::event(data);
    let transformed = Transformer::new(settings.clone())
        .transform(&event)
        .expect("an event");
    check(&event, &transformed)
        .records
        .iter()
        .map(|answer| {
            let data = answer.opened().map(String::from_utf8);
            json!({
                "result": format!("{:?}", answer.result),
                "data": data.map(|text| text.expect("UTF-8 in, UTF-8 out")),
                "metadata": answer.metadata,
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// White space before a message, and at its end, when all events are written.
    #[test]
    fn white_space_around_a_message_does_not_change_its_answer(message in any_message(), settings in every_setting()) {
        let (most, last) = message.split_at(message.len() - 1);
        let answers = answers(&settings, &[&message, &format!(" {message}"), &format!("{most} {last}")]);
        prop_assert_eq!(&answers[0]["result"], "Ok");
        prop_assert!(answers[0] == answers[1]);
        prop_assert!(answers[0] == answers[2]);
    }

    /// Events are written as they are read; those of a record that turns out to be damaged are taken back.
    #[test]
    fn of_a_record_that_is_damaged_at_its_end_nothing_is_delivered(message in any_message(), settings in every_setting()) {
        let answers = answers(&settings, &[&message, &format!("{message}{message}!"), &message]);
        prop_assert_eq!(&answers[1]["result"], "ProcessingFailed");
        prop_assert_eq!(&answers[0]["result"], "Ok");
        prop_assert!(answers[0] == answers[2]);
    }
}

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
