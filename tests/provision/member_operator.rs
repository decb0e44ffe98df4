//! A member's operator, who has no credentials for the logging account: with the fleet file, and with flags only.

use serde_json::json;

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

const STRANGER: &str = "123412341234";

#[test]
fn a_member_needs_no_credentials_of_the_logging_account() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    // without the logging account's credentials
    emulator.write(
        "credentials",
        "[dev1]\naws_access_key_id = 111122223333\naws_secret_access_key = test\n",
    );
    emulator.clear_calls();

    fleet.expect(0, "apply --yes --member dev1");
    assert_eq!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .len(),
        1
    );
    assert!(
        emulator
            .calls()
            .iter()
            .all(|call| call["account"] == fleet.dev1.as_str())
    );
    fleet.expect(0, "plan --exit-code --member dev1");
    fleet.expect(0, "destroy --yes --member dev1");
    assert!(
        fleet
            .filters(&fleet.dev1, "CloudTrail/member_account_1")
            .is_empty()
    );

    let flags = format!(
        "--profile dev1 --destination-arn {} --vpc-flow-logs cwl_vpc_fl_member_account_1 --cloudtrail CloudTrail/member_account_1",
        fleet.destination_arn()
    );
    fleet.expect(3, &format!("plan --exit-code {flags}"));
    fleet.expect(0, &format!("apply --yes {flags}"));
    let [filter] = fleet
        .filters(&fleet.dev1, "cwl_vpc_fl_member_account_1")
        .try_into()
        .unwrap();
    assert_eq!(filter["destinationArn"], fleet.destination_arn());
    fleet.expect(0, "plan --exit-code --member dev1");
    fleet.expect(0, &format!("destroy --yes {flags}"));
    assert!(
        fleet
            .filters(&fleet.dev1, "cwl_vpc_fl_member_account_1")
            .is_empty()
    );
}

#[test]
fn destroy_can_remove_the_filter_of_a_single_log_group() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let flags = format!(
        "--profile dev1 --destination-arn {} --cloudtrail CloudTrail/member_account_1",
        fleet.destination_arn()
    );
    fleet.expect(0, &format!("destroy --yes {flags}"));
    let left = |group| fleet.filters(&fleet.dev1, group).len();
    assert_eq!(left("CloudTrail/member_account_1"), 0);
    assert_eq!(left("cwl_vpc_fl_member_account_1"), 1);
}

#[test]
fn an_account_missing_in_the_destination_policy_is_named_with_a_hint() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    emulator.profile("stranger", STRANGER);
    fleet.create_log_group(STRANGER, "flow");

    let flags = format!(
        "--profile stranger --destination-arn {} --vpc-flow-logs flow",
        fleet.destination_arn()
    );
    let run = fleet.expect(1, &format!("apply --yes {flags}"));
    run.says("the destination policy of");
    run.says("does not name account 123412341234");
    run.says("catchment apply --logging");
    let puts = emulator
        .calls()
        .iter()
        .filter(|call| call["operation"] == "PutSubscriptionFilter")
        .count();
    assert_eq!(puts, 1, "a permanent refusal is not retried");

    let report = fleet.json(1, &format!("apply --yes {flags}"));
    let failures = report["outcome"]["failed"].as_object().unwrap();
    let (_, failure) = failures.iter().next().unwrap();
    assert!(
        failure["hint"]
            .as_str()
            .unwrap()
            .contains("account = \"123412341234\""),
        "{failure}"
    );
    assert_eq!(report["outcome"]["done"], json!([]));
}
