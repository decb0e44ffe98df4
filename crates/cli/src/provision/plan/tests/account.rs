//! Account-level policies: what they leave out, whose they are, and the moves between them and filters.

mod refused;
mod selected;

use std::collections::{BTreeMap, BTreeSet};

use super::generated::nothing_yet;
use super::halfway::{assert_goes_on, left};
use super::seed::{known, other_filter};
use super::simulate::simulate;
use super::{Desired, Observed, Plan, Reason, State, destroy, plan};
use crate::output::{self, Detail};
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::name::LogGroupName;
use crate::provision::observed::{LogGroup, Member};
use crate::provision::policy::List;
use crate::provision::resource::{AccountPolicy, SubscriptionFilter};
use crate::provision::status::status;

const DEV1: &str = "name = \"dev1\"\naccount = \"111122223333\"";
const GROUPS: [&str; 5] = [
    "/aws/kinesisfirehose/stack",
    "noisy",
    "other",
    "quiet",
    "trail",
];

/// A fleet with one member of these keys.
fn fleet(access: &str, member: &str, keys: &str) -> Desired {
    let (head, _) = TEMPLATE.split_once("[[members]]").unwrap();
    let head = head.replacen("[logging]\n", &format!("[logging]\n{access}"), 1);
    let text = format!("{head}[[members]]\n{member}\n{keys}\n");
    let fleet = Fleet::parse(&text).map_err(|error| error.to_string());
    Desired::of_fleet(&fleet.unwrap()).unwrap()
}

fn dev1(keys: &str) -> Desired {
    fleet("", DEV1, keys)
}

/// A world with every log group, and nothing of ours.
fn nothing(desired: &Desired) -> Observed {
    let mut world = nothing_yet(desired);
    let member = dev1_of(&mut world);
    let region = || "us-west-2".parse().unwrap();
    let groups = GROUPS.map(|name| name.parse().unwrap());
    let listed = groups.clone().map(|group| (group, "STANDARD".to_owned()));
    member.listed = [(region(), State::Present(listed.into()))].into();
    let groups = groups.map(|group| (group, State::Present(LogGroup::default())));
    member.regions = [(region(), groups.into())].into();
    member.policies = [(region(), State::Absent)].into();
    world
}

fn dev1_of(world: &mut Observed) -> &mut Member {
    world.members.values_mut().next().unwrap()
}

fn policy(world: &mut Observed) -> &mut State<AccountPolicy> {
    dev1_of(world).policies.values_mut().next().unwrap()
}

fn group<'w>(world: &'w mut Observed, name: &str) -> &'w mut State<LogGroup> {
    let groups = dev1_of(world).regions.values_mut().next().unwrap();
    groups
        .get_mut(&name.parse::<LogGroupName>().unwrap())
        .unwrap()
}

/// The log groups that are delivered, each with the number of times.
fn delivered(world: &Observed) -> BTreeMap<LogGroupName, usize> {
    let member = world.members.values().next().unwrap();
    let is_ours =
        |filter: &SubscriptionFilter| filter.destination.as_str().ends_with(":kinesisDest");
    let mut counts = BTreeMap::new();
    for (name, state) in member.regions.values().flatten() {
        let State::Present(LogGroup { filters }) = state else {
            continue;
        };
        let by_filter = filters.iter().filter(|one| is_ours(one)).count();
        let by_policy = member.policies.values().any(|policy| {
            matches!(policy, State::Present(policy) if is_ours(&policy.filter) && !policy.leaves_out(name))
        });
        counts.insert(name.clone(), by_filter + usize::from(by_policy));
    }
    counts.retain(|_, count| *count > 0);
    counts
}

/// `name` or `name twice`.
fn shown(world: &Observed) -> Vec<String> {
    let delivered = delivered(world);
    let said = delivered.iter().map(|(name, count)| match count {
        1 => name.to_string(),
        _ => format!("{name} twice"),
    });
    said.collect()
}

fn done(desired: &Desired, world: &Observed) -> Observed {
    let world = simulate(&plan(desired, world), world);
    assert_eq!(plan(desired, &world).changes, []);
    world
}

fn text(plan: &Plan) -> String {
    let plan = output::plan::text(plan, Detail::Full);
    let (_, member) = plan.split_once("member account").unwrap();
    format!("member account{member}")
}

const ACCOUNT: &str = "subscribe = \"account\"\nexclude = [\"no*\", \"later\"]";

#[test]
fn one_policy_delivers_all_but_what_is_excluded_or_has_a_filter() {
    let desired = dev1(&format!("{ACCOUNT}\ncloudtrail = [\"trail\"]"));
    let world = nothing(&desired);
    insta::assert_snapshot!(text(&plan(&desired, &world)), @r#"
    member account 111122223333 (dev1)
      us-west-2
        + subscription filter catchment-kinesisDest on trail
            create (absent)
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
              + pattern: ""
              + distribution: Random
        + account-level policy catchment-kinesisDest
            create (absent)
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
              + pattern: ""
              + distribution: Random
              + leaves out later
              + leaves out noisy
              + leaves out trail

    5 to create, 0 to update, 0 to delete.
    "#);
    let world = done(&desired, &world);
    let all = ["/aws/kinesisfirehose/stack", "other", "quiet", "trail"];
    assert_eq!(shown(&world), all);
    let states = status(&desired, &world);
    let states = output::status::text(&states, Detail::Full);
    assert!(
        states.contains("in sync  account-level policy catchment-kinesisDest"),
        "{states}"
    );
}

#[test]
fn a_changed_policy_is_put_back() {
    let desired = dev1(&format!("{ACCOUNT}\naccount_pattern = \"ERROR\""));
    let mut world = done(&desired, &nothing(&desired));
    let State::Present(seen) = policy(&mut world) else {
        panic!("not there");
    };
    let before = seen.clone();
    seen.filter.pattern = crate::provision::resource::FilterPattern::default();
    seen.left_out = Some(["quiet".parse().unwrap()].into());
    insta::assert_snapshot!(text(&plan(&desired, &world)), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ~ account-level policy catchment-kinesisDest
            update (drifted: pattern, log groups left out)
              - pattern: ""
              + pattern: "ERROR"
              - leaves out quiet
              + leaves out later
              + leaves out noisy

    0 to create, 1 to update, 0 to delete.
    "#);
    let mut world = done(&desired, &world);
    assert_eq!(*policy(&mut world), State::Present(before));
    // what AWS shows in another way than ours is written again
    let State::Present(seen) = policy(&mut world) else {
        panic!("not there");
    };
    seen.left_out = None;
    assert_eq!(plan(&desired, &world).changes.len(), 1);
}

#[test]
fn every_move_between_filters_and_a_policy_goes_on_and_ends_without_doubles() {
    let log_groups = "subscribe = \"log-groups\"\n";
    let fleets = [
        dev1("cloudtrail = [\"trail\"]"),
        dev1(ACCOUNT),
        dev1(&format!("{ACCOUNT}\ncloudtrail = [\"trail\"]")),
        dev1(&format!("{ACCOUNT}\nother = [\"quiet\", \"o*\"]")),
        dev1(&format!("{log_groups}cloudtrail = [\"trail\"]")),
        dev1(&format!(
            "{log_groups}other = [\"trail\", \"other\", \"quiet\", \"noisy\"]"
        )),
    ];
    for old in &fleets {
        let world = done(old, &nothing(old));
        let was: BTreeSet<_> = delivered(&world).into_keys().collect();
        // without the line, no run looks for a policy
        for new in &fleets[1..] {
            let moving = plan(new, &world);
            let ends = simulate(&moving, &world);
            let is: BTreeSet<_> = delivered(&ends).into_keys().collect();
            assert_eq!(delivered(&ends).values().max(), Some(&1), "{moving:#?}");
            let both: BTreeSet<_> = was.intersection(&is).cloned().collect();
            assert_goes_on(&moving, &world, |world| {
                let now = delivered(world).into_keys();
                now.filter(|group| both.contains(group))
                    .collect::<BTreeSet<_>>()
            });
            for halfway in left(&moving, &world) {
                assert_eq!(delivered(&done(new, &halfway)), delivered(&ends));
            }
        }
    }
}

#[test]
fn a_log_group_that_gets_its_own_filter_has_it_before_the_policy_leaves_it_out() {
    let old = dev1(ACCOUNT);
    let world = done(&old, &nothing(&old));
    let new = dev1(&format!("{ACCOUNT}\ncloudtrail = [\"trail\"]"));
    insta::assert_snapshot!(text(&plan(&new, &world)), @r#"
    member account 111122223333 (dev1)
      us-west-2
        + subscription filter catchment-kinesisDest on trail
            create (absent)
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
              + pattern: ""
              + distribution: Random
        ~ account-level policy catchment-kinesisDest
            update (drifted: log groups left out)
              + leaves out trail
            trail gets a filter of its own: what is logged until the policy no longer delivers it arrives twice

    1 to create, 1 to update, 0 to delete.
    "#);
}

#[test]
fn what_has_a_filter_that_the_file_does_not_name_keeps_it() {
    let old = dev1("cloudtrail = [\"trail\"]");
    let mut world = done(&old, &nothing(&old));
    let new = dev1(ACCOUNT);
    // one that delivers elsewhere takes nothing from the policy
    let filters = &mut known(group(&mut world, "quiet")).filters;
    filters.push(other_filter("to-splunk"));
    let plan = plan(&new, &world);
    let notes: Vec<_> = plan.notes.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        notes,
        ["trail is left out, because filter catchment-kinesisDest delivers it already"]
    );
}

#[test]
fn to_filters_only_the_policy_goes_last() {
    let old = dev1(ACCOUNT);
    let world = done(&old, &nothing(&old));
    let new = dev1("subscribe = \"log-groups\"\ncloudtrail = [\"trail\"]");
    insta::assert_snapshot!(text(&plan(&new, &world)), @r#"
    member account 111122223333 (dev1)
      us-west-2
        + subscription filter catchment-kinesisDest on trail
            create (absent)
              + to: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest
              + pattern: ""
              + distribution: Random
        - account-level policy catchment-kinesisDest
            delete (subscribe = "log-groups": log groups that the fleet file does not name are delivered no more)
            trail gets a filter of its own: what is logged until the policy no longer delivers it arrives twice

    1 to create, 0 to update, 1 to delete.
    "#);
    // the filter cannot be put, and so the policy stays
    let mut full = world;
    *group(&mut full, "trail") = State::Unknown("AccessDenied".to_owned());
    let plan = plan(&new, &full);
    assert_eq!(plan.changes, []);
    assert_eq!(plan.declined.last().unwrap().reason, Reason::Blocked);
}

#[test]
fn for_an_organization_the_policy_names_a_role_that_may_send_every_log_group() {
    let organization = "access = \"organization\"\norganization = \"o-a1b2c3d4e5\"\n";
    let (accounts, organization) = (dev1(ACCOUNT), fleet(organization, DEV1, ACCOUNT));
    let mut world = done(&accounts, &nothing(&accounts));
    dev1_of(&mut world).role = Some(State::Absent);
    let moving = plan(&organization, &world);
    let place = |key: &str| {
        let mut keys = moving.changes.iter().map(|one| one.key.to_string());
        keys.position(|one| one.contains(key)).unwrap()
    };
    let put = place("account-policy/catchment-kinesisDest/put");
    assert!(place("member/dev1/global/role/catchment-kinesisDest/policy") < put);
    assert!(put < place("destination/kinesisDest/policy"));
    let mut world = done(&organization, &world);
    let Some(State::Present(role)) = &dev1_of(&mut world).role else {
        panic!("not there");
    };
    let State::Present(document) = &role.policy else {
        panic!("not there");
    };
    let events = "arn:aws:logs:us-west-2:111122223333:log-group:*";
    assert_eq!(List::LOG_GROUPS.of(document), [events.to_owned()].into());
}

#[test]
fn destroy_removes_it() {
    let desired = dev1(&format!("{ACCOUNT}\ncloudtrail = [\"trail\"]"));
    let world = done(&desired, &nothing(&desired));
    let removed = destroy(&desired, &world, true);
    for halfway in left(&removed, &world) {
        let ends = simulate(&destroy(&desired, &halfway, true), &halfway);
        assert_eq!(shown(&ends), [""; 0]);
        assert_eq!(destroy(&desired, &ends, true).changes, []);
    }
}
