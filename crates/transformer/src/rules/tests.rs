//! Rules: what holds, by rsigma-eval's second opinion.

use proptest::prelude::*;
use rsigma_eval::{compile_rule, evaluate_rule, event::JsonEvent};
use serde_json::json;

use super::*;

/// A list of one rule for CloudTrail.
pub(super) fn of(detection: &Json) -> String {
    json!([{"name": "one", "source": "cloudtrail", "action": "drop", "detection": detection}])
        .to_string()
}

/// Whether a condition holds of a JSON object.
fn holds(detection: &Json, event: &Json) -> bool {
    let (condition, fields) = compile::compile("one", Source::CloudTrail, detection).unwrap();
    condition.holds(&|index| {
        let keys = fields[index].split('.');
        let mut path = keys.map(|key| key.to_owned());
        path.try_fold(event, |value, key| value.get(key))
            .map_or(Value::Absent, value)
    })
}

fn value(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Absent,
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(values) => Value::List(values.iter().map(value).collect()),
        Json::Object(_) => Value::Object,
        scalar => Value::Scalar(scalar.to_string().leak()),
    }
}

/// The same according to rsigma-eval.
fn sigma_says(detection: &Json, event: &Json) -> bool {
    let rule = json!({"title": "one", "logsource": {"service": "x"}, "detection": detection});
    let parsed = rsigma_parser::parse_sigma_yaml(&rule.to_string()).unwrap();
    let rule = compile_rule(&parsed.rules[0]).unwrap();
    evaluate_rule(&rule, &JsonEvent::borrow(event)).is_some()
}

#[track_caller]
pub(super) fn agree(detection: &Json, event: &Json) -> bool {
    let holds = holds(detection, event);
    assert_eq!(holds, sigma_says(detection, event), "{detection} {event}");
    holds
}

#[test]
fn each_comparison_means_what_sigma_means() {
    let event = json!({
        "eventName": "PutObject", "n": 80, "text": "10.1.2.3", "b": true, "none": null, "empty": "", "six": "2001:db8::1",
        "list": ["a", "B", 7], "user": {"type": "Röot", "arn": "arn:aws:iam::111122223333:user/a*b?c\\d"}, "number": "1.5",
    });
    for (item, expected) in [
        (json!({"eventName": "putobject"}), true),
        (json!({"eventName|cased": "putobject"}), false),
        (json!({"eventName|cased": "PutObject"}), true),
        (json!({"eventName": ["GetObject", "PutObject"]}), true),
        (json!({"eventName|contains": "OBJ"}), true),
        (json!({"eventName|contains|all": ["put", "obj"]}), true),
        (json!({"eventName|contains|all": ["put", "get"]}), false),
        (json!({"eventName|startswith": "put"}), true),
        (json!({"eventName|startswith": "object"}), false),
        (json!({"eventName|endswith": ["x", "OBJECT"]}), true),
        (json!({"eventName|endswith": "put"}), false),
        (json!({"eventName": "Put*"}), true),
        (json!({"eventName": "*ject"}), true),
        (json!({"eventName": "*tOb*"}), true),
        (json!({"eventName": "P?t*c?"}), true),
        (json!({"eventName": "P?t*c"}), false),
        (json!({"eventName": "*"}), true),
        (json!({"missing": "*"}), false),
        (json!({"eventName|re": "^Put[A-Z]"}), true),
        (json!({"eventName|re": "^put"}), false),
        (json!({"eventName|re|i": "^put"}), true),
        (json!({"text|cidr": "10.0.0.0/8"}), true),
        (json!({"text|cidr": "10.2.0.0/16"}), false),
        (json!({"text|cidr": ["2001:db8::/32", "10.1.2.3/32"]}), true),
        (json!({"text|cidr": "0.0.0.0/0"}), true),
        (json!({"six|cidr": "2001:db8::/32"}), true),
        (json!({"six|cidr": "0.0.0.0/0"}), false),
        (json!({"n": 80}), true),
        (json!({"n": "80"}), true),
        (json!({"n": 81}), false),
        (json!({"n|lt": 80}), false),
        (json!({"n|lte": 80}), true),
        (json!({"n|gt": 79.5}), true),
        (json!({"n|gte": "81"}), false),
        (json!({"number|lt": 2}), true),
        (json!({"eventName|gt": 0}), false),
        (json!({"b": true}), true),
        (json!({"b": false}), false),
        (json!({"n": true}), false),
        (json!({"none": null}), true),
        (json!({"missing": null}), true),
        (json!({"n": null}), false),
        (json!({"empty": ""}), true),
        (json!({"n": ""}), false),
        (json!({"n|exists": true}), true),
        (json!({"missing|exists": true}), false),
        (json!({"missing|exists": false}), true),
        (json!({"list": "b"}), true),
        (json!({"list": 7}), true),
        (json!({"list": "c"}), false),
        (json!({"list|exists": true}), true),
        (json!({"user": "x"}), false),
        (json!({"user|exists": true}), true),
        (json!({"user.type": "RÖOT"}), true),
        (json!({"user.type|contains": "ÖO"}), true),
        (json!({"user.arn|endswith": "A\\*b\\?c\\d"}), true),
        (json!({"user.arn|endswith": "a*d"}), true),
        (json!({"user.arn": "arn:*:user/?\\*b*"}), true),
        (json!({"n|contains": 8}), true),
    ] {
        let detection = json!({"one": item, "condition": "one"});
        assert_eq!(agree(&detection, &event), expected, "{item}");
    }
}

#[test]
fn wildcards_go_with_the_places_of_a_text() {
    // As pySigma has it, which adds wildcards to the text; rsigma-eval 0.23 then wants all of the field to fit.
    let event = json!({"name": "PutObject"});
    for (item, expected) in [
        (json!({"name|startswith": "P?t"}), true),
        (json!({"name|endswith": "o*c?"}), true),
        (json!({"name|contains": "T*B"}), true),
        (json!({"name|contains|cased": "T*B"}), false),
        (json!({"name|startswith": "?t"}), false),
    ] {
        let detection = json!({"one": item, "condition": "one"});
        assert_eq!(holds(&detection, &event), expected, "{item}");
    }
}

#[test]
fn conditions_combine_selections_as_sigma_says() {
    let event = json!({"a": "1", "b": "2"});
    for (condition, expected) in [
        ("yes_a and yes_b", true),
        ("yes_a and no", false),
        ("no or yes_a and yes_b", true),
        ("not no and not not yes_a", true),
        ("not (yes_a or no)", false),
        ("1 of yes_*", true),
        ("all of yes_*", true),
        ("all of them", false),
        ("2 of them", true),
        ("3 of them", false),
        ("any of no*", false),
    ] {
        let detection = json!({
            "yes_a": {"a": "1"}, "yes_b": {"b": "2", "a": "1"}, "no": {"a": "1", "b": "1"},
            "condition": condition,
        });
        assert_eq!(agree(&detection, &event), expected, "{condition}");
    }
    let several = json!({"a": [{"a": "x"}, {"b": "2"}], "condition": ["not a", "a"]});
    assert!(agree(&several, &event));
}

/// A value of an event or a rule: few, so that they often meet.
fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        "[aAbBé.*?\\\\]{0,4}".prop_map(Json::from),
        (0..4_u8).prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        prop::sample::select(vec!["10.0.0.1", "10.1.2.3", "::1", "1", "true", "no"])
            .prop_map(Json::from),
    ]
}

fn item() -> impl Strategy<Value = (String, Json)> {
    let field = prop::sample::select(vec!["a", "b", "c.d", "e"]);
    let text = "[aAbBé.]{1,4}".prop_map(Json::from);
    let texts = prop::collection::vec(text, 2..4).prop_map(Json::from);
    let number = (0..4_u8).prop_map(Json::from);
    let what = prop_oneof![
        scalar().prop_map(|value| (String::new(), value)),
        prop::collection::vec(scalar(), 1..4)
            .prop_map(|values| (String::new(), Json::from(values))),
        (
            prop::sample::select(vec![
                "|contains",
                "|startswith",
                "|endswith",
                "|contains|all",
                "|cased",
                "|contains|cased"
            ]),
            texts
        )
            .prop_map(|(modifier, value)| (modifier.to_owned(), value)),
        (
            prop::sample::select(vec!["|lt", "|lte", "|gt", "|gte"]),
            number
        )
            .prop_map(|(modifier, value)| (modifier.to_owned(), value)),
        any::<bool>().prop_map(|value| ("|exists".to_owned(), Json::from(value))),
        prop::sample::select(vec!["10.0.0.0/8", "10.0.0.0/24", "::/0"])
            .prop_map(|value| ("|cidr".to_owned(), Json::from(value))),
        (
            prop::sample::select(vec!["|re", "|re|i"]),
            prop::sample::select(vec!["^a", "b$", "a.b", "[0-9]+"])
        )
            .prop_map(|(modifier, value)| (modifier.to_owned(), Json::from(value))),
    ];
    (field, what).prop_map(|(field, (modifier, value))| (format!("{field}{modifier}"), value))
}

proptest! {
    #[test]
    fn any_rule_holds_of_what_rsigma_says(
        one in prop::collection::btree_map("[st]_[a-c]", prop::collection::vec(item(), 1..4), 1..4),
        condition in prop::sample::select(vec![
            "1 of them", "all of them", "not 1 of them", "2 of them", "not all of s_*",
        ]),
        [a, b, d] in [scalar(), scalar(), scalar()],
        list in prop::collection::vec(scalar(), 0..3),
    ) {
        let mut detection: serde_json::Map<_, _> = one
            .into_iter()
            .map(|(name, items)| (name, Json::from_iter(items)))
            .collect();
        let condition = if detection.len() < 2 && condition.starts_with('2') { "1 of them" } else { condition };
        let condition = if detection.keys().any(|name| name.starts_with("s_")) { condition } else { "1 of them" };
        detection.insert("condition".to_owned(), condition.into());
        let event = json!({"a": a, "b": b, "c": {"d": d}, "e": list});
        agree(&Json::from(detection), &event);
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>(), key in "[a-z_|.*%\\[\\]]{0,12}", value in scalar(), condition in "[a-z0-9_* ()]{0,16}") {
        Rules::parse(&text).ok();
        Rules::parse(&of(&json!({"s": {key: value}, "condition": condition}))).ok();
    }
}
