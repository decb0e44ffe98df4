//! Account-level policies as they are shown.

use std::collections::BTreeMap;

use super::text;
use crate::provision::discovery::{self, Account, Discovery, Found, Searched, of_stream};
use crate::provision::fleet::Fleet;
use crate::provision::name::AccountId;
use crate::provision::observed::State;
use crate::provision::resource::AccountPolicy;

/// So many members, each with this line in its table.
fn fleet(members: usize, line: &str) -> Fleet {
    let mut text = "[logging]\naccount = \"999988887777\"\nregions = [\"us-west-2\"]\ndestination = \"d\"\nrole = \"r\"\nstream = { name = \"s\", shards = 1 }\n".to_owned();
    for number in 0..members {
        let member = format!(
            "[[members]]\nname = \"dev{number}\"\naccount = \"11112222000{number}\"\nother = [\"x\"]\n{line}\n"
        );
        text.push_str(&member);
    }
    Fleet::parse(&text).unwrap()
}

/// A policy with this pattern.
fn policy(name: &str, destination: &str, pattern: &str, selection: &str) -> State<AccountPolicy> {
    let document =
        serde_json::json!({ "DestinationArn": destination, "FilterPattern": pattern }).to_string();
    State::Present(AccountPolicy::parse(name, &document, Some(selection)).unwrap())
}

/// What is shown if so many members have two log groups of flow logs and these policies.
fn shown(
    policies: impl Fn(&AccountId) -> State<AccountPolicy>,
    members: usize,
    line: &str,
) -> String {
    let fleet = fleet(members, line);
    let found = |name: &str| Found {
        log_group: name.parse().unwrap(),
        class: "STANDARD".to_owned(),
        told: of_stream("eni-0a1b2c3d4e5f60718-all").unwrap(),
        filters: Vec::new(),
    };
    let searched = |account: Account<()>| {
        let searched = Searched {
            log_groups: 2,
            policy: policies(&account.account),
            found: vec![found("a"), found("b")],
        };
        let regions = account.regions.keys().cloned();
        let regions: BTreeMap<_, _> = regions
            .map(|region| (region, State::Present(searched.clone())))
            .collect();
        account.with_regions(regions)
    };
    let accounts = discovery::accounts(&fleet, &[]);
    let discovery = Discovery::of(&fleet, accounts.into_iter().map(searched).collect(), None);
    text(&discovery, false)
}

const LAMBDA: &str = "arn:aws:lambda:us-west-2:111122220000:function:f";

#[test]
fn a_policy_is_shown_with_what_it_delivers() {
    let policies = [
        policy("theirs", LAMBDA, "ERROR", "LogGroupName NOT IN [\"b\"]"),
        policy("theirs", LAMBDA, "", "LogGroupName IN [\"b\"]"),
        policy(
            "catchment-d",
            "arn:aws:logs:us-west-2:999988887777:destination:d",
            "",
            "",
        ),
        State::Unknown("logs:DescribeAccountPolicies was refused".to_owned()),
    ];
    let of = |account: &AccountId| {
        let number = account.as_str().bytes().last().unwrap() - b'0';
        policies[usize::from(number)].clone()
    };
    insta::assert_snapshot!(shown(of, policies.len(), ""));
}

#[test]
fn many_accounts_with_the_same_policy_are_shown_as_one() {
    let of = |account: &AccountId| {
        let destination = LAMBDA.replace("111122220000", account.as_str());
        policy("theirs", &destination, "", "")
    };
    insta::assert_snapshot!(shown(of, 7, ""));
}

#[test]
fn a_member_that_is_subscribed_as_a_whole_has_nothing_to_add() {
    let shown = shown(|_| State::Absent, 1, "subscribe = \"account\"");
    insta::assert_snapshot!(shown, @"
    member dev0 111122220000, us-west-2: 2 of 2 log groups
        a
          vpc-flow-logs, by its latest log stream; no subscription filter
          the fleet file subscribes the whole account
        b
          vpc-flow-logs, by its latest log stream; no subscription filter
          the fleet file subscribes the whole account

    Log groups: 0 to add, 0 in the fleet file, 2 by account-level policy.
    ");
}
