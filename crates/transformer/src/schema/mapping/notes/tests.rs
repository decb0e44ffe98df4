//! What is noted, and which lists are written anew in each document.

use super::*;
use crate::schema::Accounts;
use crate::schema::mapping::{
    As, Fields, Found, Given, Kind, LITERALS, Needs, Places, Span, Value, address, compile,
    constant, ip, keyword, row,
};
use crate::timestamp::Timestamps;

/// What is noted of a value, in the document of a line with two addresses or texts.
fn noted(value: Value, columns: [&str; 2]) -> Vec<Noted> {
    let rows = [row("a", value)];
    let mut places = Places::Columns(&["own", "other"]);
    let program = compile(&rows, &mut places, &mut Needs::default());
    let [own, other] = columns.map(str::len);
    let kinds = columns.map(|column| match column {
        "" => Kind::Absent,
        text => address(text.as_bytes()).unwrap_or(Kind::Text),
    });
    let spans = vec![
        Span::new(kinds[0], 0, own),
        Span::new(kinds[1], own, own + other),
    ];
    let text = columns.concat();
    let found = Found {
        spans,
        ..Found::default()
    };
    let fields = Fields {
        text: text.as_bytes(),
        found: &found,
        finder: None,
    };
    let mut given = Given {
        literals: [b""; LITERALS],
        timestamp: 0,
        timestamps: &mut Timestamps::default(),
        accounts: &Accounts::default(),
        notes: Notes::default(),
    };
    program.write_noting(&mut given, fields, &mut Default::default());
    given.notes.values
}

#[test]
fn what_follows_from_the_kind_of_a_field_is_not_noted() {
    let of = |how| Value::Field("own", how).or(constant("1"));
    let version = As::IpVersion(&["4", "6"]);
    for (how, own, count) in [
        (As::NoIp, "10.0.0.1", 0),
        (As::NoIp, "::1", 0),
        (As::NoIp, "x", 1),
        (As::NoIp, "", 0),
        (version, "10.0.0.1", 0),
        (version, "x", 1),
        (As::Ip, "x", 1),
        (As::Ip, "", 0),
    ] {
        assert_eq!(noted(of(how), [own, ""]).len(), count, "{how:?} {own}");
    }
}

#[test]
fn a_list_is_written_anew_if_its_values_may_become_the_same() {
    let is_written_anew = |values, columns| {
        let noted = noted(Value::List(values), columns);
        noted
            .iter()
            .any(|one| matches!(one.value, Variable::List(_)))
    };
    let object = |name: &'static str, field| {
        Value::Object(vec![row("name", constant(name)), row("value", ip(field))])
    };
    let two = ["10.0.0.1", "10.0.0.2"];
    for (values, columns) in [
        // They begin alike, or one with all of the other's beginning.
        (vec![object("1", "own"), object("1", "other")], two),
        (vec![keyword("own"), keyword("other")], ["x", "y"]),
        (vec![keyword("own"), constant("\"y\"")], ["x", ""]),
        (vec![constant("\"y\""), keyword("own")], ["x", ""]),
        // They are the same already.
        (vec![keyword("own"), constant("\"x\"")], ["x", ""]),
    ] {
        assert!(is_written_anew(values, columns), "{columns:?}");
    }
    for (values, columns) in [
        (vec![object("1", "own"), object("2", "other")], two),
        (vec![constant("1"), object("1", "own"), constant("12")], two),
        // Which of them are the same is a condition.
        (vec![ip("own"), ip("other")], two),
        (vec![ip("own"), ip("other")], ["10.0.0.1"; 2]),
    ] {
        assert!(!is_written_anew(values, columns), "{columns:?}");
    }
}
