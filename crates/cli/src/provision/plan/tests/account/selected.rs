//! What patterns and account-level policies select: what is said of it, and what stands for all of it.

use super::super::seed::{known, other_filter};
use super::super::{Action, Desired, Observed, State, destroy, plan};
use super::{ACCOUNT, dev1, dev1_of, done, fleet, group, nothing, shown, text};
use crate::provision::plan::{DestinationAction, tested};
use crate::provision::resource::SubscriptionFilter;

/// The log group by which the account-level policy is proven.
fn first_delivered(desired: &Desired, world: &Observed) -> Option<String> {
    let log_group = tested(desired, world).next().unwrap().log_group;
    log_group.ok().map(ToString::to_string)
}

#[test]
fn a_policy_is_proven_by_the_first_log_group_that_has_no_filter() {
    let named = "cloudtrail = [\"/aws/kinesisfirehose/stack\"]\nother = [\"o*\"]";
    let desired = dev1(&format!("{ACCOUNT}\n{named}"));
    let before = nothing(&desired);
    assert_eq!(first_delivered(&desired, &before).unwrap(), "quiet");
    let after = done(&desired, &before);
    assert_eq!(first_delivered(&desired, &after).unwrap(), "quiet");
}

const LOGGING: &str = "name = \"dev1\"\naccount = \"999988887777\"";

#[test]
fn a_pattern_says_what_it_leaves_out_and_that_it_selects_nothing() {
    let patterns = "other = [\"/aws/*\", \"q*\", \"z*\"]";
    let desired = fleet("", LOGGING, patterns);
    let text = text(&plan(&desired, &nothing(&desired)));
    assert_eq!(text.matches("is left out: ").count(), 1, "{text}");
    assert_eq!(text.matches("selects no log group").count(), 2, "{text}");
}

#[test]
fn a_log_group_that_was_listed_and_is_gone_is_not_selected() {
    let desired = dev1("other = [\"q*\", \"t*\"]");
    let mut world = nothing(&desired);
    *group(&mut world, "quiet") = State::Absent;
    let text = text(&plan(&desired, &world));
    assert!(text.contains(" on trail"), "{text}");
    assert!(!text.contains("quiet"), "{text}");
}

#[test]
fn a_destination_stays_while_it_is_not_known_what_a_pattern_selects() {
    let desired = dev1("other = [\"q*\"]");
    let mut world = done(&desired, &nothing(&desired));
    let deletes = |world: &Observed| {
        let plan = destroy(&desired, world, false);
        let mut actions = plan.changes.iter().map(|change| &change.action);
        actions.any(|one| {
            matches!(
                one,
                Action::Destination(_, DestinationAction::Delete { .. })
            )
        })
    };
    assert!(deletes(&world));
    for listed in dev1_of(&mut world).listed.values_mut() {
        *listed = State::Unknown("AccessDenied".to_owned());
    }
    assert!(!deletes(&world));
}

/// The policy, and a filter of its own for one log group that others' filter of the same name keeps from being put.
#[test]
fn a_log_group_whose_own_filter_cannot_be_put_stays_as_it_is() {
    let desired = dev1(&format!("{ACCOUNT}\ncloudtrail = [\"trail\"]"));
    for (before, is_delivered) in [(dev1(ACCOUNT), true), (desired.clone(), false)] {
        let mut world = done(&before, &nothing(&before));
        known(group(&mut world, "trail")).filters = vec![SubscriptionFilter {
            name: "catchment-kinesisDest".parse().unwrap(),
            ..other_filter("theirs")
        }];
        assert_eq!(shown(&world).contains(&"trail".to_owned()), is_delivered);
        let after = done(&desired, &world);
        assert_eq!(shown(&after), shown(&world));
    }
}

#[test]
fn only_what_the_policy_delivers_arrives_twice_while_filters_replace_it() {
    let before = dev1(&format!(
        "{ACCOUNT}\ncloudtrail = [\"trail\"]\nother = [\"other\"]"
    ));
    let mut world = done(&before, &nothing(&before));
    known(group(&mut world, "trail")).filters.clear();
    let after = dev1(
        "subscribe = \"log-groups\"\ncloudtrail = [\"trail\"]\nother = [\"other\", \"quiet\"]",
    );
    let notes = plan(&after, &world).notes;
    let notes: Vec<_> = notes.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        notes,
        [
            "quiet gets a filter of its own: what is logged until the policy no longer delivers it arrives twice"
        ]
    );
}
