//! What account-level policies change about what is proposed.

use super::organization::{added, fleet_with, three};
use super::*;
use crate::provision::resource::AccountPolicy;

const OURS: &str = "arn:aws:logs:us-west-2:999988887777:destination:d";
const THEIRS: &str = "arn:aws:lambda:us-west-2:111122223333:function:f";

fn policy(name: &str, destination: &str, selection: &str) -> State<AccountPolicy> {
    let document = format!(r#"{{"DestinationArn":"{destination}"}}"#);
    State::Present(AccountPolicy::parse(name, &document, Some(selection)).unwrap())
}

/// What is discovered in member dev1 if this stands in its table: a log group of the fleet file, one that could be added, and one that
/// takes no filters.
fn discovered(line: &str, policy: &State<AccountPolicy>) -> Discovery {
    let text = FLEET.replacen("cloudtrail = [", &format!("{line}\ncloudtrail = ["), 1);
    let fleet = Fleet::parse(&text).unwrap();
    let mut archive = found("archive", Source::CloudTrail);
    archive.class = "INFREQUENT_ACCESS".to_owned();
    let seen = Searched {
        log_groups: 9,
        policy: policy.clone(),
        found: vec![
            found("one", Source::CloudTrail),
            found("new", Source::CloudTrail),
            archive,
        ],
    };
    let account = accounts(&fleet, &["dev1".parse().unwrap()]).remove(0);
    let regions = account.regions.keys();
    let regions = regions.map(|region| (region.clone(), State::Present(seen.clone())));
    let searched = account.with_regions(regions.collect());
    Discovery::of(&fleet, vec![searched], None)
}

/// What becomes of the one that could be added.
fn of_new(line: &str, policy: &State<AccountPolicy>) -> String {
    let discovery = discovered(line, policy);
    let is_proposed = !discovery.proposals.is_empty();
    match verdicts(&discovery).as_slice() {
        [(_, Verdict::Listed), (_, new), (_, Verdict::Refused(_))] => {
            assert_eq!(is_proposed, **new == Verdict::Proposed);
            match new {
                Verdict::Refused(why) => why.clone(),
                other => format!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_member_that_is_subscribed_as_a_whole_gets_no_lines() {
    let line = "subscribe = \"account\"";
    let ours = policy("catchment-d", OURS, "");
    let refused = State::Unknown("refused".to_owned());
    for policy in [State::Absent, ours, refused] {
        assert_eq!(of_new(line, &policy), "Covered", "{policy:?}");
    }
    // AWS takes one: ours cannot be put beside it
    assert_eq!(of_new(line, &policy("theirs", THEIRS, "")), "Proposed");
    let full = SubscriptionFilter {
        name: "theirs".parse().unwrap(),
        pattern: FilterPattern::default(),
        destination: THEIRS.parse().unwrap(),
        distribution: Distribution::ByLogStream,
        role: None,
        system_fields: Default::default(),
    };
    let text = FLEET.replacen("cloudtrail = [", &format!("{line}\ncloudtrail = ["), 1);
    let mut new = found("new", Source::CloudTrail);
    new.filters = vec![full; FILTERS_MAX];
    let searched = searched(&member("dev1"), &[("us-west-2", &[new])]);
    let discovery = Discovery::of(&Fleet::parse(&text).unwrap(), vec![searched], None);
    assert_eq!(verdicts(&discovery)[0].1, &Verdict::Covered);
}

#[test]
fn what_a_policy_delivers_to_us_is_not_proposed() {
    let ours = policy("catchment-d", OURS, "");
    insta::assert_snapshot!(of_new("", &ours), @"account-level policy catchment-d delivers it already; set subscribe for its account in the fleet file");
    // then `apply` puts filters, and removes the policy
    assert_eq!(of_new("subscribe = \"log-groups\"", &ours), "Proposed");
    let but_new = policy("catchment-d", OURS, "LogGroupName NOT IN [\"new\"]");
    assert_eq!(of_new("", &but_new), "Proposed");

    let by_hand = policy("by-hand", OURS, "");
    insta::assert_snapshot!(of_new("", &by_hand), @"account-level policy by-hand, which is not of this fleet, delivers it here already");
    for line in ["subscribe = \"account\"", "subscribe = \"log-groups\""] {
        assert_eq!(of_new(line, &by_hand), of_new("", &by_hand));
    }
    // what it leaves out may be anything
    let unread = policy("by-hand", OURS, "LogGroupName IN [\"new\"]");
    assert_eq!(of_new("", &unread), of_new("", &by_hand));
}

#[test]
fn a_policy_of_others_is_shown_with_the_log_groups_that_it_delivers() {
    let shown = |policy: &State<AccountPolicy>| {
        let discovery = discovered("", policy);
        assert_eq!(of_new("", policy), "Proposed");
        let read = match discovery.accounts[0].regions.values().next() {
            Some(SearchedState::Read(read)) => read.clone(),
            other => panic!("{other:?}"),
        };
        let is_foreign = match read.account_policy {
            Some(PolicyState::Read(policy)) => Some(policy.is_foreign),
            Some(PolicyState::Unknown { .. }) | None => None,
        };
        let delivered = read.found.iter().map(|one| one.by_account_policy);
        (is_foreign, delivered.collect::<Vec<_>>())
    };
    let but_new = policy("theirs", THEIRS, "LogGroupName NOT IN [\"new\"]");
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(shown(&but_new), (yes, vec![yes, no, no]));
    let unread = policy("theirs", THEIRS, "LogGroupName IN [\"new\"]");
    assert_eq!(shown(&unread), (yes, vec![None, None, no]));
    let redirected = policy("catchment-d", THEIRS, "");
    assert_eq!(shown(&redirected), (yes, vec![yes, yes, no]));
    let refused = State::Unknown("refused".to_owned());
    assert_eq!(shown(&refused), (None, vec![None, None, no]));
    assert_eq!(shown(&State::Absent), (None, vec![no, no, no]));
}

#[test]
fn an_account_that_is_to_be_subscribed_as_a_whole_becomes_a_member_without_lists() {
    let groups = [
        found("trail", Source::CloudTrail),
        found("flow", Source::VpcFlowLogs),
    ];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &groups), ("eu-west-1", &groups[..1])];
    let one = &three()[..1];
    let table = |line: &str| {
        let (text, _) = fleet_with(&format!("subscribe = \"account\"\n{line}"));
        added(&text, one, seen)
    };
    insta::assert_snapshot!(table(""), @r#"

    [[members]]
    name = "payments-prod"
    account = "222200000001"
    "#);
    // what all members list has a filter of its own
    assert_eq!(table("cloudtrail = [\"trail\"]\n"), table(""));
    insta::assert_snapshot!(table("vpc_flow_logs = [\"flow\"]\n"), @r#"

    [[members]]
    name = "payments-prod"
    account = "222200000001"
    vpc_flow_logs = [{ name = "flow", regions = ["us-west-2"] }]
    "#);
}
