//! Records that do not fit: what is put back, and what the response says of it.

use super::*;
use crate::overflow::Target;
use crate::settings::Format;

pub(super) const STREAM: &str = "arn:aws:firehose:us-west-2:999988887777:deliverystream/logs";
const SOURCE: &str = "arn:aws:kinesis:us-west-2:999988887777:stream/logs";

pub(super) fn reingest() -> Settings {
    Settings {
        overflow: Overflow::Reingest,
        ..Settings::default()
    }
}

pub(super) fn event(stream: &str, records: &[String]) -> String {
    format!(
        r#"{{"deliveryStreamArn":"{stream}","sourceKinesisStreamArn":"{SOURCE}","region":"us-west-2","records":[{}]}}"#,
        records.join(",")
    )
}

fn megabytes(id: usize, events: u8) -> String {
    record(id, &text_of_megabytes(events))
}

/// A message of events, each a megabyte of the same byte.
pub(super) fn text_of_megabytes(events: u8) -> String {
    let events: Vec<String> = (0..events)
        .map(|event| {
            let text = char::from(b'a' + event).to_string().repeat(900_000);
            format!(r#"{{"id":"{event}","timestamp":1696086922000,"message":"{text}"}}"#)
        })
        .collect();
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{}]}}"#,
        events.join(",")
    )
}

fn record_of(id: usize, piece: &Piece) -> String {
    let data = base64_simd::STANDARD.encode_to_string(piece.data());
    format!(r#"{{"recordId":"{id}","data":"{data}"}}"#)
}

pub(super) fn results(transformed: &Transformed) -> Vec<RecordResult> {
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    response
        .records
        .iter()
        .map(|answer| answer.result)
        .collect()
}

/// What the `Ok` answers deliver.
pub(super) fn delivered(transformed: &Transformed) -> Vec<u8> {
    let response: Response = serde_json::from_slice(&transformed.response).unwrap();
    let bytes = response
        .records
        .iter()
        .filter(|answer| answer.result == RecordResult::Ok);
    bytes.flat_map(|answer| answer.bytes().unwrap()).collect()
}

#[test]
fn what_does_not_fit_is_dropped_once_it_is_put_back_and_failed_if_it_is_not() {
    let event = event(STREAM, &[megabytes(0, 7), record(1, &message("small"))]);
    let mut transformer = Transformer::new(reingest());
    let pending = transformer.begin(event.as_bytes()).unwrap();
    assert_eq!(pending.target(), Some(Target::Kinesis(SOURCE.to_owned())));
    assert_eq!(pending.pieces().len(), 7);
    let bytes: usize = pending.pieces().iter().map(Piece::bytes).sum();
    let transformed = pending.finish(|_| true);
    assert_eq!(transformed.report.bytes_put_back, bytes);
    assert_eq!(
        results(&transformed),
        [RecordResult::Dropped, RecordResult::Ok]
    );
    assert_eq!(transformed.report.dropped[&Dropped::PutBack], 1);
    assert_eq!(transformed.report.pieces_put_back, 7);

    let pending = transformer.begin(event.as_bytes()).unwrap();
    let transformed = pending.finish(|piece| piece != 3);
    assert_eq!(
        results(&transformed),
        [RecordResult::ProcessingFailed, RecordResult::Ok]
    );
    assert_eq!(transformed.report.failed_by_reason()["not-put-back"], 1);
    assert_eq!(transformed.report.pieces_put_back, 6);
}

#[test]
fn pieces_deliver_the_very_bytes_that_their_record_would_have_delivered() {
    for format in [Format::Events, Format::Document, Format::Message] {
        let settings = Settings {
            format,
            ..reingest()
        };
        let mut transformer = Transformer::new(settings);
        let first = event(STREAM, &[megabytes(0, 7)]);
        let pending = transformer.begin(first.as_bytes()).unwrap();
        for (at, piece) in pending.pieces().iter().enumerate() {
            let whole = transformer
                .transform(event(STREAM, &[record_of(0, piece)]).as_bytes())
                .unwrap();
            // The same event in a record of its own.
            let text = char::from(b'a' + u8::try_from(at).unwrap())
                .to_string()
                .repeat(900_000);
            let message = message(&text).replace(r#""id":"1""#, &format!(r#""id":"{at}""#));
            let expected = transformer
                .transform(event(STREAM, &[record(0, &message)]).as_bytes())
                .unwrap();
            assert!(
                delivered(&whole) == delivered(&expected),
                "{format:?}, piece {at}"
            );
        }
    }
}

#[test]
fn a_piece_is_delivered_by_the_stream_that_put_it_back_and_dropped_by_others() {
    let event_of = |stream: &str, piece: &Piece| event(stream, &[record_of(0, piece)]);
    let first = event(STREAM, &[megabytes(0, 7)]);
    let pending = Transformer::new(reingest())
        .begin(first.as_bytes())
        .map(|pending| pending.pieces().to_vec());
    let piece = &pending.unwrap()[0];
    for (stream, result) in [
        (STREAM, RecordResult::Ok),
        (
            "arn:aws:firehose:us-west-2:999988887777:deliverystream/other",
            RecordResult::Dropped,
        ),
        ("", RecordResult::Ok),
    ] {
        // Whatever the settings of the other are.
        for settings in [reingest(), Settings::default()] {
            let event = event_of(stream, piece);
            let transformed = Transformer::new(settings)
                .transform(event.as_bytes())
                .unwrap();
            assert_eq!(results(&transformed), [result], "{stream}");
        }
    }
}

#[test]
fn a_record_of_which_only_the_first_message_is_for_another_stream_is_delivered() {
    let first = event(STREAM, &[megabytes(0, 7)]);
    let mut transformer = Transformer::new(reingest());
    let pieces = transformer
        .begin(first.as_bytes())
        .map(|pending| pending.pieces().to_vec());
    let data = base64_simd::STANDARD.encode_to_string(pieces.unwrap()[0].data());
    let mut decoder = Decoder::default();
    let opened = decoder.decode(&data, usize::MAX).unwrap();
    let text = String::from_utf8(opened.text.to_vec()).unwrap();
    let other = "arn:aws:firehose:us-west-2:999988887777:deliverystream/other";
    for (text, result) in [
        (text.clone(), RecordResult::Dropped),
        (text + &message("b"), RecordResult::Ok),
    ] {
        let event = event(other, &[record(0, &text)]);
        let transformed = transformer.transform(event.as_bytes()).unwrap();
        assert_eq!(results(&transformed), [result]);
    }
}

#[test]
fn nothing_is_put_back_to_a_stream_without_a_name_or_if_it_is_not_wanted() {
    let nameless = format!(r#"{{"records":[{}]}}"#, megabytes(0, 7));
    for (settings, event) in [
        (reingest(), nameless),
        (Settings::default(), event(STREAM, &[megabytes(0, 7)])),
    ] {
        let mut transformer = Transformer::new(settings);
        let pending = transformer.begin(event.as_bytes()).unwrap();
        assert_eq!((pending.pieces().len(), pending.target()), (0, None));
        assert_eq!(
            pending.finish(|_| true).report.failed_by_reason()["no-room"],
            1
        );
    }
    let direct = event(STREAM, &[megabytes(0, 7)]).replace(SOURCE, "");
    let mut transformer = Transformer::new(reingest());
    let pending = transformer.begin(direct.as_bytes()).unwrap();
    assert_eq!(pending.target(), Some(Target::Firehose(STREAM.to_owned())));
}

#[test]
fn after_three_hops_a_record_fails() {
    let mut transformer = Transformer::new(reingest());
    let mut records = vec![megabytes(0, 7)];
    for hops in 1..=3 {
        let event = event(STREAM, &records);
        let pending = transformer.begin(event.as_bytes()).unwrap();
        // Enough copies of one piece that the next batch is full, too.
        let piece = pending.pieces().last().unwrap();
        records = (0..8).map(|id| record_of(id, piece)).collect();
        assert!(
            pending.finish(|_| true).report.failed.is_empty(),
            "hop {hops}"
        );
    }
    let fourth = event(STREAM, &records);
    let pending = transformer.begin(fourth.as_bytes()).unwrap();
    assert_eq!(pending.pieces().len(), 0);
    let transformed = pending.finish(|_| true);
    assert_eq!(transformed.report.failed_by_reason()["too-many-hops"], 3);
    assert_eq!(transformed.report.ok, 5);
    // A person who sends one again takes it from the error output, with its mark: it comes before all that was not put back.
    let again = event(STREAM, &[megabytes(9, 5), records[0].clone()]);
    let transformed = transformer.transform(again.as_bytes()).unwrap();
    assert_eq!(
        results(&transformed),
        [RecordResult::Dropped, RecordResult::Ok]
    );
    let alone = event(STREAM, &[megabytes(9, 5)]);
    let transformed = transformer.transform(alone.as_bytes()).unwrap();
    assert_eq!(results(&transformed), [RecordResult::Ok]);
}

#[test]
fn pieces_weigh_more_in_larger_batches() {
    let length = |records: &[String]| {
        let event = event(STREAM, records);
        let mut transformer = Transformer::new(reingest());
        let pending = transformer.begin(event.as_bytes()).unwrap();
        pending.pieces()[0].bytes()
    };
    let usual = length(&[megabytes(0, 7)]);
    let other = format!(r#"{{"recordId":"1","data":"{}"}}"#, "x".repeat(4_000_000));
    // Three million bytes in place of 1,048,576.
    let heavy = length(&[megabytes(0, 7), other]);
    let heavier = heavy * 1000 / usual;
    assert!((2861..2900).contains(&heavier), "{heavier}");
}

#[test]
fn what_rules_drop_is_counted_once_however_often_its_record_is_put_back() {
    let rules = r#"[{"name":"reads","source":"cloudtrail","action":"drop","detection":{"s":{"readOnly":true},"condition":"s"}}]"#;
    let settings = Settings {
        rules: crate::rules::Rules::parse(rules).unwrap(),
        ..reingest()
    };
    let text = |read: [u8; 9]| {
        let events = read.iter().enumerate().map(|(id, read)| {
            let text = "x".repeat(900_000);
            format!(r#"{{"id":"{id}","timestamp":1696086922000,"message":"{{\"readOnly\":{},\"a\":\"{text}\"}}"}}"#, *read == 1)
        });
        let events: Vec<String> = events.collect();
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"111122223333_CloudTrail_us-west-2","logEvents":[{}]}}"#,
            events.join(",")
        )
    };
    let mut transformer = Transformer::new(settings);
    // The first does not fit although some of it is dropped, the second does because most of it is, and the third is dropped.
    let texts = [
        [0, 0, 0, 1, 0, 0, 0, 0, 0],
        [1, 0, 1, 1, 1, 1, 1, 1, 1],
        [1; 9],
    ]
    .map(text);
    let (mut events, mut dropped, mut rounds) = (0, 0, 0);
    let mut records: Vec<String> = texts.iter().map(|text| record(0, text)).collect();
    while !records.is_empty() {
        let mut back = Vec::new();
        for one in records {
            let event = event(STREAM, &[one]);
            let pending = transformer.begin(event.as_bytes()).unwrap();
            back.extend(pending.pieces().iter().map(|piece| record_of(0, piece)));
            let report = pending.finish(|_| true).report;
            assert_eq!(report.failed, []);
            events += report.events;
            dropped += report.dropped_by_rule.get("reads").copied().unwrap_or(0);
        }
        records = back;
        rounds += 1;
    }
    assert_eq!((events, dropped), (9, 18));
    assert!(rounds > 1, "{rounds}");
}

/// How many pieces are made of a record of so many events, each with this message, in a Region of so many bytes.
fn pieces_in_a_long_region(
    settings: &[(&str, &str)],
    (events, message): (usize, &str),
    region_bytes: usize,
) -> usize {
    let one = format!(r#"{{"id":"1","timestamp":1,"message":"{message}"}}"#);
    let text = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"111122223333_CloudTrail_us-west-2","logEvents":[{}]}}"#,
        vec![one; events].join(",")
    );
    let region = format!(r#""region":"{}""#, "r".repeat(region_bytes));
    let event = event(STREAM, &[record(0, &text)]).replace(r#""region":"us-west-2""#, &region);
    let reingest = [("CATCHMENT_OVERFLOW", "reingest")];
    let settings = Settings::from_pairs(reingest.iter().chain(settings).copied());
    let mut transformer = Transformer::new(settings.unwrap());
    let pending = transformer.begin(event.as_bytes()).unwrap();
    pending.pieces().len()
}

#[test]
fn pieces_have_room_for_the_region_as_often_as_a_line_may_have_it() {
    let pieces =
        |schema| pieces_in_a_long_region(&[("CATCHMENT_SCHEMA", schema)], (1200, "{}"), 5000);
    // 200 Regions take a million bytes, and other things take some.
    assert_eq!(pieces("none"), 7);
    let of_ecs = pieces("ecs");
    assert!(of_ecs > 14, "{of_ecs}");
}

#[test]
fn pieces_have_room_for_what_redaction_adds() {
    let redact = r#"[{"source":"cloudtrail","fields":["requestParameters.ips"],"action":"mask"}]"#;
    // `[REDACTED]` has nine letters more.
    let ips = [r#"\"x\""#; 220].join(",");
    let message =
        format!(r#"{{\"eventVersion\":\"1.08\",\"requestParameters\":{{\"ips\":[{ips}]}}}}"#);
    let pieces =
        |settings: &[(&str, &str)]| pieces_in_a_long_region(settings, (300, &message), 20_000);
    assert_eq!(pieces(&[]), 7);
    assert_eq!(pieces(&[("CATCHMENT_REDACT", redact)]), 8);
}
