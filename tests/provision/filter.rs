//! What the subscription filter of a single log group may have: a pattern, system fields.

use serde_json::json;

use crate::fleet::{Fleet, REGION};
use crate::live;
use crate::support::emulator::Emulator;

const GROUP: &str = "CloudTrail/member_account_1";

/// Writes the fleet file with these keys beside the name of [`GROUP`].
fn write(fleet: &Fleet<'_>, keys: &str) {
    let list = format!("[{{ name = \"{GROUP}\", {keys} }}]");
    let text = fleet.text("shards = 4", "");
    fleet.write_file(&text.replace(&format!("[\"{GROUP}\"]"), &list));
}

#[test]
fn a_pattern_is_planned_applied_compared_and_changed() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let iam = r#"{ $.eventSource = "iam.amazonaws.com" }"#;
    let is = || fleet.filters(&fleet.dev1, GROUP)[0]["filterPattern"].clone();

    write(&fleet, &format!("pattern = '{iam}'"));
    fleet
        .expect(0, "plan")
        .says(&format!("+ pattern: \"{iam}\""));
    fleet.expect(0, "apply --yes");
    assert_eq!(is(), iam);
    fleet.expect(0, "plan --exit-code");

    write(&fleet, "pattern = 'ERROR'");
    let run = fleet.expect(3, "plan --exit-code");
    run.says("drifted: pattern");
    run.says(&format!("- pattern: \"{iam}\""));
    run.says("+ pattern: \"ERROR\"");
    fleet
        .expect(3, "status --exit-code")
        .says("drifted: pattern");
    fleet.expect(0, "apply --yes");
    assert_eq!(is(), "ERROR");

    fleet.write("");
    fleet.expect(0, "apply --yes");
    assert_eq!(is(), "", "every event again");
    fleet.expect(0, "plan --exit-code");
}

#[test]
fn system_fields_are_planned_applied_compared_changed_and_delivered() {
    let emulator = live::emulator();
    let fleet = Fleet::new(&emulator);
    let fields = json!(["@aws.account", "@aws.region"]);
    let of =
        |account: &str, group: &str| fleet.filters(account, group)[0]["emitSystemFields"].clone();

    let all = format!(
        "{}\n[defaults]\nemit_system_fields = true\n",
        fleet.text("shards = 4", "")
    );
    fleet.write_file(&all);
    fleet
        .expect(0, "plan")
        .says("+ system fields: @aws.account, @aws.region");
    fleet.expect(0, "apply --yes");
    assert_eq!(of(&fleet.dev1, GROUP), fields);
    assert_eq!(of(&fleet.dev2, "CloudTrail/member_account_2"), fields);
    fleet.expect(0, "plan --exit-code");
    live::create_log_streams(&fleet);
    live::log(&fleet, "with system fields");
    let delivered = emulator.delivered();
    let event = &delivered["messages"][0]["events"][0];
    assert_eq!(
        event["extractedFields"],
        json!({ "@aws.account": fleet.dev1, "@aws.region": REGION })
    );

    // one log group does without
    let list = format!("[{{ name = \"{GROUP}\", emit_system_fields = false }}]");
    fleet.write_file(&all.replace(&format!("[\"{GROUP}\"]"), &list));
    let run = fleet.expect(3, "plan --exit-code");
    run.says("drifted: system fields");
    run.says("- system fields: @aws.account, @aws.region");
    fleet.expect(0, "apply --yes");
    assert_eq!(of(&fleet.dev1, GROUP), json!(null));
    assert_eq!(of(&fleet.dev2, "CloudTrail/member_account_2"), fields);
    fleet.expect(0, "plan --exit-code");
}
