//! What a single log group's subscription filter may have: a pattern.

use crate::fleet::Fleet;
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
