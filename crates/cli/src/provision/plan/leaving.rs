//! What the logging account holds for accounts that leave the fleet: it goes once their filters are gone.

use std::collections::BTreeSet;

use super::builder::PlanBuilder;
use super::change::ChangeKey;
use super::{destination, place, read, role};
use crate::provision::desired::Leaving;
use crate::provision::name::Region;
use crate::provision::observed::Observed;

/// Plans to take the accounts out of each destination policy and out of the role's trust policy.
pub(super) fn take_out(
    plan: &mut PlanBuilder,
    leaving: &Leaving,
    observed: &Observed,
    filters: &BTreeSet<ChangeKey>,
) {
    let Leaving { logging, accounts } = leaving;
    if accounts.is_empty() {
        return;
    }
    let seen = observed.logging.as_ref();
    for (region, wanted) in &logging.regions {
        let seen = seen.and_then(|seen| seen.regions.get(region));
        let state = read(seen.map(|seen| &seen.destination));
        let place = place(logging, region);
        destination::take_out(plan, place, &wanted.destination, &state, accounts, filters);
    }
    let state = read(seen.map(|seen| &seen.role));
    let home: &Region = &logging.home;
    role::take_out(
        plan,
        place(logging, home),
        &logging.role,
        &state,
        accounts,
        filters,
    );
}
