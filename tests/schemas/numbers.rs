//! Places that hold numbers, and what services write there.

use serde_json::{Value, json};

use super::documents;

#[test]
fn what_is_no_number_leaves_no_trace_in_the_place_of_one() {
    let port = "/detail/service/action/networkConnectionAction/remotePortDetails/port";
    for (from, value, to, expected) in [
        (port, json!(443), "/source/port", json!(443)),
        (port, json!("443"), "/source/port", json!(443)),
        (port, json!("https"), "/source/port", Value::Null),
        (port, json!(true), "/source/port", Value::Null),
        (port, json!(443.5), "/source/port", Value::Null),
        ("/detail/severity", json!(5.9), "/event/severity", json!(5)),
        (
            "/detail/severity",
            json!(false),
            "/event/severity",
            Value::Null,
        ),
        (
            "/detail/confidence",
            json!(0.5),
            "/aws/guardduty/confidence",
            json!(0.5),
        ),
        (
            "/detail/confidence",
            json!(false),
            "/aws/guardduty/confidence",
            Value::Null,
        ),
    ] {
        let mut finding = json!({
            "source": "aws.guardduty", "detail-type": "GuardDuty Finding",
            "detail": { "service": { "action": { "networkConnectionAction": { "remotePortDetails": { "port": 0 } } } } },
        });
        match finding.pointer_mut(from) {
            Some(place) => *place = value.clone(),
            None => finding["detail"][from.trim_start_matches("/detail/")] = value.clone(),
        }
        let document = &documents(&[("CATCHMENT_SCHEMA", "ecs")], "s", &[&finding.to_string()])[0];
        let found = document.pointer(to).unwrap_or(&Value::Null);
        assert_eq!(found, &expected, "{from} {value}");
    }
}
