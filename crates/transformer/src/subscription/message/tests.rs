//! The reader against serde_json, and what it says of messages of all shapes.

mod event;

use super::oracle::{Gathered, agrees_with_serde_json};
use super::*;

pub(super) const COMPACT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["a","b"],"logEvents":[{"id":"1","timestamp":1510254469498,"message":"a \"b\" \ud800 \u00e9"},{"id":"2","timestamp":9999999999999,"message":"","extractedFields":{"@aws.account":"444455556666","x":"y","@aws.region":"eu-west-1"}}],"policyLevel":"ACCOUNT_LEVEL_POLICY"}"#;

fn gathered(text: &[u8]) -> Result<Gathered<'_>, MessageError> {
    assert!(
        agrees_with_serde_json(text),
        "{:?}",
        String::from_utf8_lossy(text)
    );
    let mut gathered = Gathered::default();
    read(text, &mut gathered).map(|()| gathered)
}

/// `COMPACT` with `part` replaced everywhere.
fn with(part: &str, instead: &str) -> String {
    assert!(COMPACT.contains(part), "{part}");
    COMPACT.replace(part, instead)
}

#[track_caller]
fn error(text: &str) -> MessageError {
    let error = gathered(text.as_bytes()).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    error
}

/// Whether the text is read just like `COMPACT`.
#[track_caller]
fn reads_alike(text: &str) {
    let (read, expected) = (
        gathered(text.as_bytes()).unwrap(),
        gathered(COMPACT.as_bytes()).unwrap(),
    );
    assert_eq!(read.events, expected.events, "{text}");
    assert_eq!(read.documents[0].0.json, text.trim().as_bytes());
}

#[test]
fn what_cloudwatch_logs_writes_is_read() {
    let mut gathered = Gathered::with_texts();
    read(COMPACT.as_bytes(), &mut gathered).unwrap();
    let document = Document {
        json: COMPACT.as_bytes(),
        is_compact: true,
        is_utf8: true,
    };
    assert_eq!(gathered.documents, [(document, 2)]);
    let [(header, first), (_, second)] = gathered.events[..] else {
        panic!("{gathered:?}")
    };
    assert_eq!(header.owner.text(), "111122223333");
    assert_eq!(first.timestamp, 1_510_254_469_498);
    assert_eq!(first.message.text(), "a \"b\" \u{fffd} é");
    let texts = gathered.texts.unwrap();
    assert_eq!(texts.written(), "a \"b\" \u{fffd} é\n\n".as_bytes());
    assert_eq!(second.system.region.unwrap().text(), "eu-west-1");
    assert_eq!(second.system.account.unwrap().text(), "444455556666");
}

#[test]
fn white_space_changes_nothing_but_that_the_document_is_not_compact() {
    for (part, instead) in [
        ("{\"id\"", "{ \"id\""),
        ("\"id\":", "\"id\" :"),
        ("\"id\":", "\"id\": "),
        (",\"timestamp\"", " ,\"timestamp\""),
        (",\"timestamp\"", ",\n\"timestamp\""),
        ("\"timestamp\":", "\"timestamp\":\t"),
        (",\"message\"", "\r,\"message\""),
        ("\"message\":", "\"message\": "),
        (",\"extractedFields\":", ",\"extractedFields\": "),
        (",\"extractedFields\":", ", \"extractedFields\":"),
        ("{\"@aws.account\":", "{ \"@aws.account\" : "),
        ("\"eu-west-1\"", "\"eu-west-1\" "),
        ("},{", "},{"),
        ("},{", "} , {"),
        ("}]", "} ]"),
        ("[{", "[ {"),
        (",\"logEvents\":", ",\"logEvents\": "),
        ("{\"messageType\"", "{\n  \"messageType\""),
        ("\"owner\":", "\"owner\": "),
        ("\"ACCOUNT_LEVEL_POLICY\"", "\"ACCOUNT_LEVEL_POLICY\"\n"),
    ] {
        let text = with(part, instead);
        reads_alike(&text);
        let is_compact = gathered(text.as_bytes()).unwrap().documents[0].0.is_compact;
        assert_eq!(is_compact, part == instead, "{text}");
    }
    reads_alike(&format!(" \t\r\n{COMPACT}\n "));
}

#[test]
fn only_json_s_own_white_space_is_white_space() {
    for white in ["\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\0"] {
        for text in [
            format!("{white}{COMPACT}"),
            format!("{COMPACT}{white}"),
            format!("{COMPACT}{white}{COMPACT}"),
            with("\"owner\":", &format!("\"owner\":{white}")),
            with("\"id\":", &format!("\"id\":{white}")),
        ] {
            assert!(
                matches!(error(&text), MessageError::NotJson { .. }),
                "{text}"
            );
        }
    }
}

#[test]
fn unknown_fields_are_stepped_over() {
    for value in [
        "1",
        "-0.5e3",
        "\"x\"",
        "null",
        "true",
        "[]",
        "{}",
        "[{\"a\":[1,{}]},\"\\ud800\"]",
    ] {
        for (part, instead) in [
            (
                "{\"messageType\"",
                format!("{{\"new\":{value},\"messageType\""),
            ),
            (",\"owner\"", format!(",\"new\":{value},\"owner\"")),
            (",\"logEvents\"", format!(",\"new\":{value},\"logEvents\"")),
            (
                "\"policyLevel\":\"ACCOUNT_LEVEL_POLICY\"",
                format!("\"new\":{value},\"new\":1"),
            ),
            ("{\"id\"", format!("{{\"new\":{value},\"id\"")),
            (",\"timestamp\"", format!(",\"new\":{value},\"timestamp\"")),
            (",\"message\"", format!(",\"new\":{value},\"message\"")),
            (
                ",\"extractedFields\"",
                format!(",\"new\":{value},\"extractedFields\""),
            ),
            ("\"eu-west-1\"}", format!("\"eu-west-1\"}},\"new\":{value}")),
            ("\"x\":\"y\"", format!("\"x\":{value}")),
            ("[\"a\",\"b\"]", value.to_owned()),
        ] {
            reads_alike(&with(part, &instead));
        }
    }
    reads_alike(&with("\"subscriptionFilters\":[\"a\",\"b\"],", ""));
}

#[test]
fn invalid_values_of_unknown_fields_are_refused() {
    for value in [
        "", "01", "+1", "1.", "nul", "'x'", "[1,]", "{\"a\"}", "{a:1}", "\"\\x\"", "\"\t\"",
    ] {
        for (part, instead) in [
            (",\"owner\"", format!(",\"new\":{value},\"owner\"")),
            (",\"message\"", format!(",\"new\":{value},\"message\"")),
            ("\"x\":\"y\"", format!("\"x\":{value}")),
            ("[\"a\",\"b\"]", value.to_owned()),
        ] {
            let text = with(part, &instead);
            assert!(
                matches!(error(&text), MessageError::NotJson { .. }),
                "{text}"
            );
        }
    }
}

#[test]
fn fields_may_come_in_any_order() {
    let (head, events) = COMPACT.split_once("\"logEvents\":").unwrap();
    let (events, policy) = events.split_once("],\"policy").unwrap();
    let late = format!(
        "{{\"logEvents\":{events}],{},\"policy{policy}",
        head[1..].trim_end_matches(',')
    );
    reads_alike(&late);
    reads_alike(&with(
        "\"id\":\"1\",\"timestamp\":1510254469498",
        "\"timestamp\":1510254469498,\"id\":\"1\"",
    ));
    let message = "\"message\":\"a \\\"b\\\" \\ud800 \\u00e9\"";
    let last = format!("{{\"id\":\"1\",\"timestamp\":1510254469498,{message}}}");
    let first = format!("{{{message},\"timestamp\":1510254469498,\"id\":\"1\"}}");
    reads_alike(&with(&last, &first));
    reads_alike(&with("\"owner\"", "\"own\\u0065r\""));
    reads_alike(&with("\"message\"", "\"m\\u0065ssage\""));
    reads_alike(&with("\"@aws.account\"", "\"@aws\\u002eaccount\""));
    reads_alike(&with("\"DATA_MESSAGE\"", "\"DATA\\u005fMESSAGE\""));
}

#[test]
fn arrays_do_not_pass_as_objects() {
    let field = |field| MessageError::Field { field };
    let array = r#"["DATA_MESSAGE","1","g","s",[{"id":"1","timestamp":1,"message":"a"}]]"#;
    assert_eq!(error(array), field("messageType"));
    assert_eq!(error("[]"), field("messageType"));
    let event = r#"{"id":"2","timestamp":9999999999999,"message":"","#;
    assert_eq!(
        error(&with(event, r#"["2",9999999999999,""],{"#)),
        field("logEvents")
    );
    // Fields that are not an object say nothing of the event.
    for fields in [r#"["444455556666","eu-west-1"]"#, "null", "\"x\"", "7"] {
        let object = r#"{"@aws.account":"444455556666","x":"y","@aws.region":"eu-west-1"}"#;
        let text = with(object, fields);
        let gathered = gathered(text.as_bytes()).unwrap();
        assert_eq!(
            gathered.events[1].1.system,
            SystemFields::default(),
            "{fields}"
        );
    }
}

#[test]
fn system_fields_that_are_no_strings_say_nothing() {
    let text = with("\"444455556666\"", "444455556666");
    let system = gathered(text.as_bytes()).unwrap().events[1].1.system;
    assert_eq!(system.account, None);
    assert_eq!(system.region.unwrap().text(), "eu-west-1");
}

#[test]
fn messages_may_follow_one_another() {
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}"#;
    for gap in ["", "\n", " \r\n "] {
        let text = format!("{COMPACT}{gap}{control}{gap}{COMPACT}{gap}");
        let mixed = gathered(text.as_bytes()).unwrap();
        assert_eq!(
            (mixed.controls, mixed.documents.len(), mixed.events.len()),
            (1, 2, 4)
        );
        assert!(
            mixed
                .documents
                .iter()
                .all(|(document, _)| document.is_compact)
        );
    }
}

#[test]
fn an_error_names_the_field_and_does_not_quote_it() {
    let field = |field| MessageError::Field { field };
    for (part, instead, expected) in [
        (r#""messageType":"DATA_MESSAGE","#, "", field("messageType")),
        ("\"DATA_MESSAGE\"", "null", field("messageType")),
        ("DATA_MESSAGE", "secret", MessageError::UnknownType),
        ("\"111122223333\"", "7", field("owner")),
        ("\"logGroup\"", "\"secret\"", field("logGroup")),
        (
            "\"logStream\":\"s\"",
            "\"logStream\":[\"secret\"]",
            field("logStream"),
        ),
        ("\"logEvents\"", "\"secret\"", field("logEvents")),
        ("\"id\":\"1\"", "\"id\":1", field("logEvents.id")),
        (
            "\"timestamp\":9999999999999",
            "\"timestamp\":\"secret\"",
            field("logEvents.timestamp"),
        ),
        (
            "\"message\":\"\"",
            "\"message\":{}",
            field("logEvents.message"),
        ),
        ("{\"id\":\"1\"", "7,{\"id\":\"1\"", field("logEvents")),
    ] {
        assert_eq!(error(&with(part, instead)), expected, "{instead}");
    }
    let text = with("\"a\",\"b\"]", "secret]");
    assert!(matches!(error(&text), MessageError::NotJson { .. }));
    let text = format!("{COMPACT}\n{COMPACT}secret");
    assert_eq!(error(&text), MessageError::NotJson { line: 1, column: 1 });
}

#[test]
fn a_field_may_not_occur_twice() {
    for (field, part) in [
        ("messageType", "\"messageType\":\"DATA_MESSAGE\""),
        ("owner", "\"owner\":\"111122223333\""),
        ("logGroup", "\"logGroup\":\"g\""),
        ("logStream", "\"logStream\":\"s\""),
        ("logEvents.id", "\"id\":\"1\""),
        ("logEvents.timestamp", "\"timestamp\":9999999999999"),
        ("logEvents.message", "\"message\":\"\""),
        ("@aws.account", "\"@aws.account\":\"444455556666\""),
        ("@aws.region", "\"@aws.region\":\"eu-west-1\""),
    ] {
        let name = field.rsplit('.').next().unwrap();
        let first = name.chars().next().unwrap();
        let escaped = part.replacen(
            &format!("\"{first}"),
            &format!("\"\\u{:04x}", u32::from(first)),
            1,
        );
        for again in [part, &escaped] {
            let text = with(part, &format!("{part},{again}"));
            assert_eq!(error(&text), MessageError::Twice { field }, "{text}");
        }
    }
    let text = with(
        "\"policyLevel\":\"ACCOUNT_LEVEL_POLICY\"",
        "\"logEvents\":[]",
    );
    assert_eq!(error(&text), MessageError::Twice { field: "logEvents" });
    let text = with("\"eu-west-1\"}", "\"eu-west-1\"},\"extractedFields\":{}");
    let field = "logEvents.extractedFields";
    assert_eq!(error(&text), MessageError::Twice { field });
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"a","owner":"b"}"#;
    assert_eq!(error(control), MessageError::Twice { field: "owner" });
}

#[test]
fn a_message_nests_as_deep_as_the_limit_and_no_deeper() {
    for (part, depth_there) in [("\"a\",\"b\"", 2), ("\"y\"", 4)] {
        for (more, is_fine) in [(0, true), (1, false)] {
            let depth = 128 - depth_there + more;
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let text = with(part, &deep);
            match gathered(text.as_bytes()) {
                Ok(_) => assert!(is_fine),
                Err(error) => {
                    assert_eq!(error, MessageError::TooDeep);
                    assert!(!is_fine);
                }
            }
        }
    }
}

#[test]
fn names_are_as_long_as_the_limit_and_no_longer() {
    for (field, part) in [
        ("owner", "\"111122223333\""),
        ("logGroup", "\"g\""),
        ("logStream", "\"s\""),
        ("@aws.account", "\"444455556666\""),
        ("@aws.region", "\"eu-west-1\""),
    ] {
        let long = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        let most = with(part, &long(crate::limits::NAME_BYTES_MAX));
        assert!(gathered(most.as_bytes()).is_ok());
        let more = with(part, &long(crate::limits::NAME_BYTES_MAX + 1));
        assert_eq!(error(&more), MessageError::TooLong { field });
    }
}

#[test]
fn bytes_that_are_not_utf8_are_read_in_strings_alone() {
    let text = with("\"s\"", "\"\u{1}\"").into_bytes();
    let text: Vec<u8> = text
        .into_iter()
        .map(|byte| if byte == 1 { 0x80 } else { byte })
        .collect();
    let gathered = gathered(&text).unwrap();
    let (header, event) = gathered.events[0];
    assert!(!header.log_stream.is_utf8() && header.log_group.is_utf8() && event.message.is_utf8());
    assert!(!gathered.documents[0].0.is_utf8);
    for at in [0, 1, COMPACT.len()] {
        let mut text = COMPACT.as_bytes().to_vec();
        text.insert(at, 0xff);
        assert!(matches!(
            self::gathered(&text),
            Err(MessageError::NotJson { .. })
        ));
    }
}
