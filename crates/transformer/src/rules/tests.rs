//! Rules: what is refused, and what holds, by rsigma-eval's second opinion.

use proptest::prelude::*;
use rsigma_eval::{compile_rule, evaluate_rule, event::JsonEvent};
use serde_json::json;

use super::*;

/// A list of one rule for CloudTrail.
fn of(detection: &Json) -> String {
    json!([{"name": "one", "source": "cloudtrail", "action": "drop", "detection": detection}])
        .to_string()
}

/// Whether a condition holds of a JSON object.
fn holds(detection: &Json, event: &Json) -> bool {
    let rules = Rules::parse(&of(detection)).unwrap();
    let rule = &rules.all()[0];
    rule.condition.holds(&|index| {
        let keys = rule.fields[index].split('.');
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

#[test]
fn a_mistake_is_named_with_its_place() {
    let flow = |item: &Json| {
        let detection = json!({"s": item, "condition": "s"});
        json!([{"name": "a", "source": "vpc-flow-logs", "action": "drop", "detection": detection}])
    };
    let trail = |detection: &Json| serde_json::from_str::<Json>(&of(detection)).unwrap();
    let plain = |rule: Json| json!([rule]);
    for (rules, expected) in [
        (
            json!({}),
            "not a list; expected a JSON list of rules, such as [{",
        ),
        (plain(json!(1)), "rule 1: expected an object"),
        (
            plain(json!({"title": "a"})),
            "rule 1: unknown key `title`; expected one of: name, source, action, rate, detection",
        ),
        (
            plain(json!({"name": "a b"})),
            "rule 1 (`a b`): name: expected 1 to 64 letters",
        ),
        (plain(json!({"name": "a"})), "rule 1 (`a`): source: missing"),
        (
            plain(json!({"name": "a", "source": "other"})),
            "rule 1 (`a`): source: expected a source whose fields are known, one of: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs",
        ),
        (
            plain(json!({"name": "a", "source": "cloudtrail", "action": "mask"})),
            "rule 1 (`a`): action: expected one of: drop, sample, keep",
        ),
        (
            plain(json!({"name": "a", "source": "cloudtrail", "action": "sample"})),
            "rule 1 (`a`): rate: missing",
        ),
        (
            plain(json!({"name": "a", "source": "cloudtrail", "action": "sample", "rate": 1})),
            "rule 1 (`a`): rate: expected a whole number from 2 to 1000000",
        ),
        (
            plain(json!({"name": "a", "source": "cloudtrail", "action": "drop", "rate": 2})),
            "rule 1 (`a`): rate: only the action `sample` has one",
        ),
        (
            plain(json!({"name": "a", "source": "cloudtrail", "action": "drop"})),
            "rule 1 (`a`): detection: missing",
        ),
        (
            flow(&json!({"srcadr": "1"})),
            "rule 1 (`a`): detection: s: `srcadr` is not a field of flow logs",
        ),
        (
            flow(&json!({"account-id": "1"})),
            "rule 1 (`a`): detection: s: `account-id` is not a field",
        ),
        (
            flow(&json!({"bytes|base64": "a"})),
            "rule 1 (`a`): detection: s: bytes: the modifier `base64` is not supported",
        ),
        (
            flow(&json!({"bytes|neq": 1})),
            "rule 1 (`a`): detection: s: bytes: the modifier `neq` is not supported",
        ),
        (
            flow(&json!({"bytes|expand": "%small%"})),
            "rule 1 (`a`): detection: s: bytes: the modifier `expand` is not supported: nothing says what a placeholder stands for",
        ),
        (
            flow(&json!({"bytes|smaller": 1})),
            "rule 1 (`a`): detection: ",
        ),
        (
            flow(&json!({"bytes|lt": "many"})),
            "rule 1 (`a`): detection: s: bytes: expected a number",
        ),
        (
            flow(&json!({"bytes|lt|gt": 1})),
            "rule 1 (`a`): detection: s: bytes: more than one of the modifiers",
        ),
        (
            flow(&json!({"srcaddr|cidr": "10.0.0.0"})),
            "rule 1 (`a`): detection: s: srcaddr: `10.0.0.0` is not a range such as 10.0.0.0/8",
        ),
        (
            flow(&json!({"srcaddr|cidr": "10.0.0.0/33"})),
            "rule 1 (`a`): detection: s: srcaddr: `10.0.0.0/33` is not a range",
        ),
        (
            flow(&json!({"srcaddr|re": "("})),
            "rule 1 (`a`): detection: s: srcaddr: regex parse error",
        ),
        (
            flow(&json!({"srcaddr|re": "a{1000}{1000}"})),
            "rule 1 (`a`): detection: s: srcaddr: ",
        ),
        (
            flow(&json!({"srcaddr|i": "a"})),
            "rule 1 (`a`): detection: s: srcaddr: the modifiers `i`, `m` and `s` are for `re`",
        ),
        (
            flow(&json!({"bytes|lt|cased": 1})),
            "rule 1 (`a`): detection: s: bytes: the modifier `cased` is for texts",
        ),
        (
            flow(&json!({"bytes|all": 1})),
            "rule 1 (`a`): detection: s: bytes: all: expected more than one value",
        ),
        (
            flow(&json!({"bytes|exists": "perhaps"})),
            "rule 1 (`a`): detection: s: bytes: exists: expected true or false",
        ),
        (
            flow(&json!({"bytes": []})),
            "rule 1 (`a`): detection: s: bytes: no values",
        ),
        (flow(&json!({})), "rule 1 (`a`): detection: s: no fields"),
        (
            flow(&json!(["ACCEPT"])),
            "rule 1 (`a`): detection: s: values without a field are not supported",
        ),
        (
            trail(&json!({"condition": "s"})),
            "rule 1 (`one`): detection: condition: `s` is none of the selections",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "1 of t*"})),
            "rule 1 (`one`): detection: condition: there is no selection `t*`",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "s and"})),
            "rule 1 (`one`): detection: ",
        ),
        (
            trail(&json!({"s": {"a": 1}})),
            "rule 1 (`one`): detection: ",
        ),
        (
            trail(&json!({"s": {"a": 1}, "t": {"a..b": 1}, "condition": "s"})),
            "rule 1 (`one`): detection: t: `a..b` is not a path, such as userIdentity.type",
        ),
        (
            trail(&json!({"s": {"a[0]": 1}, "condition": "s"})),
            "rule 1 (`one`): detection: s: `",
        ),
        (
            trail(&json!({"s": {"a": 1}, "timeframe": "5m", "condition": "s"})),
            "rule 1 (`one`): detection: timeframe: each event is looked at by itself",
        ),
        (
            json!([flow(&json!({"bytes": 1}))[0], flow(&json!({"bytes": 2}))[0]]),
            "rule 2 (`a`): an earlier rule has the same name",
        ),
        (
            json!(vec![flow(&json!({"bytes": 1}))[0].clone(); RULES_MAX + 1]),
            "65 rules; expected at most 64",
        ),
    ] {
        let error = Rules::parse(&rules.to_string()).unwrap_err();
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    assert!(Rules::parse("[").unwrap_err().starts_with("not JSON: "));
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
