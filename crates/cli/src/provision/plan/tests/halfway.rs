//! Plans that are carried out in part, and what delivers meanwhile.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::simulate::{failing_at, first, steps};
use super::{Observed, Plan};

/// Every world that a plan leaves behind: done, killed after each change, failed at each.
pub(super) fn left(plan: &Plan, world: &Observed) -> Vec<Observed> {
    let killed = (0..=plan.changes.len()).map(|count| first(plan, world, count));
    let keys = plan.changes.iter().map(|change| &change.key);
    let failed = keys.map(|key| failing_at(plan, world, key));
    killed.chain(failed).collect()
}

/// Checks that what delivers goes on at every step, in any order that the plan allows.
#[track_caller]
pub(super) fn assert_goes_on<T: Ord + Debug>(
    plan: &Plan,
    world: &Observed,
    delivering: impl Fn(&Observed) -> BTreeSet<T>,
) {
    for is_reversed in [false, true] {
        let mut before = delivering(world);
        for (number, world) in steps(plan, world, is_reversed).iter().enumerate() {
            let now = delivering(world);
            assert!(
                before.is_subset(&now),
                "after {number} changes (reversed: {is_reversed}) only {now:?} of {before:?} deliver: {:#?}",
                plan.changes
            );
            before = now;
        }
    }
}
