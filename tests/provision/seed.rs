//! The basic case: created from nothing, compared with what the AWS CLI shows, applied again without effect, destroyed.

use serde_json::{Value, json};

use crate::fleet::{Fleet, REGION};
use crate::support::emulator::Emulator;

#[test]
fn create_reapply_and_destroy() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    // foreign resources, whose names begin with the names of ours
    fleet.put_filter(&fleet.dev1, "CloudTrail/member_account_1", "to-splunk");
    let foreign = json!({
        "destinationName": "kinesisDest2",
        "targetArn": "arn:aws:kinesis:us-west-2:999988887777:stream/other", "roleArn": "arn:aws:iam::999988887777:role/other",
    });
    fleet.call(&fleet.logging, "logs", "PutDestination", &foreign);
    let stream = json!({ "StreamName": "Demo_Kinesis_Stream_2", "ShardCount": 1 });
    fleet.call(&fleet.logging, "kinesis", "CreateStream", &stream);

    fleet.expect(3, "plan --exit-code");
    fleet.expect(0, "plan");
    assert!(fleet.writes().is_empty(), "plan changes nothing");
    let plan = fleet.json(0, "plan");
    let changes: Vec<_> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["action"])
        .collect();
    assert_eq!(
        changes,
        [
            "create-role",
            "put-role-policy",
            "create-stream",
            "raise-retention",
            "put-destination",
            "put-destination-policy",
            "tag-destination",
            "put-filter",
            "put-filter",
            "put-filter",
        ]
    );

    fleet.expect(0, "apply --yes");
    assert_created(&emulator, &fleet);
    let writes = fleet.writes();
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "status");
    fleet.expect(0, "apply --yes");
    assert_eq!(
        fleet.writes().len(),
        writes.len(),
        "nothing is written if everything is in sync"
    );

    fleet.expect(0, "destroy --yes");
    assert_eq!(
        names(&fleet.destinations(), "destinationName"),
        ["kinesisDest2"]
    );
    assert_eq!(
        names(
            &fleet.filters(&fleet.dev1, "CloudTrail/member_account_1"),
            "filterName"
        ),
        ["to-splunk"]
    );
    assert!(
        fleet
            .filters(&fleet.dev1, "cwl_vpc_fl_member_account_1")
            .is_empty()
    );
    let roles = fleet.call(&fleet.logging, "iam", "ListRoles", &json!({}));
    assert_eq!(roles["Roles"], json!([]));
    assert_eq!(
        streams(&fleet),
        ["Demo_Kinesis_Stream", "Demo_Kinesis_Stream_2"],
        "the stream may hold unread data"
    );
    fleet.expect(0, "destroy --yes --delete-stream");
    assert_eq!(streams(&fleet), ["Demo_Kinesis_Stream_2"]);
    let again = fleet.json(0, "destroy --yes --delete-stream");
    assert_eq!(again["plan"]["changes"], json!([]));
}

/// Checks with the AWS CLI what was created.
fn assert_created(emulator: &Emulator, fleet: &Fleet<'_>) {
    let aws = |profile: &str, line: &str| {
        let line = format!("{line} --region {REGION}");
        emulator.aws(profile, &line.split_whitespace().collect::<Vec<_>>())
    };
    let stream = aws(
        "logging",
        "kinesis describe-stream-summary --stream-name Demo_Kinesis_Stream",
    );
    let stream = &stream["StreamDescriptionSummary"];
    assert_eq!(stream["OpenShardCount"], 4);
    assert_eq!(stream["RetentionPeriodHours"], 168);
    assert_eq!(stream["StreamStatus"], "ACTIVE");

    let role = aws("logging", "iam get-role --role-name cwrole");
    let trust = &role["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        trust["Principal"],
        json!({ "Service": "logs.amazonaws.com" })
    );
    let mut sources: Vec<_> = trust["Condition"]["StringLike"]["aws:SourceArn"]
        .as_array()
        .unwrap()
        .clone();
    sources.sort_by_key(ToString::to_string);
    assert_eq!(
        sources,
        [
            "arn:aws:logs:us-west-2:111122223333:*",
            "arn:aws:logs:us-west-2:444455556666:*",
            "arn:aws:logs:us-west-2:999988887777:*",
        ]
    );
    let policies = aws("logging", "iam list-role-policies --role-name cwrole");
    let name = policies["PolicyNames"][0].as_str().unwrap();
    let policy = aws(
        "logging",
        &format!("iam get-role-policy --role-name cwrole --policy-name {name}"),
    );
    let allowed = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!(allowed["Action"], "kinesis:PutRecord");
    assert_eq!(
        allowed["Resource"],
        json!(["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"])
    );

    let found = aws("logging", "logs describe-destinations");
    let destination = &found["destinations"][0];
    assert_eq!(destination["arn"], fleet.destination_arn());
    assert_eq!(
        destination["targetArn"],
        "arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"
    );
    assert_eq!(
        destination["roleArn"],
        "arn:aws:iam::999988887777:role/cwrole"
    );
    let policy: Value =
        serde_json::from_str(destination["accessPolicy"].as_str().unwrap()).unwrap();
    assert_eq!(
        policy["Statement"][0]["Action"],
        "logs:PutSubscriptionFilter"
    );
    assert_eq!(
        policy["Statement"][0]["Principal"]["AWS"],
        json!(["111122223333", "444455556666"])
    );

    for (profile, group, distribution) in [
        ("dev1", "cwl_vpc_fl_member_account_1", "ByLogStream"),
        ("dev1", "CloudTrail/member_account_1", "Random"),
        ("dev2", "CloudTrail/member_account_2", "Random"),
    ] {
        let found = aws(
            profile,
            &format!("logs describe-subscription-filters --log-group-name {group}"),
        );
        let ours = &found["subscriptionFilters"][0];
        assert_eq!(ours["filterName"], "catchment-kinesisDest");
        assert_eq!(ours["filterPattern"], "");
        assert_eq!(ours["destinationArn"], fleet.destination_arn());
        assert_eq!(ours["distribution"], distribution, "{group}");
    }
}

fn streams(fleet: &Fleet<'_>) -> Vec<String> {
    let answer = fleet.call(&fleet.logging, "kinesis", "ListStreams", &json!({}));
    serde_json::from_value(answer["StreamNames"].clone()).unwrap()
}

fn names<'a>(resources: &'a [Value], key: &str) -> Vec<&'a str> {
    resources
        .iter()
        .map(|resource| resource[key].as_str().unwrap())
        .collect()
}
