//! Account-level policies that are not put: another is there, something is unknown, or AWS would not take it.

use super::super::seed::known;
use super::super::simulate::simulate;
use super::super::{Action, Consent, Desired, Observed, Plan, Reason, State, destroy, plan};
use super::{ACCOUNT, dev1, dev1_of, done, fleet, group, nothing, policy, shown, text};
use crate::provision::plan::AccountPolicyAction;
use crate::provision::resource::SELECTION_BYTES_MAX;

const LOGGING: &str = "name = \"dev1\"\naccount = \"999988887777\"";

/// The world with a policy of others in it.
fn with_foreign(desired: &Desired, name: &str, destination: &str) -> Observed {
    let mut world = done(desired, &nothing(desired));
    let State::Present(seen) = policy(&mut world) else {
        panic!("not there");
    };
    seen.filter.name = name.parse().unwrap();
    seen.filter.destination = destination.parse().unwrap();
    world
}

const LAMBDA: &str = "arn:aws:lambda:us-west-2:111122223333:function:f";

#[test]
fn a_policy_of_others_is_reported_and_never_replaced() {
    let desired = dev1(ACCOUNT);
    let ours = "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest";
    for (name, destination) in [
        ("theirs", LAMBDA),
        ("theirs", ours),
        ("catchment-kinesisDest", LAMBDA),
    ] {
        let world = with_foreign(&desired, name, destination);
        let plan = plan(&desired, &world);
        assert_eq!(plan.changes, []);
        assert_eq!(plan.declined[0].reason, Reason::Foreign);
        assert_eq!(plan.foreign.len(), 1);
        let removed = destroy(&desired, &world, false);
        let keys: Vec<_> = removed
            .changes
            .iter()
            .map(|one| one.key.to_string())
            .collect();
        assert!(
            !keys.iter().any(|key| key.contains("account-policy")),
            "{keys:?}"
        );
    }
    let world = with_foreign(&desired, "theirs", LAMBDA);
    insta::assert_snapshot!(text(&plan(&desired, &world)), @r#"
    member account 111122223333 (dev1)
      us-west-2
        ! account-level policy catchment-kinesisDest
            foreign: account-level policy theirs is there, to arn:aws:lambda:us-west-2:111122223333:function:f, and AWS takes one per account and Region
              hint: subscribe this member by log groups, or have whoever made the policy remove it
            foreign, left alone: account-level policy theirs, to arn:aws:lambda:us-west-2:111122223333:function:f

    Nothing to change; 1 declined; 1 foreign, left alone.
    "#);
}

#[test]
fn a_policy_of_our_name_is_taken_over_if_asked_for() {
    let desired = dev1(ACCOUNT);
    let take_over = Consent {
        prune: false,
        take_over: true,
    };
    let world = with_foreign(&desired, "catchment-kinesisDest", LAMBDA);
    let taken = super::super::super::plan(&desired, &world, take_over);
    let [change] = taken.changes.as_slice() else {
        panic!("{taken:#?}");
    };
    assert_eq!(change.why, format!("--take-over: it delivers to {LAMBDA}"));
    assert!(plan(&desired, &simulate(&taken, &world)).is_empty());
    let world = with_foreign(&desired, "theirs", LAMBDA);
    assert_eq!(
        super::super::super::plan(&desired, &world, take_over).changes,
        []
    );
}

#[test]
fn in_the_logging_account_the_delivery_path_is_left_out() {
    let desired = fleet("", LOGGING, ACCOUNT);
    let world = done(&desired, &nothing(&desired));
    assert_eq!(shown(&world), ["other", "quiet", "trail"]);
    // what is not there yet cannot be left out
    let mut world = nothing(&desired);
    for listed in dev1_of(&mut world).listed.values_mut() {
        let State::Present(listed) = listed else {
            panic!("not there");
        };
        listed.pop_first();
    }
    let plan = plan(&desired, &world);
    let declined = &plan.declined[0];
    assert_eq!(declined.reason, Reason::Blocked);
    assert!(declined.why.contains("would create a loop"), "{declined:?}");
}

#[test]
fn nothing_is_planned_from_what_is_unknown() {
    let desired = dev1(ACCOUNT);
    let why = || "AccessDenied".to_owned();
    let unknowns: [fn(&mut Observed, String); 3] = [
        |world, why| *policy(world) = State::Unknown(why),
        |world, why| {
            let listed = dev1_of(world).listed.values_mut().next().unwrap();
            *listed = State::Unknown(why);
        },
        |world, why| *group(world, "quiet") = State::Unknown(why),
    ];
    for unknown in unknowns {
        let mut world = nothing(&desired);
        unknown(&mut world, why());
        let plan = plan(&desired, &world);
        let mut keys = plan.changes.iter().map(|one| one.key.to_string());
        assert!(!keys.any(|key| key.contains("account-policy")));
        assert_eq!(plan.declined[0].reason, Reason::Unknown);
        let hint = "nothing is planned from what is unknown";
        assert!(plan.declined[0].hint.starts_with(hint));
    }
}

#[test]
fn as_much_is_left_out_as_aws_takes_and_no_more() {
    let desired = dev1(ACCOUNT);
    let planned = |last: usize| {
        let mut world = nothing(&desired);
        let listed = dev1_of(&mut world).listed.values_mut().next().unwrap();
        // each takes 500 bytes, with quotes and a comma
        let number = SELECTION_BYTES_MAX / 500 - 1;
        let names = (10..10 + number).map(|one| format!("noisy-{one}-{}", "x".repeat(488)));
        for name in names.chain([format!("noisy-{}", "x".repeat(last))]) {
            known(listed).insert(name.parse().unwrap(), "STANDARD".to_owned());
        }
        plan(&desired, &world)
    };
    let bytes = |plan: &Plan| {
        plan.changes.iter().find_map(|change| match &change.action {
            Action::AccountPolicy(_, AccountPolicyAction::Put { after, .. }) => {
                Some(after.selection().unwrap().len())
            }
            _ => None,
        })
    };
    let longest = 1 + SELECTION_BYTES_MAX - bytes(&planned(1)).unwrap();
    assert_eq!(bytes(&planned(longest)), Some(SELECTION_BYTES_MAX));
    let over = planned(longest + 1);
    assert_eq!(bytes(&over), None);
    assert_eq!(over.declined[0].reason, Reason::Limit);
}

#[test]
fn a_policy_of_others_stays_where_none_is_asked_for() {
    let desired = dev1("subscribe = \"log-groups\"\nother = [\"quiet\"]");
    for (name, destination) in [("theirs", LAMBDA), ("catchment-kinesisDest", LAMBDA)] {
        let mut world = with_foreign(&dev1(ACCOUNT), name, destination);
        let before = policy(&mut world).clone();
        let mut world = done(&desired, &world);
        assert_eq!(*policy(&mut world), before);
    }
}
