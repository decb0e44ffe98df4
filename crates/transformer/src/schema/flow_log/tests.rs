//! What lines become, in any format.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::{Map, Value, json};

use super::*;
use crate::schema::native;
use crate::source::vpc_flow_logs::{FIELDS, Kind};

const DEFAULT: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

/// The object as text, or why there is none.
fn native(format: &str, line: &str) -> Result<String, Misfit> {
    native_of(format, &Value::from(line).to_string())
}

/// The same for a line as a JSON string.
fn native_of(format: &str, literal: &str) -> Result<String, Misfit> {
    let format = FlowLogFormat::parse(format).unwrap();
    let flow_logs = FlowLogs::new(&native::tables(), &[format]);
    let mut out = Buffer::default();
    out.extend(b"before");
    flow_logs.write(0, JsonStr::from_literal(literal), None, &mut out)?;
    let text = String::from_utf8(out.written()[6..].to_vec()).unwrap();
    let Growth { times, bytes } = flow_logs.growth();
    assert!(text.len() <= (1 + times) * literal.len() + bytes);
    Ok(text)
}

fn default_format() -> String {
    FlowLogFormat::default().to_string()
}

#[test]
fn a_line_of_the_default_format_becomes_its_fields() {
    assert_eq!(
        native(&default_format(), DEFAULT).unwrap(),
        r#"{"version":2,"account_id":"123456789010","interface_id":"eni-1235b8ca123456789","srcaddr":"172.31.16.139","dstaddr":"172.31.16.21","srcport":20641,"dstport":22,"protocol":6,"packets":20,"bytes":4249,"start":1418530010,"end":1418530070,"action":"ACCEPT","log_status":"OK"}"#
    );
    for status in ["NODATA", "SKIPDATA"] {
        let line = format!("2 unknown eni-1 - - - - - - - 1431280876 1431280934 - {status}");
        let expected = format!(
            r#"{{"version":2,"account_id":"unknown","interface_id":"eni-1","start":1431280876,"end":1431280934,"log_status":"{status}"}}"#
        );
        assert_eq!(native(&default_format(), &line).unwrap(), expected);
    }
    assert_eq!(native("${srcaddr} ${bytes}", "- -").unwrap(), "{}");
    assert_eq!(native("${bytes}", "7 \r\n").unwrap(), r#"{"bytes":7}"#);
    // A tag without a percent sign is as it is, whatever is in it.
    assert_eq!(
        native("${instance-tag}", "a\u{1}").unwrap(),
        r#"{"instance_tag":"a\u0001"}"#
    );
}

#[test]
fn a_line_that_does_not_fit_says_why() {
    let text = |format, line| native(format, line).unwrap_err().to_string();
    let format = "${version} ${packets} ${instance-tag}";
    for (line, expected) in [
        (
            "3 80",
            "not a flow log line of its format: 2 fields, and the format has 3",
        ),
        (
            "3 80 a b",
            "not a flow log line of its format: 4 fields, and the format has 3",
        ),
        (
            "",
            "not a flow log line of its format: 1 fields, and the format has 3",
        ),
        (
            " 80 a",
            "not a flow log line of its format: version is not an integer",
        ),
        (
            "3  a",
            "not a flow log line of its format: packets is not an integer",
        ),
        (
            "3 8O a",
            "not a flow log line of its format: packets is not an integer",
        ),
        (
            "3 080 a",
            "not a flow log line of its format: packets is not an integer",
        ),
        (
            "3 -80 a",
            "not a flow log line of its format: packets is not an integer",
        ),
        (
            "3 1234567890123456789 a",
            "not a flow log line of its format: packets is not an integer",
        ),
        (
            "3 80 a%",
            "not a flow log line of its format: instance-tag is not percent-encoded text",
        ),
        (
            "3 80 %4",
            "not a flow log line of its format: instance-tag is not percent-encoded text",
        ),
        (
            "3 80 %+4",
            "not a flow log line of its format: instance-tag is not percent-encoded text",
        ),
        (
            "3 80 %é1",
            "not a flow log line of its format: instance-tag is not percent-encoded text",
        ),
        (
            "3 80 %ff",
            "not a flow log line of its format: instance-tag is not percent-encoded text",
        ),
    ] {
        assert_eq!(text(format, line), expected, "{line}");
    }
    for port in ["", "8O", "-1", "080", "65536", "123456789010"] {
        assert_eq!(
            native("${dstport} ${action}", &format!("{port} ACCEPT"))
                .unwrap_err()
                .to_string(),
            "not a flow log line of its format: dstport is not a port",
        );
    }
    for port in ["0", "80", "9999", "65535"] {
        assert_eq!(
            native("${dstport}", port).unwrap(),
            format!("{{\"dstport\":{port}}}")
        );
    }
    assert_eq!(
        text("${srcaddr} ${dstaddr}", "a "),
        "not a flow log line of its format: 1 fields, and the format has 2"
    );
    assert_eq!(
        text("${srcaddr} ${dstaddr} ${bytes}", "a  1"),
        "not a flow log line of its format: dstaddr is empty"
    );
    // A custom format of fields of version 2 has that version, too: the default format is told by nothing but its order.
    assert_eq!(
        text(&default_format(), &DEFAULT.replacen('2', "3", 1)),
        "not a flow log line of the default format: version is not 2"
    );
}

#[test]
fn tags_are_decoded_once() {
    let tag = |text: &str| {
        let object = native("${asg-tag} ${bytes}", &format!("{text} 1")).unwrap();
        serde_json::from_str::<Value>(&object).unwrap()["asg_tag"].clone()
    };
    for (text, expected) in [
        ("plain", "plain"),
        ("a%20b", "a b"),
        ("a%2520b", "a%20b"),
        ("%C3%A9%c3%a9", "éé"),
        ("é%20%22%5C", "é \"\\"),
        ("%2D", "-"),
        ("%00%1f%7F%C2%85%0A", "\0\u{1f}\u{7f}\u{85}\n"),
    ] {
        assert_eq!(tag(text), expected, "{text}");
    }
    assert_eq!(tag(&"%01".repeat(5_000)), "\u{1}".repeat(5_000));
    // Nothing else is.
    assert_eq!(
        native("${srcaddr}", "a%20b").unwrap(),
        r#"{"srcaddr":"a%20b"}"#
    );
}

#[test]
fn escapes_in_a_line_are_read() {
    let literal = r#""\u0037 a\"b\\c\/d\u00e9\n""#;
    let object = native_of("${bytes} ${srcaddr}", literal).unwrap();
    assert_eq!(object, "{\"bytes\":7,\"srcaddr\":\"a\\\"b\\\\c/dé\"}");
    assert_eq!(
        native_of("${bytes}\t${srcaddr}", r#""7\u0020a""#).unwrap(),
        r#"{"bytes":7,"srcaddr":"a"}"#
    );
    assert_eq!(native_of("${srcaddr}", r#""\ud800""#), Err(Misfit::NotText));
}

/// Prints a line again from its object.
fn printed(format: &FlowLogFormat, object: &Map<String, Value>) -> String {
    let text = format
        .fields()
        .map(|field| match object.get(&field.name.replace('-', "_")) {
            None => "-".to_owned(),
            Some(Value::String(text)) if field.kind == Kind::Tag => encoded(text),
            Some(Value::String(text)) => text.clone(),
            Some(number) => number.to_string(),
        });
    text.collect::<Vec<_>>().join(" ")
}

/// Percent-encodes all but what RFC 3986 leaves alone.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A format of any fields in any order, and a line of it.
fn any_line() -> impl Strategy<Value = (FlowLogFormat, String)> {
    let fields = subsequence((0..FIELDS.len()).collect::<Vec<_>>(), 1..=FIELDS.len());
    let values = prop::collection::vec(
        (
            any::<Index>(),
            any::<Index>(),
            0..1_000_000_000_i64,
            "[^\\s-]{1,9}|[a-z ]{1,4}é",
        ),
        FIELDS.len(),
    );
    (fields.prop_shuffle(), values).prop_map(|(fields, values)| {
        let (mut format, mut line) = (Vec::new(), Vec::new());
        for (field, (absent, _, number, text)) in
            fields.into_iter().map(|index| &FIELDS[index]).zip(values)
        {
            format.push(format!("${{{}}}", field.name));
            let solid: String = text.chars().filter(|char| !char.is_whitespace()).collect();
            line.push(match field.kind {
                _ if absent.index(4) == 0 => "-".to_owned(),
                Kind::Integer => number.to_string(),
                Kind::Port => (number % 65_536).to_string(),
                Kind::Text => solid,
                Kind::Tag => encoded(&text),
            });
        }
        (
            FlowLogFormat::parse(&format.join(" ")).unwrap(),
            line.join(" "),
        )
    })
}

proptest! {
    #[test]
    fn a_line_can_be_printed_again_from_its_object((format, line) in any_line()) {
        prop_assume!(!format.is_default() && line.split(' ').all(|field| !field.is_empty()));
        let object = native(&format.to_string(), &line);
        let object: Map<String, Value> = serde_json::from_str(&object.unwrap()).unwrap();
        prop_assert_eq!(printed(&format, &object), line);
    }

    #[test]
    fn any_text_is_exactly_its_fields_or_a_misfit(
        format in prop_oneof![Just("${srcaddr} ${bytes} ${instance-tag}"), Just("${bytes}"), Just("${dstport}"), Just("${account-id} ${version}")],
        line in prop_oneof!["([0-9a%.-]{0,3} ?){0,4}", ".{0,30}"],
    ) {
        let format = FlowLogFormat::parse(format).unwrap();
        if let Ok(object) = native(&format.to_string(), &line) {
            let object: Map<String, Value> = serde_json::from_str(&object).unwrap();
            let fields = line.trim_ascii_end().split(' ').collect::<Vec<_>>();
            prop_assert_eq!(fields.len(), format.fields().len());
            for (field, text) in format.fields().zip(fields) {
                let value = object.get(&field.name.replace('-', "_"));
                let expected = match field.kind {
                    _ if text == "-" => None,
                    Kind::Integer => Some(json!(text.parse::<i64>().unwrap())),
                    Kind::Port => Some(json!(text.parse::<u16>().unwrap())),
                    Kind::Tag if text.contains('%') => value.cloned(),
                    Kind::Text | Kind::Tag => Some(json!(text)),
                };
                prop_assert_eq!(value, expected.as_ref());
            }
        }
    }
}
