//! Rules that are refused: what a mistake is called.

use serde_json::json;

use super::tests::of;
use super::*;

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
            "rule 1 (`a`): detection: s: `srcadr` is not a field of flow logs, as the schema `native` has them; expected one such as `srcaddr`",
        ),
        (
            flow(&json!({"account-id": "1"})),
            "rule 1 (`a`): detection: s: `account-id` is not a field of flow logs, as the schema `native` has them; expected `account_id`",
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
            "rule 1 (`a`): detection: s: bytes: unknown modifier `smaller`; expected one of: contains, ",
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
            flow(&json!({"srcport|cidr": "10.0.0.0/8"})),
            "rule 1 (`a`): detection: s: srcport: it is an integer, and no address",
        ),
        (
            flow(&json!({"bytes": [80, "many"]})),
            "rule 1 (`a`): detection: s: bytes: it is an integer; expected a number",
        ),
        (
            flow(&json!({"traffic_path": true})),
            "rule 1 (`a`): detection: s: traffic_path: it is an integer; expected a number",
        ),
        (
            flow(&json!({"srcaddr|re": "("})),
            "rule 1 (`a`): detection: s: srcaddr: `(` is not a regular expression that rules can have: unclosed group",
        ),
        (
            flow(&json!({"srcaddr|re": "(?=a)"})),
            "rule 1 (`a`): detection: s: srcaddr: `(?=a)` is not a regular expression that rules can have: look-around, including look-ahead and look-behind, is not supported",
        ),
        (
            flow(&json!({"srcaddr|re": "a{1000}{1000}"})),
            "rule 1 (`a`): detection: s: srcaddr: `a{1000}{1000}` is not a regular expression that rules can have: Compiled regex exceeds size limit of ",
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
            trail(&json!({"s": {"a": 1}, "t": {"a": 2}, "condition": "S"})),
            "rule 1 (`one`): detection: condition: `S` is none of the selections; expected one of: s, t",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "1 of t*"})),
            "rule 1 (`one`): detection: condition: there is no selection `t*`; expected one of: s",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "s and"})),
            "rule 1 (`one`): detection: condition: `s and` is not understood from character 6 on; expected selections with and, ",
        ),
        (
            trail(&json!({"s": {"a": 1}})),
            "rule 1 (`one`): detection: condition: missing",
        ),
        (
            trail(&json!([])),
            "rule 1 (`one`): detection: expected an object of selections and a condition",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": []})),
            "rule 1 (`one`): detection: condition: expected a text, or a list of texts",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": ["s", 1]})),
            "rule 1 (`one`): detection: condition: expected a text, or a list of texts",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "NOT s"})),
            "rule 1 (`one`): detection: condition: `NOT s` is not understood from character 5 on; expected selections with and, ",
        ),
        (
            trail(&json!({"s": {"a": 1}, "condition": "0 of them"})),
            "rule 1 (`one`): detection: condition: `0 of them`, and there are 1 of these selections",
        ),
        (
            trail(
                &json!({"s_1": {"a": 1}, "s_2": {"a": 2}, "t": {"a": 3}, "condition": "3 of s_*"}),
            ),
            "rule 1 (`one`): detection: condition: `3 of s_*`, and there are 2 of these selections",
        ),
        (
            trail(&json!({"s": {"a": {"b": 1}}, "condition": "s"})),
            "rule 1 (`one`): detection: s: a: expected a value, or a list of values",
        ),
        (
            trail(&json!({"s": [{"a": 1}, {"a|contains": ["b", ["c"]]}], "condition": "s"})),
            "rule 1 (`one`): detection: s: a: expected a value, or a list of values",
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
            trail(&json!({"s": {"resources.*.ARN": 1}, "condition": "s"})),
            "rule 1 (`one`): detection: s: `resources.*.ARN` is not a path",
        ),
        (
            trail(&json!({"s": {"eventTitle.a": 1}, "condition": "s"})),
            "rule 1 (`one`): detection: eventTitle.a: there is no `eventTitle`; expected one of: additionalEventData, ",
        ),
        (
            json!([{"name": "a", "source": "guardduty", "action": "drop", "detection": {"s": {"severity|lt": 4}, "condition": "s"}}]),
            "rule 1 (`a`): detection: severity: there is no `severity`; expected one of: account, detail, detail-type, id, region, resources, source, time, version; or a path such as detail.severity",
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

#[test]
fn an_integer_is_asked_for_as_a_number_a_text_of_one_or_a_part_of_it() {
    for item in [
        json!({"bytes": 80}),
        json!({"bytes": "80"}),
        json!({"bytes": "8*"}),
        json!({"bytes": null}),
        json!({"srcport|startswith": "80"}),
        json!({"srcport|re": "^80"}),
        json!({"srcaddr": "many", "action": true}),
    ] {
        let detection = json!({"s": item, "condition": "s"});
        let rules = json!([{"name": "a", "source": "vpc-flow-logs", "action": "drop", "detection": detection}]);
        assert!(Rules::parse(&rules.to_string()).is_ok(), "{rules}");
    }
}
