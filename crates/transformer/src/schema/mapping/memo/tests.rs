//! What is remembered, for how many states, and that it makes no difference to what is written.

use super::*;
use crate::schema::Accounts;
use crate::schema::mapping::{
    Computed, Found, Kind, LITERALS, Needs, Places, Row, Span, Value, When, compile, keyword, row,
};
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

/// The columns of a line, of which the first is mostly that of the line before.
const COLUMNS: [&str; 3] = ["name", "own", "number"];

fn program(rows: &[Row]) -> (Program, Memo) {
    let program = compile(rows, &mut Places::Columns(&COLUMNS), &mut Needs::default());
    let memo = Memo::new(&program, |slot| slot == 0);
    (program, memo)
}

/// Writes a line with a memo and without, and expects the same. Returns how many states the memo has then.
fn write(program: &Program, memo: &mut Memo, columns: [&str; 3]) -> usize {
    let text = columns.concat();
    let mut found = Found::default();
    for column in columns {
        let begin = found
            .spans
            .last()
            .map_or(0, |span: &Span| span.end as usize);
        let kind = if column.is_empty() {
            Kind::Absent
        } else {
            Kind::Text
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
        literals: [b"\"a literal\""; LITERALS],
        timestamp: 0,
        timestamps: &mut Timestamps::default(),
        accounts: &Accounts::default(),
    };
    let [mut with, mut without] = [Buffer::default(), Buffer::default()];
    program.write_with(memo, &mut given, fields, &mut with);
    program.write(&mut given, fields, &mut without);
    let [with, without] =
        [with, without].map(|out| String::from_utf8_lossy(out.written()).into_owned());
    assert_eq!(with, without);
    memo.states.all.len()
}

#[test]
fn what_a_line_depends_on_is_looked_at_once() {
    let (number, name) = (&["number"], &["name"]);
    let (program, memo) = program(&[
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
    // The name, two contexts, three conditions and three words; not the name once more for what follows from it alone.
    assert_eq!(memo.inputs.len(), 9);
    assert_eq!(memo.runs, [(1, program.steps.len() - 1)]);
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
    // Known, but behind another place, and then behind the one before again.
    assert_eq!(of(["eni-1", "", "10"]), 1);
    assert_eq!(of(["eni-1", "y", "20"]), 1);
    assert_eq!(of(["eni-1", "y", "2"]), 2);
    assert_eq!(of(["eni-1", "y", "21"]), 3);
    assert_eq!(of(["eni-2", "y", "21"]), 4);
    assert_eq!(of(["eni-", "2y", "21"]), 5);
    for index in 6..20 {
        assert_eq!(of([&format!("eni-{index}"), "y", "1"]), index.min(8));
    }
    assert_eq!(of(["eni-1", "x", "10"]), 8);
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
