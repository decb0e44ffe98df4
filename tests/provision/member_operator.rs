//! A member's operator: their own profile and nothing of the logging account's, with the fleet file or with flags alone.

use serde_json::json;

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;

const STRANGER: &str = "123412341234";

#[test]
fn a_member_alone_needs_nothing_of_the_logging_account() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    // the logging account's credentials are gone
    emulator.write(
        "credentials",
        "[dev1]\naws_access_key_id = 111122223333\naws_secret_access_key = test\n",
    );
    emulator.forget_calls();

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
fn one_log_group_alone_is_taken_down_as_the_help_says() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes");
    let by_hand = format!(
        "--profile dev1 --destination-arn {} --cloudtrail CloudTrail/member_account_1",
        fleet.destination_arn()
    );
    fleet.expect(0, &format!("destroy --yes {by_hand}"));
    let left = |group| fleet.filters(&fleet.dev1, group).len();
    assert_eq!(left("CloudTrail/member_account_1"), 0);
    assert_eq!(left("cwl_vpc_fl_member_account_1"), 1);
}

#[test]
fn who_is_not_in_the_destination_policy_is_told_so_by_name_with_what_to_do() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");
    emulator.profile("stranger", STRANGER);
    fleet.make_log_group(STRANGER, "flow");

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
    assert_eq!(puts, 1, "a refusal that lasts is not tried again");

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
