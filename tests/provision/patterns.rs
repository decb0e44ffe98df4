//! Log groups that a pattern selects: found anew for each plan, and never one on the delivery path.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::permissions::{actions, emulator_with_iam, grant, operator, policy, without};
use crate::support::emulator::Emulator;

/// Writes the fleet file with these lines in the place of dev1's flow log group.
fn write(fleet: &Fleet<'_>, groups: &str) {
    let text = fleet.text("shards = 4", "");
    let before = "vpc_flow_logs = [\"cwl_vpc_fl_member_account_1\"]";
    assert!(text.contains(before));
    fleet.write_file(&text.replace(before, groups));
}

/// The log groups that a plan would subscribe, each with the pattern that selects it.
fn planned(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    let filters = changes.filter(|change| change["action"] == "put-filter");
    let named = filters.map(|change| {
        let group = change["subject"]["resource"]["log_group"].as_str().unwrap();
        match change["selected_by"].as_str() {
            Some(pattern) => format!("{group} by {pattern}"),
            None => group.to_owned(),
        }
    });
    named.collect()
}

fn notes(plan: &Value) -> Vec<&str> {
    let notes = plan["notes"].as_array();
    let notes = notes.into_iter().flatten();
    notes.map(|note| note["what"].as_str().unwrap()).collect()
}

#[test]
fn a_new_log_group_that_a_pattern_selects_shows_in_the_next_plan() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    // more than a page comes before those that are selected
    for number in 0..60 {
        fleet.create_log_group(&fleet.dev1, &format!("/aws/vpc/test-{number:02}"));
    }
    for group in ["/aws/vpc/vpc-1", "/aws/vpc/vpc-2", "/aws/vpn"] {
        fleet.create_log_group(&fleet.dev1, group);
    }
    write(
        &fleet,
        "vpc_flow_logs = [\"/aws/vpc/*\"]\nexclude = [\"/aws/vpc/test-*\"]",
    );
    let first = fleet.json(3, "plan --exit-code --member dev1");
    let selected = [
        "CloudTrail/member_account_1",
        "/aws/vpc/vpc-1 by /aws/vpc/*",
        "/aws/vpc/vpc-2 by /aws/vpc/*",
    ];
    assert_eq!(planned(&first), selected);
    fleet.expect(0, "apply --yes");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/vpc-2").len(), 1);
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/test-01").len(), 0);
    fleet.expect(0, "plan --exit-code");

    fleet.create_log_group(&fleet.dev1, "/aws/vpc/new");
    let next = fleet.json(3, "plan --exit-code");
    assert_eq!(planned(&next), ["/aws/vpc/new by /aws/vpc/*"]);
    fleet.expect(0, "plan").says("selected by /aws/vpc/*");
    fleet.expect(0, "apply --yes");

    // one that is gone leaves nothing to do, and destroy takes all others
    let gone = json!({ "logGroupName": "/aws/vpc/vpc-2" });
    fleet.call(&fleet.dev1, "logs", "DeleteLogGroup", &gone);
    fleet.expect(0, "plan --exit-code");
    let status = fleet.expect(0, "status --exit-code --member dev1");
    status.says("selected by /aws/vpc/*");
    fleet.expect(0, "destroy --yes --member dev1");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/new").len(), 0);
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/vpc-1").len(), 0);
}

#[test]
fn log_groups_on_the_delivery_path_are_never_selected() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let of_logging = format!(
        "[[members]]\nprofile = \"logging\"\naccount = \"{}\"\nother = [\"*\"]\n",
        fleet.logging
    );
    let text = fleet.text("shards = 4", "");
    fleet.write_file(&format!("{text}\n{of_logging}"));
    fleet.expect(0, "apply --yes");
    // as infra/logging.yaml names them
    let on_path = ["/aws/kinesisfirehose/logs", "/aws/lambda/logs-transformer"];
    for group in ["/aws/lambda/web", "app"].iter().chain(&on_path) {
        fleet.create_log_group(&fleet.logging, group);
    }
    let rare = json!({ "logGroupName": "rare", "logGroupClass": "INFREQUENT_ACCESS" });
    fleet.call(&fleet.logging, "logs", "CreateLogGroup", &rare);
    let plan = fleet.json(3, "plan --exit-code");
    assert_eq!(planned(&plan), ["/aws/lambda/web by *", "app by *"]);
    let notes = notes(&plan);
    assert_eq!(notes.len(), 3, "{notes:#?}");
    assert!(notes[0].starts_with("/aws/kinesisfirehose/logs is left out"));
    assert!(notes[1].starts_with("/aws/lambda/logs-transformer is left out"));
    assert_eq!(
        notes[2],
        "rare is left out: its class INFREQUENT_ACCESS takes no subscription filters"
    );
    fleet.expect(0, "apply --yes");
    for group in on_path {
        assert_eq!(fleet.filters(&fleet.logging, group), [] as [Value; 0]);
    }
    insta::assert_snapshot!("patterns", fleet.expect(0, "plan --exit-code").stdout);
}

#[test]
fn what_a_pattern_selects_in_all_members_follows_from_the_defaults() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    write(&fleet, "");
    let text = std::fs::read_to_string(emulator.home().join("catchment.toml")).unwrap();
    fleet.write_file(&format!(
        "{text}\n[defaults]\nvpc_flow_logs = [\"/aws/vpc/*\"]\n"
    ));
    fleet.create_log_group(&fleet.dev1, "/aws/vpc/one");
    fleet.create_log_group(&fleet.dev2, "/aws/vpc/two");
    fleet.expect(0, "apply --yes");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 1);
    assert_eq!(fleet.filters(&fleet.dev2, "/aws/vpc/two").len(), 1);
    // the transformer is told so, too
    let settings = fleet.expect(0, "infra settings").stdout;
    let settings: Value = serde_json::from_str(&settings).unwrap();
    assert_eq!(settings["sources"]["/aws/vpc/*"], "vpc-flow-logs");
    // and discover adds to what all have
    let event = json!({ "logGroupName": "flow", "logStreamName": "eni-0a1b2c3d4e5f60718-all" });
    fleet.create_log_group(&fleet.dev1, "flow");
    fleet.call(&fleet.dev1, "logs", "CreateLogStream", &event);
    fleet.expect(0, "discover --member dev1 --write");
    let written = std::fs::read_to_string(emulator.home().join("catchment.toml")).unwrap();
    let own = "vpc_flow_logs = [\"/aws/vpc/*\", \"flow\"]";
    assert!(written.contains(own), "{written}");
    fleet.expect(0, "apply --yes");
    assert_eq!(fleet.filters(&fleet.dev1, "flow").len(), 1);
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 1);
}

#[test]
fn the_printed_policy_suffices_for_patterns_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.create_log_group(&fleet.dev1, "/aws/vpc/one");
    write(&fleet, "vpc_flow_logs = [\"/aws/vpc/*\"]");
    fleet.expect(0, "apply --yes --logging");
    let mut whole = policy(&fleet, "--member dev1");
    let listing = whole["Statement"].as_array_mut().unwrap().iter_mut();
    let listing: Vec<_> = listing
        .filter(|one| one["Sid"] == "CatchmentListLogGroups")
        .collect();
    assert_eq!(listing.len(), 1);
    // the emulator asks for "*" here, but AWS for a pattern of log groups
    // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html)
    for statement in listing {
        let expected = json!(["arn:aws:logs:*:111122223333:log-group:*"]);
        assert_eq!(statement["Resource"], expected);
        statement["Resource"] = json!("*");
    }
    operator(&fleet, "dev1", &fleet.dev1, &whole);

    // without the log groups, nothing is planned for the pattern, and the others go on
    let blind = without(&whole, "logs:DescribeLogGroups");
    assert_ne!(actions(&blind), actions(&whole));
    grant(&fleet, &fleet.dev1, &blind);
    fleet
        .expect(1, "apply --yes --member dev1")
        .says("logs:DescribeLogGroups");
    assert_eq!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .len(),
        1
    );
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 0);
    fleet
        .expect(1, "status --member dev1")
        .says("unknown  log groups /aws/vpc/*");

    grant(&fleet, &fleet.dev1, &whole);
    fleet.expect(0, "apply --yes --member dev1");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 1);
    // nor is anything removed as long as it is not known what there is
    grant(&fleet, &fleet.dev1, &blind);
    fleet.expect(1, "destroy --yes --member dev1");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 1);
    grant(&fleet, &fleet.dev1, &whole);
    fleet.expect(0, "destroy --yes --member dev1");
    assert_eq!(fleet.filters(&fleet.dev1, "/aws/vpc/one").len(), 0);
}
