//! A role that others make: nothing of it is changed; what it lacks is named.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{Readiness, ResourcePlan};
use super::change::RoleAction;
use super::switch::RoleReadiness;
use crate::provision::desired::Role;
use crate::provision::observed::{self, State};
use crate::provision::policy::{Document, uncovered};

const HINT: &str = "`catchment policies` prints what it needs; mend it, or have catchment make it: take it out of ready_made under [logging]";

/// Says whether the role will do, and what is wrong with it if not.
pub(super) fn check(
    mut plan: ResourcePlan<'_, RoleAction>,
    desired: &Role,
    seen: &State<observed::Role>,
) -> RoleReadiness {
    let will_do = judge(&mut plan, desired, seen);
    RoleReadiness {
        ready: if will_do {
            let after = BTreeSet::new();
            Readiness::Ready { after }
        } else {
            Readiness::NotReady(format!(
                "role {} is ready-made, and will not do",
                desired.name
            ))
        },
        may_deliver: will_do,
        surplus: None,
    }
}

fn judge(
    plan: &mut ResourcePlan<'_, RoleAction>,
    desired: &Role,
    seen: &State<observed::Role>,
) -> bool {
    let role = match seen {
        State::Unknown(why) => {
            plan.unknown("the role", why);
            return false;
        }
        State::Absent => {
            plan.absent();
            let why = "it is ready-made, says the fleet file, and it is not there";
            plan.decline(Reason::Blocked, why, HINT);
            return false;
        }
        State::Present(role) => role,
    };
    if role.path != "/" {
        let why = format!(
            "its path is {}, so its ARN does not follow from its name",
            role.path
        );
        plan.decline(Reason::Blocked, why, HINT);
        return false;
    }
    let trust = allows(plan, "trust policy", &role.trust, &desired.trust);
    // what other policies allow is not read
    let is_by_others =
        matches!(&role.foreign_policies, State::Present(others) if !others.is_empty());
    let policy = match &role.policy {
        State::Absent if is_by_others => true,
        policy => {
            let what = format!("inline policy {}", desired.policy_name);
            allows(plan, &what, policy, &desired.policy)
        }
    };
    trust && policy
}

/// Whether a document allows all that is needed; declines it if not.
fn allows(
    plan: &mut ResourcePlan<'_, RoleAction>,
    what: &str,
    seen: &State<Document>,
    needed: &Document,
) -> bool {
    let lacks = match seen {
        State::Unknown(why) => {
            plan.unknown(&format!("the {what}"), why);
            return false;
        }
        State::Absent => "it is not there".to_owned(),
        State::Present(seen) => {
            let missing = uncovered(seen, needed);
            let Some(first) = missing.first() else {
                return true;
            };
            let more = match missing.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            format!("it does not allow {first}{more}")
        }
    };
    plan.decline(
        Reason::Blocked,
        format!("its {what} will not do: {lacks}"),
        HINT,
    );
    false
}
