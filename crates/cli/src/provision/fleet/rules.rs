//! The rules of the fleet file, `[[rules]]`: which log events the transformer drops or samples.

use catchment_transformer::redact::Redactions;
use catchment_transformer::rules::Rules;
use catchment_transformer::settings::agree;
use serde_json::Value as Json;

use super::keys;
use super::reader::{Reader, Table};

/// Reads the rules as the transformer's settings file has them, beside what it redacts.
pub(super) fn rules<'a>(reader: &mut Reader<'a>, top: &Table<'a>, redact: &[Json]) -> Vec<Json> {
    // Its mistakes are known already, and left out.
    let redact = Redactions::parse(&Json::from(redact).to_string()).unwrap_or_default();
    let check = |rules: &str| agree(&Rules::parse(rules)?, &redact);
    reader.passed_on(top, "rules", &keys::RULE, ("): ", check))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(rules: &str) -> Result<Fleet, String> {
        Fleet::parse(&format!("{TEMPLATE}\n{rules}")).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_are_passed_on_as_the_transformer_reads_them() {
        let fleet = fleet(
            r#"
            [[rules]]
            name = "small"
            source = "vpc-flow-logs"
            action = "sample"
            rate = 10
            [rules.detection]
            small = { "bytes|lt" = 100, srcaddr = ["10.0.0.1", "10.0.0.2"] }
            inside."srcaddr|cidr" = "10.0.0.0/8"
            condition = "small and not inside"
            "#,
        );
        let expected = json!({
            "name": "small", "source": "vpc-flow-logs", "action": "sample", "rate": 10,
            "detection": {
                "small": {"bytes|lt": 100, "srcaddr": ["10.0.0.1", "10.0.0.2"]},
                "inside": {"srcaddr|cidr": "10.0.0.0/8"},
                "condition": "small and not inside",
            },
        });
        assert_eq!(fleet.unwrap().rules, [expected]);
    }

    #[test]
    fn a_wrong_rule_is_a_mistake_with_its_line() {
        let rules = r#"
[[rules]]
name = "small"
source = "vpc-flow-logs"
action = "drop"
detection = { small = { "byte|lt" = 100 }, condition = "small" }
[[rules]]
name = "other"
source = "cloudtrail"
action = "drop"
detection = { condition = "small" }
level = "low"
"#;
        insta::assert_snapshot!(fleet(rules).unwrap_err(), @"
        3 mistakes
          line 137: rules[1]: detection: small: `byte` is not a field of flow logs, as the schema `native` has them; expected one such as `srcaddr`
          line 142: rules[2]: detection: condition: `small` is none of the selections
          line 147: rules[2].level: unknown key; expected one of: name, source, action, rate, detection
        ");
    }

    #[test]
    fn a_rule_on_what_is_redacted_is_a_mistake_with_its_line() {
        let rules = r#"
[[rules]]
name = "small"
source = "vpc-flow-logs"
action = "drop"
detection = { small = { "bytes|lt" = 100 }, condition = "small" }
[[rules]]
name = "inside"
source = "vpc-flow-logs"
action = "drop"
detection = { inside = { "srcaddr|cidr" = "10.0.0.0/8" }, condition = "inside" }
[[redact]]
source = "vpc-flow-logs"
fields = ["srcaddr"]
action = "mask"
"#;
        insta::assert_snapshot!(fleet(rules).unwrap_err(), @"line 142: rules[2]: rule `inside` looks at `srcaddr`, which is redacted before rules see it; expected one or the other");
    }
}
