//! What holds for any batch whatever: no panic, one answer each, the same ids in the same order, never too long.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
#[path = "properties/faults.rs"]
mod faults;
#[path = "properties/messages.rs"]
mod messages;
#[path = "properties/redact.rs"]
mod redact;
#[path = "properties/room.rs"]
mod room;

use catchment_transformer::firehose::{RecordError, RecordResult, Response};
use catchment_transformer::limits::RESPONSE_BYTES_MAX;
use catchment_transformer::{Settings, Transformed, Transformer};
use faults::{one_fault, said_otherwise};
use messages::any_message;
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
    for failure in &report.failed {
        assert_ne!(failure.error, RecordError::Panicked);
    }
    assert_eq!(
        report.ok + report.dropped_total() + report.failed.len(),
        records.len()
    );
    response
}

/// The formats, each with the schemas that it takes.
const FORMS: [(&str, &str); 7] = [
    ("events", "none"),
    ("events", "native"),
    ("events", "ecs"),
    ("events", "ocsf-1.1"),
    ("events", "ocsf-1.5"),
    ("document", "none"),
    ("message", "none"),
];

fn every_setting() -> impl Strategy<Value = Settings> {
    (
        prop::sample::select(FORMS.to_vec()),
        prop::sample::select(vec!["none", "gzip"]),
        prop::sample::select(vec![
            "",
            "account,region,source,class,log_group,year,month,day,hour",
        ]),
    )
        .prop_map(|((format, schema), compression, keys)| {
            Settings::from_pairs([
                ("CATCHMENT_FORMAT", format),
                ("CATCHMENT_SCHEMA", schema),
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
        if let Ok(transformed) = Transformer::new(Settings::default()).transform(&event) {
            check(&event, &transformed);
        }
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
        let before = used.transform(&event(&first)).expect("an event");
        check(&event(&first), &before);
        used.take_back(before.response);
        let fresh = Transformer::new(settings).transform(&event(&second)).expect("an event");
        prop_assert_eq!(used.transform(&event(&second)).expect("an event").response, fresh.response);
    }
}

/// Texts of all the kinds that are written in different ways: long and short, with escapes and without.
fn any_text() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => any_message().prop_map(|message| message.text()),
        1 => Just(batch::message("111122223333", "g", "s", &[(1, &"x".repeat(70_000)), (2, "")])),
        1 => Just(batch::message("111122223333", "g", "s", &[(1, &"\\\"\n\t\u{1}é😀".repeat(3_000))])),
    ];
    text
}

/// The answers to these records: results, metadata, and the data of those that are `Ok`, opened.
fn answers(settings: &Settings, records: &[Vec<u8>]) -> Vec<(RecordResult, Option<String>, Value)> {
    let data = records
        .iter()
        .map(|packed| base64_simd::STANDARD.encode_to_string(packed));
    let event = batch::event(data);
    let transformed = Transformer::new(settings.clone())
        .transform(&event)
        .expect("an event");
    check(&event, &transformed)
        .records
        .iter()
        .map(|answer| {
            let ok = answer.result == RecordResult::Ok;
            let data = ok.then(|| String::from_utf8(answer.opened().expect("data that opens")));
            (
                answer.result,
                data.map(|text| text.expect("UTF-8 in, UTF-8 out")),
                json!(answer.metadata),
            )
        })
        .collect()
}

fn gzipped<const N: usize>(texts: [&str; N]) -> [Vec<u8>; N] {
    texts.map(|text| batch::gzip(text.as_bytes()))
}

proptest! {
    /// Of a record with a fault nothing is delivered, and the records beside it are answered as if it were not there.
    #[test]
    fn one_fault_of_any_kind_fails_its_record_and_no_other(
        good in any_text(),
        faulty in one_fault(any_message()),
        settings in every_setting(),
    ) {
        let good = batch::gzip(good.as_bytes());
        let answers = answers(&settings, &[good.clone(), faulty.packed, good]);
        prop_assert_eq!(answers[1].0, RecordResult::ProcessingFailed, "{}", faulty.fault);
        prop_assert_eq!(answers[0].0, RecordResult::Ok);
        prop_assert!(answers[0] == answers[2]);
    }

    /// CloudWatch Logs writes no white space, so what is told by its usual shape is told anew.
    #[test]
    fn a_fault_behind_white_space_is_one(faulty in one_fault(any_message()), settings in every_setting()) {
        if let Some(text) = faulty.text {
            let answers = answers(&settings, &gzipped([&format!("\n {text}")]));
            prop_assert_eq!(answers[0].0, RecordResult::ProcessingFailed, "{}", faulty.fault);
        }
    }

    #[test]
    fn a_message_said_otherwise_is_answered_alike(
        (message, otherwise) in any_message().prop_flat_map(|message| (Just(message.clone()), said_otherwise(&message))),
        format in prop::sample::select(vec!["events", "message"]),
    ) {
        let settings = Settings::from_pairs([("CATCHMENT_FORMAT", format)]).expect("good settings");
        let answers = answers(&settings, &gzipped([&message.text(), &otherwise]));
        prop_assert_eq!(answers[0].0, RecordResult::Ok);
        prop_assert_eq!(&answers[0], &answers[1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// White space before a message, and at its end, when all events are written.
    #[test]
    fn white_space_around_a_message_does_not_change_its_answer(message in any_text(), settings in every_setting()) {
        let (most, last) = message.split_at(message.len() - 1);
        let answers = answers(&settings, &gzipped([&message, &format!(" {message}"), &format!("{most} {last}")]));
        prop_assert_eq!(answers[0].0, RecordResult::Ok);
        prop_assert!(answers[0] == answers[1]);
        prop_assert!(answers[0] == answers[2]);
    }

    /// Events are written as they are read; those of a record that turns out to be damaged are taken back.
    #[test]
    fn of_a_record_that_is_damaged_at_its_end_nothing_is_delivered(message in any_text(), settings in every_setting()) {
        let answers = answers(&settings, &gzipped([&message, &format!("{message}{message}!"), &message]));
        prop_assert_eq!(answers[1].0, RecordResult::ProcessingFailed);
        prop_assert_eq!(answers[0].0, RecordResult::Ok);
        prop_assert!(answers[0] == answers[2]);
    }
}
