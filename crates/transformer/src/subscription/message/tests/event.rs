//! Log events: what is read of each, whatever the others hold.

use super::*;
use crate::json::JsonStr;

#[test]
fn extracted_fields_are_those_of_their_event_whatever_those_before_were() {
    // As CloudWatch Logs writes it, and in another way.
    let usual = format!(r#"{{"id":"{}","timestamp":1510254469498,"#, "3".repeat(56));
    let heads = [&usual, r#"{"id":"1","timestamp":1,"#];
    let of = |head: &str, fields: &[&str]| {
        let events: Vec<String> = fields
            .iter()
            .map(|fields| format!(r#"{head}"message":"a","extractedFields":{fields}}}"#))
            .collect();
        COMPACT.split_at(COMPACT.find("[{").unwrap()).0.to_owned() + "[" + &events.join(",") + "]}"
    };
    let (a, b, c) = (
        r#"{"@aws.account":"1","@aws.region":"r"}"#,
        r#"{"@aws.account":"2","@aws.region":"r"}"#,
        r#"{"@aws.account":"1","@aws.region":"s"}"#,
    );
    let all = [
        &[a, a, b, b, a, c, a][..],
        &["1", "12", "1", a, "null", a],
        &["{}", a, "{}", "\"\"", "\"{}\""],
    ];
    for (head, fields) in heads
        .iter()
        .flat_map(|head| all.map(|fields| (head, fields)))
    {
        let text = of(head, fields);
        let events = gathered(text.as_bytes()).unwrap().events;
        assert_eq!(events.len(), fields.len());
        for ((_, event), fields) in events.iter().zip(fields) {
            let named = |name: &str| {
                let fields: serde_json::Value = serde_json::from_str(fields).unwrap();
                fields
                    .get(name)
                    .and_then(|field| field.as_str().map(str::to_owned))
            };
            let text = |field: Option<JsonStr<'_>>| field.map(|field| field.text().into_owned());
            assert_eq!(
                text(event.system.account),
                named("@aws.account"),
                "{fields}"
            );
            assert_eq!(text(event.system.region), named("@aws.region"), "{fields}");
        }
    }
}

#[test]
fn a_message_that_is_no_string_is_named_whether_its_text_is_wanted_or_not() {
    let text = with(r#""message":"""#, r#""message":7"#);
    let expected = MessageError::Field {
        field: "logEvents.message",
    };
    assert_eq!(error(&text), expected);
    let outcome = read(text.as_bytes(), &mut Gathered::with_texts());
    assert_eq!(outcome, Err(expected));
}

#[test]
fn halves_of_a_character_in_two_messages_do_not_make_one() {
    let text =
        with("a \\\"b\\\" \\ud800 \\u00e9", "#").replace(r#""message":"""#, r#""message":"&""#);
    let half = |byte: u8| match byte {
        b'#' => 0xc3,
        b'&' => 0xb8,
        other => other,
    };
    let text: Vec<u8> = text.bytes().map(half).collect();
    assert_eq!(gathered(&text).unwrap().events.len(), 2);
}

#[test]
fn an_event_that_differs_from_the_usual_in_one_byte_is_read_as_serde_json_reads_it() {
    let id = "37811000000000000000000000000000000000000000000000000001";
    let event = |id: &str| {
        format!(r#"{{"id":"{id}","timestamp":1510254469498,"message":"secret"}}"#).into_bytes()
    };
    let around = [
        r#"{"messageType":"DATA_MESSAGE","owner":"o","logGroup":"g","logStream":"s","logEvents":["#,
        "]}",
    ];
    let text = |event: &[u8]| [around[0].as_bytes(), event, around[1].as_bytes()].concat();
    let usual = event(id);
    assert!(gathered(&text(&usual)).is_ok());
    for at in 0..usual.len() {
        for byte in *b" \"\\\t0:a,}\x7f\x00\xff" {
            let mut changed = usual.clone();
            changed[at] = byte;
            let changed = text(&changed);
            assert!(agrees_with_serde_json(&changed), "{at} {byte:x}");
        }
        let mut shorter = usual.clone();
        shorter.remove(at);
        assert!(agrees_with_serde_json(&text(&shorter)), "{at}");
        assert!(
            agrees_with_serde_json(&text(&usual)[..around[0].len() + at]),
            "{at}"
        );
    }
    for id in [
        "",
        "1",
        &id[1..],
        &format!("{id}1"),
        &id.replace('3', "\\n"),
    ] {
        let text = text(&event(id));
        let gathered = gathered(&text).unwrap();
        assert_eq!(gathered.events[0].1.id.inner(), id.as_bytes());
    }
}
