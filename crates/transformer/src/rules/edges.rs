//! Rules at their edges: equal numbers, single wildcards, words for true and false, lists of nothing, and the most that a list may hold.

use serde_json::json;

use super::tests::agree;
use super::*;
use crate::limits::RULE_FIELDS_MAX;

fn rule(detection: &Json) -> Json {
    json!({"name": "one", "source": "cloudtrail", "action": "drop", "detection": detection})
}

fn refused(item: &Json) -> String {
    let list = json!([rule(&json!({"a": item, "condition": "a"}))]);
    Rules::parse(&list.to_string()).unwrap_err()
}

#[test]
fn what_is_equal_is_neither_less_nor_greater() {
    let event = json!({"n": 80});
    for (item, expected) in [
        (json!({"n|gt": 80}), false),
        (json!({"n|gte": 80}), true),
        (json!({"n|lt": 80}), false),
        (json!({"n|lte": 80}), true),
        (json!({"n|gt": 79.5}), true),
    ] {
        let detection = json!({"a": item, "condition": "a"});
        assert_eq!(agree(&detection, &event), expected, "{detection}");
    }
    // However they are written.
    let detection = json!({"a": {"n": 80}, "condition": "a"});
    assert!(agree(&detection, &json!({"n": 80.0})));
}

#[test]
fn a_text_has_no_case_in_any_script() {
    for (text, expected) in [("ÉCOLE", true), ("éc*", true), ("ecole", false)] {
        let detection = json!({"a": {"name": text}, "condition": "a"});
        assert_eq!(agree(&detection, &json!({"name": "École"})), expected);
    }
}

#[test]
fn a_question_mark_at_an_end_stands_for_one_character() {
    let event = json!({"name": "PutItems"});
    for (text, expected) in [
        ("PutItem?", true),
        ("Put?", false),
        ("?utItems", true),
        ("?Items", false),
        ("?utItem?", true),
        ("?Item?", false),
        ("?Items*", false),
        ("*Item?", true),
        ("*Put?", false),
    ] {
        let detection = json!({"a": {"name": text}, "condition": "a"});
        assert_eq!(agree(&detection, &event), expected, "{text}");
    }
}

#[test]
fn booleans_are_compared_with_the_words_of_json_and_with_texts_that_mean_the_same() {
    for (value, is_true, is_false) in [
        (json!(true), true, false),
        (json!(false), false, true),
        (json!("TRUE"), true, false),
        (json!("yes"), true, false),
        (json!("1"), true, false),
        (json!("No"), false, true),
        (json!("0"), false, true),
        (json!("false"), false, true),
        (json!("maybe"), false, false),
        (json!(1), false, false),
        (json!(0), false, false),
    ] {
        let event = json!({"b": value});
        for (asked, expected) in [(true, is_true), (false, is_false)] {
            let detection = json!({"a": {"b": asked}, "condition": "a"});
            assert_eq!(agree(&detection, &event), expected, "{event} {asked}");
        }
    }
}

#[test]
fn a_number_is_a_text_where_a_part_of_one_is_asked_for() {
    let event = json!({"n": 4249, "text": "true"});
    for (item, expected) in [
        (json!({"n|startswith": 42}), true),
        (json!({"n|endswith": 42}), false),
        (json!({"n|contains": 24}), true),
    ] {
        let detection = json!({"a": item, "condition": "a"});
        assert_eq!(agree(&detection, &event), expected, "{detection}");
    }
    for item in [
        json!({"text|contains": true}),
        json!({"text|endswith": null}),
    ] {
        assert!(refused(&item).contains("expected a text"), "{item}");
    }
}

#[test]
fn what_says_nothing_or_does_not_go_together_is_refused() {
    for (item, expected) in [
        (json!([]), "values without a field"),
        (json!({}), "no fields"),
        (json!({"a|i": "b"}), "are for `re`"),
        (json!({"a|m": "b"}), "are for `re`"),
        (json!({"a|s": "b"}), "are for `re`"),
        (json!({"a|cidr": "10.0.0.0/"}), "is not a range"),
        (json!({"a|cidr": "10.0.0.0/+8"}), "is not a range"),
        (json!({"a|cidr": "10.0.0.0/33"}), "is not a range"),
    ] {
        let said = refused(&item);
        assert!(said.contains(expected), "{item}: {said}");
    }
}

#[test]
fn a_list_and_a_rule_may_be_as_large_as_their_limits_say() {
    let one = rule(&json!({"a": {"eventName": "x"}, "condition": "a"}));
    let named = |number| {
        let mut rule = one.clone();
        rule["name"] = json!(format!("rule-{number}"));
        rule
    };
    for (count, fits) in [(RULES_MAX, true), (RULES_MAX + 1, false)] {
        let list: Vec<_> = (0..count).map(named).collect();
        assert_eq!(
            Rules::parse(&json!(list).to_string()).is_ok(),
            fits,
            "{count}"
        );
    }
    for (count, fits) in [(RULE_FIELDS_MAX, true), (RULE_FIELDS_MAX + 1, false)] {
        let fields: serde_json::Map<_, _> = (0..count)
            .map(|number| (format!("requestParameters.field{number}"), json!("x")))
            .collect();
        let list = json!([rule(&json!({"a": fields, "condition": "a"}))]);
        assert_eq!(Rules::parse(&list.to_string()).is_ok(), fits, "{count}");
    }
}

#[test]
fn rules_are_the_same_if_their_text_is() {
    let of = |name: &str| {
        let list = json!([rule(&json!({"a": {"eventName": name}, "condition": "a"}))]);
        Rules::parse(&list.to_string()).unwrap()
    };
    assert!(of("x") == of("x"));
    assert!(of("x") != of("y"));
}
