//! What records become in each format.

mod rare;

use super::*;

const TEXT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g/\u00e9","logStream":"111122223333_CloudTrail_us-west-2","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1696086922000,"message":"a\t\"b\"\ud800"},{"id":"2","timestamp":1696086922001,"message":"c","extractedFields":{"@aws.account":"444455556666","@aws.region":"eu-west-1"}},{"id":"3","timestamp":1696086922002,"message":""}]}"#;

/// The lines, and what else became of the text.
fn encode(settings: [(&str, &str); 1], text: &[u8], region: &str) -> (String, Encoded) {
    let (lines, encoded) = encode_with(&Settings::from_pairs(settings).unwrap(), text, region);
    (String::from_utf8(lines).unwrap(), encoded)
}

fn encode_with(settings: &Settings, text: &[u8], region: &str) -> (Vec<u8>, Encoded) {
    encode_member(settings, text, region, None)
}

/// The same of a text that came as a gzip member.
fn encode_member(
    settings: &Settings,
    text: &[u8],
    region: &str,
    member: Option<&[u8]>,
) -> (Vec<u8>, Encoded) {
    let (response, encoded) = answer(settings, text, region, member, usize::MAX);
    let lines = base64_simd::STANDARD.decode_to_vec(response).unwrap();
    assert_eq!(encoded.delivered, Some(lines.len()));
    (lines, encoded)
}

/// The response to the text if it has so much room, and what else became of the text.
fn answer(
    settings: &Settings,
    text: &[u8],
    region: &str,
    member: Option<&[u8]>,
    room: usize,
) -> (Vec<u8>, Encoded) {
    let (mut output, mut response) = (Output::new(settings), Buffer::default());
    let context = Context {
        settings,
        told: &[],
        region,
        original: Original {
            text_bytes: text.len(),
            member,
        },
    };
    let mut encoder = output.record(context, &mut response, room);
    encoder.read(text).unwrap();
    let encoded = encoder.finish();
    (response.into_written(), encoded)
}

fn lines(format: &str, text: &str) -> String {
    encode(
        [("CATCHMENT_FORMAT", format)],
        text.as_bytes(),
        "\"us-west-2\"",
    )
    .0
}

fn metadata(keys: &str, text: &str, region: &str) -> String {
    encode(
        [("CATCHMENT_PARTITION_KEYS", keys)],
        text.as_bytes(),
        region,
    )
    .1
    .metadata
}

#[test]
fn events_carry_their_context_and_the_messages_bytes() {
    let expected = [
        r#"{"timestamp":"2023-09-30T15:15:22.000Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"1","message":"a\t\"b\"\ud800"}"#,
        r#"{"timestamp":"2023-09-30T15:15:22.001Z","account":"444455556666","region":"eu-west-1","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"2","message":"c"}"#,
        r#"{"timestamp":"2023-09-30T15:15:22.002Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"3","message":""}"#,
        "",
    ];
    assert_eq!(lines("events", TEXT), expected.join("\n"));
}

#[test]
fn a_document_is_the_message_on_one_line() {
    assert_eq!(lines("document", TEXT), format!("{TEXT}\n"));
    let spaced = TEXT.replace("\",\"", "\"\n ,\t\"").replace("[{", "[ {");
    assert_eq!(lines("document", &spaced), format!("{TEXT}\n"));
}

#[test]
fn messages_are_bare() {
    assert_eq!(lines("message", TEXT), "a\t\"b\"\u{fffd}\nc\n\n");
}

/// `TEXT` with a byte that is not UTF-8 in the place of each `#` of `instead`.
fn broken(part: &str, instead: &str) -> Vec<u8> {
    assert!(TEXT.contains(part), "{part}");
    let text = TEXT.replacen(part, instead, 1);
    text.bytes()
        .map(|byte| if byte == b'#' { 0xff } else { byte })
        .collect()
}

#[test]
fn a_line_whose_bytes_are_replaced_says_so_and_no_other() {
    for (part, instead, expected) in [
        ("\"c\"", "\"c#\u{fffd}\"", [false, true, false]),
        ("\"c\"", "\"c\u{fffd}\"", [false, false, false]),
        ("\"id\":\"3\"", "\"id\":\"#\"", [false, false, true]),
        ("\"g/\\u00e9\"", "\"g#\"", [true, true, true]),
        ("\"logStream\":\"", "\"logStream\":\"#", [true, true, true]),
        ("\"444455556666\"", "\"4#\"", [false, true, false]),
        ("\"eu-west-1\"", "\"#\"", [false, true, false]),
        ("\"111122223333\"", "\"#\"", [true, false, true]),
        ("[\"f\"]", "[\"#\"]", [false, false, false]),
    ] {
        let text = broken(part, instead);
        let (lines, encoded) = encode([("CATCHMENT_FORMAT", "events")], &text, "null");
        let marked: Vec<bool> = lines
            .lines()
            .map(|line| line.ends_with(",\"error\":\"bytes that were not UTF-8 stand as U+FFFD\"}"))
            .collect();
        assert_eq!(marked, expected, "{instead}");
        assert_eq!(encoded.replaced, expected.contains(&true), "{instead}");
        let lossy = String::from_utf8_lossy(&text);
        let whole = self::lines("events", &lossy).replace("\"us-west-2\"", "null");
        let unmarked = lines.replace(
            ",\"error\":\"bytes that were not UTF-8 stand as U+FFFD\"",
            "",
        );
        assert_eq!(unmarked, whole, "{instead}");
    }
}

#[test]
fn a_document_whose_bytes_are_replaced_says_so() {
    for (part, instead) in [("\"c\"", "\"c#\u{fffd}\""), ("[\"f\"]", "[ \"#\"]")] {
        let text = broken(part, instead);
        let (line, encoded) = encode([("CATCHMENT_FORMAT", "document")], &text, "null");
        let most = String::from_utf8_lossy(&text).replace("[ ", "[");
        let most = most.strip_suffix('}').unwrap();
        let expected =
            format!("{most},\"error\":\"bytes that were not UTF-8 stand as U+FFFD\"}}\n");
        assert_eq!(line, expected);
        assert!(encoded.replaced);
    }
    let (line, encoded) = encode([("CATCHMENT_FORMAT", "document")], TEXT.as_bytes(), "null");
    assert!(!line.contains("error") && !encoded.replaced);
}

#[test]
fn a_partition_key_is_valid_text() {
    let text = TEXT.replace("g/\\u00e9", "a\\ud800\\u0041");
    assert_eq!(
        metadata("log_group", &text, "null"),
        ",\"metadata\":{\"partitionKeys\":{\"log_group\":\"a\u{fffd}A\"}}"
    );
}

#[test]
fn partition_keys_are_never_empty() {
    let text = TEXT.replace("g/\\u00e9", "");
    let keys = "account,region,source,log_group,year,month,day,hour";
    assert_eq!(
        metadata(keys, &text, "null"),
        r#","metadata":{"partitionKeys":{"account":"111122223333","day":"30","hour":"15","log_group":"unknown","month":"09","region":"unknown","source":"cloudtrail","year":"2023"}}"#
    );
    assert_eq!(metadata("", &text, "null"), "");
}

#[test]
fn each_partition_key_has_its_part_of_the_time() {
    let keys = "year,month,day,hour";
    let text = TEXT.replacen("1696086922000", "1707464465006", 1);
    assert_eq!(
        metadata(keys, &text, "null"),
        r#","metadata":{"partitionKeys":{"day":"09","hour":"07","month":"02","year":"2024"}}"#
    );
}

#[test]
fn partition_keys_do_not_depend_on_the_format() {
    for format in ["events", "document", "message"] {
        let settings = Settings::from_pairs([
            ("CATCHMENT_FORMAT", format),
            ("CATCHMENT_PARTITION_KEYS", "source,account"),
        ]);
        assert_eq!(
            encode_with(&settings.unwrap(), TEXT.as_bytes(), "null")
                .1
                .metadata,
            r#","metadata":{"partitionKeys":{"account":"111122223333","source":"cloudtrail"}}"#,
            "{format}"
        );
    }
}

#[test]
fn a_bare_message_keeps_its_bytes_whatever_they_are() {
    let text = broken("\"c\"", "\"c#\\n\u{fffd}\"");
    let settings = Settings::from_pairs([("CATCHMENT_FORMAT", "message")]).unwrap();
    let (bytes, encoded) = encode_with(&settings, &text, "null");
    assert_eq!(bytes, b"a\t\"b\"\xef\xbf\xbd\nc\xff\n\xef\xbf\xbd\n\n");
    assert!(!encoded.replaced);
}

#[test]
fn long_lines_are_written_like_short_ones() {
    for format in ["events", "document", "message"] {
        let long = "x".repeat(100_000);
        let text = TEXT.replace("\"c\"", &format!("\"{long}\""));
        assert_eq!(
            lines(format, &text),
            lines(format, TEXT)
                .replace("c\",\"extracted", &format!("{long}\",\"extracted"))
                .replace("\"c\"", &format!("\"{long}\""))
                .replace("\nc\n", &format!("\n{long}\n")),
            "{format}"
        );
    }
}

#[test]
fn a_gzipped_document_that_is_passed_on_keeps_its_member() {
    let member = b"not looked at";
    let settings = Settings::from_pairs([
        ("CATCHMENT_FORMAT", "document"),
        ("CATCHMENT_COMPRESSION", "gzip"),
    ])
    .unwrap();
    let passed_on = |text: &[u8]| {
        let (data, _) = encode_member(&settings, text, "null", Some(member));
        data.strip_prefix(member).map(<[u8]>::to_vec)
    };
    let newline = passed_on(TEXT.as_bytes()).unwrap();
    let mut opened = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&newline[..]), &mut opened)
        .unwrap();
    assert_eq!(opened, b"\n");
    // Whatever is more or less than one compact message of UTF-8 is written anew.
    for text in [
        format!("{TEXT}{TEXT}").into_bytes(),
        format!("{TEXT}\n").into_bytes(),
        TEXT.replace("[{", "[ {").into_bytes(),
        broken("\"c\"", "\"#\""),
    ] {
        assert_eq!(passed_on(&text), None);
    }
}

#[test]
fn a_large_records_memory_is_freed() {
    use crate::limits::SCRATCH_BYTES_MAX;
    let mut output = Output::new(&Settings::default());
    let mut response = Buffer::default();
    let mut lines = output.packer.lines(&mut response, usize::MAX);
    lines.end().extend(&vec![0; 2 * SCRATCH_BYTES_MAX]);
    assert!(lines.finish().is_some());
    assert_eq!(output.packer.held_bytes(), 2 * SCRATCH_BYTES_MAX);
    output.trim();
    assert_eq!(output.packer.held_bytes(), SCRATCH_BYTES_MAX);
}

/// The lines of messages of one source, with the schema `native`.
fn native(log_stream: &str, messages: &[&str]) -> (Vec<String>, Encoded) {
    let events: Vec<_> = messages
        .iter()
        .map(|message| serde_json::json!({"id": "1", "timestamp": 1_696_086_922_000_i64, "message": message}))
        .collect();
    let text = serde_json::json!({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": log_stream, "logEvents": events});
    let settings = [("CATCHMENT_SCHEMA", "native")];
    let (lines, encoded) = encode(settings, text.to_string().as_bytes(), "null");
    (lines.lines().map(str::to_owned).collect(), encoded)
}

const TRAIL: &str = "111122223333_CloudTrail_us-west-2";

#[test]
fn an_object_stands_in_the_place_of_the_message_and_a_misfit_keeps_it() {
    let long = format!(r#"{{"a":"{}"}}"#, "é\\n".repeat(100_000));
    let messages = [
        r#"{"a":1}"#,
        r#"{"b":2}"#,
        "[]",
        "",
        &long,
        &long[1..],
        r#"{"c":3}"#,
    ];
    let (lines, encoded) = native(TRAIL, &messages);
    let head = format!(
        r#"{{"timestamp":"2023-09-30T15:15:22.000Z","account":"1","region":null,"source":"cloudtrail","log_group":"g","log_stream":"{TRAIL}","id":"1","#
    );
    assert_eq!(lines.len(), messages.len());
    for (line, message) in lines.iter().zip(messages) {
        let expected = if message.starts_with('{') {
            format!(r#"{head}"event":{message}}}"#)
        } else {
            let message = serde_json::Value::from(message);
            format!(r#"{head}"message":{message},"error":"not a JSON object"}}"#)
        };
        assert!(*line == expected, "{}", &line[..line.len().min(400)]);
    }
    assert_eq!(encoded.unparsed, 3);
    let other = native("s", &["{}", "a"]);
    assert!(
        other
            .0
            .iter()
            .all(|line| line.contains(r#","message":""#) && !line.contains("error"))
    );
    assert_eq!(other.1.unparsed, 0);
}

#[test]
fn a_line_with_bytes_that_are_replaced_keeps_its_message() {
    let text = broken("\"c\"", "\"{}#\"");
    let (lines, encoded) = encode([("CATCHMENT_SCHEMA", "native")], &text, "null");
    let replaced = lines.lines().nth(1).unwrap();
    assert!(
        replaced.contains(",\"message\":\"{}\u{fffd}\",\"error\":\"bytes"),
        "{replaced}"
    );
    assert!(encoded.replaced);
}

#[test]
fn what_a_schema_adds_to_a_line_is_known_beforehand() {
    let line = "2 1 eni-1 1.1.1.1 2.2.2.2 1 2 6 1 1 1 1 ACCEPT OK";
    for message in [
        line,
        "2",
        "-",
        "",
        &line.replace(' ', "\\ "),
        "2 1 - - - - - - - - - - - -",
    ] {
        let (lines, _) = native("eni-1-all", &[message]);
        let output = Output::new(&Settings::from_pairs([("CATCHMENT_SCHEMA", "native")]).unwrap());
        let event =
            serde_json::json!({"id": "1", "timestamp": 1_696_086_922_000_i64, "message": message});
        let names = "\"1\"null\"g\"\"eni-1-all\"".len();
        let most = event.to_string().len()
            + names
            + crate::limits::LINE_FRAME_BYTES
            + output.growth().bytes;
        assert!(lines[0].len() < most, "{}", lines[0]);
    }
}

#[test]
fn a_line_has_the_origin_of_its_own_event() {
    let origins = [("1", "r"), ("1", "r"), ("2", "r"), ("2", "s"), ("1", "s")];
    let events: Vec<String> = origins
        .iter()
        .map(|(account, region)| {
            format!(r#"{{"id":"1","timestamp":1,"message":"","extractedFields":{{"@aws.account":"{account}","@aws.region":"{region}"}}}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"9","logGroup":"g","logStream":"s","logEvents":[{}]}}"#,
        events.join(",")
    );
    let (lines, _) = encode([("CATCHMENT_FORMAT", "events")], text.as_bytes(), "null");
    let expected =
        origins.map(|(account, region)| format!(r#""account":"{account}","region":"{region}""#));
    assert_eq!(lines.lines().count(), expected.len());
    for (line, origin) in lines.lines().zip(expected) {
        assert!(line.contains(&origin), "{line}");
    }
}

#[test]
fn a_record_that_is_passed_on_is_followed_by_one_member_with_a_newline() {
    let mut packer = Packer::new(crate::settings::Compression::Gzip);
    let mut response = Buffer::default();
    let mut lines = packer.lines(&mut response, usize::MAX);
    assert!(lines.pass_on(b"member"));
    let delivered = lines.finish().unwrap();
    let members = base64_simd::STANDARD
        .decode_to_vec(response.written())
        .unwrap();
    let newline = members.strip_prefix(b"member").unwrap();
    assert_eq!(members.len(), delivered);
    let mut rest = newline;
    let mut opened = String::new();
    std::io::Read::read_to_string(&mut flate2::bufread::GzDecoder::new(&mut rest), &mut opened)
        .unwrap();
    assert_eq!((opened.as_str(), rest.len()), ("\n", 0));
}
