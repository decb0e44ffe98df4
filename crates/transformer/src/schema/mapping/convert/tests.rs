//! What each kind of field becomes in each kind of place.

use std::net::IpAddr;

use super::*;

/// What `before` and `after` stand around in a message.
fn converted_in((before, after): (&str, &str), kind: Kind, field: &str, how: As) -> Option<String> {
    let text = format!("{before}{field}{after}");
    let span = Span::new(kind, before.len(), before.len() + field.len());
    let mut out = Buffer::default();
    // So that there is room for more than is written.
    out.room(1000);
    out.extend(b"[");
    let is_there = convert(
        span,
        text.as_bytes(),
        how,
        &mut Timestamps::default(),
        &mut out,
    );
    let value = String::from_utf8(out.written().to_vec()).unwrap();
    is_there.then(|| value.strip_prefix('[').unwrap().to_owned())
}

/// What becomes of a field wherever it stands in its message.
fn converted(kind: Kind, field: &str, how: As) -> Option<String> {
    let long = "x".repeat(100);
    let places = [("", ""), ("{\"a\":\"", "\"}"), (&long, &long)];
    let mut all = places.map(|place| converted_in(place, kind, field, how));
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    all[0].take()
}

#[track_caller]
fn check(how: As, cases: &[(Kind, &str, Option<&str>)]) {
    for (kind, field, expected) in cases {
        let found = converted(*kind, field, how);
        assert_eq!(found.as_deref(), *expected, "{kind:?} {field:?} {how:?}");
    }
}

const PROTOCOLS: &[(&str, &str)] = &[("6", "\"tcp\""), ("17", "\"udp\"")];

#[test]
fn what_is_absent_has_no_value_in_any_place() {
    for how in [
        As::Keyword,
        As::Text,
        As::Long,
        As::Port,
        As::Number,
        As::Whole,
        As::Domain,
        As::Ip,
        As::ReverseIp,
        As::Boolean,
        As::Date,
        As::DateOfSeconds,
        As::Milliseconds,
        As::MillisecondsOfSeconds,
        As::Map(PROTOCOLS),
    ] {
        check(how, &[(Kind::Absent, "", None)]);
    }
}

#[test]
fn any_field_becomes_a_string() {
    for how in [As::Keyword, As::Text] {
        check(
            how,
            &[
                (Kind::Text, "", Some("\"\"")),
                (Kind::Text, r"a\n", Some(r#""a\n""#)),
                (Kind::Ipv4, "192.0.2.1", Some("\"192.0.2.1\"")),
                (Kind::Scalar, "-1.50", Some("\"-1.50\"")),
                (Kind::Nested, r#"{"a": [1]}"#, Some(r#""{\"a\":[1]}""#)),
                (Kind::Tag, "a%20%22", Some(r#""a \"""#)),
                (Kind::Tag, "%01", Some(r#""\u0001""#)),
                (Kind::Tag, "%ff", None),
            ],
        );
        for length in [31, 32, 33, 1000] {
            let text = "é".repeat(length) + "e";
            let expected = format!("\"{text}\"");
            check(how, &[(Kind::Text, &text, Some(&expected))]);
        }
    }
}

#[test]
fn a_keyword_that_is_too_long_for_a_term_is_cut_and_a_text_is_not() {
    let cut = |text: &str| format!("\"{text}… (cut)\"");
    let mark = "… (cut)".len();
    for (length, is_cut) in [(TERM_BYTES_MAX, false), (TERM_BYTES_MAX + 1, true)] {
        let text = "a".repeat(length);
        let whole = format!("\"{text}\"");
        let keyword = match is_cut {
            true => cut(&text[..TERM_BYTES_MAX - mark]),
            false => whole.clone(),
        };
        for kind in [Kind::Text, Kind::Ipv4, Kind::Scalar, Kind::Tag] {
            check(As::Keyword, &[(kind, &text, Some(&keyword))]);
            check(As::Text, &[(kind, &text, Some(&whole))]);
        }
        check(As::Domain, &[(Kind::Text, &text, Some(&keyword))]);
    }
    // What counts is what it stands for.
    let lines = r"\n".repeat(TERM_BYTES_MAX);
    check(
        As::Keyword,
        &[(Kind::Text, &lines, Some(&format!("\"{lines}\"")))],
    );
    // No character is cut in two.
    let pages = "\u{20ac}".repeat(11_000);
    let most = (TERM_BYTES_MAX - mark) / 3 * 3;
    check(
        As::Keyword,
        &[(Kind::Text, &pages, Some(&cut(&pages[..most])))],
    );
    // The escapes of what no text can hold count as they stand.
    let lone = r"\ud800".repeat(6000);
    let shown = "\u{fffd}ud800".repeat(6000);
    let end = shown.floor_char_boundary(TERM_BYTES_MAX - mark);
    check(
        As::Keyword,
        &[(Kind::Text, &lone, Some(&cut(&shown[..end])))],
    );
}

#[test]
fn numbers_are_as_json_writes_them_and_of_the_size_that_their_place_has() {
    let long = "9".repeat(18);
    let negative = format!("-{long}");
    let longer = "9".repeat(19);
    for kind in [Kind::Text, Kind::Scalar] {
        check(
            As::Long,
            &[
                (kind, "0", Some("0")),
                (kind, "7", Some("7")),
                (kind, "-12", Some("-12")),
                (kind, &long, Some(&long)),
                (kind, &negative, Some(&negative)),
                (kind, &longer, None),
                (kind, "", None),
                (kind, "-", None),
                (kind, "-0", None),
                (kind, "00", None),
                (kind, "07", None),
                (kind, "1.0", None),
                (kind, "1e3", None),
                (kind, "true", None),
            ],
        );
        check(
            As::Port,
            &[
                (kind, "0", Some("0")),
                (kind, "65535", Some("65535")),
                (kind, "65536", None),
                (kind, "-1", None),
                (kind, "+1", None),
                (kind, "0443", None),
                (kind, "", None),
            ],
        );
    }
    check(As::Long, &[(Kind::Nested, "[1]", None)]);
    check(
        As::Number,
        &[
            (Kind::Scalar, "5.9", Some("5.9")),
            (Kind::Scalar, "1e3", Some("1e3")),
            (Kind::Scalar, "true", None),
            (Kind::Scalar, "false", None),
            (Kind::Text, "5", None),
        ],
    );
    check(
        As::Whole,
        &[
            (Kind::Scalar, "5", Some("5")),
            (Kind::Scalar, "5.9", Some("5")),
            (Kind::Scalar, "-5.9", Some("-5")),
            (Kind::Integer, "-5", Some("-5")),
            (Kind::Scalar, "1e3", None),
            (Kind::Scalar, "1.5e3", None),
            (Kind::Scalar, "1.5E3", None),
            (Kind::Scalar, "true", None),
            (Kind::Text, "5", Some("5")),
            (Kind::Text, "5.9", Some("5")),
            (Kind::Text, "5.", None),
            (Kind::Text, "5.9.1", None),
            (Kind::Text, "5.x", None),
        ],
    );
}

#[test]
fn other_kinds_of_places_take_what_belongs_there_alone() {
    for kind in [Kind::Text, Kind::Scalar] {
        check(
            As::Boolean,
            &[
                (kind, "true", Some("true")),
                (kind, "false", Some("false")),
                (kind, "True", None),
                (kind, "1", None),
            ],
        );
        check(
            As::Map(PROTOCOLS),
            &[
                (kind, "6", Some("\"tcp\"")),
                (kind, "17", Some("\"udp\"")),
                (kind, "1", None),
            ],
        );
    }
    check(As::Boolean, &[(Kind::Nested, "[]", None)]);
    check(As::Map(PROTOCOLS), &[(Kind::Nested, "6", None)]);
    check(
        As::Domain,
        &[
            (Kind::Text, "example.com.", Some("\"example.com\"")),
            (Kind::Text, ".", Some("\".\"")),
            (Kind::Scalar, "7", Some("\"7\"")),
        ],
    );
    check(
        As::ReverseIp,
        &[
            (Kind::Text, "1.2.0.192.in-addr.arpa.", Some("\"192.0.2.1\"")),
            (Kind::Text, "example.com.", None),
            (Kind::Scalar, "7", None),
        ],
    );
}

#[test]
fn addresses_are_as_the_standard_library_reads_them() {
    for text in [
        "0.0.0.0",
        "255.255.255.255",
        "10.20.30.40",
        "192.0.2.100",
        "256.0.0.1",
        "1.0.0.256",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.04",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        ".1.2.3",
        "1..2.3",
        "1.2.3.a",
        "1.2.3.4 ",
        "1,2,3,4",
        "",
        ".",
        "...",
        "7",
        "::",
        "::1",
        "2001:db8::1",
        "::ffff:192.0.2.1",
        "2001:db8::g",
        ":",
        "1:2:3:4:5:6:7",
        "fe80::1%eth0",
        "[::1]",
    ] {
        let expected = text.parse::<IpAddr>().is_ok();
        assert_eq!(is_address(text.as_bytes()), expected, "{text}");
        let quoted = expected.then(|| format!("\"{text}\""));
        check(As::Ip, &[(Kind::Text, text, quoted.as_deref())]);
        let other = quoted.is_none().then(|| format!("\"{text}\""));
        check(As::NoIp, &[(Kind::Text, text, other.as_deref())]);
        let version = text.parse().ok().map(|address| match address {
            IpAddr::V4(_) => "4",
            IpAddr::V6(_) => "6",
        });
        check(As::IpVersion(&["4", "6"]), &[(Kind::Text, text, version)]);
    }
    check(
        As::Ip,
        &[
            (Kind::Ipv4, "192.0.2.1", Some("\"192.0.2.1\"")),
            (Kind::Scalar, "1.2", None),
        ],
    );
    check(As::NoIp, &[(Kind::Ipv4, "192.0.2.1", None)]);
}

#[test]
fn times_that_are_text_stay_as_they_are_if_they_are_of_the_usual_form() {
    for (text, expected) in [
        ("2023-09-30T15:15:22Z", Some("2023-09-30T15:15:22Z")),
        (
            "2023-09-30T15:15:22.123456789Z",
            Some("2023-09-30T15:15:22.123456789Z"),
        ),
        ("1970-01-01T00:00:00Z", Some("1970-01-01T00:00:00Z")),
        ("20230930T151522Z", Some("2023-09-30T15:15:22.000Z")),
        ("20230930T151522.123Z", Some("2023-09-30T15:15:22.123Z")),
        ("2023-09-30 15:15:22Z", Some("2023-09-30T15:15:22.000Z")),
        ("2023-09-30T15:15:22,5Z", Some("2023-09-30T15:15:22.500Z")),
        ("2023-09-30T15:15:22z", Some("2023-09-30T15:15:22.000Z")),
        (
            "2023-09-30T15:15:22.5+01:00",
            Some("2023-09-30T14:15:22.500Z"),
        ),
        (
            "2023-09-30T15:15:22+01:00",
            Some("2023-09-30T14:15:22.000Z"),
        ),
        ("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59.000Z")),
        ("9999-12-31T23:59:59.999Z", Some("9999-12-31T23:59:59.999Z")),
        ("1969-12-31T23:59:59.999Z", None),
        ("2023-09-30T15:15:22", None),
        ("2023-09-31T15:15:22Z", None),
        ("", None),
        ("1696086922", None),
    ] {
        let quoted = expected.map(|time| format!("\"{time}\""));
        check(As::Date, &[(Kind::Text, text, quoted.as_deref())]);
    }
    check(
        As::Milliseconds,
        &[
            (Kind::Text, "2023-09-30T15:15:22.5Z", Some("1696086922500")),
            (Kind::Text, "1970-01-01T00:00:00Z", Some("0")),
            (Kind::Text, "1969-12-31T23:59:59Z", None),
            (Kind::Text, "x", None),
            (Kind::Scalar, "1", None),
        ],
    );
    check(As::Date, &[(Kind::Scalar, "1696086922", None)]);
}

#[test]
fn seconds_are_times_up_to_the_year_9999() {
    for kind in [Kind::Text, Kind::Scalar] {
        for (seconds, date, milliseconds) in [
            ("0", "1970-01-01T00:00:00.000Z", "0"),
            ("7", "1970-01-01T00:00:07.000Z", "7000"),
            ("1696086922", "2023-09-30T15:15:22.000Z", "1696086922000"),
            (
                "253402300799",
                "9999-12-31T23:59:59.000Z",
                "253402300799000",
            ),
        ] {
            let date = format!("\"{date}\"");
            check(As::DateOfSeconds, &[(kind, seconds, Some(&date))]);
            check(
                As::MillisecondsOfSeconds,
                &[(kind, seconds, Some(milliseconds))],
            );
        }
        for none in [
            "253402300800",
            "1000000000000",
            "00",
            "07",
            "",
            "-1",
            "1.5",
            "a",
        ] {
            for how in [As::DateOfSeconds, As::MillisecondsOfSeconds] {
                check(how, &[(kind, none, None)]);
            }
        }
    }
}
