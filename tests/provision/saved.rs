//! A saved plan is carried out as saved, or refused with the reason.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

fn file(fleet: &Fleet<'_>) -> PathBuf {
    fleet.emulator.home().join("fleet.plan")
}

/// Rewrites the file with one value replaced.
fn edit(fleet: &Fleet<'_>, pointer: &str, value: Value) {
    let text = fs::read(file(fleet)).unwrap();
    let mut saved: Value = serde_json::from_slice(&text).unwrap();
    *saved.pointer_mut(pointer).unwrap() = value;
    fs::write(file(fleet), saved.to_string()).unwrap();
}

/// The plan is refused for this reason, and nothing is written.
#[track_caller]
fn refused(fleet: &Fleet<'_>, line: &str, why: &str) {
    let before = fleet.writes().len();
    let run = fleet.expect(1, line);
    run.says(why);
    run.says("hint:");
    assert_eq!(fleet.writes().len(), before, "{run:?}");
}

#[test]
fn a_saved_plan_is_carried_out_once() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    let run = fleet.expect(3, "plan --member dev1 --exit-code --out fleet.plan");
    run.says("run `catchment apply fleet.plan`");
    let mode = fs::metadata(file(&fleet)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(file(&fleet)).unwrap();
    let keys = fs::read_to_string(fleet.emulator.home().join("credentials")).unwrap();
    let secrets = keys.lines().filter_map(|line| line.split_once(" = "));
    for (_, secret) in secrets.filter(|(key, _)| *key == "aws_secret_access_key") {
        assert!(!text.contains(&format!("\"{secret}\"")), "{text}");
    }

    // only what was in scope when it was made
    let run = fleet.expect(0, "apply --yes fleet.plan");
    run.says("2 done, 0 failed, 0 not tried");
    assert!(
        fleet
            .filters(&fleet.dev2, "CloudTrail/member_account_2")
            .is_empty()
    );
    refused(
        &fleet,
        "apply --yes fleet.plan",
        "the accounts have changed since the plan was made",
    );

    fleet.expect(0, "plan --member dev1 --destroy --out fleet.plan");
    refused(&fleet, "apply --yes fleet.plan", "is a plan to destroy");
    fleet.expect(0, "destroy --yes fleet.plan").says("4 done");
}

#[test]
fn a_plan_is_refused_if_anything_moved_since() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    refused(
        &fleet,
        "apply --yes fleet.plan",
        "cannot read the plan fleet.plan",
    );
    fleet.expect(0, "plan --logging --out fleet.plan");

    let stream = json!({ "StreamName": "Demo_Kinesis_Stream", "ShardCount": 4 });
    fleet.call(&fleet.logging, "kinesis", "CreateStream", &stream);
    refused(
        &fleet,
        "apply --yes fleet.plan",
        "stream/Demo_Kinesis_Stream/create",
    );

    fleet.expect(0, "plan --logging --out fleet.plan");
    fleet.write("retention_hours = 48\n");
    refused(
        &fleet,
        "apply --yes fleet.plan",
        "catchment.toml has changed",
    );

    fleet.expect(0, "plan --logging --out fleet.plan");
    edit(&fleet, "/scope/members", json!(["dev1"]));
    refused(&fleet, "apply --yes fleet.plan", "was edited");

    fleet.expect(0, "plan --logging --out fleet.plan");
    edit(&fleet, "/catchment", json!("0.0.9"));
    refused(
        &fleet,
        "apply --yes fleet.plan",
        "was written by catchment 0.0.9",
    );

    let printed = fleet.expect(0, "plan --logging --output json").stdout;
    fs::write(file(&fleet), printed).unwrap();
    refused(&fleet, "apply --yes fleet.plan", "not a saved plan");
    fs::write(file(&fleet), "{").unwrap();
    refused(&fleet, "apply --yes fleet.plan", "is not a saved plan");
    let run = fleet.expect(2, "apply --yes fleet.plan --member dev1");
    run.says("cannot be used with");
    assert!(fleet.writes().is_empty());
}
