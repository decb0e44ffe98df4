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
    insta::assert_snapshot!("infra_settings", block(&fleet.run("infra settings")));
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
        "discover",
        "plan",
        "apply",
        "status",
        "verify",
        "destroy",
        "policies",
        "capture",
        "replay",
        "infra parameters",
        "infra settings",
        "completions",
        "man",
        "schema",
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
        (vec!["completions", "bash"], "--detail"),
    ] {
        let output = Run::of(&emulator.catchment().args(command).output().unwrap());
        assert_eq!(output.code, Some(0));
        output.says(expected);
    }
}

#[test]
fn every_command_has_a_manual_page_and_pages_refer_to_no_others() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let pages = fleet.emulator.home().join("pages");
    std::fs::create_dir(&pages).unwrap();
    fleet.expect(0, "man --out pages");
    let files = std::fs::read_dir(&pages).unwrap();
    let names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in &names {
        let command = name.trim_end_matches(".1").replace('-', " ");
        let line = command.replacen("catchment", "man", 1);
        let page = fleet.expect(0, &line).stdout;
        assert_eq!(page, std::fs::read_to_string(pages.join(name)).unwrap());
        let title = format!(".TH {} 1", name.trim_end_matches(".1"));
        assert!(page.contains(&title), "{title} is missing in {page}");
        let page = page.replace("\\-", "-");
        let referred = page.lines().filter(|line| line.ends_with("(1)"));
        for line in referred {
            let file = format!("{}.1", line.trim_end_matches("(1)"));
            assert!(names.contains(&file), "{name} refers to {line}");
        }
    }
    assert!(
        names.contains(&"catchment-infra-parameters.1".to_owned()),
        "{names:?}"
    );
    fleet.expect(2, "man plans").says("it has init, discover,");
}
