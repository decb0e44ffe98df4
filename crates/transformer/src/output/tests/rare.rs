//! Lines that are not the usual ones: of one event of several, with bytes replaced, or with more in them than a message.

use super::*;

/// A message of these log events: ids, and messages as JSON strings.
fn text_of(events: &[(String, String)]) -> String {
    let one = |(id, message): &(String, String)| {
        format!(r#"{{"id":"{id}","timestamp":1696086922000,"message":{message}}}"#)
    };
    let events: Vec<String> = events.iter().map(one).collect();
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"{TRAIL}","logEvents":[{}]}}"#,
        events.join(",")
    )
}

const SAMPLE: &str = r#"[{"name":"all","source":"cloudtrail","action":"sample","rate":2,"detection":{"s":{"readOnly":true},"condition":"s"}}]"#;

#[test]
fn a_line_that_stands_for_several_says_for_how_many() {
    let long = "x".repeat(crate::limits::BASE64_PIECE_BYTES);
    for schema in ["none", "native"] {
        let settings =
            Settings::from_pairs([("CATCHMENT_SCHEMA", schema), ("CATCHMENT_RULES", SAMPLE)]);
        let settings = settings.unwrap();
        for more in ["", &long] {
            let event = |id: u8| {
                let message = format!(r#"{{"readOnly":true,"a":"{more}"}}"#);
                (id.to_string(), serde_json::Value::from(message).to_string())
            };
            let events: Vec<_> = (0..40).map(event).collect();
            let (lines, encoded) = encode_with(&settings, text_of(&events).as_bytes(), "null");
            let lines = String::from_utf8(lines).unwrap();
            let count = lines.lines().count();
            assert!((10..30).contains(&count), "{count}");
            assert_eq!(encoded.dropped_total(), 40 - count);
            for line in lines.lines() {
                assert!(line.ends_with(r#","sample_rate":2}"#), "{schema}: {line}");
            }
        }
    }
}

#[test]
fn partition_keys_are_those_of_the_first_event_that_is_delivered() {
    let drop = SAMPLE.replace(r#""sample","rate":2"#, r#""drop""#);
    let event = |hour: i64, account: u32, message: &str| {
        let message = serde_json::Value::from(message);
        let time = 1_696_086_922_000 + 3_600_000 * hour;
        format!(
            r#"{{"id":"1","timestamp":{time},"message":{message},"extractedFields":{{"@aws.account":"{account}"}}}}"#
        )
    };
    let text = |stream: &str, events: &[String]| {
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"9","logGroup":"g","logStream":"{stream}","logEvents":[{}]}}"#,
            events.join(",")
        )
    };
    let dropped = r#"{"eventVersion":"1.09","readOnly":true}"#;
    let delivered = r#"{"eventVersion":"1.09","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin"}"#;
    let text = [
        text(TRAIL, &[event(1, 1, dropped)]),
        text(
            TRAIL,
            &[
                event(2, 2, dropped),
                event(3, 3, delivered),
                event(4, 4, ""),
            ],
        ),
        text("eni-1", &[event(5, 5, "2")]),
    ];
    for (schema, class) in [
        ("none", "cloudtrail"),
        ("native", "cloudtrail"),
        ("ecs", "cloudtrail"),
        ("ocsf-1.1", "3002"),
    ] {
        let settings = Settings::from_pairs([
            ("CATCHMENT_SCHEMA", schema),
            ("CATCHMENT_RULES", drop.as_str()),
            ("CATCHMENT_PARTITION_KEYS", "account,class,hour"),
        ]);
        let (lines, encoded) = encode_with(&settings.unwrap(), text.concat().as_bytes(), "null");
        assert_eq!(lines.split(|byte| *byte == b'\n').count(), 3 + 1);
        assert_eq!(
            encoded.metadata,
            format!(
                r#","metadata":{{"partitionKeys":{{"account":"3","class":"{class}","hour":"18"}}}}"#
            ),
            "{schema}"
        );
    }
}

#[test]
fn an_event_with_bytes_that_are_replaced_is_no_object_and_says_why_once() {
    for (part, instead, replaced) in [
        ("\"id\":\"1\"", "\"id\":\"#\"", [true, false]),
        ("\"id\":\"2\"", "\"id\":\"#\"", [false, true]),
        ("\"{}\"", "\"{}#\"", [true, false]),
        ("\"g\"", "\"#\"", [true, true]),
        ("none of it", "", [false, false]),
    ] {
        let events = ["1", "2"].map(|id| (id.to_owned(), "\"{}\"".to_owned()));
        let text = text_of(&events).replacen(part, instead, 1);
        let text: Vec<u8> = text
            .bytes()
            .map(|byte| if byte == b'#' { 0xff } else { byte })
            .collect();
        let (lines, encoded) = encode([("CATCHMENT_SCHEMA", "native")], &text, "null");
        assert_eq!(lines.lines().count(), 2);
        for (line, is_replaced) in lines.lines().zip(replaced) {
            let error = std::str::from_utf8(REPLACED).unwrap();
            let is_marked = line.ends_with(&format!("{error}}}"));
            assert_eq!(is_marked, is_replaced, "{line}");
            assert_eq!(line.contains(r#""event":{}}"#), !is_replaced, "{line}");
            assert_eq!(line.matches("\"error\"").count(), usize::from(is_replaced));
        }
        assert_eq!(encoded.replaced, replaced.contains(&true), "{instead}");
        assert_eq!(encoded.unparsed, 0);
    }
}

#[test]
fn documents_that_are_not_what_was_logged_are_counted() {
    for schema in ["ecs", "ocsf-1.1"] {
        let messages = ["{}", "[]", "", "{}"].map(|message| {
            let message = serde_json::Value::from(message).to_string();
            ("1".to_owned(), message)
        });
        let whole = text_of(&messages);
        let broken = whole.replacen("\"[]\"", "\"#\"", 1).into_bytes();
        let broken: Vec<u8> = broken
            .into_iter()
            .map(|byte| if byte == b'#' { 0xff } else { byte })
            .collect();
        let encoded = |text: &[u8]| encode([("CATCHMENT_SCHEMA", schema)], text, "null").1;
        let (whole, broken) = (encoded(whole.as_bytes()), encoded(&broken));
        assert_eq!((whole.replaced, whole.unparsed), (false, 2), "{schema}");
        assert_eq!((broken.replaced, broken.unparsed), (true, 1), "{schema}");
    }
}

#[test]
fn what_settings_add_to_a_line_is_counted_each_by_itself() {
    let growth = |pairs: &[(&str, &str)]| {
        let settings = Settings::from_pairs(pairs.iter().copied()).unwrap();
        Output::new(&settings).growth().bytes
    };
    let native = ("CATCHMENT_SCHEMA", "native");
    let names = r#"{"111122223333":"a","444455556666":"dev1","777788889999":"b"}"#;
    let accounts = ("CATCHMENT_ACCOUNTS", names);
    let rules = ("CATCHMENT_RULES", SAMPLE);
    let account_name = br#","account_name":"#.len();
    let none = growth(&[]);
    assert_eq!(none, account_name);
    assert_eq!(growth(&[accounts]), account_name + br#""dev1""#.len());
    let rate = growth(&[rules]) - none;
    assert!(rate >= br#","sample_rate":1000000"#.len(), "{rate}");
    let ecs = ("CATCHMENT_SCHEMA", "ecs");
    let drop = SAMPLE.replace(r#""sample","rate":2"#, r#""drop""#);
    let drop = ("CATCHMENT_RULES", drop.as_str());
    assert_eq!(growth(&[ecs, drop]), growth(&[ecs]) + rate);
    assert!(growth(&[ecs, rules]) > growth(&[ecs]) + rate);
    let of_native = growth(&[native]) - none;
    assert!(of_native > 100, "{of_native}");
    let all = account_name + br#""dev1""#.len() + rate + of_native;
    assert_eq!(growth(&[native, accounts, rules]), all);
}

#[test]
fn a_document_has_no_region_if_none_is_known() {
    let text = TEXT.replace(r"\ud800", "");
    let with_region = |region: &str| text.replace("\"eu-west-1\"", region);
    for schema in ["ecs", "ocsf-1.1"] {
        for (region, first, second) in [
            ("null", None, Some("eu-west-1")),
            ("null", None, None),
            ("\"us-west-2\"", Some("us-west-2"), None),
        ] {
            let text = with_region(&serde_json::Value::from(second.unwrap_or("")).to_string());
            let (lines, _) = encode([("CATCHMENT_SCHEMA", schema)], text.as_bytes(), region);
            let regions: Vec<_> = lines
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
                .map(|line| line.pointer("/cloud/region").cloned())
                .collect();
            let expected = [first, second, first].map(|region| region.map(Into::into));
            assert_eq!(regions, expected, "{schema}");
        }
    }
}

#[test]
fn nothing_more_is_written_once_there_is_no_room() {
    let message = serde_json::Value::from("x".repeat(crate::limits::BASE64_PIECE_BYTES / 8));
    let events: Vec<_> = (0..1000)
        .map(|id| (id.to_string(), message.to_string()))
        .collect();
    let text = text_of(&events);
    for format in ["events", "message", "document"] {
        let settings = Settings::from_pairs([("CATCHMENT_FORMAT", format)]).unwrap();
        let (response, encoded) = answer(&settings, text.as_bytes(), "null", None, 1000);
        assert_eq!(
            (encoded.events, encoded.delivered),
            (1000, None),
            "{format}"
        );
        let piece = base64_simd::STANDARD.encoded_length(2 * crate::limits::BASE64_PIECE_BYTES);
        assert!(
            response.len() <= 1000 + piece,
            "{format}: {}",
            response.len()
        );
    }
}
