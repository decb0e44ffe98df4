//! What becomes of flow logs, whatever their lines are.

use std::net::IpAddr;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::documents;

proptest! {
    #[test]
    fn a_flow_log_line_has_exact_fields_or_is_the_message_that_it_was(
        fields in prop::collection::vec(prop_oneof![
            Just("-".to_owned()),
            "[0-9]{1,4}",
            "10\\.0\\.0\\.[0-9]{1,3}",
            "[a-z\\\\\"]{0,4}",
            Just("a%20b".to_owned()),
            Just("%f".to_owned()),
        ], 0..5),
    ) {
        let line = fields.join(" ");
        let format = r#"{"g":{"source":"vpc-flow-logs","format":"${srcaddr} ${bytes} ${instance-tag} ${vpc-id}"}}"#;
        let document = &documents(&[("CATCHMENT_SCHEMA", "ecs"), ("CATCHMENT_SOURCES", format)], "s", &[&line])[0];
        let is_integer = |text: &str| text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
        let is_line = matches!(&fields[..], [_, bytes, tag, _] if (bytes == "-" || is_integer(bytes)) && tag != "%f")
            && fields.iter().all(|field| !field.is_empty());
        if !is_line {
            prop_assert_eq!(&document["message"], &line);
            prop_assert!(document["error"]["message"].is_string());
            return Ok(());
        }
        let text = |field: &str| (field != "-").then(|| json!(field));
        let address = fields[0].parse::<IpAddr>().ok().map(|_| json!(fields[0]));
        prop_assert_eq!(document["source"].get("address").cloned(), text(&fields[0]));
        prop_assert_eq!(document["source"].get("ip").cloned(), address);
        prop_assert_eq!(document["source"].get("bytes").cloned(), fields[1].parse::<u64>().ok().map(Value::from));
        let tag = text(&fields[2].replace("%20", " "));
        prop_assert_eq!(document["aws"]["vpcflow"].get("instance_tag").cloned(), tag);
        prop_assert_eq!(document["aws"]["vpcflow"].get("vpc_id").cloned(), text(&fields[3]));
        prop_assert_eq!(&document["event"]["original"], &line);
    }

    #[test]
    fn a_flow_log_that_parse_vpc_has_made_an_object_is_what_its_line_is(
        fields in prop::collection::vec(prop_oneof![Just("-"), Just("0"), Just("22"), Just("65536"), Just("10.0.0.1"), Just("a\"b")], 12),
        is_text in any::<bool>(),
    ) {
        let fields: Vec<_> = [&["2"][..], &fields, &["OK"]].concat();
        let members = PARSED.split(' ').zip(&fields).map(|(name, field)| match field.parse::<u64>() {
            Ok(number) if !is_text => (name.to_owned(), json!(number)),
            _ => (name.to_owned(), json!(field)),
        });
        let object = Value::Object(members.collect()).to_string();
        for schema in ["ecs", "ocsf-1.1"] {
            let settings = [("CATCHMENT_SCHEMA", schema), ("CATCHMENT_ORIGINAL", "drop")];
            let mut both = documents(&settings, "eni-1-all", &[&fields.join(" "), &object]);
            for (document, message) in both.iter_mut().zip([fields.join(" "), object.clone()]) {
                // The ids differ, and so do times of their own.
                document["event"]["id"].take();
                document["metadata"]["uid"].take();
                if let Some(kept) = document.get_mut("message").map(Value::take) {
                    prop_assert_eq!(kept, message);
                }
            }
            prop_assert_eq!(&both[0], &both[1]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flow_log_that_parse_vpc_has_made_an_object_is_redacted_as_its_line_is(
        texts in prop::collection::vec(prop::sample::select(vec!["-", "10.0.0.1", "2001:db8::1", "a\"b\\é", "7"]), 4),
        numbers in prop::collection::vec(prop::sample::select(vec!["-", "0", "22", "65535"]), 7),
        action in prop::sample::select(vec!["-", "ACCEPT", "REJECT"]),
        is_text in any::<bool>(),
        absent in prop::sample::select(vec![None, Some(Value::Null), Some(json!("-"))]),
    ) {
        let fields: Vec<_> = [&["2"], &texts[..], &numbers, &[action, "OK"]].concat();
        let members = PARSED.split(' ').zip(&fields).filter_map(|(name, field)| {
            let value = match (*field, field.parse::<u64>()) {
                ("-", _) => absent.clone()?,
                (_, Ok(number)) if !is_text => json!(number),
                _ => json!(field),
            };
            Some((name.to_owned(), value))
        });
        let object = Value::Object(members.collect()).to_string();
        let redact = r#"[{"source":"vpc-flow-logs","fields":["account-id","srcaddr","instance-tag"],"action":"hash"},
            {"source":"vpc-flow-logs","fields":["dstaddr","srcport","bytes","start","action"],"action":"mask"}]"#;
        for schema in ["ecs", "ocsf-1.1", "ocsf-1.5"] {
            let settings = [
                ("CATCHMENT_SCHEMA", schema),
                ("CATCHMENT_ORIGINAL", "drop"),
                ("CATCHMENT_REDACT", redact),
                ("CATCHMENT_REDACT_KEY", "0123456789abcdef0123456789abcdef"),
            ];
            let mut both = documents(&settings, "eni-1-all", &[&fields.join(" "), &object]);
            for document in &mut both {
                prop_assert_eq!(document.get("message"), None);
                document["event"]["id"].take();
                document["metadata"]["uid"].take();
            }
            prop_assert_eq!(&both[0], &both[1]);
        }
    }
}

proptest! {
    // A transformer is started for each line.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_flow_log_s_document_does_not_depend_on_those_before_it(
        // A few forms, so that each comes back with other values.
        forms in prop::collection::vec((
            prop::sample::select(vec!["111122223333", "444455556666", "-"]),
            [any_address(), any_address(), any_address(), any_address()],
            prop::sample::select(vec!["443", "-"]),
            prop::sample::select(vec!["6", "17", "-"]),
            prop::sample::select(vec!["ACCEPT", "REJECT", "-"]),
            prop::sample::select(vec!["ingress", "egress", "-"]),
            prop::sample::select(vec!["i-1", "-"]),
            prop::sample::select(vec!["eni-1", "-"]),
        ), 1..4),
        lines in prop::collection::vec((
            any::<prop::sample::Index>(),
            prop::option::of([any_address(), any_address(), any_address(), any_address()]),
            prop::sample::select(vec!["0", "1", "1620140661", "253402300799", "253402300800", "-"]),
            prop::sample::select(vec!["0", "7", "999999999999999999", "-"]),
            prop::sample::select(vec!["2", "18", "0", "-"]),
        ), 1..40),
        schema in prop::sample::select(vec!["ecs", "ocsf-1.1", "ocsf-1.5"]),
        original in prop::sample::select(vec!["keep", "drop"]),
    ) {
        let format = r#"{"g":{"source":"vpc-flow-logs","format":"${account-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${srcport} ${protocol} ${action} ${flow-direction} ${instance-id} ${interface-id} ${start} ${end} ${bytes} ${tcp-flags}"}}"#;
        let settings = [
            ("CATCHMENT_SCHEMA", schema),
            ("CATCHMENT_SOURCES", format),
            ("CATCHMENT_ORIGINAL", original),
        ];
        let lines = lines.into_iter().map(|(form, others, time, bytes, flags)| {
            let (account, addresses, port, protocol, action, direction, instance, interface) = form.get(&forms);
            let [source, target, inner, behind] = others.unwrap_or(*addresses);
            [
                account, source, target, inner, behind, port, protocol, action, direction, instance, interface, time, "1620140661",
                bytes, flags,
            ]
            .join(" ")
        });
        let lines: Vec<_> = lines.collect();
        let messages: Vec<_> = lines.iter().map(String::as_str).collect();
        let without_id = |mut document: Value| {
            for id in ["/event/id", "/metadata/uid"] {
                document.pointer_mut(id).map(Value::take);
            }
            document
        };
        for (document, message) in documents(&settings, "s", &messages).into_iter().zip(messages) {
            let alone = documents(&settings, "s", &[message]).remove(0);
            prop_assert_eq!(without_id(document), without_id(alone));
        }
    }
}

/// An address, none, or what hides one.
fn any_address() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["10.0.0.1", "203.0.113.255", "::1", "-", "x", "hidden"][..])
}

/// What `parseVPC` calls the fields of a flow log.
const PARSED: &str = "version accountId interfaceId srcAddr dstAddr srcPort dstPort protocol packets bytes start end action logStatus";
