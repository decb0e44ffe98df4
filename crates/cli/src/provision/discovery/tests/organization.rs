//! What is proposed for the accounts of an organization.

use super::*;

const DEFAULTS: &str = r#"
[defaults]
assume_role = "arn:{partition}:iam::{account}:role/Catchment"
profile = "logging"
"#;

fn listed(number: u64, name: &str, state: &str) -> Listed {
    Listed {
        account: format!("{number:012}").parse().unwrap(),
        name: name.to_owned(),
        state: state.to_owned(),
    }
}

/// Three accounts that are active, in which nobody is a member yet.
pub(super) fn three() -> Vec<Listed> {
    vec![
        listed(222_200_000_001, "Payments (Prod)", "ACTIVE"),
        listed(222_200_000_002, "payments.prod", "ACTIVE"),
        listed(222_200_000_003, "Payments - Prod", "ACTIVE"),
    ]
}

pub(super) fn fleet_with(defaults: &str) -> (String, Fleet) {
    let text = format!("{FLEET}{DEFAULTS}{defaults}");
    let fleet = Fleet::parse(&text).unwrap();
    (text, fleet)
}

/// What is found in accounts that all have this, by Region.
fn search(fleet: &Fleet, all: &[Listed], seen: &[(&str, &[Found])]) -> Discovery {
    let selected = all.iter().map(|one| one.account.clone()).collect();
    let home = "us-west-2".parse().unwrap();
    let accounts = accounts_of_organization(fleet, &home, all, &selected).unwrap();
    let searched = accounts.into_iter().map(|one| searched(&one, seen));
    let organization = Organization::of(fleet, all, &selected);
    Discovery::of(fleet, searched.collect(), Some(organization))
}

/// The members that the proposals add. The file with them has no others proposed.
pub(super) fn added(text: &str, all: &[Listed], seen: &[(&str, &[Found])]) -> String {
    let proposals = search(&Fleet::parse(text).unwrap(), all, seen).proposals;
    let merged = merged(text, &proposals).unwrap();
    let again = search(&Fleet::parse(&merged).unwrap(), all, seen);
    assert_eq!(again.proposals, [], "{merged}");
    members(&merged)
}

/// What stands behind the members of the file at the beginning.
fn members(text: &str) -> String {
    let rest = text.split_once("[\"flow\"]\n").unwrap().1;
    rest.split_once("\n# the end").unwrap().0.to_owned()
}

#[test]
fn accounts_that_are_alike_become_one_table_with_a_name_for_each() {
    let (text, _) = fleet_with("");
    let west = [
        found("aws-controltower/CloudTrailLogs", Source::CloudTrail),
        found("/aws/vpc/vpc-0a1b", Source::VpcFlowLogs),
    ];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &west), ("eu-west-1", &west[1..])];
    insta::assert_snapshot!(added(&text, &three(), seen), @r#"

    [[members]]
    cloudtrail = [{ name = "aws-controltower/CloudTrailLogs", regions = ["us-west-2"] }]
    vpc_flow_logs = ["/aws/vpc/vpc-*"]

    [members.accounts]
    payments-prod = "222200000001"
    "payments.prod" = "222200000002"
    payments-prod-2 = "222200000003"
    "#);
}

#[test]
fn what_all_members_have_is_not_listed_again() {
    let (text, _) = fleet_with("vpc_flow_logs = [\"/aws/vpc/*\"]\ncloudtrail = [\"trail\"]\n");
    let groups = [
        found("trail", Source::CloudTrail),
        found("/aws/vpc/vpc-0a1b", Source::VpcFlowLogs),
        found("findings", Source::GuardDuty),
    ];
    let with = |groups: &[Found]| {
        added(
            &text,
            &three()[..1],
            &[("us-west-2", groups), ("eu-west-1", groups)],
        )
    };
    insta::assert_snapshot!(with(&groups[..2]), @r#"

    [[members]]
    name = "payments-prod"
    account = "222200000001"
    "#);
    insta::assert_snapshot!(with(&groups), @r#"

    [[members]]
    name = "payments-prod"
    account = "222200000001"
    guardduty = ["findings"]
    "#);
    // what the account lacks is taken out of its list, so that no plan misses it
    insta::assert_snapshot!(with(&groups[1..]), @r#"

    [[members]]
    name = "payments-prod"
    account = "222200000001"
    cloudtrail = []
    guardduty = ["findings"]
    "#);
}

#[test]
fn a_new_account_joins_the_table_that_says_the_same() {
    let (text, _) = fleet_with("");
    let groups = [found("trail", Source::CloudTrail)];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &groups), ("eu-west-1", &groups)];
    let proposals = search(&Fleet::parse(&text).unwrap(), &three()[..2], seen).proposals;
    let text = merged(&text, &proposals).unwrap();
    let all = three();
    let fleet = Fleet::parse(&text).unwrap();
    let more = search(&fleet, &all, seen).proposals;
    assert_eq!(more.len(), 1);
    let merged = merged(&text, &more).unwrap();
    let expected = format!("{}payments-prod-2 = \"222200000003\"\n", members(&text));
    assert_eq!(members(&merged), expected);
}

#[test]
fn a_member_that_shares_its_table_gets_one_of_its_own_if_it_has_more() {
    let (text, _) = fleet_with("");
    let more = r#"
[[members]]
accounts = ["222200000001", "222200000002"]
cloudtrail = ["trail"]
"#;
    let text = text.replace("\n# the end", &format!("{more}\n# the end"));
    let groups = [
        found("trail", Source::CloudTrail),
        found("findings", Source::GuardDuty),
    ];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &groups), ("eu-west-1", &groups)];
    let proposals = search(&Fleet::parse(&text).unwrap(), &three()[..1], seen).proposals;
    let apart = merged(&text, &proposals).unwrap();
    insta::assert_snapshot!(members(&apart), @r#"

    [[members]]
    accounts = ["222200000002"]
    cloudtrail = ["trail"]

    [[members]]
    accounts = ["222200000001"]
    cloudtrail = ["trail"]
    guardduty = ["findings"]
    "#);
    // both have it: the table says so
    let proposals = search(&Fleet::parse(&text).unwrap(), &three()[..2], seen).proposals;
    let together = merged(&text, &proposals).unwrap();
    let expected = format!("{}guardduty = [\"findings\"]\n", members(&text));
    assert_eq!(members(&together), expected);
}

#[test]
fn a_pattern_stands_for_flow_logs_of_vpcs_only_if_all_of_them_can_be_subscribed() {
    let (text, _) = fleet_with("");
    let mut old = found("/aws/vpc/vpc-0a1c", Source::VpcFlowLogs);
    old.class = "INFREQUENT_ACCESS".to_owned();
    let groups = [found("/aws/vpc/vpc-0a1b", Source::VpcFlowLogs), old];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &groups), ("eu-west-1", &groups)];
    assert!(
        added(&text, &three()[..1], seen).ends_with("vpc_flow_logs = [\"/aws/vpc/vpc-0a1b\"]\n")
    );
}

#[test]
fn accounts_that_are_not_active_are_left_out_and_members_that_are_gone_are_named() {
    let (_, fleet) = fleet_with("");
    let mut all = three();
    all.push(listed(222_200_000_004, "Old", "SUSPENDED"));
    all.push(listed(999_988_887_777, "Log Archive", "ACTIVE"));
    all.push(listed(111_122_223_333, "dev1", "PENDING_CLOSURE"));
    let discovery = search(&fleet, &all, &[("us-west-2", &[]), ("eu-west-1", &[])]);
    assert_eq!(discovery.accounts.len(), 3);
    insta::assert_json_snapshot!(discovery.organization, @r#"
    {
      "accounts": 6,
      "not_selected": 0,
      "left_out": [
        {
          "account": "222200000004",
          "name": "Old",
          "why": "its state is SUSPENDED"
        },
        {
          "account": "999988887777",
          "name": "Log Archive",
          "why": "it is the logging account"
        },
        {
          "account": "111122223333",
          "name": "dev1",
          "why": "its state is PENDING_CLOSURE"
        }
      ],
      "gone": [
        {
          "member": "both",
          "account": "444455556666",
          "why": "it is not in the organization"
        },
        {
          "member": "dev1",
          "account": "111122223333",
          "why": "its state is PENDING_CLOSURE"
        }
      ]
    }
    "#);
    assert_eq!(discovery.proposals, []);
}
