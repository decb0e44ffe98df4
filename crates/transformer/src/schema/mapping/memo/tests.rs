//! What is remembered, for how many states, and that it makes no difference to what is written.

use std::sync::LazyLock;

use super::*;
use crate::schema::Accounts;
use crate::schema::mapping::{
    As, Computed, Found, LITERALS, Needs, Places, Row, Span, Value, When, address, compile, ip,
    keyword, row,
};
use crate::settings::Settings;
use crate::timestamp::Timestamps;

fn is_long(fields: &[&[u8]]) -> bool {
    fields[0].len() > 1
}

fn is_short(fields: &[&[u8]]) -> bool {
    fields[0].len() == 1
}

fn size(fields: &[&[u8]]) -> Option<&'static str> {
    is_long(fields).then_some("\"long\"")
}

fn parity(fields: &[&[u8]]) -> Option<&'static str> {
    fields[0].ends_with(b"0").then_some("\"even\"")
}

const fn when(fields: &'static [&'static str], by: fn(&[&[u8]]) -> bool) -> When {
    let about = "";
    When { about, fields, by }
}

const fn word(fields: &'static [&'static str], by: fn(&[&[u8]]) -> Option<&'static str>) -> Value {
    let (about, kind) = ("", "string");
    Value::Computed(Computed {
        about,
        kind,
        fields,
        by,
    })
}

static ACCOUNTS: LazyLock<Accounts> = LazyLock::new(|| {
    let names = r#"{"111122223333":"dev1","444455556666":"dev2"}"#;
    let settings = Settings::from_pairs([("CATCHMENT_ACCOUNTS", names)]).unwrap();
    Accounts::new(&settings)
});

/// The columns of a line, of which the first is mostly that of the line before.
const COLUMNS: [&str; 3] = ["name", "own", "number"];

fn program(rows: &[Row]) -> (Program, Memo) {
    let program = compile(rows, &mut Places::Columns(&COLUMNS), &mut Needs::default());
    let memo = Memo::new(&program, vec![true, false, false]);
    (program, memo.unwrap())
}

/// Writes a line with a memo and without, and expects the same. Returns how many states the memo has then.
fn write(program: &Program, memo: &mut Memo, columns: [&str; 3]) -> usize {
    write_in(program, memo, columns, "\"a literal\"")
}

/// The same, with all that is known of the event besides its fields.
fn write_in(program: &Program, memo: &mut Memo, columns: [&str; 3], literal: &str) -> usize {
    let text = columns.concat();
    let mut found = Found::default();
    for column in columns {
        let begin = found
            .spans
            .last()
            .map_or(0, |span: &Span| span.end as usize);
        let kind = match column {
            "" => Kind::Absent,
            "true" => Kind::Scalar,
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Integer,
            text => address(text.as_bytes()).unwrap_or(Kind::Text),
        };
        found
            .spans
            .push(Span::new(kind, begin, begin + column.len()));
    }
    let fields = Fields {
        text: text.as_bytes(),
        found: &found,
        finder: None,
    };
    let mut given = Given {
        literals: [literal.as_bytes(); LITERALS],
        timestamp: 0,
        timestamps: &mut Timestamps::default(),
        accounts: &ACCOUNTS,
        notes: (),
    };
    let [mut with, mut without] = [Buffer::default(), Buffer::default()];
    // What is there already stays.
    with.extend(b"before ");
    memo.write(program, &mut given, fields, &mut with);
    program.write(&mut given, fields, &mut without);
    let [with, without] =
        [with, without].map(|out| String::from_utf8_lossy(out.written()).into_owned());
    assert_eq!(with, format!("before {without}"));
    memo.states.len()
}

#[test]
fn what_a_line_depends_on_is_looked_at_once() {
    let (number, name) = (&["number"], &["name"]);
    let (_, memo) = program(&[
        row("a.own", keyword("own")),
        row("a.name", keyword("name")),
        row("a.again", keyword("name")),
        row("a.region", Value::Context(Context::Region)),
        row("a.source", Value::Context(Context::Source)),
        row("a.region_again", Value::Context(Context::Region)),
        row("b.long", when(number, is_long).then(keyword("name"))),
        row("b.long_again", when(number, is_long).then(keyword("name"))),
        row("b.long_more", when(number, is_long).then(keyword("name"))),
        row("b.short", when(number, is_short).then(keyword("name"))),
        row("b.long_name", when(name, is_long).then(keyword("name"))),
        row("b.long_own", when(&["own"], is_long).then(keyword("name"))),
        row("b.size", word(number, size)),
        row("b.size_again", word(number, size)),
        row("b.size_more", word(number, size)),
        row("b.parity", word(number, parity)),
        row("b.size_of_name", word(name, size)),
        row("b.size_of_own", word(&["own"], size)),
        row("c.number", keyword("number")),
    ]);
    let Inputs {
        fields,
        contexts,
        conditions,
        words,
    } = memo.inputs;
    // Not the name once more for what follows from it alone.
    assert_eq!(fields, [0]);
    assert_eq!(contexts, [Context::Region, Context::Source]);
    assert_eq!((conditions.len(), words.len()), (3, 3));
}

#[test]
fn lines_are_the_same_with_a_memo_whatever_the_line_before_was() {
    let (program, mut memo) = program(&[
        row("a.own", keyword("own")),
        row("a.name", keyword("name")),
        row("a.long", when(&["number"], is_long).then(keyword("name"))),
        row("a.parity", word(&["number"], parity)),
        row("b.number", keyword("number")),
    ]);
    let mut of = |columns: [&str; 3]| write(&program, &mut memo, columns);
    assert_eq!(of(["eni-1", "x", "10"]), 1);
    assert_eq!(of(["eni-1", "y", "20"]), 1);
    assert_eq!(
        of([
            "eni-1",
            "long enough to be copied by a call".repeat(9).as_str(),
            "30"
        ]),
        1
    );
    // Of another form, as a field is absent, a condition does not hold, or a word is another.
    assert_eq!(of(["eni-1", "", "10"]), 2);
    assert_eq!(of(["eni-1", "y", "2"]), 3);
    assert_eq!(of(["eni-1", "y", "21"]), 4);
    assert_eq!(of(["eni-2", "y", "21"]), 5);
    assert_eq!(of(["eni-", "2y", "21"]), 6);
    for index in 7..20 {
        for number in ["1", "3"] {
            assert_eq!(of([&format!("eni-{index}"), "y", number]), index.min(8));
        }
    }
    assert_eq!(of(["eni-1", "x", "10"]), 8);
}

#[test]
fn what_is_known_of_the_event_is_its_own() {
    let (program, mut memo) = program(&[
        row("a", Value::Context(Context::Region)),
        row("b", Value::Context(Context::EventId)),
        row("c", keyword("own")),
    ]);
    for (states, literal) in [
        (1, "\"x\""),
        (1, "\"x\""),
        (2, "\"y\""),
        (2, "\"y\""),
        (2, "\"x\""),
        (3, ""),
    ] {
        for own in ["1", "2", "3"] {
            assert_eq!(
                write_in(&program, &mut memo, ["", own, ""], literal),
                states
            );
        }
    }
    // Its own in each event, and no part of the state.
    let (program, mut memo) = self::program(&[row("b", Value::Context(Context::EventId))]);
    for literal in ["\"1\"", "\"2\"", "\"3\"", "", "\"4\""] {
        assert_eq!(write_in(&program, &mut memo, ["", "", ""], literal), 1);
    }
}

/// Writes each line of these values after each other one, of which a template was made before.
fn mix(value: Value, owns: &[&str], numbers: &[&str]) {
    let rows = [
        row("a", keyword("name")),
        row("b", value),
        row("c", keyword("name")),
    ];
    let lines = owns
        .iter()
        .flat_map(|own| numbers.iter().map(move |number| ["x", own, number]));
    for model in lines.clone() {
        let (program, mut memo) = program(&rows);
        write(&program, &mut memo, model);
        for other in lines.clone() {
            write(&program, &mut memo, model);
            write(&program, &mut memo, other);
        }
    }
}

#[test]
fn what_a_list_leaves_out_may_be_another_in_each_line() {
    let values = ["10.0.0.1", "10.0.0.2", "::1", "x", "y", ""];
    let mix = |list| mix(Value::List(list), &values, &values);
    let own = || keyword("own");
    let one = || Value::Constant("\"x\"".into());
    mix(vec![ip("own"), ip("number")]);
    mix(vec![own(), keyword("number")]);
    mix(vec![own(), one(), ip("number")]);
    mix(vec![own(), one()]);
    let object = |name: &'static str, field| {
        let rows = vec![
            row("name", Value::Constant(name.into())),
            row("value", ip(field)),
        ];
        Value::Object(rows)
    };
    mix(vec![object("1", "own"), object("2", "number")]);
    mix(vec![object("1", "own"), object("1", "number")]);
}

#[test]
fn a_list_of_fields_does_not_keep_a_line_from_being_a_model() {
    let (program, mut memo) = program(&[row("a", Value::List(vec![ip("own"), ip("number")]))]);
    for _ in 0..2 {
        write(&program, &mut memo, ["", "10.0.0.1", "10.0.0.1"]);
    }
    assert!(memo.states[0].template.is_some());
    // What was taken back before the list does: the name of an account, which is another in each line.
    let name = Value::Name(Box::new(keyword("own")));
    let (program, mut memo) = self::program(&[
        row("a", name),
        row("b", Value::List(vec![ip("own"), ip("number")])),
    ]);
    for account in ["111122223333", "111122223333", "444455556666", "x"] {
        write(&program, &mut memo, ["", account, "10.0.0.1"]);
    }
    assert!(memo.states[0].template.is_none());
}

#[test]
fn what_is_absent_in_one_line_may_be_there_in_the_next() {
    let values = [
        "10.0.0.1",
        "::1",
        "true",
        "1",
        "1418530010",
        "111122223333",
        "444455556666",
        "x",
        "y",
        "",
    ];
    let mix = |value| mix(value, &values, &["10.0.0.1", "x", ""]);
    let own = |how| Value::Field("own", how);
    for how in [
        As::Ip,
        As::NoIp,
        As::IpVersion(&["4", "6"]),
        As::Whole,
        As::Long,
        As::DateOfSeconds,
        As::Map(&[("x", "1")]),
    ] {
        mix(own(how));
        mix(own(how).or(keyword("number")));
        let object = || {
            Value::Object(vec![
                row("d", own(how)),
                row("e", Value::Constant("1".into())),
            ])
        };
        mix(object().or(keyword("number")));
    }
    let name = || Value::Name(Box::new(keyword("own")));
    mix(name());
    mix(name().or(Value::List(vec![ip("own"), ip("number")])));
    mix(Value::With(vec!["own", "number"], Box::new(keyword("own"))));
    mix(Value::Without(
        vec!["own", "number"],
        Box::new(keyword("name")),
    ));
}

#[test]
fn the_second_line_of_a_state_is_the_model_of_all_that_follow() {
    let (program, mut memo) = program(&[
        row("a.name", keyword("name")),
        row("b.own", keyword("own")),
        row("c.number", Value::Field("number", As::Long)),
        row("c.region", Value::Context(Context::Region)),
        row("c.time", Value::Context(Context::Time)),
    ]);
    for (own, documents) in [("x", 1), ("xy", 2), ("", 1), ("z", 2), ("y", 2)] {
        write(&program, &mut memo, ["eni-1", own, "10"]);
        let state = &memo.states[memo.order[0]];
        let has_template = state.template.is_some();
        assert_eq!((state.documents, has_template), (documents, documents == 2));
    }
}

#[test]
fn there_is_room_for_fields_that_are_as_long_as_can_be() {
    let rows = ["a", "b", "c", "d", "e"].map(|to| row(to, keyword("own")));
    let (program, mut memo) = program(&rows);
    for length in [1, 1, 31, 32, 33, 63, 64, 65, 66] {
        write(&program, &mut memo, ["", &"x".repeat(length), ""]);
    }
}

#[test]
fn long_values_are_not_remembered() {
    let rows = ["a", "b"].map(|to| row(to, keyword("name")));
    for (length, states) in [(1, 1), (16_384, 1), (16_385, 0)] {
        let (program, mut memo) = program(&rows);
        let name = "x".repeat(length);
        assert_eq!(
            write(&program, &mut memo, [&name, "y", "1"]),
            states,
            "{length}"
        );
    }
}

#[test]
fn texts_are_the_same_if_all_bytes_and_the_length_are() {
    let text: Vec<u8> = (0..70).collect();
    for length in 0..70 {
        let one = &text[..length];
        assert!(is_same(one, one), "{length}");
        assert!(!is_same(one, &text[..=length]), "{length}");
        for at in 0..length {
            let mut other = one.to_vec();
            other[at] ^= 1;
            assert!(!is_same(one, &other), "{length} {at}");
        }
    }
    // The same ends, but another length.
    assert!(!is_same(&[b'x'; 8], &[b'x'; 9]));
}
