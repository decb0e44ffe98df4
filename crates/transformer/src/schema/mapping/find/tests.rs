//! Fields are found by the index and by a walk alike, and what is known of their paths.

use super::super::code::Code;
use super::super::{Needs, Places, Value, compile, row, text};
use super::*;
use crate::json::Invalid;
use crate::limits::JSON_DEPTH_MAX;

fn finder(any_case: bool, paths: &[&str]) -> Finder {
    let mut finder = Finder::new(any_case);
    for path in paths {
        finder.slot(path);
    }
    finder
}

/// The text without and with white space at its beginning: found by the index, and by a walk.
fn both_ways(text: &str) -> [String; 2] {
    [text.to_owned(), format!(" {text}")]
}

/// The field in the first slot, empty if it is absent, which is the same both ways.
#[track_caller]
fn first_field(finder: &Finder, text: &str) -> String {
    let [indexed, walked] = both_ways(text).map(|text| {
        let mut found = Found::default();
        finder.find(text.as_bytes(), &mut found).unwrap();
        String::from_utf8_lossy(found.spans[0].of(text.as_bytes())).into_owned()
    });
    assert_eq!(indexed, walked, "{text}");
    indexed
}

#[test]
fn a_key_of_one_letter_is_found_in_any_case() {
    assert_eq!(first_field(&finder(true, &["a"]), r#"{"A":1}"#), "1");
}

#[test]
fn a_key_may_be_of_any_length() {
    let finder = finder(false, &["a"]);
    for length in [0, 1, 31, 32, 33, 100_000] {
        let text = format!(r#"{{"{}":1,"a":2}}"#, "x".repeat(length));
        assert_eq!(first_field(&finder, &text), "2", "{length}");
    }
}

#[test]
fn what_is_stepped_over_may_be_nested_as_deep_as_json_and_not_deeper() {
    let finder = finder(false, &["b"]);
    // The object is one of them.
    let most = JSON_DEPTH_MAX as usize - 1;
    for (depth, expected) in [(most, Ok(())), (most + 1, Err(Invalid::TooDeep))] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        for text in both_ways(&format!(r#"{{"a":{open}{close}}}"#)) {
            let found = finder.find(text.as_bytes(), &mut Found::default());
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn a_field_is_used_with_all_that_it_stands_in() {
    let finder = finder(false, &["a", "a.b", "a.c", "d", "e.f"]);
    for (uses, expected) in [
        ([1, 2, 5, 4, 0], 6),
        ([1, 2, 5, 9, 0], 9),
        ([0, 0, 0, 0, 7], 7),
        ([0; 5], 0),
    ] {
        assert_eq!(finder.uses_max(&uses), expected, "{uses:?}");
    }
}

#[test]
fn what_is_not_wanted_is_noted_unless_it_is_a_part_of_a_field() {
    let text = r#"{"a":{"b":{"c":1,"x":2},"x":3},"d":{"e":4,"x":5},"f":[6],"g":null}"#;
    for paths in [["a", "a.b.c", "d.e"], ["a.b.c", "d.e", "a"]] {
        for (wants_rest, expected) in [(false, vec![]), (true, vec!["d.x=5", "f=[6]"])] {
            let mut finder = finder(false, &paths);
            if wants_rest {
                finder.want_rest();
            }
            for text in both_ways(text) {
                let mut found = Found::default();
                finder.find(text.as_bytes(), &mut found).unwrap();
                let all = found.rest.iter().map(|rest| {
                    let texts = [rest.key, rest.value].map(|span| span.of(text.as_bytes()));
                    let [key, value] = texts.map(String::from_utf8_lossy);
                    format!("{}{key}={value}", &finder.prefix(rest).text()[NEXT.len()..])
                });
                assert_eq!(Vec::from_iter(all), expected, "{paths:?} {text}");
            }
        }
    }
}

#[test]
fn of_a_key_the_first_letter_alone_may_be_in_any_case() {
    for (any_case, text, expected) in [
        (true, r#"{"abc":1}"#, "1"),
        (true, r#"{"Abc":1}"#, "1"),
        (true, r#"{"Bbc":1}"#, ""),
        (true, r#"{"axc":1}"#, ""),
        (true, r#"{"aBc":1}"#, ""),
        (false, r#"{"Abc":1}"#, ""),
    ] {
        let finder = finder(any_case, &["abc"]);
        assert_eq!(first_field(&finder, text), expected, "{text}");
    }
}

#[test]
fn how_deep_a_text_is_nested_is_known_if_it_is_compact() {
    let finder = finder(false, &["a"]);
    for (text, depth) in [
        (r#"{"a":1}"#, Some(1)),
        (r#"{"a":[[1]]}"#, Some(3)),
        (r#"{"a": [[1]]}"#, None),
    ] {
        let mut found = Found::default();
        finder.find(text.as_bytes(), &mut found).unwrap();
        assert_eq!(found.depth_of_compact(), depth, "{text}");
    }
}

#[test]
fn the_longest_path_of_an_object_ends_with_its_dot() {
    let finder = finder(false, &["a.bc.d", "e"]);
    assert_eq!(finder.prefix_bytes_max(), "a.bc.d.".len());
    assert_eq!(
        Vec::from_iter(finder.outermost()),
        [("a.bc.d", 0), ("e", 1)]
    );
}

#[test]
fn keys_of_objects_in_an_array_have_the_case_of_the_source() {
    for any_case in [false, true] {
        let mut finder = Finder::new(any_case);
        let rows = [row("to", Value::Each("from", vec![row("a", text("key"))]))];
        let program = compile(&rows, &mut Places::Json(&mut finder), &mut Needs::default());
        let Some(Code::Each(_, inner, _)) = &program.steps[0].code else {
            panic!("not an array of objects");
        };
        let mut found = Found::default();
        inner.find(br#"{"Key":1}"#, &mut found).unwrap();
        assert_eq!(found.spans[0].kind != Kind::Absent, any_case);
    }
}
