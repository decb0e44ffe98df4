//! Members that are subscribed by an account-level policy: everything at once, but for what is excluded or has a filter of its own.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::json::{schema, validate};
use crate::kill::killed_after;
use crate::live::emulator;
use crate::permissions::{
    actions, assert_all_actions, assert_needed, emulator_with_iam, operator, policy, policy_of,
};
use crate::support::emulator::Emulator;

const FLOW_LOGS: &str = "cwl_vpc_fl_member_account_1";
const TRAIL: &str = "CloudTrail/member_account_1";
const NAME: &str = "catchment-kinesisDest";

/// The fleet file with these lines in the place of dev1's log groups.
fn text(fleet: &Fleet<'_>, keys: &str) -> String {
    let text = fleet.text("shards = 1", "");
    let groups = format!("vpc_flow_logs = [\"{FLOW_LOGS}\"]\ncloudtrail = [\"{TRAIL}\"]");
    assert!(text.contains(&groups), "{text}");
    text.replace(&groups, keys)
}

const ACCOUNT: &str = "subscribe = \"account\"\nexclude = [\"/noisy/*\"]";

/// The account-level policies of dev1.
fn policies(fleet: &Fleet<'_>) -> Vec<Value> {
    let kind = json!({ "policyType": "SUBSCRIPTION_FILTER_POLICY" });
    let found = fleet.call(&fleet.dev1, "logs", "DescribeAccountPolicies", &kind);
    found["accountPolicies"].as_array().unwrap().clone()
}

fn put_foreign(fleet: &Fleet<'_>) -> Value {
    let document = json!({ "DestinationArn": "arn:aws:lambda:us-west-2:111122223333:function:f" });
    let params = json!({
        "policyName": "theirs", "policyType": "SUBSCRIPTION_FILTER_POLICY", "policyDocument": document.to_string(),
    });
    fleet.call(&fleet.dev1, "logs", "PutAccountPolicy", &params);
    policies(fleet)[0].clone()
}

/// Writes an event into each log group, and says how often each arrives. No delivery may be refused.
fn delivered(fleet: &Fleet<'_>, groups: &[&str]) -> BTreeMap<String, usize> {
    let messages = |delivered: &Value| delivered["messages"].as_array().unwrap().clone();
    let before = messages(&fleet.emulator.delivered()).len();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for group in groups {
        let stream = json!({ "logGroupName": group, "logStreamName": "s" });
        // made by an earlier call
        let region = crate::fleet::REGION;
        let _ = fleet
            .emulator
            .try_call(&fleet.dev1, region, "logs", "CreateLogStream", &stream);
        let event = json!({ "timestamp": u64::try_from(now.as_millis()).unwrap(), "message": "m" });
        let params = json!({ "logGroupName": group, "logStreamName": "s", "logEvents": [event] });
        fleet.call(&fleet.dev1, "logs", "PutLogEvents", &params);
    }
    let all = fleet.emulator.delivered();
    assert_eq!(all["refused"], json!([]));
    let mut counts = BTreeMap::new();
    for message in &messages(&all)[before..] {
        let group = message["log_group"].as_str().unwrap().to_owned();
        *counts.entry(group).or_default() += 1;
    }
    counts
}

fn once(groups: &[&str]) -> BTreeMap<String, usize> {
    let once = groups.iter().map(|group| ((*group).to_owned(), 1));
    once.collect()
}

#[test]
fn one_policy_subscribes_a_whole_account() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    for group in ["/noisy/one", "other"] {
        fleet.create_log_group(&fleet.dev1, group);
    }
    let own = format!("{ACCOUNT}\ncloudtrail = [{{ name = \"{TRAIL}\", pattern = \"m\" }}]");
    fleet.write_file(&text(&fleet, &own));
    let planned = fleet.json(3, "plan --exit-code");
    let report = fleet.json(0, "apply --yes");
    let [policy] = policies(&fleet).try_into().unwrap();
    assert_eq!(
        policy["selectionCriteria"],
        format!("LogGroupName NOT IN [\"/noisy/one\", \"{TRAIL}\"]")
    );
    let document: Value = serde_json::from_str(policy["policyDocument"].as_str().unwrap()).unwrap();
    let expected = json!({
        "DestinationArn": fleet.destination_arn(), "FilterPattern": "", "Distribution": "Random",
    });
    assert_eq!(document, expected);
    fleet.expect(0, "plan --exit-code");
    let status = fleet.expect(0, "status --exit-code --member dev1");
    status.says(&format!("in sync  account-level policy {NAME}"));
    fleet.create_log_group(&fleet.dev1, "new");
    let all = [FLOW_LOGS, TRAIL, "new", "other"];
    let every = [&all[..], &["/noisy/one"]].concat();
    assert_eq!(delivered(&fleet, &every), once(&all));

    // what is excluded by a pattern is found anew
    fleet.create_log_group(&fleet.dev1, "/noisy/two");
    fleet
        .expect(3, "plan --exit-code")
        .says("+ leaves out /noisy/two");
    fleet.expect(0, "apply --yes");
    assert_eq!(delivered(&fleet, &["/noisy/two"]), once(&[]));

    let documents = [planned, report, fleet.json(0, "status")];
    let faults = validate(&emulator, &schema(&fleet), &documents);
    assert!(faults.iter().all(Vec::is_empty), "{faults:#?}");
    fleet.expect(0, "destroy --yes --member dev1");
    assert_eq!(policies(&fleet), [] as [Value; 0]);
    assert_eq!(fleet.filters(&fleet.dev1, TRAIL), [] as [Value; 0]);
}

#[test]
fn from_filters_to_a_policy_and_back_no_event_is_lost_wherever_it_is_killed() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let groups = [FLOW_LOGS, TRAIL];
    let both = format!("vpc_flow_logs = [\"{FLOW_LOGS}\"]\ncloudtrail = [\"{TRAIL}\"]");
    let log_groups = format!("subscribe = \"log-groups\"\n{both}");
    let one = format!("{ACCOUNT}\ncloudtrail = [\"{TRAIL}\"]");
    // each file but the first differs in what delivers a log group
    let files = [ACCOUNT, &one, &log_groups, ACCOUNT, &log_groups];
    fleet.write_file(&text(&fleet, files[0]));
    fleet.expect(0, "apply --yes");
    assert_eq!(delivered(&fleet, &groups), once(&groups));
    for (number, file) in files.iter().enumerate().skip(1) {
        fleet.write_file(&text(&fleet, file));
        let mut writes = 0;
        while killed_after(&fleet, 1, "apply --yes", || {
            let arrived = delivered(&fleet, &groups);
            assert_eq!(arrived.len(), groups.len(), "file {number}: {arrived:?}");
        }) {
            writes += 1;
        }
        assert!(writes > 0, "file {number}");
        fleet.expect(0, "plan --exit-code");
        assert_eq!(delivered(&fleet, &groups), once(&groups), "file {number}");
    }
    assert_eq!(policies(&fleet), [] as [Value; 0]);
}

#[test]
fn a_policy_of_others_stays() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, ACCOUNT));
    let theirs = put_foreign(&fleet);
    let foreign = "account-level policy theirs is there";
    fleet.expect(1, "apply --yes").says(foreign);
    fleet
        .expect(3, "status --exit-code --member dev1")
        .says(foreign);
    fleet.expect(1, "apply --yes --take-over").says(foreign);
    assert_eq!(policies(&fleet), [theirs]);
}

#[test]
fn a_policy_that_others_put_after_the_plan_was_saved_stays() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, ACCOUNT));
    fleet.expect(0, "plan --out saved.json");
    let theirs = put_foreign(&fleet);
    fleet.expect(1, "apply saved.json --yes");
    assert_eq!(policies(&fleet), [theirs]);
}

/// The policy as the emulator takes it: it asks for "*" where AWS asks for a pattern of log groups
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html>).
fn listing(mut whole: Value) -> Value {
    for statement in whole["Statement"].as_array_mut().unwrap() {
        if statement["Sid"] == "CatchmentListLogGroups" {
            statement["Resource"] = json!("*");
        }
    }
    whole
}

#[test]
fn the_printed_policy_suffices_for_an_account_level_policy_and_each_action_is_needed() {
    let emulator = emulator_with_iam();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, ACCOUNT));
    fleet.expect(0, "apply --yes --logging");
    let whole = listing(policy(&fleet, "--member dev1"));
    operator(&fleet, "dev1", &fleet.dev1, &whole);
    const READ: [&str; 3] = [
        "logs:DescribeAccountPolicies",
        "logs:DescribeLogGroups",
        "logs:DescribeSubscriptionFilters",
    ];
    let needed = |action: &str, line: &str| {
        assert_needed(&fleet, &fleet.dev1, &whole, action, line);
    };
    for action in READ {
        needed(action, "apply --yes --member dev1");
    }
    let put = ["logs:PutAccountPolicy", "logs:PutSubscriptionFilter"];
    for action in put {
        needed(action, "apply --yes --member dev1");
        assert_eq!(policies(&fleet), [] as [Value; 0]);
    }
    fleet.expect(0, "apply --yes --member dev1");
    fleet.expect(0, "plan --exit-code --member dev1");
    let delete = ["logs:DeleteAccountPolicy", "logs:DeleteSubscriptionFilter"];
    for action in delete {
        needed(action, "destroy --yes --member dev1");
        assert_eq!(policies(&fleet).len(), 1);
    }
    assert_all_actions(READ.into_iter().chain(put).chain(delete), &whole);

    // to remove it, its operator need not be able to put one
    let log_groups = format!("subscribe = \"log-groups\"\ncloudtrail = [\"{TRAIL}\"]");
    fleet.write_file(&text(&fleet, &log_groups));
    let whole = policy(&fleet, "--member dev1");
    assert!(!actions(&whole).contains(&"logs:PutAccountPolicy".to_owned()));
    crate::permissions::grant(&fleet, &fleet.dev1, &whole);
    fleet.expect(0, "apply --yes --member dev1");
    assert_eq!(policies(&fleet), [] as [Value; 0]);
}

#[test]
fn an_organization_delivers_by_a_policy_with_a_role() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let access = "[logging]\naccess = \"organization\"\norganization = \"o-catchment0\"";
    fleet.write_file(&text(&fleet, ACCOUNT));
    fleet.expect(0, "apply --yes");
    assert_eq!(delivered(&fleet, &[TRAIL]), once(&[TRAIL]));
    fleet.write_file(&text(&fleet, ACCOUNT).replacen("[logging]", access, 1));
    while killed_after(&fleet, 1, "apply --yes", || {
        assert_eq!(delivered(&fleet, &[TRAIL]), once(&[TRAIL]));
    }) {}
    fleet.expect(0, "plan --exit-code");
    assert_eq!(delivered(&fleet, &[TRAIL]), once(&[TRAIL]));
    fleet.expect(0, "destroy --yes");
    assert_eq!(policies(&fleet), [] as [Value; 0]);
}

#[test]
fn verify_proves_the_policy_by_a_log_group_that_it_delivers() {
    let emulator = crate::verify::emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, ACCOUNT));
    fleet.expect(0, "apply --yes");
    let path = |verification: &Value| {
        let paths = verification["paths"].as_array().unwrap().iter();
        let mut of_account =
            paths.filter(|one| one["subject"]["resource"]["kind"] == "account-policy");
        of_account.next().unwrap().clone()
    };
    let verification = fleet.json(0, "verify");
    let proven = path(&verification);
    assert_eq!(proven["state"], "proven", "{proven}");
    assert_eq!(
        proven["notes"],
        json!([format!(
            "tested with log group {TRAIL}, which stands for all"
        )])
    );
    assert_eq!(crate::verify::log_streams(&fleet), Vec::<String>::new());
    let faults = validate(&emulator, &schema(&fleet), &[verification]);
    assert!(faults.iter().all(Vec::is_empty), "{faults:#?}");

    let name = json!({ "policyName": NAME, "policyType": "SUBSCRIPTION_FILTER_POLICY" });
    fleet.call(&fleet.dev1, "logs", "DeleteAccountPolicy", &name);
    let failed = path(&fleet.json(1, "verify --wait 1"));
    assert_eq!(failed["fault"]["hop"], "filter", "{failed}");
    let hint = "run `catchment apply --member dev1`";
    assert_eq!(failed["fault"]["hint"], hint);
}

#[test]
fn the_printed_policy_suffices_to_verify_an_account_level_policy() {
    let emulator = Emulator::start_with(&json!({
        "auth": true, "deliver": true, "rules": { "propagation_seconds": 0.0, "stream_seconds": 0.0 },
    }));
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, ACCOUNT));
    fleet.expect(0, "apply --yes");
    let whole = listing(policy_of(&fleet, "--member dev1", "catchment verify"));
    operator(&fleet, "dev1", &fleet.dev1, &whole);
    fleet.expect(0, "verify");
    for action in ["logs:DescribeAccountPolicies", "logs:DescribeLogGroups"] {
        assert_needed(&fleet, &fleet.dev1, &whole, action, "status --member dev1");
    }
}
