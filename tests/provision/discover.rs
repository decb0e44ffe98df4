//! `catchment discover`: finds the log groups of the sources in real accounts, and adds exactly those to the fleet file.

use std::fs;

use serde_json::json;

use crate::fleet::{Fleet, Run};
use crate::json::{schema, validate};
use crate::permissions::{
    actions, assert_needed, emulator_with_iam, grant, operator, policy_of, without,
};
use crate::support::emulator::Emulator;

const TRAIL: &str = r#"{"eventVersion":"1.08","userIdentity":{},"eventSource":"iam.amazonaws.com","eventName":"X","awsRegion":"us-west-2"}"#;

/// A log group with a log stream, and an event in it.
fn write_event(fleet: &Fleet<'_>, account: &str, group: &str, stream: &str, message: &str) {
    fleet.create_log_group(account, group);
    let place = json!({ "logGroupName": group, "logStreamName": stream });
    fleet.call(account, "logs", "CreateLogStream", &place);
    let mut params = place;
    params["logEvents"] = json!([{ "timestamp": now_ms(), "message": message }]);
    fleet.call(account, "logs", "PutLogEvents", &params);
}

fn now_ms() -> u128 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis()
}

/// A member with log groups of all kinds, and others.
fn mixed(emulator: &Emulator) -> Fleet<'_> {
    let fleet = Fleet::new(emulator);
    let dev2 = &fleet.dev2;
    write_event(&fleet, dev2, "network", "eni-0a1b2c3d4e5f60718-all", "any");
    write_event(&fleet, dev2, "audit", "stream", TRAIL);
    write_event(&fleet, dev2, "application", "stream", "hello \u{1b}[31m");
    write_event(&fleet, dev2, "/aws/lambda/web", "stream", TRAIL);
    fleet.create_log_group(dev2, "/aws/vpc/vpc-0a1b2c3d");
    fleet.create_log_group(dev2, "empty");
    let archive = json!({ "logGroupName": "aws-controltower/CloudTrailLogs", "logGroupClass": "INFREQUENT_ACCESS" });
    fleet.call(dev2, "logs", "CreateLogGroup", &archive);
    fleet
}

fn fleet_file(fleet: &Fleet<'_>) -> String {
    fs::read_to_string(fleet.emulator.home().join("catchment.toml")).unwrap()
}

#[test]
fn exactly_the_right_lines_are_proposed_and_written_once() {
    let emulator = Emulator::start();
    let fleet = mixed(&emulator);
    let before = format!("# keep this\n{}# and this\n", fleet.text("shards = 4", ""));
    fleet.write_file(&before);

    let shown = fleet.expect(0, "discover --member dev2");
    insta::assert_snapshot!("discover", shown.stdout);
    assert_eq!(fleet_file(&fleet), before);

    fleet
        .expect(0, "discover --member dev2 --write")
        .says("next, run `catchment plan`");
    let written = fleet_file(&fleet);
    let expected = before.replace(
        "cloudtrail = [\"CloudTrail/member_account_2\"]\n",
        "cloudtrail = [\"CloudTrail/member_account_2\", \"audit\"]\nvpc_flow_logs = [\"/aws/vpc/vpc-0a1b2c3d\", \"network\"]\n",
    );
    assert_eq!(written, expected);

    let again = fleet.json(0, "discover --write");
    assert_eq!(again["proposals"], json!([]));
    assert_eq!(fleet_file(&fleet), written);
    fleet.expect(0, "apply --yes");
    assert_eq!(fleet.filters(&fleet.dev2, "audit").len(), 1);
}

#[test]
fn the_account_of_a_profile_becomes_a_member() {
    let emulator = Emulator::start();
    let fleet = mixed(&emulator);
    emulator.profile("dev3", "777788889999");
    write_event(&fleet, "777788889999", "audit", "stream", TRAIL);
    fleet.expect(0, "discover --profile dev3 --write");
    let added =
        "\n[[members]]\nprofile = \"dev3\"\naccount = \"777788889999\"\ncloudtrail = [\"audit\"]\n";
    assert!(
        fleet_file(&fleet).ends_with(added),
        "{}",
        fleet_file(&fleet)
    );
    // with the profile of a member's account, that member is searched
    let found = fleet.json(0, "discover --profile dev2");
    assert_eq!(found["accounts"][0]["member"], "dev2");
    fleet.expect(2, "discover --member nobody").says("nobody");
    fleet.expect(1, "discover --profile nobody").says("nobody");
}

#[test]
fn an_account_that_cannot_be_read_does_not_hold_up_the_others() {
    let emulator = Emulator::start();
    let fleet = mixed(&emulator);
    emulator.profile("dev1", "123456789012");
    let run = fleet.expect(1, "discover");
    run.says("could not be read");
    run.says("audit");
    run.says("1 not searched");
}

#[test]
fn the_printed_policy_suffices_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = mixed(&emulator);
    let mut whole = policy_of(&fleet, "--member dev2", "catchment discover");
    // the emulator asks for "*" here, but AWS for a pattern of log groups
    // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html)
    let everywhere =
        json!({ "Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*" });
    whole["Statement"].as_array_mut().unwrap().push(everywhere);
    operator(&fleet, "dev2", &fleet.dev2, &whole);
    fleet.expect(0, "discover --member dev2");
    let line = "discover --member dev2";
    const OPTIONAL: &str = "logs:DescribeAccountPolicies";
    let all = actions(&whole);
    for action in all.iter().filter(|action| *action != OPTIONAL) {
        assert_needed(&fleet, &fleet.dev2, &whole, action, line);
    }
    assert!(all.contains(&OPTIONAL.to_owned()));
    let read = |run: &Run| !run.stdout.contains(UNREAD);
    assert!(read(&fleet.expect(0, line)));
    grant(&fleet, &fleet.dev2, &without(&whole, OPTIONAL));
    let run = fleet.expect(0, line);
    assert!(!read(&run));
    run.says(OPTIONAL);
    run.says("3 to add");
    assert_eq!(
        fleet.json(0, line)["accounts"][0]["regions"]["us-west-2"]["found"][0]["by_account_policy"],
        json!(null)
    );
}

const UNREAD: &str = "the account-level policy could not be read";

#[test]
fn a_foreign_account_level_policy_is_named_with_what_it_delivers() {
    let emulator = Emulator::start();
    let fleet = mixed(&emulator);
    let document = json!({ "DestinationArn": "arn:aws:lambda:us-west-2:444455556666:function:f" });
    let params = json!({
        "policyName": "theirs", "policyType": "SUBSCRIPTION_FILTER_POLICY", "policyDocument": document.to_string(),
        "selectionCriteria": "LogGroupName NOT IN [\"network\"]",
    });
    fleet.call(&fleet.dev2, "logs", "PutAccountPolicy", &params);
    let shown = fleet.expect(0, "discover --member dev2");
    insta::assert_snapshot!("discover_foreign_account_policy", shown.stdout);
    let discovery = fleet.json(0, "discover --member dev2");
    let region = &discovery["accounts"][0]["regions"]["us-west-2"];
    assert_eq!(region["account_policy"]["name"], "theirs");
    assert_eq!(region["account_policy"]["is_foreign"], true);
    let faults = validate(&emulator, &schema(&fleet), &[discovery]);
    assert!(faults.iter().all(Vec::is_empty), "{faults:#?}");
}

#[test]
fn what_our_account_level_policy_delivers_is_not_proposed() {
    let emulator = Emulator::start();
    let fleet = mixed(&emulator);
    let line = "cloudtrail = [\"CloudTrail/member_account_2\"]\n";
    let plain = fleet.text("shards = 4", "");
    let with = plain.replace(line, &format!("subscribe = \"account\"\n{line}"));
    assert_ne!(with, plain);
    let verdicts = || {
        let discovery = fleet.json(0, "discover --member dev2");
        assert_eq!(discovery["proposals"], json!([]));
        let found = &discovery["accounts"][0]["regions"]["us-west-2"]["found"];
        let found = found.as_array().unwrap().iter();
        let each = found.map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (
                text("log_group"),
                text("verdict"),
                one["by_account_policy"] == true,
            )
        });
        each.collect::<Vec<_>>()
    };
    let expected = |verdict: &str, is_there: bool| {
        [
            ("/aws/vpc/vpc-0a1b2c3d", verdict, is_there),
            // it has a filter of its own
            ("CloudTrail/member_account_2", "listed", false),
            ("audit", verdict, is_there),
            ("aws-controltower/CloudTrailLogs", "refused", false),
            ("network", verdict, is_there),
        ]
        .map(|(group, verdict, is)| (group.to_owned(), verdict.to_owned(), is))
    };
    fleet.write_file(&with);
    fleet.expect(0, "apply --yes");
    assert_eq!(verdicts(), expected("covered", true));
    // a run for a member without the line leaves the policy there
    fleet.write_file(&plain);
    assert_eq!(verdicts(), expected("refused", true));
    let log_groups = format!("subscribe = \"log-groups\"\n{line}");
    fleet.write_file(&plain.replace(line, &log_groups));
    let moved = fleet.json(0, "discover --member dev2 --write");
    assert_eq!(moved["proposals"][0]["member"], "dev2");
    fleet.expect(0, "apply --yes");
    let none = fleet.json(0, "discover --member dev2");
    assert_eq!(
        none["accounts"][0]["regions"]["us-west-2"]["account_policy"],
        json!(null)
    );
}
