//! Captured records are what the transformer gets, chosen as asked, and masked whatever they are packed in.

use catchment_transformer::{Settings, Transformer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = Packer::like(b"\x1f\x8b");
    packer.add(text.as_bytes());
    packer.finish()
}

fn zlib(text: &str) -> Vec<u8> {
    let mut packer = Packer::like(b"\x78\x9c");
    packer.add(text.as_bytes());
    packer.finish()
}

fn message(account: &str, group: &str, stream: &str, message: &str) -> String {
    json!({
        "messageType": "DATA_MESSAGE", "owner": account, "logGroup": group, "logStream": stream,
        "subscriptionFilters": ["f"], "logEvents": [{ "id": "1", "timestamp": 7, "message": message }],
    })
    .to_string()
}

fn captured(number: usize, data: Vec<u8>) -> Captured {
    Captured {
        shard: "shardId-000000000000".to_owned(),
        sequence_number: number.to_string(),
        partition_key: "payroll".to_owned(),
        arrived: 1_696_086_923_000,
        data,
    }
}

fn events(records: impl IntoIterator<Item = Vec<u8>>) -> Vec<Event> {
    let arn = "arn:aws:kinesis:us-west-2:482950137264:stream/payroll";
    let mut gatherer = Gatherer::new(arn.to_owned(), "us-west-2".to_owned());
    let mut events = Vec::new();
    for (number, data) in records.into_iter().enumerate() {
        events.extend(gatherer.add(captured(number, data)));
    }
    events.extend(gatherer.take());
    events
}

#[test]
fn an_event_is_one_line_that_the_transformer_takes() {
    let data = gzip(&message("482950137264", "payroll", "s", "hello"));
    let [event] = events([data]).try_into().unwrap();
    let line = event.to_line();
    assert_eq!(line.find('\n'), Some(line.len() - 1));
    let transformed = Transformer::new(Settings::default())
        .transform(line.as_bytes())
        .unwrap();
    assert_eq!((transformed.report.ok, transformed.report.events), (1, 1));
    let json: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["about"], HOLDS_LOG_DATA);
    assert_eq!(json["records"][0]["recordId"], "0");
    assert_eq!(
        json["records"][0]["approximateArrivalTimestamp"],
        1_696_086_923_000_i64
    );
    assert_eq!(
        json["records"][0]["kinesisRecordMetadata"]["subsequenceNumber"],
        ""
    );
    assert_eq!(Event::of(&line).unwrap(), event);
}

#[test]
fn records_are_chosen_by_account_log_group_and_source() {
    let flow = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    let a = gzip(&message("111122223333", "a", "s", flow));
    let b = zlib(&message(
        "444455556666",
        "b",
        "111122223333_CloudTrail_us-west-2",
        "{}",
    ));
    let keeps = |wanted: &Wanted| [&a, &b, &b"damaged".to_vec()].map(|data| wanted.keeps(data));
    assert_eq!(keeps(&Wanted::default()), [true, true, true]);
    let of_account = |account: &str| Wanted {
        account: Some(account.to_owned()),
        ..Wanted::default()
    };
    assert_eq!(keeps(&of_account("111122223333")), [true, false, false]);
    let group = Wanted {
        log_group: Some("b".to_owned()),
        ..of_account("444455556666")
    };
    assert_eq!(keeps(&group), [false, true, false]);
    let of_source = |source| Wanted {
        source: Some(source),
        ..Wanted::default()
    };
    assert_eq!(keeps(&of_source(Source::VpcFlowLogs)), [true, false, false]);
    assert_eq!(keeps(&of_source(Source::CloudTrail)), [false, true, false]);
    let place = ("111122223333".to_owned(), "a".to_owned());
    let known = Wanted {
        sources: BTreeMap::from([(place, Source::GuardDuty)]),
        ..of_source(Source::GuardDuty)
    };
    assert_eq!(keeps(&known), [true, false, false]);
}

#[test]
fn a_masked_event_holds_no_original_in_any_packing_and_leaves_out_what_cannot_be_read() {
    let text = message("482950137264", "payroll", "s", "by 10.20.30.40 of payroll");
    let both = [gzip(&text), gzip(&text)].concat();
    let records = [
        gzip(&text),
        zlib(&text),
        text.clone().into_bytes(),
        both,
        b"payroll".to_vec(),
        gzip(&text)[..30].to_vec(),
    ];
    let [event] = events(records).try_into().unwrap();
    let mut masker = Masker::new([3; 32]);
    event.teach(&mut masker);
    let (masked, left_out) = event.masked(&mut masker);
    let masked = masked.unwrap();
    assert_eq!((masked.records(), left_out), (4, 2));
    let opened: Vec<_> = masked
        .records
        .iter()
        .map(|record| documents(&record.data().unwrap()).unwrap())
        .collect();
    assert_eq!(
        opened.iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 1, 1, 2]
    );
    let inside = opened.concat();
    assert!(inside.iter().all(|one| *one == inside[0]), "{inside:?}");
    let all = inside.concat() + &masked.to_line();
    for original in ["482950137264", "payroll", "10.20.30.40"] {
        assert!(!all.contains(original), "{original} is left in {all}");
    }
    let packings: Vec<_> = masked
        .records
        .iter()
        .map(|record| Packing::of(&record.data().unwrap()))
        .collect();
    assert_eq!(
        packings,
        [Packing::Gzip, Packing::Zlib, Packing::Plain, Packing::Gzip]
    );
    assert!(masked.to_line().contains(IS_MASKED));
}

proptest! {
    #[test]
    fn every_record_is_in_one_event_and_events_are_within_the_limit(
        sizes in prop::collection::vec(prop_oneof![9 => 0..4_000_usize, 1 => 500_000..1_200_000_usize], 0..60),
    ) {
        let events = events(sizes.iter().map(|size| vec![b'x'; *size]));
        let ids: Vec<_> = events.iter().flat_map(|event| &event.records).map(|record| record.record_id.clone()).collect();
        prop_assert_eq!(ids, (0..sizes.len()).map(|number| number.to_string()).collect::<Vec<_>>());
        for event in &events {
            let bytes: usize = event.records.iter().map(|record| record.data().unwrap().len()).sum();
            prop_assert!(bytes <= EVENT_BYTES_MAX || event.records.len() == 1);
        }
    }
}
