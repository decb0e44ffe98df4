//! Snapshots of what the program prints: plans, statuses, reports, errors, help.

use crate::fleet::{Fleet, Run};
use crate::permissions;
use crate::support::emulator::Emulator;

/// Exit code and both outputs of a run.
fn block(run: &Run) -> String {
    let Run {
        code,
        stdout,
        stderr,
    } = run;
    let code = code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
    format!("exit: {code}\n--- stdout ---\n{stdout}--- stderr ---\n{stderr}")
}

#[test]
fn plan_apply_status_and_destroy() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    insta::assert_snapshot!("plan", block(&fleet.run("plan")));
    insta::assert_snapshot!(
        "plan_as_json",
        block(&fleet.run("plan --member dev2 --output json"))
    );
    // only one account, because the order across accounts varies
    insta::assert_snapshot!("apply", block(&fleet.run("apply --yes --logging")));
    insta::assert_snapshot!(
        "apply_as_json",
        block(&fleet.run("apply --yes --member dev2 --output json"))
    );
    insta::assert_snapshot!("status", block(&fleet.run("status")));
    insta::assert_snapshot!(
        "status_as_json",
        block(&fleet.run("status --member dev2 --output json"))
    );
    insta::assert_snapshot!("in_sync", block(&fleet.run("plan --logging")));
    insta::assert_snapshot!("destroy", block(&fleet.run("destroy --yes --member dev2")));
    insta::assert_snapshot!("policies", block(&fleet.run("policies --member dev2")));
}

#[test]
fn errors_and_reports_of_failure() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.put_filter(&fleet.dev2, "CloudTrail/member_account_2", "to-splunk");
    fleet.put_filter(&fleet.dev2, "CloudTrail/member_account_2", "to-lambda");
    fleet.expect(0, "apply --yes --logging");
    insta::assert_snapshot!(
        "filter_limit_reached",
        block(&fleet.run("apply --yes --member dev2"))
    );

    fleet.write_file("[logging]\naccount = \"1\"\nregoins = []\n");
    insta::assert_snapshot!("mistakes", block(&fleet.run("plan")));
    insta::assert_snapshot!("no_terminal", block(&fleet.run("apply")));
    insta::assert_snapshot!("no_file", block(&fleet.run("plan --fleet nowhere.toml")));
    insta::assert_snapshot!("init_twice", block(&fleet.run("init")));
    insta::assert_snapshot!("wrong_usage", block(&fleet.run("plan --profile dev1")));
}

#[test]
fn a_report_of_what_was_done_failed_and_not_tried() {
    let emulator = permissions::emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    let policy = permissions::policy(&fleet, "--logging");
    let policy = permissions::without(&policy, "iam:PutRolePolicy");
    permissions::operator(&fleet, "logging", &fleet.logging, &policy);
    let run = fleet.run("apply --yes --logging");
    let report = run.stdout.split_once("delete.\n").map(|(_, report)| report);
    insta::assert_snapshot!("not_allowed", report.unwrap());
    assert_eq!(run.code, Some(1));
}

#[test]
fn help_of_every_command() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    insta::assert_snapshot!("help", block(&fleet.run("--help")));
    for command in [
        "init",
        "plan",
        "apply",
        "status",
        "destroy",
        "policies",
        "infra parameters",
        "completions",
        "man",
    ] {
        let run = fleet.run(&format!("{command} --help"));
        insta::assert_snapshot!(format!("help_{}", command.replace(' ', "_")), block(&run));
    }
}

#[test]
fn init_writes_a_valid_fleet_file() {
    let emulator = Emulator::start();
    let init = emulator.catchment().arg("init").output().unwrap();
    assert!(init.status.success());
    let policies = emulator.catchment().arg("policies").output().unwrap();
    assert!(policies.status.success(), "{policies:?}");
    for (command, expected) in [
        (vec!["completions", "bash"], "complete -F"),
        (vec!["man"], ".TH catchment 1"),
    ] {
        let output = Run::of(&emulator.catchment().args(command).output().unwrap());
        assert_eq!(output.code, Some(0));
        output.says(expected);
    }
}
