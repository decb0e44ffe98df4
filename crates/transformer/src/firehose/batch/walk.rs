//! The walk over an event that is as Firehose writes it: quicker than serde_json, which reads all others.

use super::{Batch, Record};
use crate::json::{Cursor, Simd, Walk, walk};

/// Reads an event. Returns `None` if it is unusual or wrong: serde_json then reads it again, and says what is wrong.
pub(super) fn usual(bytes: &[u8]) -> Option<Batch<'_>> {
    walk(bytes, Event)
}

struct Event;

impl<'a> Walk<'a> for Event {
    type Found = Option<Batch<'a>>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let mut names = [None; 4];
        let mut records = None;
        cursor.white_space();
        let mut goes_on = cursor.open_object().ok()?;
        while goes_on {
            let key = cursor.key().ok()?.inner();
            let name = NAMES.iter().position(|name| name.as_bytes() == key);
            if let Some(name) = name {
                set(&mut names[name], string(&mut cursor)?)?;
            } else if key == b"records" {
                set(&mut records, list(&mut cursor)?)?;
            } else {
                unknown(&mut cursor, key, 1)?;
            }
            goes_on = cursor.next_member().ok()?;
        }
        cursor.white_space();
        let (_, is_utf8) = cursor.take_flags();
        if !cursor.rest().is_empty() || !is_utf8 {
            return None;
        }
        let [
            invocation_id,
            delivery_stream_arn,
            source_kinesis_stream_arn,
            region,
        ] = names.map(|name| name.unwrap_or_default().to_owned());
        Some(Batch {
            invocation_id,
            delivery_stream_arn,
            source_kinesis_stream_arn,
            region,
            records: records?,
        })
    }
}

const NAMES: [&str; 4] = [
    "invocationId",
    "deliveryStreamArn",
    "sourceKinesisStreamArn",
    "region",
];

#[inline(always)]
fn list<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<Vec<Record<'a>>> {
    let mut records = Vec::new();
    let mut goes_on = cursor.open_array().ok()?;
    while goes_on {
        records.push(record(cursor)?);
        goes_on = cursor.next_value().ok()?;
    }
    Some(records)
}

#[inline(always)]
fn record<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<Record<'a>> {
    let (mut id, mut data) = (None, None);
    let mut goes_on = cursor.open_object().ok()?;
    while goes_on {
        match cursor.key().ok()?.inner() {
            b"recordId" => set(&mut id, json(cursor)?)?,
            b"data" => set(&mut data, json(cursor)?)?,
            key => unknown(cursor, key, 3)?,
        }
        goes_on = cursor.next_member().ok()?;
    }
    Some(Record {
        id: id?,
        data: data.filter(|json| *json != "null"),
    })
}

/// Steps over a member that is not asked for. An escaped name may be one that is.
#[inline(always)]
fn unknown<S: Simd>(cursor: &mut Cursor<'_, S>, key: &[u8], depth: u32) -> Option<()> {
    let is_plain = !key.contains(&b'\\');
    cursor.value(depth).is_ok_and(|_| is_plain).then_some(())
}

/// Reads a string that stands for itself.
#[inline(always)]
fn string<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<&'a str> {
    let string = cursor.string().ok()?.inner();
    str::from_utf8(string)
        .ok()
        .filter(|string| !string.contains('\\'))
}

/// Reads a value of any type as the JSON that it is.
#[inline(always)]
fn json<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Option<&'a str> {
    simdutf8::basic::from_utf8(cursor.value(3).ok()?).ok()
}

/// Sets what may occur once.
#[inline(always)]
fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_as_firehose_writes_them_are_usual() {
        for event in [
            r#"{"invocationId":"i","deliveryStreamArn":"d","sourceKinesisStreamArn":"s","region":"r","records":[
                {"recordId":"1","approximateArrivalTimestamp":1,"data":"aGk=","kinesisRecordMetadata":{"shardId":"s"}},
                {"recordId":"2","data":""},{"recordId":"3","data":null},{"data":7,"recordId":4}]}"#,
            r#" {"records" : [ ] } "#,
        ] {
            let batch = usual(event.as_bytes()).unwrap();
            let expected = Batch::by_serde_json(event.as_bytes()).unwrap();
            assert_eq!(batch, expected);
        }
    }

    #[test]
    fn what_serde_json_has_to_look_at_is_left_to_it() {
        for event in [
            "",
            "{}",
            "[]",
            r#"{"records":[]}x"#,
            r#"{"records":[],"records":[]}"#,
            r#"{"records":[],"r\u0065gion":"r"}"#,
            r#"{"records":[],"region":"\u0041"}"#,
            r#"{"records":[],"region":null}"#,
            r#"{"records":[],"region":"a","region":"b"}"#,
            r#"{"records":[{"data":""}]}"#,
            r#"{"records":[{"recordId":1,"recordId":1}]}"#,
            r#"{"records":[{"recordId":1,"data":"","data":""}]}"#,
            r#"{"records":[{"recordId":1,"d\u0061ta":""}]}"#,
            r#"{"records":[{"recordId":1} {}]}"#,
            r#"{"records":[[]]}"#,
            r#"{"records":{}}"#,
        ] {
            assert_eq!(usual(event.as_bytes()), None, "{event}");
        }
        assert_eq!(usual(b"{\"records\":[],\"\xff\":1}"), None);
    }

    /// Members of an object, some of them more than once, broken, or said otherwise.
    fn members(of: &'static [&'static str]) -> impl Strategy<Value = String> {
        let members = prop::collection::vec(prop::sample::select(of), 0..5);
        let separator = prop::sample::select(&[",", ",", ",", " ,\n", "", ",,"]);
        (members, separator).prop_map(|(members, separator)| members.join(separator))
    }

    const OF_RECORDS: &[&str] = &[
        r#""recordId":"1""#,
        r#""recordId": 7 "#,
        r#""recordId":null"#,
        r#""data":"aGk=""#,
        r#""data":"a\/b""#,
        r#""data":"\ud800""#,
        r#""data":"é""#,
        r#""data":null"#,
        r#""data":1e999"#,
        r#""d\u0061ta":"""#,
        r#""x":{"recordId":[1]}"#,
        r#""x":nope"#,
    ];

    const OF_EVENTS: &[&str] = &[
        r#""region":"r""#,
        r#""region":null"#,
        r#""region":"é\n""#,
        r#""invocationId":"i""#,
        r#""deliveryStreamArn":"d""#,
        r#""sourceKinesisStreamArn":"s""#,
        r#""r\u0065gion":"r""#,
        r#""records":[]"#,
        r#""x":[{}]"#,
        r#""x":01"#,
    ];

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_json_reads(
            records in prop::collection::vec(members(OF_RECORDS), 0..3),
            before in members(OF_EVENTS),
            after in members(OF_EVENTS),
        ) {
            let comma = |members: &str| if members.is_empty() { "" } else { "," };
            let records: Vec<String> = records.iter().map(|members| format!("{{{members}}}")).collect();
            let event = format!(
                r#"{{{before}{}"records":[{}]{}{after}}}"#, comma(&before), records.join(","), comma(&after)
            );
            if let Some(batch) = usual(event.as_bytes()) {
                prop_assert_eq!(Ok(batch), Batch::by_serde_json(event.as_bytes()), "{}", event);
            }
        }
    }
}
