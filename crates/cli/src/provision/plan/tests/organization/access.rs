//! Moves between a list of accounts and their organization: what is forced, and who goes on.

use super::super::halfway::assert_goes_on;
use super::super::simulate::simulate;
use super::super::{Action, Consent};
use super::{ACCOUNTS, ONE, ORGANIZATION, OTHER, all, delivering, fleet, run, world};
use crate::provision::plan::DestinationAction;

#[test]
fn only_the_move_from_accounts_to_an_organization_is_forced() {
    let forced = |old: (&str, &[&str]), new: (&str, &[&str])| {
        let (old, new) = (fleet(old.0, old.1, ONE), fleet(new.0, new.1, ONE));
        let plan = run(&new, &world(&old, &new), Consent::default());
        let puts = plan.changes.iter().filter_map(|one| match one.action {
            Action::Destination(_, DestinationAction::PutPolicy { force_update, .. }) => {
                Some(force_update)
            }
            _ => None,
        });
        puts.collect::<Vec<_>>()
    };
    assert_eq!(forced((ACCOUNTS, &["1"]), (ACCOUNTS, &["1", "2"])), [false]);
    assert_eq!(forced((ACCOUNTS, &["1"]), (ORGANIZATION, &["1"])), [true]);
    assert_eq!(forced((ORGANIZATION, &["1"]), (OTHER, &["1"])), [false]);
    assert_eq!(forced((ORGANIZATION, &["1"]), (ACCOUNTS, &["1"])), [false]);
}

#[test]
fn who_only_the_other_list_lets_in_goes_on_until_it_is_pruned() {
    for (old, new) in [(ACCOUNTS, ORGANIZATION), (ORGANIZATION, ACCOUNTS)] {
        let old = fleet(old, &["1", "2"], ONE);
        let new = fleet(new, &["2"], ONE);
        let world = world(&old, &new);
        let plan = run(&new, &world, Consent::default());
        assert_goes_on(&plan, &world, delivering);
        assert_eq!(delivering(&simulate(&plan, &world)), all(&old));
    }
}
