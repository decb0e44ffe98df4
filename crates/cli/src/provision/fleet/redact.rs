//! The redactions of the fleet file, `[[redact]]`: which fields the transformer masks or hashes.

use catchment_transformer::redact::Redactions;
use serde_json::Value as Json;

use super::keys;
use super::reader::{Reader, Table};

/// Reads the redactions as the transformer's settings file has them.
pub(super) fn redact<'a>(reader: &mut Reader<'a>, top: &Table<'a>) -> Vec<Json> {
    let check = |redactions: &str| Redactions::parse(redactions).map(drop);
    reader.passed_on(top, "redact", &keys::REDACT, (": ", check))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(redact: &str) -> Result<Fleet, String> {
        Fleet::parse(&format!("{TEMPLATE}\n{redact}")).map_err(|error| error.to_string())
    }

    #[test]
    fn redactions_are_passed_on_as_the_transformer_reads_them() {
        let fleet = fleet(
            r#"
            [[redact]]
            source = "vpc-flow-logs"
            fields = ["srcaddr", "pkt-srcaddr"]
            action = "hash"
            "#,
        );
        let expected = json!({
            "source": "vpc-flow-logs", "fields": ["srcaddr", "pkt-srcaddr"], "action": "hash",
        });
        assert_eq!(fleet.unwrap().redact, [expected]);
    }

    #[test]
    fn a_wrong_redaction_is_a_mistake_with_its_line() {
        let redact = r#"
[[redact]]
source = "vpc-flow-logs"
fields = ["scraddr"]
action = "mask"
[[redact]]
source = "cloudtrail"
fields = ["userAgent"]
action = "mask"
key = "0123456789abcdef0123456789abcdef"
"#;
        insta::assert_snapshot!(fleet(redact).unwrap_err(), @"
        2 mistakes
          line 137: redact[1]: fields: scraddr: not a field of flow logs; expected one such as srcaddr
          line 145: redact[2].key: unknown key; expected one of: source, fields, action
        ");
    }
}
