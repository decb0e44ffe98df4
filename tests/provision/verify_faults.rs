//! `catchment verify` on a fleet with a planted fault: it names the hop, and the command that mends it.

use serde_json::{Value, json};

use crate::fleet::Fleet;
use crate::verify::{
    BUCKET, FLOW_LOGS, create_firehose, create_firehose_to, emulator, fleet, flow_logs, log_streams,
};

/// A fault, planted in a fleet that works: what it is, how far to look, the hop, what is said, and what mends it.
type Planted = (
    &'static str,
    fn(&Fleet<'_>),
    &'static str,
    &'static str,
    &'static str,
);

const UP_TO_THE_STREAM: [Planted; 7] = [
    (
        "filter removed",
        |fleet| {
            let params =
                json!({ "logGroupName": FLOW_LOGS, "filterName": "catchment-kinesisDest" });
            fleet.call(&fleet.dev1, "logs", "DeleteSubscriptionFilter", &params);
        },
        "filter",
        "no subscription filter delivers it",
        "catchment apply --member dev1",
    ),
    (
        "wrong pattern",
        |fleet| {
            let params = json!({
                "logGroupName": FLOW_LOGS, "filterName": "catchment-kinesisDest", "filterPattern": "REJECT",
                "destinationArn": fleet.destination_arn(),
            });
            fleet.call(&fleet.dev1, "logs", "PutSubscriptionFilter", &params);
        },
        "filter",
        "\"REJECT\"",
        "catchment apply --member dev1",
    ),
    (
        "policy without the account",
        |fleet| {
            let policy = fleet.destinations()[0]["accessPolicy"]
                .as_str()
                .unwrap()
                .replace(&fleet.dev1, "777788889999");
            let params = json!({ "destinationName": "kinesisDest", "accessPolicy": policy });
            fleet.call(&fleet.logging, "logs", "PutDestinationPolicy", &params);
        },
        "destination-policy",
        "does not name account 111122223333",
        "catchment apply --logging",
    ),
    (
        "role without permission",
        |fleet| {
            let params = json!({ "RoleName": "cwrole", "PolicyName": "catchment-delivery" });
            fleet.call(&fleet.logging, "iam", "DeleteRolePolicy", &params);
        },
        "role",
        "may not use kinesis:PutRecord",
        "catchment apply --logging",
    ),
    (
        "trust without the member",
        |fleet| {
            let role = fleet.call(
                &fleet.logging,
                "iam",
                "GetRole",
                &json!({ "RoleName": "cwrole" }),
            );
            let trust = role["Role"]["AssumeRolePolicyDocument"]
                .to_string()
                .replace(&fleet.dev1, "777788889999");
            let params = json!({ "RoleName": "cwrole", "PolicyDocument": trust });
            fleet.call(&fleet.logging, "iam", "UpdateAssumeRolePolicy", &params);
        },
        "trust",
        "account 111122223333",
        "catchment apply --logging",
    ),
    (
        "stream gone",
        |fleet| {
            fleet.call(
                &fleet.logging,
                "kinesis",
                "DeleteStream",
                &json!({ "StreamName": "Demo_Kinesis_Stream" }),
            );
        },
        "stream",
        "does not exist",
        "catchment apply --logging",
    ),
    (
        "stream full",
        |fleet| fleet.emulator.rules(&json!({ "stream_full": true })),
        "stream",
        "the stream is full",
        "mode = \"on-demand\"",
    ),
];

#[test]
fn each_fault_up_to_the_stream_is_found_at_its_hop_and_the_command_mends_it() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    for (name, plant, hop, why, hint) in UP_TO_THE_STREAM {
        plant(&fleet);
        let verification = fleet.json(1, "verify --wait 3");
        let path = flow_logs(&verification);
        assert_fault(name, path, hop, why, hint);
        assert_eq!(log_streams(&fleet), Vec::<String>::new(), "{name}");
        emulator.rules(&json!({ "stream_full": false }));
        fleet.expect(0, "apply --yes");
        fleet.expect(0, "verify");
    }
}

#[track_caller]
fn assert_fault(name: &str, path: &Value, hop: &str, why: &str, hint: &str) {
    let fault = &path["fault"];
    assert_eq!(
        (&path["state"], &fault["hop"]),
        (&json!("failed"), &json!(hop)),
        "{name}: {path:#}"
    );
    let text = |key: &str| fault[key].as_str().unwrap().to_owned();
    assert!(text("why").contains(why), "{name}: {path:#}");
    assert!(text("hint").contains(hint), "{name}: {path:#}");
}

#[test]
fn each_fault_behind_the_stream_is_found_at_its_hop() {
    let emulator = emulator();
    let fleet = fleet(&emulator);
    let line = "verify --destination --wait 3 --member dev1";

    let wrong = fleet.json(1, &format!("{line} --bucket others"));
    assert_fault(
        "wrong bucket",
        flow_logs(&wrong),
        "bucket",
        "to bucket logs, not to others",
        "sam deploy",
    );

    // ministack plays a transformer that fails as one without an answer: the keys of its objects cannot be made
    delete_firehose(&fleet);
    create_firehose_to(&fleet, BUCKET, "logs/!{partitionKeyFromLambda:account}/");
    let failing = fleet.json(1, line);
    assert_fault(
        "transformer failing",
        flow_logs(&failing),
        "transformer",
        "in the error output of Firehose stream to-s3: ",
        "catchment replay --profile logging --region us-west-2 --explain s3://logs/processing-failed/",
    );

    delete_firehose(&fleet);
    create_firehose(&fleet, "gone");
    let gone = fleet.json(1, line);
    assert_fault(
        "no bucket",
        flow_logs(&gone),
        "bucket",
        "bucket gone,",
        "sam deploy",
    );

    delete_firehose(&fleet);
    let stopped = fleet.json(1, line);
    assert_fault(
        "Firehose stopped",
        flow_logs(&stopped),
        "firehose",
        "no Firehose stream reads",
        "sam deploy",
    );
    assert_eq!(log_streams(&fleet), Vec::<String>::new());
}

fn delete_firehose(fleet: &Fleet<'_>) {
    let params = json!({ "DeliveryStreamName": "to-s3" });
    fleet.call(&fleet.logging, "firehose", "DeleteDeliveryStream", &params);
}
