//! What is proposed for the fleet file, and how it gets there.

mod account_policy;
mod organization;

use super::judge::FILTERS_MAX;
use super::*;
use crate::provision::fleet::TEMPLATE;
use crate::provision::observed::State;
use crate::provision::resource::{Distribution, FilterPattern};

const FLEET: &str = r#"# my fleet
[logging]
profile = "logging"
account = "999988887777"
regions = ["us-west-2", "eu-west-1"]
destination = "d"
role = "r"
stream = { name = "s", shards = 1 }

[[members]]
profile = "dev1"                # the first
account = "111122223333"
regions = ["us-west-2"]
cloudtrail = [
    "one",                      # a comment
    # another
    "two",                      # the last
]

[[members]]
name = "both"
account = "444455556666"
vpc_flow_logs = ["flow"]

# the end
"#;

fn fleet() -> Fleet {
    Fleet::parse(FLEET).unwrap()
}

fn found(log_group: &str, source: Source) -> Found {
    Found {
        log_group: log_group.parse().unwrap(),
        class: STANDARD.to_owned(),
        told: By::LogStream.told(source),
        filters: Vec::new(),
    }
}

fn searched(account: &Account<()>, seen: &[(&str, &[Found])]) -> Account<State<Searched>> {
    let of = |region: &Region| match seen.iter().find(|(name, _)| *name == region.as_str()) {
        Some((_, found)) => State::Present(Searched {
            log_groups: found.len(),
            policy: State::Absent,
            found: found.to_vec(),
        }),
        None => State::Unknown("no answer".to_owned()),
    };
    let regions = account.regions.keys();
    account.with_regions(regions.map(|region| (region.clone(), of(region))).collect())
}

fn member(name: &str) -> Account<()> {
    accounts(&fleet(), &[name.parse().unwrap()]).remove(0)
}

fn of_profile(profile: &str, account: &str) -> Vec<Account<()>> {
    let login = Login {
        profile: Some(profile.parse().unwrap()),
        role: None,
        account: account.parse().unwrap(),
    };
    accounts_of(&fleet(), &login)
}

fn verdicts(discovery: &Discovery) -> Vec<(String, &Verdict)> {
    let regions = discovery.accounts.iter().flat_map(|one| &one.regions);
    regions
        .filter_map(|(_, state)| match state {
            SearchedState::Read(read) => Some(&read.found),
            SearchedState::Unknown { .. } => None,
        })
        .flatten()
        .map(|one| (one.found.log_group.to_string(), &one.verdict))
        .collect()
}

#[test]
fn a_log_group_is_looked_at_only_if_its_name_leaves_it_open() {
    let (fleet, account) = (fleet(), member("dev1"));
    let logging = Account {
        member: None,
        account: fleet.logging.account.clone(),
        ..member("dev1")
    };
    let lead = |account: &Account<()>, group: &str| lead(&fleet, account, &group.parse().unwrap());
    let by_name = |source| Lead::Known(By::LogGroup.told(source));
    assert_eq!(
        lead(&account, "one"),
        Lead::Known(By::FleetFile.told(Source::CloudTrail))
    );
    assert_eq!(
        lead(&account, "/aws/vpc/vpc-0a1b"),
        by_name(Source::VpcFlowLogs)
    );
    assert_eq!(
        lead(&account, "aws-controltower/CloudTrailLogs"),
        by_name(Source::CloudTrail)
    );
    assert_eq!(
        lead(&account, "/aws/events/guardduty"),
        by_name(Source::GuardDuty)
    );
    assert_eq!(lead(&account, "/aws/vpc/mine"), Lead::Look);
    assert_eq!(lead(&account, "/aws/route53/resolver"), Lead::Look);
    assert_eq!(lead(&account, "/aws/events/findings"), Lead::Look);
    assert_eq!(lead(&account, "mine"), Lead::Look);
    assert_eq!(lead(&account, "/aws/lambda/web"), Lead::None);
    assert_eq!(
        lead(&account, "/aws/events/guardduty-x"),
        by_name(Source::GuardDuty)
    );
    assert_eq!(lead(&logging, "/aws/kinesisfirehose/catchment"), Lead::None);
    assert_eq!(
        lead(&logging, "/aws/lambda/catchment-transformer"),
        Lead::None
    );
}

#[test]
fn what_the_file_lacks_and_can_be_subscribed_is_proposed() {
    let mut old = found("archive", Source::CloudTrail);
    old.class = "INFREQUENT_ACCESS".to_owned();
    let mut full = found("full", Source::VpcFlowLogs);
    let filter = SubscriptionFilter {
        name: "to-splunk".parse().unwrap(),
        pattern: FilterPattern::default(),
        destination: "arn:aws:lambda:us-west-2:111122223333:function:f"
            .parse()
            .unwrap(),
        distribution: Distribution::ByLogStream,
        role: None,
        system_fields: Default::default(),
    };
    full.filters = vec![filter; FILTERS_MAX];
    let all = [
        found("one", Source::CloudTrail),
        found("three", Source::CloudTrail),
        found("flow", Source::VpcFlowLogs),
        old,
        full,
    ];
    let discovery = Discovery::of(
        &fleet(),
        vec![searched(&member("dev1"), &[("us-west-2", &all)])],
        None,
    );
    let refused = |why: &str| Verdict::Refused(why.to_owned());
    assert_eq!(
        verdicts(&discovery),
        [
            ("one".to_owned(), &Verdict::Listed),
            ("three".to_owned(), &Verdict::Proposed),
            ("flow".to_owned(), &Verdict::Proposed),
            (
                "archive".to_owned(),
                &refused(
                    "its class INFREQUENT_ACCESS takes no subscription filters, and cannot be changed"
                )
            ),
            (
                "full".to_owned(),
                &refused(
                    "it has 5 subscription filters, and takes no more: to-splunk, to-splunk, to-splunk, to-splunk, to-splunk"
                )
            ),
        ]
    );
    assert!(!discovery.is_unread());
}

#[test]
fn comments_and_layout_survive() {
    let all = [
        found("three", Source::CloudTrail),
        found("four", Source::CloudTrail),
        found("/aws/vpc/vpc-1", Source::VpcFlowLogs),
    ];
    let discovery = Discovery::of(
        &fleet(),
        vec![searched(&member("dev1"), &[("us-west-2", &all)])],
        None,
    );
    insta::assert_snapshot!(merged(FLEET, &discovery.proposals).unwrap());
}

#[test]
fn what_was_merged_is_not_proposed_again() {
    let all = [
        found("three", Source::CloudTrail),
        found("g", Source::GuardDuty),
    ];
    let mut accounts = of_profile("dev3", "777788889999");
    accounts.extend(super::accounts(&fleet(), &[]));
    let search = |fleet: &Fleet, accounts: Vec<Account<()>>| {
        let seen: &[(&str, &[Found])] = &[("us-west-2", &all), ("eu-west-1", &all[..1])];
        let searched = accounts.into_iter().map(|one| searched(&one, seen));
        Discovery::of(fleet, searched.collect(), None)
    };
    let discovery = search(&fleet(), accounts);
    assert_eq!(discovery.proposals.len(), 3);
    let text = merged(FLEET, &discovery.proposals).unwrap();
    let again = Fleet::parse(&text).unwrap();
    assert_eq!(search(&again, super::accounts(&again, &[])).proposals, []);
    assert_eq!(merged(&text, &[]).unwrap(), text);
}

#[test]
fn a_new_account_becomes_a_table_that_says_which_region_has_what() {
    let (trail, flow) = (
        found("t", Source::CloudTrail),
        found("f", Source::VpcFlowLogs),
    );
    let merged_with = |seen: &[(&str, &[Found])]| {
        let accounts = of_profile("dev3", "777788889999");
        let searched = accounts
            .into_iter()
            .map(|one| searched(&one, seen))
            .collect();
        let proposals = Discovery::of(&fleet(), searched, None).proposals;
        let text = merged(FLEET, &proposals).unwrap();
        text.split_once("[\"flow\"]\n").unwrap().1.to_owned()
    };
    let both = [trail, flow];
    let texts: [&[(&str, &[Found])]; 3] = [
        &[("us-west-2", &both), ("eu-west-1", &both)],
        &[("us-west-2", &both), ("eu-west-1", &both[..1])],
        &[("us-west-2", &both)],
    ];
    insta::assert_snapshot!(texts.map(merged_with).join("\n---\n"));
}

#[test]
fn of_a_member_in_several_regions_what_not_all_have_is_added_with_its_regions() {
    let groups = [
        found("t", Source::CloudTrail),
        found("flow", Source::VpcFlowLogs),
    ];
    let seen: &[(&str, &[Found])] = &[("us-west-2", &groups), ("eu-west-1", &groups[1..])];
    let both = || vec![searched(&member("both"), seen)];
    let proposals = Discovery::of(&fleet(), both(), None).proposals;
    let text = merged(FLEET, &proposals).unwrap();
    assert!(
        text.contains("cloudtrail = [{ name = \"t\", regions = [\"us-west-2\"] }]\n"),
        "{text}"
    );
    let again = Discovery::of(&Fleet::parse(&text).unwrap(), both(), None);
    assert_eq!(again.proposals, []);

    // a Region that could not be read leaves it open
    let half = searched(&member("both"), &seen[..1]);
    let discovery = Discovery::of(&fleet(), vec![half], None);
    assert_eq!(discovery.proposals, []);
    assert!(
        matches!(&verdicts(&discovery)[0], (name, Verdict::Refused(_)) if name == "t"),
        "{discovery:?}"
    );
}

#[test]
fn a_profile_is_searched_where_no_member_of_its_account_is() {
    let found = of_profile("admin", "111122223333");
    let regions: Vec<Vec<&str>> = found
        .iter()
        .map(|one| one.regions.keys().map(Region::as_str).collect())
        .collect();
    assert_eq!(regions, [["us-west-2"], ["eu-west-1"]]);
    assert_eq!(found[0].member.as_ref().unwrap().as_str(), "dev1");
    assert_eq!(found[1].member, None);
}

#[test]
fn an_account_that_cannot_be_read_is_said_and_proposes_nothing() {
    let discovery = Discovery::of(&fleet(), vec![searched(&member("dev1"), &[])], None);
    assert!(discovery.is_unread());
    assert_eq!(discovery.proposals, []);
}

#[test]
fn another_layout_is_refused() {
    let inline = FLEET.replace("[[members]]", "[[members.x]]");
    assert!(merged(&inline, &[]).is_err());
    assert!(merged("x = [", &[]).is_err());
    assert_eq!(merged(TEMPLATE, &[]).unwrap(), TEMPLATE);
}
