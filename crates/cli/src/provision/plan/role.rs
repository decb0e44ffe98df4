//! The IAM role that CloudWatch Logs delivers with: its trust policy, its inline policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{OURS_GO, Place, PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, RoleAction};
use super::tags::{Owner, TagChange, owner};
use crate::provision::desired::Role;
use crate::provision::observed::{self, State};
use crate::provision::policy::{has_ours, without_ours};
use crate::provision::resource::{Party, Resource};

fn begin<'p>(
    plan: &'p mut PlanBuilder,
    Place { login, region, .. }: Place<'p>,
    Role { name, .. }: &'p Role,
) -> ResourcePlan<'p, RoleAction> {
    let resource = Resource::Role(name.clone());
    plan.resource(Party::Logging, resource, login, region, move |action| {
        Action::Role(name.clone(), action)
    })
}

/// A role without tags is ours if it has what only we write.
fn owner_of(role: &observed::Role, desired: &Role, ours: &str) -> Owner {
    let trusts_ours =
        matches!(&role.trust, State::Present(trust) if has_ours(trust, &desired.trust));
    let looks_ours = trusts_ours || matches!(role.policy, State::Present(_));
    owner(&role.tags, ours, looks_ours)
}

/// Plans the role.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    seen: &State<observed::Role>,
) -> Readiness {
    let mut plan = begin(plan, place, desired);
    let Role {
        name,
        arn: _,
        trust,
        policy_name,
        policy,
        tags,
    } = desired;
    let none = BTreeSet::new();
    let role = match seen {
        State::Unknown(why) => {
            plan.unknown("the role", why);
            return Readiness::NotReady(format!("role {name} could not be read"));
        }
        State::Absent => {
            plan.absent();
            let action = RoleAction::Create {
                trust: trust.clone(),
                tags: tags.clone(),
            };
            let mut after = BTreeSet::from([plan.change("create", action, "absent", &none)]);
            let action = RoleAction::PutPolicy {
                name: policy_name.clone(),
                before: None,
                after: policy.clone(),
            };
            after.insert(plan.change("policy", action, "absent", &after));
            return Readiness::Ready { after };
        }
        State::Present(role) => role,
    };
    let whose = match owner_of(role, desired, place.owner) {
        Owner::Ours => None,
        Owner::Unknown(why) => {
            plan.unknown_owner(&why);
            return Readiness::NotReady(format!("the tags of role {name} could not be read"));
        }
        Owner::Nobody => Some(plan.taken("role", None, place.owner)),
        Owner::AnotherFleet(fleet) => Some(plan.taken("role", Some(&fleet), place.owner)),
    };
    if let Some(whose) = whose {
        return Readiness::NotReady(format!("role {name} {whose}"));
    }
    let observed::Role {
        path,
        trust: seen_trust,
        policy: seen_policy,
        foreign_policies,
        tags: seen_tags,
    } = role;
    if path != "/" {
        let why = format!("its path is {path}, so its ARN does not follow from its name");
        let hint = "name another role in the fleet file, or create this one again without a path";
        plan.decline(Reason::Blocked, why, hint);
        return Readiness::NotReady(format!("role {name} has a path"));
    }
    let mut after = BTreeSet::new();
    if let Some((before, put)) = plan.document("trust policy", seen_trust, trust) {
        let action = RoleAction::PutTrust { before, after: put };
        after.insert(plan.change("trust", action, "drifted: trust policy", &none));
    }
    if let Some((before, put)) = plan.document("inline policy", seen_policy, policy) {
        let why = match before {
            Some(_) => "drifted: inline policy",
            None => "absent: inline policy",
        };
        let action = RoleAction::PutPolicy {
            name: policy_name.clone(),
            before,
            after: put,
        };
        after.insert(plan.change("policy", action, why, &none));
    }
    if let State::Present(policies) = foreign_policies {
        policies
            .iter()
            .for_each(|policy| plan.foreign(format!("policy {policy}")));
    }
    if let Some(tags) = TagChange::between(seen_tags, tags) {
        plan.change("tag", RoleAction::Tag { tags }, "drifted: tags", &none);
    }
    Readiness::Ready { after }
}

/// Plans to delete the role, once nothing delivers with it. A role that others use keeps what is theirs.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    seen: &State<observed::Role>,
    delivering: &Removal,
) {
    let mut plan = begin(plan, place, desired);
    let role = match seen {
        State::Absent => return,
        State::Unknown(why) => return plan.unknown("the role", why),
        State::Present(role) => role,
    };
    match owner_of(role, desired, place.owner) {
        Owner::Ours => {}
        Owner::Unknown(why) => return plan.unknown_owner(&why),
        Owner::Nobody => return plan.foreign("role that catchment did not create"),
        Owner::AnotherFleet(fleet) => return plan.foreign(format!("role of fleet {fleet}")),
    }
    let Some(needs) = delivering.awaited(&mut plan, "remove what uses it first") else {
        return;
    };
    let observed::Role {
        path: _,
        trust,
        policy,
        foreign_policies,
        tags: _,
    } = role;
    let (trust, others) = match (trust, foreign_policies) {
        (State::Present(trust), State::Present(others)) => (trust, others),
        (State::Unknown(why), _) => return plan.unknown("its trust policy", why),
        (_, State::Unknown(why)) => return plan.unknown("its other policies", why),
        (State::Absent, _) | (_, State::Absent) => {
            return plan.unknown("who else uses it", "AWS names none of its policies");
        }
    };
    let policy = match policy {
        State::Unknown(why) => return plan.unknown("the inline policy", why),
        State::Absent => None,
        State::Present(policy) => Some(policy),
    };
    plan.foreign_statements("trust policy", trust, &desired.trust);
    others
        .iter()
        .for_each(|policy| plan.foreign(format!("policy {policy}")));
    let rest_of_policy = policy.and_then(|policy| without_ours(policy, &desired.policy));
    let rest_of_trust = without_ours(trust, &desired.trust);
    let mut after = needs.clone();
    if let Some(before) = policy {
        plan.foreign_statements("inline policy", before, &desired.policy);
        let (name, before) = (desired.policy_name.clone(), before.clone());
        match &rest_of_policy {
            Some(rest) if *rest == before => {}
            Some(rest) => {
                let action = RoleAction::PutPolicy {
                    name,
                    before: Some(before),
                    after: rest.clone(),
                };
                after.insert(plan.change("policy", action, OURS_GO, needs));
            }
            None => {
                let action = RoleAction::DeletePolicy { name, before };
                after.insert(plan.change("delete-policy", action, "destroy", needs));
            }
        }
    }
    let has_others = rest_of_policy.is_some() || rest_of_trust.is_some() || !others.is_empty();
    if !has_others {
        plan.change("delete", RoleAction::Delete, "destroy", &after);
        return;
    }
    if let Some(rest) = rest_of_trust
        && rest != *trust
    {
        let action = RoleAction::PutTrust {
            before: Some(trust.clone()),
            after: rest,
        };
        plan.change("trust", action, OURS_GO, &after);
    }
    let why = "others use it, through statements or policies of their own";
    let hint = "remove what is theirs, then destroy again";
    plan.decline(Reason::Kept, why, hint);
}
