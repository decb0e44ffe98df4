//! What the logging account holds for accounts that leave the fleet: it goes once their filters are gone.

use std::collections::BTreeSet;

use super::builder::PlanBuilder;
use super::change::ChangeKey;
use super::{destination, place, read, role};
use crate::provision::desired::Leaving;
use crate::provision::observed::Observed;

/// Plans to take the accounts out of each destination policy, then out of the role's trust policy, after all that is planned so far.
pub(super) fn take_out(plan: &mut PlanBuilder, leaving: &Leaving, observed: &Observed) {
    let Leaving { logging, accounts } = leaving;
    if accounts.is_empty() {
        return;
    }
    let seen = observed.logging.as_ref();
    let filters = planned(plan);
    for (region, wanted) in &logging.regions {
        let seen = seen.and_then(|seen| seen.regions.get(region));
        let state = read(seen.map(|seen| &seen.destination));
        let place = place(logging, region);
        destination::take_out(plan, place, &wanted.destination, &state, accounts, &filters);
    }
    let state = read(seen.map(|seen| &seen.role));
    let home = place(logging, &logging.home);
    let needs = planned(plan);
    role::take_out(plan, home, &logging.role, &state, accounts, &needs);
}

fn planned(plan: &PlanBuilder) -> BTreeSet<ChangeKey> {
    let changes = plan.plan.changes.iter();
    changes.map(|change| change.key.clone()).collect()
}
