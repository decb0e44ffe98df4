//! Which log events are delivered, whatever becomes of their messages.

mod parsed;

use serde_json::{Value as Json, json};

use super::*;

fn filter(rules: &Json) -> Filter {
    let rules = rules.to_string();
    let sources =
        r#"{"custom":{"source":"vpc-flow-logs","format":"${bytes} ${instance-tag} ${srcaddr}"}}"#;
    let pairs = [
        ("CATCHMENT_RULES", rules.as_str()),
        ("CATCHMENT_SOURCES", sources),
    ];
    Filter::new(&Settings::from_pairs(pairs).unwrap()).unwrap()
}

fn rule(name: &str, source: &str, action: &Json, item: &Json) -> Json {
    let detection = json!({"s": item, "condition": "s"});
    let mut rule = json!({"name": name, "source": source, "detection": detection});
    for (key, value) in action.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

fn verdict(filter: &mut Filter, source: Source, format: usize, message: &str) -> Verdict {
    let literal = Json::from(message).to_string();
    verdict_on(
        filter,
        source,
        format,
        JsonStr::from_literal("\"37\""),
        &literal,
    )
}

fn verdict_on(
    filter: &mut Filter,
    source: Source,
    format: usize,
    id: JsonStr<'_>,
    literal: &str,
) -> Verdict {
    let mut text = Buffer::default();
    text.extend(b"of another");
    let carried = Carried { source, format };
    let text = (&mut text, &mut false);
    filter.verdict(carried, id, JsonStr::from_literal(literal), text)
}

const LINE: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

#[test]
fn the_first_rule_that_holds_of_a_line_decides() {
    let drop = json!({"action": "drop"});
    let rules = json!([
        rule(
            "ssh",
            "vpc-flow-logs",
            &json!({"action": "keep"}),
            &json!({"dstport": 22, "protocol": 6})
        ),
        rule(
            "trail",
            "cloudtrail",
            &drop,
            &json!({"sourceIPAddress|exists": false})
        ),
        rule(
            "accepted",
            "vpc-flow-logs",
            &drop,
            &json!({"action": "ACCEPT", "bytes|lt": 5000})
        ),
        rule("other", "vpc-flow-logs", &drop, &json!({"bytes|gte": 5000})),
    ]);
    let mut filter = filter(&rules);
    let mut of = |line: &str| verdict(&mut filter, Source::VpcFlowLogs, 0, line);
    assert_eq!(of(LINE), Verdict::Deliver);
    let web = LINE.replace(" 22 ", " 443 ");
    assert_eq!(of(&web), Verdict::Drop(2));
    assert_eq!(of(&format!("{web}\n")), Verdict::Drop(2));
    assert_eq!(of(&web.replace("ACCEPT", "REJECT")), Verdict::Deliver);
    assert_eq!(of(&web.replace("4249", "5000")), Verdict::Drop(3));
    assert_eq!(of(&web.replace("4249", "-")), Verdict::Deliver);
    // Of another number of fields, with text for a number, of another version, an object without most fields, and not text at all.
    for misfit in [
        format!("{web} OK"),
        web.replace("443", "https"),
        web.replacen('2', "3", 1),
        json!({"action": "ACCEPT", "bytes": 1, "dstport": 443}).to_string(),
    ] {
        assert_eq!(of(&misfit), Verdict::Deliver, "{misfit}");
    }
    let literal = format!("\"{web}\\ud800\"");
    let id = JsonStr::from_literal("\"1\"");
    let of_no_text = verdict_on(&mut filter, Source::VpcFlowLogs, 0, id, &literal);
    assert_eq!(of_no_text, Verdict::Deliver);
    assert_eq!(
        verdict(&mut filter, Source::Other, 0, &web),
        Verdict::Deliver
    );
}

#[test]
fn a_line_is_read_in_its_format_and_its_escapes() {
    let drop = json!({"action": "drop"});
    let rules = json!([
        rule(
            "tag",
            "vpc-flow-logs",
            &drop,
            &json!({"instance_tag": "a \"b\""})
        ),
        rule(
            "absent",
            "vpc-flow-logs",
            &drop,
            &json!({"dstaddr|exists": true})
        ),
        // A dash is no text.
        rule(
            "dash",
            "vpc-flow-logs",
            &drop,
            &json!({"instance_tag": "-"})
        ),
        rule(
            "control",
            "vpc-flow-logs",
            &drop,
            &json!({"instance_tag": "a\u{1}"})
        ),
    ]);
    let mut filter = filter(&rules);
    let mut of = |format, line: &str| {
        let verdict = verdict(&mut filter, Source::VpcFlowLogs, format, line);
        (verdict, filter.known().split.is_some())
    };
    assert_eq!(of(1, "7 a%20%22b%22 10.0.0.1"), (Verdict::Drop(0), true));
    // How the text is split says nothing of the message that has escapes.
    assert_eq!(of(1, "7 a\"b 10.0.0.1"), (Verdict::Deliver, false));
    assert_eq!(of(1, "1 - 10.0.0.1"), (Verdict::Deliver, true));
    assert_eq!(of(1, "7 a\u{1} 10.0.0.1"), (Verdict::Drop(3), false));
    assert_eq!(of(0, LINE), (Verdict::Drop(1), true));
}

#[test]
fn the_fields_of_json_are_found_wherever_they_stand() {
    let drop = json!({"action": "drop"});
    let rules = json!([
        rule(
            "read",
            "cloudtrail",
            &drop,
            &json!({"readOnly": true, "userIdentity.type": "awsservice"})
        ),
        rule(
            "who",
            "cloudtrail",
            &drop,
            &json!({"resources.0.ARN|contains": "é\"x", "requestParameters": null})
        ),
        rule(
            "list",
            "cloudtrail",
            &drop,
            &json!({"requestParameters.names": "B", "responseElements|exists": true})
        ),
        rule("low", "guardduty", &drop, &json!({"detail.severity|lt": 4})),
    ]);
    let mut filter = filter(&rules);
    let mut of = |source, event: &str| verdict(&mut filter, source, 0, event);
    let trail = Source::CloudTrail;
    assert_eq!(
        of(
            trail,
            r#" {"userIdentity":{"a":[{}],"type":"AWSService"}, "readOnly":true} "#
        ),
        Verdict::Drop(0)
    );
    assert_eq!(
        of(
            trail,
            r#"{"userIdentity":{"type":"AWSService"},"readOnly":"maybe"}"#
        ),
        Verdict::Deliver
    );
    assert_eq!(
        of(
            trail,
            r#"{"resources":[{"ARN":"\u00e9\"X"}],"requestParameters":null}"#
        ),
        Verdict::Drop(1)
    );
    assert_eq!(
        of(
            trail,
            r#"{"requestParameters":{"names":["a","b"]},"responseElements":{}}"#
        ),
        Verdict::Drop(2)
    );
    assert_eq!(
        of(
            trail,
            r#"{"userIdentity":{"type":"AWSService"},"readOnly":true"#
        ),
        Verdict::Deliver
    );
    assert_eq!(of(trail, "stopped"), Verdict::Deliver);
    let no_text =
        r#""{\"userIdentity\":{\"type\":\"AWSService\"},\"readOnly\":true,\"a\":\"\ud800\"}""#;
    let id = JsonStr::from_literal("\"1\"");
    assert_eq!(
        verdict_on(&mut filter, trail, 0, id, no_text),
        Verdict::Deliver
    );
    let mut of = |source, event: &str| verdict(&mut filter, source, 0, event);
    assert_eq!(
        of(Source::GuardDuty, r#"{"Detail":{"Severity":2.5}}"#),
        Verdict::Drop(3)
    );
    assert_eq!(
        of(Source::GuardDuty, r#"{"detail":{"severity":8}}"#),
        Verdict::Deliver
    );
}

#[test]
fn an_event_that_is_ocsf_already_is_not_as_its_source_writes_it() {
    let absent = rule(
        "a",
        "cloudtrail",
        &json!({"action": "drop"}),
        &json!({"eventName|exists": false}),
    );
    let mut filter = filter(&json!([absent]));
    for (message, expected) in [
        (
            r#"{"class_uid":6003,"metadata":{"version":"1.1.0"}}"#,
            Verdict::Deliver,
        ),
        (r#"{"class_uid":6003,"metadata":{}}"#, Verdict::Drop(0)),
        (r#"{"metadata":{"version":"1.1.0"}}"#, Verdict::Drop(0)),
    ] {
        let found = verdict(&mut filter, Source::CloudTrail, 0, message);
        assert_eq!(found, expected, "{message}");
    }
}

#[test]
fn one_of_so_many_is_chosen_by_its_id_and_always_the_same_one() {
    let sample = json!({"action": "sample", "rate": 10});
    let rules = json!([rule(
        "some",
        "vpc-flow-logs",
        &sample,
        &json!({"bytes|gt": 0})
    )]);
    let verdicts = |begin: u64| -> Vec<Verdict> {
        let mut filter = filter(&rules);
        let literal = Json::from(LINE).to_string();
        let ids = begin..begin + 10_000;
        let of = |id| {
            let id = format!("\"378100000000000000000000000000000000000{id:017}\"");
            let id = JsonStr::from_literal(&id);
            verdict_on(&mut filter, Source::VpcFlowLogs, 0, id, &literal)
        };
        ids.map(of).collect()
    };
    for begin in [0, 5_000_000, 9_999_999_995] {
        let all = verdicts(begin);
        assert_eq!(all, verdicts(begin));
        let chosen = all
            .iter()
            .filter(|one| **one == Verdict::Sampled(10))
            .count();
        assert!((900..1_100).contains(&chosen), "{chosen} of 10,000");
        let dropped = all.iter().filter(|one| **one == Verdict::Drop(0)).count();
        assert_eq!(chosen + dropped, all.len());
    }
}
