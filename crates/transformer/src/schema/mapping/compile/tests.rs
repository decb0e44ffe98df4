//! How long a document may be, and what is in no document.

use super::*;
use crate::schema::mapping::{As, Computed, Context, When, constant, each, keyword, row};

/// The most bytes of a document of these rows, of fields in JSON.
fn growth(rows: &[Row]) -> (usize, usize) {
    let mut finder = Finder::new(false);
    growth_of(rows, &mut Places::Json(&mut finder))
}

fn growth_of(rows: &[Row], places: &mut Places<'_>) -> (usize, usize) {
    let mut needs = Needs::default();
    let mut program = compile(rows, places, &mut needs);
    with_unread(&mut program, places, &mut needs);
    let Growth { times, bytes } = needs.growth(places);
    (times, bytes)
}

#[test]
fn a_document_has_room_for_all_that_its_rows_may_write() {
    const WHEN: When = When {
        about: "",
        fields: &["decides"],
        by: |_| true,
    };
    const WORD: Computed = Computed {
        about: "",
        kind: "string",
        fields: &["decides"],
        by: |_| None,
    };
    let map = As::Map(&[("a", "1"), ("b", "\"12345\""), ("c", "[1]")]);
    // `,"a":` and what is behind it
    for (value, expected) in [
        (constant("true"), (1, 5 + 4)),
        (Value::Context(Context::Region), (1, 5 + 32)),
        (keyword("x"), (1, 5 + 2)),
        (Value::Field("x", As::Long), (1, 5)),
        (Value::Field("x", As::Date), (1, 5 + 26)),
        (Value::Field("x", map), (1, 5 + 7)),
        (keyword("x").or(keyword("x")), (2, 5 + 2 + 2)),
        (keyword("x").or(keyword("x.y")), (2, 5 + 2 + 2)),
        (keyword("x").or(keyword("y")), (1, 5 + 2 + 2)),
        (
            Value::List(vec![keyword("x"), constant("123"), constant("4")]),
            (1, 5 + (3 + 2) + 2 + 3 + 1),
        ),
        (Value::Elements("x", As::Keyword), (1 + 2, 5)),
        (Value::Computed(WORD), (1, 5 + COMPUTED_BYTES_MAX)),
        (WHEN.then(keyword("x")), (1, 5 + 2)),
        // `,"b":"…"` for every seven bytes of the array
        (each("x", keyword("y")), (1 + 1, 5)),
        (
            Value::Each("x", vec![row("b", keyword("y")), row("c", keyword("z"))]),
            (1 + (5 + 2 + 5 + 2) / 7 + 1, 5),
        ),
        (Value::Rest, (1 + 2, 5)),
    ] {
        assert_eq!(growth(&[row("a", value)]), expected);
    }
    // `,"a":{"b":{"c":` for each of them, as if it stood alone
    let rows = [row("a.b.c", constant("1")), row("a.b.d", constant("2"))];
    assert_eq!(growth(&rows), (1, 2 * (15 + 1 + 2)));
    // What the rest holds has the path before its key, which is as long as five bytes of a message at most; and the fields that only
    // decide, `,"decides":` and quotes.
    let rows = [
        row("a", Value::Rest),
        row("b", keyword("abcdefg.h")),
        row("c", WHEN.then(keyword("x"))),
    ];
    let times = 1 + 2 + "abcdefg.h.".len() / 5;
    assert_eq!(growth(&rows), (times, 3 * 5 + 2 + 2 + 7 + 6));
    let rows = [
        row("a", Value::Rest),
        row("b", WHEN.then(WHEN.then(keyword("x")))),
    ];
    let times = 1 + 2 + "decides.".len() / 5;
    assert_eq!(growth(&rows), (times, 2 * 5 + 2 + 13));
    // Lines have columns, which hold no others.
    let rows = [row("a", keyword("x")), row("b", keyword("x"))];
    assert_eq!(growth_of(&rows, &mut Places::Columns(&["y", "x"])), (2, 14));
    let rows = [row("a", Value::Rest)];
    assert_eq!(growth_of(&rows, &mut Places::Columns(&["x"])), (1, 0));
    // A tag is longer when it is decoded.
    let columns = ["bytes", "instance-tag", "action"];
    for (field, times) in [("bytes", 1), ("instance-tag", 2), ("action", 1)] {
        let rows = [row("a", keyword(field))];
        let places = &mut Places::Columns(&columns);
        assert_eq!(growth_of(&rows, places), (times, 7), "{field}");
    }
}

#[test]
fn an_object_of_constants_and_fields_that_are_in_no_line_is_in_no_document() {
    let value = || keyword("none").or(constant("1"));
    for (value, steps) in [
        (value(), 1),
        (Value::Object(vec![row("b", value())]), 0),
        (Value::Object(vec![row("b", keyword("x").or(value()))]), 1),
    ] {
        let places = &mut Places::Columns(&["x"]);
        let program = compile(&[row("a", value)], places, &mut Needs::default());
        assert_eq!(program.steps.len(), steps);
    }
}
