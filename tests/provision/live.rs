//! A fleet file that changes while log events flow: no delivery is refused, and none is doubled.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::kill::killed_after;
use crate::support::emulator::Emulator;

/// Rules without delays, so that what is refused is refused for its permissions.
pub(crate) fn emulator() -> Emulator {
    let rules = json!({ "propagation_seconds": 0.0, "stream_seconds": 0.0, "quotas": false });
    Emulator::start_with(&json!({ "deliver": true, "rules": rules }))
}

fn groups<'f>(fleet: &'f Fleet<'_>) -> [(&'f str, &'static str); 3] {
    [
        (&fleet.dev1, "cwl_vpc_fl_member_account_1"),
        (&fleet.dev1, "CloudTrail/member_account_1"),
        (&fleet.dev2, "CloudTrail/member_account_2"),
    ]
}

/// Creates the log streams that [`log`] writes to.
pub(crate) fn create_log_streams(fleet: &Fleet<'_>) {
    for (account, group) in groups(fleet) {
        let params = json!({ "logGroupName": group, "logStreamName": "s" });
        fleet.call(account, "logs", "CreateLogStream", &params);
    }
}

/// Writes an event to each log group, and checks that each is delivered once.
#[track_caller]
pub(crate) fn log(fleet: &Fleet<'_>, when: &str) {
    let count = |delivered: &Value| delivered["messages"].as_array().unwrap().len();
    let before = count(&fleet.emulator.delivered());
    for place in groups(fleet) {
        log_to(fleet, place);
    }
    let delivered = fleet.emulator.delivered();
    assert_eq!(delivered["refused"], json!([]), "{when}");
    assert_eq!(count(&delivered) - before, groups(fleet).len(), "{when}");
}

/// Writes an event to a log group.
fn log_to(fleet: &Fleet<'_>, (account, group): (&str, &str)) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let event = json!({ "timestamp": u64::try_from(now.as_millis()).unwrap(), "message": "m" });
    let params = json!({ "logGroupName": group, "logStreamName": "s", "logEvents": [event] });
    fleet.call(account, "logs", "PutLogEvents", &params);
}

/// Sets up the file `text(0)`, then applies `text(1)` killed after its first write, `text(2)` killed after its second, and so on until a run ends by
/// itself. Events flow at each of these moments, and after each run that completes.
fn check(text: impl Fn(&Fleet<'_>, usize) -> String, writes: usize) {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.write_file(&text(&fleet, 0));
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");
    for number in 1.. {
        fleet.write_file(&text(&fleet, number));
        let is_held = killed_after(&fleet, number, "apply --yes", || {
            log(&fleet, &format!("after write {number}"));
        });
        if is_held {
            fleet.expect(0, "apply --yes");
        }
        log(&fleet, &format!("once completed after write {number}"));
        fleet.expect(0, "plan --exit-code");
        if !is_held {
            assert!(number > writes, "only {number} writes");
            return;
        }
    }
}

#[test]
fn a_renamed_stream_interrupts_no_delivery() {
    check(
        |fleet, number| {
            let text = fleet.text("shards = 1", "retention_hours = 48");
            text.replace("Demo_Kinesis_Stream", &format!("stream-{number}"))
        },
        4,
    );
}

#[test]
fn a_renamed_role_and_another_key_interrupt_no_delivery() {
    check(
        |fleet, number| {
            let text = fleet.text("shards = 4", &key(fleet, number));
            text.replace("\"cwrole\"", &format!("\"role-{number}\""))
        },
        5,
    );
}

#[test]
fn another_key_interrupts_no_delivery() {
    check(
        |fleet, number| fleet.text("shards = 4", &key(fleet, number)),
        3,
    );
}

#[test]
fn a_renamed_destination_doubles_no_delivery() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let old = fleet.text("shards = 4", "");
    let new = old
        .replace("\"kinesisDest\"", "\"renamed\"")
        .replace("\"cwrole\"", "\"renamed\"");
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");

    fleet.write_file(&new);
    let run = fleet.run("apply --yes");
    log(&fleet, "once renamed");
    assert_eq!(run.code, Some(1), "{run:?}");
    run.says("would deliver twice: filter catchment-kinesisDest delivers this log group");

    // the next step that the hint names
    fleet.write_file(&old);
    fleet.expect(0, "destroy --yes --member dev1 --member dev2");
    fleet.write_file(&new);
    fleet.expect(0, "apply --yes");
    log(&fleet, "once subscribed anew");
    fleet.expect(0, "plan --exit-code");
}

#[test]
fn a_renamed_destination_that_is_killed_at_any_write_is_completed_by_the_next_run() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let named = |number: usize| {
        let text = fleet.text("shards = 4", "");
        let name = format!("\"renamed-{number}\"");
        fleet.write_file(
            &text
                .replace("\"kinesisDest\"", &name)
                .replace("\"cwrole\"", &name),
        );
    };
    named(0);
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    for number in 1.. {
        let completed = |line: &str| {
            let is_held = killed_after(&fleet, number, line, || {});
            if is_held {
                fleet.expect(0, line);
            }
            is_held
        };
        let is_destroyed_at_once = !completed("destroy --yes --member dev1 --member dev2");
        named(number);
        let is_applied_at_once = !completed("apply --yes");
        log(
            &fleet,
            &format!("once subscribed anew, killed after write {number}"),
        );
        fleet.expect(0, "plan --exit-code");
        if is_destroyed_at_once && is_applied_at_once {
            assert!(number > 6, "only {number} writes");
            return;
        }
    }
}

fn key(fleet: &Fleet<'_>, number: usize) -> String {
    let account = &fleet.logging;
    format!("encryption = \"arn:aws:kms:us-west-2:{account}:key/k{number}\"")
}

/// The fleet file with a second Region, in which the members have the same log groups.
pub(crate) fn in_two_regions(fleet: &Fleet<'_>) -> String {
    for (account, group) in groups(fleet) {
        let params = json!({ "logGroupName": group });
        let emulator = fleet.emulator;
        emulator.call(account, "eu-west-1", "logs", "CreateLogGroup", &params);
    }
    let text = fleet.text("shards = 1", "");
    text.replace("[\"us-west-2\"]", "[\"us-west-2\", \"eu-west-1\"]")
}

/// The fleet file without its last member, dev2.
fn without_dev2(text: &str) -> String {
    let (rest, _) = text.rsplit_once("[[members]]").unwrap();
    rest.to_owned()
}

#[test]
fn a_member_and_a_region_taken_out_of_the_file_deliver_until_they_are_pruned() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let groups = groups(&fleet);
    let all = in_two_regions(&fleet);
    fleet.write_file(&all);
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");

    let member_out = without_dev2(&all);
    fleet.write_file(&member_out);
    let run = fleet.expect(0, "apply --yes");
    run.says("orphan: account 444455556666 is not in the fleet file; --prune would cut it off: its filters would deliver no more");
    run.says("Nothing to change; 1 orphan kept.");
    fleet.expect(0, "plan --exit-code");
    log(&fleet, "with dev2 out of the file");

    let region_out = member_out.replace(", \"eu-west-1\"", "");
    fleet.write_file(&region_out);
    let run = fleet.expect(0, "apply --yes");
    run.says("orphan: eu-west-1 is not in the fleet file; --prune would cut it off");
    let plan = fleet.json(0, "plan --exit-code");
    assert_eq!(plan["changes"], json!([]));
    let orphans = plan["orphans"].as_array().unwrap();
    let of = |key: &str| {
        orphans
            .iter()
            .map(|one| one[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("account"), [json!("444455556666"), Value::Null]);
    assert_eq!(of("regions"), [json!(["us-west-2"]), json!(["eu-west-1"])]);
    let run = fleet.expect(0, "status");
    run.says("orphan   logs::Destination kinesisDest");
    log(&fleet, "with eu-west-1 out of the file");

    fleet.expect(3, "plan --prune --exit-code");
    let run = fleet.expect(0, "apply --prune --yes");
    run.says("orphan: account 444455556666 is not in the fleet file; it is cut off: its filters deliver no more");
    let left = fleet.json(0, "plan --exit-code");
    assert_eq!(left["orphans"], json!([]));
    let params = json!({});
    let there = emulator.call(
        &fleet.logging,
        "eu-west-1",
        "logs",
        "DescribeDestinations",
        &params,
    );
    assert_eq!(there["destinations"], json!([]));
    let params = json!({ "logGroupName": "CloudTrail/member_account_1" });
    let filters = emulator.call(
        &fleet.dev1,
        "eu-west-1",
        "logs",
        "DescribeSubscriptionFilters",
        &params,
    );
    assert_eq!(
        filters["subscriptionFilters"],
        json!([]),
        "taken down before the logs::Destination"
    );
    let before = emulator.delivered();
    log_to(&fleet, groups[0]);
    log_to(&fleet, groups[2]);
    let refused = emulator.delivered()["refused"].as_array().unwrap().len();
    assert_eq!(before["refused"], json!([]));
    assert_eq!(refused, 1, "dev2 is cut off, dev1 is not");
}

#[test]
fn a_prune_that_is_killed_at_any_write_is_completed_by_the_next_run() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    let all = in_two_regions(&fleet);
    let less = without_dev2(&all).replace(", \"eu-west-1\"", "");
    for number in 1.. {
        fleet.write_file(&all);
        fleet.expect(0, "apply --yes");
        if number == 1 {
            create_log_streams(&fleet);
        }
        fleet.write_file(&less);
        let refused = || {
            log_to(&fleet, groups(&fleet)[0]);
            emulator.delivered()["refused"].clone()
        };
        let is_held = killed_after(&fleet, number, "apply --prune --yes", || {
            assert_eq!(refused(), json!([]), "after write {number}");
        });
        if is_held {
            fleet.expect(0, "apply --prune --yes");
        }
        assert_eq!(refused(), json!([]), "once completed after write {number}");
        let left = fleet.json(0, "plan --exit-code");
        assert_eq!(left["orphans"], json!([]), "after write {number}");
        if !is_held {
            assert!(number > 4, "only {number} writes");
            return;
        }
    }
}

#[test]
fn a_filter_that_was_redirected_is_taken_back_on_request_and_delivers_again() {
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    create_log_streams(&fleet);
    log(&fleet, "at first");

    let theirs = "arn:aws:logs:us-west-2:555566667777:destination:theirs";
    let [_, (account, group), _] = groups(&fleet);
    let params = json!({
        "logGroupName": group, "filterName": "catchment-kinesisDest", "filterPattern": "", "destinationArn": theirs,
    });
    fleet.call(account, "logs", "PutSubscriptionFilter", &params);
    let run = fleet.expect(1, "apply --yes");
    run.says("a filter of this name is there that delivers to logs::Destination theirs of account 555566667777");
    run.says("take it back with --take-over");
    assert_eq!(fleet.filters(account, group)[0]["destinationArn"], theirs);

    let run = fleet.expect(3, "plan --take-over --exit-code");
    run.says("--take-over: it delivers to logs::Destination theirs of account 555566667777");
    fleet.expect(0, "apply --take-over --yes");
    log(&fleet, "once taken back");
    fleet.expect(0, "plan --exit-code");
}

#[test]
fn an_account_is_destroyed_with_its_filters_first_and_without_them_once_the_file_does_not_name_it()
{
    let emulator = emulator();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let trust = || {
        let role = fleet.call(
            &fleet.logging,
            "iam",
            "GetRole",
            &json!({ "RoleName": "cwrole" }),
        );
        role["Role"]["AssumeRolePolicyDocument"].to_string()
    };
    let may_deliver = |account: &str| {
        let policy = fleet.destinations()[0]["accessPolicy"].to_string();
        let [subscribes, delivers] = [policy.contains(account), trust().contains(account)];
        assert_eq!(subscribes, delivers);
        delivers
    };
    fleet.expect(0, "destroy --yes --member dev1");
    assert!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .is_empty()
    );
    assert!(!may_deliver(&fleet.dev1) && may_deliver(&fleet.dev2));
    let order: Vec<_> = fleet
        .writes()
        .iter()
        .map(|call| call["operation"].to_string())
        .collect();
    let position = |name: &str| order.iter().rposition(|one| one.contains(name)).unwrap();
    assert!(
        position("DeleteSubscriptionFilter") < position("PutDestinationPolicy"),
        "{order:?}"
    );

    fleet.expect(0, "apply --yes");
    fleet.write_file(&without_dev2(&fleet.text("shards = 4", "")));
    fleet.expect(0, &format!("destroy --yes --account {}", fleet.dev2));
    assert!(may_deliver(&fleet.dev1) && !may_deliver(&fleet.dev2));
    let left = fleet.json(0, "plan --exit-code");
    assert_eq!(left["orphans"], json!([]));
}
