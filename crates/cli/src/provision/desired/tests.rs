//! What fleets ask for, and those that are too large to set up.

mod parts;

use super::error::TRUST_POLICY_CHARACTERS_MAX;
use super::*;
use crate::provision::fleet::{self, Fleet};
use crate::provision::policy::List;
use crate::provision::resource::SubscriptionFilter;

const SEED: &str = fleet::TEMPLATE;

/// A fleet with this many members, and one more line under `[logging]`.
fn fleet(accounts: usize, more: &str) -> Fleet {
    let head = SEED
        .split("[[members]]")
        .next()
        .unwrap()
        .replace("\n# The AWS organization", &format!("\n{more}\n#"));
    let member = |n: usize| format!("[[members]]\naccount = \"{n:012}\"\ncloudtrail = [\"t\"]\n");
    Fleet::parse(&format!(
        "{head}{}",
        (1..=accounts).map(member).collect::<String>()
    ))
    .unwrap()
}

#[test]
fn the_seed_fleet_is_what_awss_guide_sets_up() {
    let desired = Desired::of_fleet(&Fleet::parse(SEED).unwrap()).unwrap();
    let logging = desired.logging.unwrap();
    insta::assert_snapshot!(logging.role.trust.to_pretty_json(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "CatchmentDelivery",
          "Effect": "Allow",
          "Principal": {
            "Service": "logs.amazonaws.com"
          },
          "Action": "sts:AssumeRole",
          "Condition": {
            "StringLike": {
              "aws:SourceArn": [
                "arn:aws:logs:us-west-2:111122223333:*",
                "arn:aws:logs:us-west-2:999988887777:*"
              ]
            }
          }
        }
      ]
    }
    "#);
    insta::assert_snapshot!(logging.role.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"]}]}"#);
    let (region, place) = logging.regions.first_key_value().unwrap();
    assert_eq!(region.as_str(), "us-west-2");
    assert_eq!(
        place.destination.ends.target.as_str(),
        "arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"
    );
    insta::assert_snapshot!(place.destination.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentSubscribe","Effect":"Allow","Principal":{"AWS":["111122223333","999988887777"]},"Action":"logs:PutSubscriptionFilter","Resource":"arn:aws:logs:us-west-2:999988887777:destination:kinesisDest"}]}"#);
    let dev1 = &desired.members["dev1".parse::<MemberName>().as_ref().unwrap()].regions[region];
    let shown: Vec<_> = dev1
        .by_name
        .iter()
        .map(
            |(
                group,
                SubscriptionFilter {
                    name,
                    pattern,
                    destination,
                    distribution,
                    system_fields,
                    role,
                },
            )| {
                format!(
                    "{group}: {name} {:?} {destination} {distribution} {system_fields:?} {role:?}",
                    pattern.as_str()
                )
            },
        )
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    CloudTrail/member_account_1: catchment-kinesisDest "" arn:aws:logs:us-west-2:999988887777:destination:kinesisDest Random {} None
    cwl_vpc_fl_member_account_1: catchment-kinesisDest "" arn:aws:logs:us-west-2:999988887777:destination:kinesisDest ByLogStream {} None
    "#);
}

#[test]
fn a_fleet_too_large_for_the_destination_policy_says_so() {
    let error = Desired::of_fleet(&fleet(400, "organization = \"o-a1b2c3d4e5\"")).unwrap_err();
    insta::assert_snapshot!(error, @"the policy of logs::Destination kinesisDest is 6217 bytes long for 400 members; AWS takes 5120");
    let hint = error.hint().unwrap();
    assert!(hint.contains("access = \"organization\""), "{hint}");
}

/// A longer name makes the policy longer, a byte for each character.
#[test]
fn a_destination_policy_may_be_as_long_as_aws_takes_and_no_longer() {
    let fleet = |name: usize| {
        let mut fleet = fleet(300, "organization = \"o-a1b2c3d4e5\"");
        fleet.logging.destination = "d".repeat(name).parse().unwrap();
        Desired::of_fleet(&fleet)
    };
    let length = |fleet: Result<Desired, DesiredError>| {
        let logging = fleet.unwrap().logging.unwrap();
        let place = logging.regions.into_values().next().unwrap();
        place.destination.policy.to_json().len()
    };
    let longest = 1 + DESTINATION_POLICY_BYTES_MAX - length(fleet(1));
    assert_eq!(length(fleet(longest)), DESTINATION_POLICY_BYTES_MAX);
    assert!(matches!(
        fleet(longest + 1),
        Err(DesiredError::DestinationPolicyTooLong { .. })
    ));
}

/// A longer Region makes the policy longer, a character for each.
#[test]
fn a_trust_policy_may_be_as_long_as_aws_takes_and_no_longer() {
    let fleet = |length: usize| {
        let mut fleet = fleet(40, "");
        let region = format!("us-{}-1", "w".repeat(length)).parse().unwrap();
        let member = fleet.members.values_mut().next().unwrap();
        member.regions = [region].into_iter().collect();
        Desired::of_fleet(&fleet)
    };
    let length = |fleet: Result<Desired, DesiredError>| {
        let logging = fleet.unwrap().logging.unwrap();
        logging.role.trust.to_json().chars().count()
    };
    let longest = 1 + TRUST_POLICY_CHARACTERS_MAX - length(fleet(1));
    assert_eq!(length(fleet(longest)), TRUST_POLICY_CHARACTERS_MAX);
    let longer = fleet(longest + 1).unwrap().logging.unwrap().role.trust;
    let all = List::SOURCES.of(&longer);
    assert!(all.iter().eq(["arn:aws:logs:us-west-2:*:*"]), "{all:?}");
}

#[test]
fn a_scope_keeps_only_its_part() {
    let all = Desired::of_fleet(&Fleet::parse(SEED).unwrap()).unwrap();
    let dev1: MemberName = "dev1".parse().unwrap();
    let only = |logging, members: &[&MemberName]| {
        all.clone().only(&Scope {
            logging,
            members: members.iter().map(|name| (*name).clone()).collect(),
        })
    };
    assert_eq!(only(false, &[]).unwrap(), all);
    let logging_alone = only(true, &[]).unwrap();
    assert!(logging_alone.logging.is_some() && logging_alone.members.is_empty());
    let member_alone = only(false, &[&dev1]).unwrap();
    assert!(member_alone.logging.is_none() && member_alone.members.keys().eq([&dev1]));
    let error = only(false, &[&"dev9".parse().unwrap()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no member is called `dev9`; there are dev1, logging"
    );
    assert_eq!(error.hint(), None);
}

#[test]
fn a_customer_key_needs_its_permission() {
    let text = fleet::TEMPLATE.replace(
        "retention_hours = 168",
        "encryption = \"arn:aws:kms:us-west-2:999988887777:key/k\"\nretention_hours = 168",
    );
    let role = Desired::of_fleet(&Fleet::parse(&text).unwrap())
        .unwrap()
        .logging
        .unwrap()
        .role;
    insta::assert_snapshot!(role.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"]},{"Sid":"CatchmentDataKey","Effect":"Allow","Action":"kms:GenerateDataKey","Resource":["arn:aws:kms:us-west-2:999988887777:key/k"]}]}"#);
}

#[test]
fn more_accounts_than_a_trust_policy_takes_are_all_accounts() {
    let trust = |accounts, more: &str| {
        let desired = Desired::of_fleet(&fleet(accounts, more)).unwrap();
        desired.logging.unwrap().role.trust.to_json()
    };
    assert!(trust(40, "").contains("arn:aws:logs:us-west-2:000000000040:*"));
    insta::assert_snapshot!(trust(60, ""), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentDelivery","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"aws:SourceArn":["arn:aws:logs:us-west-2:*:*"]}}}]}"#);
    insta::assert_snapshot!(trust(300, "organization = \"o-a1b2c3d4e5\""), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentDelivery","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEqualsIfExists":{"aws:SourceOrgID":"o-a1b2c3d4e5"},"StringLike":{"aws:SourceArn":["arn:aws:logs:us-west-2:*:*"]}}}]}"#);
}

#[test]
fn an_organization_subscribes_with_a_role_in_each_member() {
    let more = "access = \"organization\"\norganization = \"o-a1b2c3d4e5\"";
    let desired = Desired::of_fleet(&fleet(1_000, more)).unwrap();
    let logging = desired.logging.unwrap();
    let (region, place) = logging.regions.first_key_value().unwrap();
    insta::assert_snapshot!(place.destination.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentSubscribe","Effect":"Allow","Principal":"*","Action":"logs:PutSubscriptionFilter","Resource":"arn:aws:logs:us-west-2:999988887777:destination:kinesisDest","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]}}}]}"#);
    let member = desired.members.into_values().next().unwrap();
    let role = member.role().unwrap();
    insta::assert_snapshot!(role.trust.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentFilters","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#);
    insta::assert_snapshot!(role.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentSend","Effect":"Allow","Action":"logs:PutLogEvents","Resource":["arn:aws:logs:us-west-2:000000000001:log-group:t:*"]}]}"#);
    let mut filters = member.regions[region].all();
    assert!(filters.all(|filter| filter.role.as_ref() == Some(&role.arn)));
}

#[test]
fn behind_a_region_is_its_own_stream_or_the_only_one() {
    let behind = |stream: &str, region: &str| {
        let text = SEED
            .replace(
                "[\"us-west-2\"]          #",
                "[\"us-west-2\", \"eu-west-1\"] #",
            )
            .replace(
                "retention_hours = 168 ",
                &format!("{stream}retention_hours = 168 "),
            );
        let logging = Desired::of_fleet(&Fleet::parse(&text).unwrap())
            .unwrap()
            .logging
            .unwrap();
        let found = logging.stream_behind(&region.parse().unwrap());
        found.map(|(region, place)| {
            assert!(place.has_stream);
            assert_eq!(place.stream.arn.region().as_ref(), Some(region));
            region.to_string()
        })
    };
    let only = "region = \"us-west-2\"\n";
    for (stream, region, expected) in [
        ("", "us-west-2", Some("us-west-2")),
        ("", "eu-west-1", Some("eu-west-1")),
        (only, "us-west-2", Some("us-west-2")),
        (only, "eu-west-1", Some("us-west-2")),
        (only, "eu-central-1", None),
    ] {
        assert_eq!(
            behind(stream, region).as_deref(),
            expected,
            "{stream}{region}"
        );
    }
}
