//! The second look: what is about to change is read again, and what has moved since the plan was shown is left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::desired::{Desired, Member};
use crate::provision::name::{MemberName, Region};
use crate::provision::observed::Observed;
use crate::provision::plan::{
    Action, Change, ChangeKey, Declined, Failure, Outcome, Plan, StreamAction,
};
use crate::provision::resource::Party;

/// The part of `desired` that a plan changes: the Regions of members, and the logging account as a whole.
pub(super) fn changing(desired: &Desired, plan: &Plan) -> Desired {
    let mut logging = None;
    let mut regions: BTreeMap<MemberName, BTreeSet<Region>> = BTreeMap::new();
    for change in &plan.changes {
        match change.address().party {
            Party::Logging => logging.clone_from(&desired.logging),
            Party::Member(name) => {
                let region = change.region.clone();
                regions.entry(name).or_default().insert(region);
            }
        }
    }
    let members = regions.into_iter().filter_map(|(name, regions)| {
        let mut member: Member = desired.members.get(&name)?.clone();
        // a Region that the file no longer names is looked at by what the member has in the others
        if regions
            .iter()
            .all(|region| member.regions.contains_key(region))
        {
            member.regions.retain(|region, _| regions.contains(region));
        }
        Some((name, member))
    });
    Desired {
        logging,
        members: members.collect(),
        ..desired.clone()
    }
}

/// Puts what was read again in the place of what was read before.
pub(super) fn merged(mut before: Observed, again: Observed) -> Observed {
    if again.logging.is_some() {
        before.logging = again.logging;
    }
    for (name, member) in again.members {
        let before = before.members.entry(name).or_default();
        before.regions.extend(member.regions);
        before.listed.extend(member.listed);
        if member.role.is_some() {
            before.role = member.role;
        }
    }
    before
}

/// Compares the plan that was confirmed with one of `now`. Returns the plan to carry out, and what is settled of it before it begins: a
/// change fails if it is no longer the one that was confirmed, and is done if someone else made it meanwhile.
pub(super) fn recheck(confirmed: &Plan, now: Plan) -> (Plan, Outcome) {
    let mut plan = now;
    let mut settled = Outcome::default();
    let before: BTreeMap<&ChangeKey, &Change> = by_key(confirmed);
    for change in plan.changes.iter().filter(|change| !is_wait(change)) {
        let before = before.get(&change.key);
        if before.is_none_or(|before| before.action != change.action) {
            let moved = moved(before.copied(), change);
            settled.failed.insert(change.key.clone(), moved);
        }
    }
    let still: BTreeSet<_> = plan
        .changes
        .iter()
        .map(|change| change.key.clone())
        .collect();
    for change in &confirmed.changes {
        if still.contains(&change.key) || is_wait(change) {
            continue;
        }
        let address = change.address();
        let is_reason = |declined: &&Declined| {
            declined.address == address && !confirmed.declined.contains(declined)
        };
        match plan.declined.iter().find(is_reason) {
            Some(Declined { why, hint, .. }) => {
                let failure = Failure {
                    errors: vec![format!("{CHANGED}: {why}")],
                    cause: None,
                    hint: hint.clone(),
                };
                settled.failed.insert(change.key.clone(), failure);
            }
            None => settled.done.push(change.key.clone()),
        }
        plan.changes.push(Change {
            needs: BTreeSet::new(),
            ..change.clone()
        });
    }
    // what is told as a failure is not told again as declined
    let failed: BTreeSet<_> = plan
        .changes
        .iter()
        .filter(|change| settled.failed.contains_key(&change.key))
        .map(Change::address)
        .collect();
    plan.declined.retain(|declined| {
        !failed.contains(&declined.address) || confirmed.declined.contains(declined)
    });
    (plan, settled)
}

const CHANGED: &str = "it has changed since the plan was made";

fn by_key(plan: &Plan) -> BTreeMap<&ChangeKey, &Change> {
    let changes = plan.changes.iter();
    changes.map(|change| (&change.key, change)).collect()
}

/// A stream that became ACTIVE meanwhile, or did not yet, is as it was confirmed.
fn is_wait(change: &Change) -> bool {
    matches!(change.action, Action::Stream(_, StreamAction::Await { .. }))
}

fn moved(before: Option<&Change>, now: &Change) -> Failure {
    let text = |change: &Change| format!("{} ({})", change.action, change.why);
    let now = text(now);
    let what = match before.map(text) {
        None => format!("{CHANGED}: it would now need another change, {now}"),
        Some(before) if before == now => {
            format!("{CHANGED}: someone changed it, or what is beside it")
        }
        Some(before) => format!("{CHANGED}: the plan said {before}, and would now say {now}"),
    };
    Failure {
        errors: vec![what],
        cause: None,
        hint: "run the same command again to see the new plan".into(),
    }
}
