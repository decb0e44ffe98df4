//! What single parts of the fleet file come to: log groups, roles, scopes, and the Regions that it no longer names.

use std::collections::BTreeSet;

use super::super::*;
use super::SEED;
use crate::provision::fleet::Fleet;
use crate::provision::name::LogGroupName;
use crate::provision::policy::Document;
use crate::provision::resource::AccountPolicy;

/// The seed fleet in two Regions, with more under `[logging]`, and with these keys for its first member.
fn of(logging: &str, keys: &str) -> Desired {
    let (head, members) = SEED.split_once("[[members]]").unwrap();
    let (first, _) = members.split_once("vpc_flow_logs").unwrap();
    let head = head.replacen("[logging]", &format!("[logging]\n{logging}"), 1);
    let head = head.replacen("[\"us-west-2\"]", "[\"us-west-2\", \"eu-west-1\"]", 1);
    let fleet = Fleet::parse(&format!("{head}[[members]]{first}{keys}\n"));
    Desired::of_fleet(&fleet.unwrap()).unwrap()
}

fn member(desired: &Desired) -> &Member {
    desired.members.values().next().unwrap()
}

fn filters(keys: &str) -> Filters {
    let desired = of("", keys);
    member(&desired).regions.values().next().unwrap().clone()
}

fn listed(groups: &[(&str, &str)]) -> BTreeMap<LogGroupName, String> {
    let groups = groups.iter();
    let groups = groups.map(|(name, class)| (name.parse().unwrap(), (*class).to_owned()));
    groups.collect()
}

#[test]
fn patterns_and_an_account_level_policy_take_a_list_by_the_shortest_prefixes() {
    for (keys, prefixes, has_policy) in [
        ("cloudtrail = [\"t\"]", &[][..], false),
        (
            "other = [\"/a/*\", \"/a/b/*\", \"c*\", \"d\"]",
            &["/a/", "c"],
            false,
        ),
        ("subscribe = \"account\"\nother = [\"c*\"]", &[""], true),
        ("subscribe = \"log-groups\"\nother = [\"c\"]", &[], true),
    ] {
        let filters = filters(keys);
        assert_eq!(filters.prefixes(), prefixes, "{keys}");
        assert_eq!(filters.needs_list(), !prefixes.is_empty(), "{keys}");
        let desired = of("", keys);
        assert_eq!(member(&desired).has_account_policy(|_| true), has_policy);
        assert!(!member(&desired).has_account_policy(|_| false));
    }
}

#[test]
fn what_is_named_excluded_or_of_another_class_is_not_selected() {
    let filters = filters("other = [\"/a/*\", \"/a/named\"]\nexclude = [\"/a/x*\"]");
    let listed = listed(&[
        ("/a/1", "STANDARD"),
        ("/a/named", "STANDARD"),
        ("/a/rare", "INFREQUENT_ACCESS"),
        ("/a/x1", "STANDARD"),
        ("/b", "STANDARD"),
    ]);
    let account = "111122223333".parse().unwrap();
    let selected = filters.selected(&account, &listed);
    assert_eq!(
        selected.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        ["/a/1"]
    );
}

#[test]
fn a_policy_regards_what_it_leaves_out_or_all_that_is_not_excluded() {
    let filters = filters("subscribe = \"account\"\nexclude = [\"x*\"]");
    let listed = listed(&[
        ("a", "STANDARD"),
        ("b", "STANDARD"),
        ("rare", "INFREQUENT_ACCESS"),
        ("x", "STANDARD"),
    ]);
    let account = "111122223333".parse().unwrap();
    let regarded = |left_out: Option<&[&str]>| {
        let left_out = left_out.map(|names| names.iter().map(|one| one.parse().unwrap()).collect());
        let policy = left_out.map(|left_out| AccountPolicy {
            filter: filters.account.as_ref().unwrap().filter.clone(),
            left_out: Some(left_out),
        });
        let regarded = filters.regarded(&account, &listed, policy.as_ref());
        regarded.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(regarded(None), ["a", "b"]);
    assert_eq!(regarded(Some(&["a", "rare", "x"])), ["a"]);
}

#[test]
fn a_log_group_of_one_region_has_its_filter_only_there() {
    let desired = of(
        "",
        "cloudtrail = [{ name = \"t\", regions = [\"us-west-2\"] }, \"u\"]",
    );
    let groups = member(&desired).regions.iter();
    let groups = groups.map(|(region, filters)| format!("{region}: {}", filters.by_name.len()));
    assert_eq!(groups.collect::<Vec<_>>(), ["eu-west-1: 1", "us-west-2: 2"]);
}

#[test]
fn either_role_may_be_ready_made_without_the_other() {
    for (ready_made, delivery, sender) in [
        ("", false, false),
        ("ready_made = [\"role\"]", true, false),
        ("ready_made = [\"member_role\"]", false, true),
    ] {
        let desired = of(ready_made, "other = [\"t\"]");
        assert_eq!(
            desired.logging.as_ref().unwrap().role.is_ready_made,
            delivery
        );
        let member = member(&desired).sender.as_ref().unwrap();
        assert_eq!(member.is_ready_made, sender);
    }
}

#[test]
fn an_operator_makes_roles_with_their_boundary_or_none() {
    let boundary = "permissions_boundary = \"arn:aws:iam::aws:policy/B\"\n";
    let ready_made = "ready_made = [\"role\"]\n";
    for more in ["", boundary, ready_made, &format!("{boundary}{ready_made}")] {
        let desired = of(more, "other = [\"t\"]");
        let role = desired.logging.unwrap().role;
        let document = document::of_role(&role).unwrap().to_json();
        let is_made = !more.contains("ready_made");
        let is_bound = more.contains("permissions_boundary");
        assert_eq!(document.contains("iam:CreateRole"), is_made, "{document}");
        let is_asked = document.contains("iam:PermissionsBoundary");
        assert_eq!(is_asked, is_made && is_bound, "{document}");
    }
}

#[test]
fn only_a_role_that_is_not_needed_is_looked_for() {
    let needs = |logging| {
        let desired = of(logging, "other = [\"t\"]").looking_for_roles();
        member(&desired).sender.as_ref().unwrap().need
    };
    assert_eq!(needs(""), Need::LookedFor);
    let organization = "access = \"organization\"\norganization = \"o-a1b2c3d4e5\"";
    assert_eq!(needs(organization), Need::Needed);
}

#[test]
fn of_a_fleet_that_is_left_whole_nobody_leaves() {
    let all = of("", "other = [\"t\"]");
    let name = all.members.keys().next().unwrap().clone();
    let account = member(&all).login.account.clone();
    let nobody = Scope::default();
    assert_eq!(all.clone().leaving(&nobody, &[]).unwrap(), all);
    let members = BTreeSet::from([name.clone()]);
    let scope = Scope {
        logging: false,
        members,
    };
    let other: AccountId = "444455556666".parse().unwrap();
    for (scope, accounts, members, leaving) in [
        (&scope, &[][..], vec![&name], vec![&account]),
        (
            &scope,
            std::slice::from_ref(&other),
            vec![&name],
            vec![&account, &other],
        ),
        (
            &nobody,
            std::slice::from_ref(&account),
            vec![&name],
            vec![&account],
        ),
        (&nobody, std::slice::from_ref(&other), vec![], vec![&other]),
    ] {
        let part = all.clone().leaving(scope, accounts).unwrap();
        assert_eq!(part.members.keys().collect::<Vec<_>>(), members);
        assert!(part.leaving.unwrap().accounts.iter().eq(leaving));
    }
}

/// The Regions that a role's policies name and the fleet file does not, each with its stream.
fn leftover(streams: &[&str], trust: Option<&str>) -> Vec<String> {
    let desired = of("", "other = [\"t\"]");
    let streams: Vec<_> = streams
        .iter()
        .map(|one| format!("\"arn:aws:{one}\""))
        .collect();
    let policy = format!(
        r#"{{"Statement":{{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":[{}]}}}}"#,
        streams.join(",")
    );
    let policy = Document::parse(&policy).unwrap();
    let trust = trust.map(|text| Document::parse(text).unwrap());
    let leftover = desired.leftover(&policy, trust.as_ref()).logging.unwrap();
    let regions = leftover.regions.iter();
    let regions = regions
        .map(|(region, place)| format!("{region}: {} {}", place.stream.name, place.has_stream));
    regions.collect()
}

#[test]
fn a_region_is_left_over_if_the_role_delivers_to_a_stream_there_or_from_there() {
    let ours = "kinesis:ap-south-1:999988887777:stream/old";
    assert_eq!(leftover(&[ours], None), ["ap-south-1: old true"]);
    for not_ours in [
        "kinesis:ap-south-1:444455556666:stream/old",
        "firehose:ap-south-1:999988887777:stream/old",
        "kinesis:ap-south-1:999988887777:other/old",
        "kinesis:us-west-2:999988887777:stream/old",
    ] {
        assert_eq!(leftover(&[not_ours], None), [""; 0], "{not_ours}");
    }
    let accounts = r#"{"Statement":{"Sid":"CatchmentDelivery","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"aws:SourceArn":["arn:aws:logs:ap-south-1:111122223333:*"]}}}}"#;
    let organization = accounts
        .replace(
            "\"StringLike\"",
            "\"StringEqualsIfExists\":{\"aws:SourceOrgID\":\"o-a1b2c3d4e5\"},\"StringLike\"",
        )
        .replace("111122223333", "*");
    let accounts_of_all = accounts.replace("111122223333", "*");
    let beside = accounts_of_all.strip_prefix("{\"Statement\":").unwrap();
    let beside = beside.replace("CatchmentDelivery", "CatchmentDeliveryKept");
    let both = organization.replace("\"Statement\":", "\"Statement\":[");
    let both = format!(
        "{},{}]}}",
        both.strip_suffix('}').unwrap(),
        beside.strip_suffix('}').unwrap()
    );
    for trust in [accounts, &organization, &both] {
        let found = leftover(&[], Some(trust));
        assert_eq!(found, ["ap-south-1: Demo_Kinesis_Stream false"]);
    }
}
