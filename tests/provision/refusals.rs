//! Runs that stop before they change anything.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

#[test]
fn a_profile_of_another_account_stops_the_run_and_names_both_accounts() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    emulator.write(
        "credentials",
        "[logging]\naws_access_key_id = 555566667777\naws_secret_access_key = test\n",
    );
    for line in ["plan", "apply --yes", "status", "destroy --yes"] {
        let run = fleet.expect(1, &format!("{line} --logging"));
        run.says(
            "profile logging belongs to account 555566667777, but the fleet file says 999988887777",
        );
    }
    assert!(emulator.calls().iter().all(|call| call["write"] == false));
}

#[test]
fn all_profiles_of_other_accounts_are_named_at_once() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let key = |profile: &str, account: &str| {
        format!("[{profile}]\naws_access_key_id = {account}\naws_secret_access_key = test\n")
    };
    let keys = [
        key("logging", "555566667777"),
        key("dev1", "111122223333"),
        key("dev2", "666677778888"),
    ];
    emulator.write("credentials", &keys.concat());
    let run = fleet.expect(1, "plan");
    run.says(
        "profile logging belongs to account 555566667777, but the fleet file says 999988887777",
    );
    run.says("profile dev2 belongs to account 666677778888, but the fleet file says 444455556666");
}

#[test]
fn a_large_fleet_is_refused_for_the_size_of_its_policy_at_once() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let whole = fleet.text("shards = 4", "");
    let (head, _) = whole.split_once("[[members]]").unwrap();
    let mut text = head.to_owned();
    for number in 0..2_000 {
        let member = format!(
            "[[members]]\naccount = \"{number:012}\"\ncloudtrail = [\"a\", \"b\", \"c\"]\n"
        );
        text.push_str(&member);
    }
    fleet.write_file(&text);
    let began = Instant::now();
    let run = fleet.expect(1, "policies");
    run.says("AWS takes 5120");
    run.says("access = \"organization\"");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_profile_without_credentials_does_not_stop_the_other_accounts() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    emulator.write("config", "[profile logging]\n[profile dev1]\n[profile dev2]\nsso_session = x\nsso_account_id = 444455556666\nsso_role_name = op\n[sso-session x]\nsso_start_url = https://sso.invalid/start\nsso_region = us-west-2\n");
    emulator.write(
        "credentials",
        "[logging]\naws_access_key_id = 999988887777\naws_secret_access_key = test\n[dev1]\naws_access_key_id = 111122223333\naws_secret_access_key = test\n",
    );
    let run = fleet.expect(1, "apply --yes");
    run.says("profile dev2 gives no credentials");
    run.says("`aws sso login --profile dev2`");
    assert_eq!(fleet.trail_filters(), [1, 0]);
}

#[test]
fn what_cannot_be_created_fails_the_run() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let group = json!({ "logGroupName": "CloudTrail/member_account_2" });
    fleet.call(&fleet.dev2, "logs", "DeleteLogGroup", &group);

    fleet
        .expect(1, "plan --exit-code")
        .says("log group CloudTrail/member_account_2 is not there");
    fleet.expect(0, "plan");
    fleet.expect(0, "plan --exit-code --logging");
    fleet.expect(1, "apply --yes");
}

#[test]
fn off_a_terminal_nothing_is_changed_without_yes() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    for line in ["apply", "destroy"] {
        fleet.expect(2, line).says("--yes");
    }
    assert!(emulator.calls().is_empty());
}

#[test]
fn mistakes_in_the_fleet_file_are_reported_before_any_call() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.write_file("[logging]\naccount = \"1\"\n");
    let run = fleet.expect(1, "apply --yes");
    run.says("`1` is not an AWS account id");
    run.says("line 2");
    fleet
        .expect(1, "plan --fleet nowhere.toml")
        .says("catchment init");
    fleet.write("");
    fleet.expect(2, "plan --member nobody").says("dev1, dev2");
    assert!(emulator.calls().is_empty());
}
