//! An IAM role, that of the logging account or that of a member's filters: its trust policy, its inline policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{OURS_GO, Place, PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, ChangeKey, RoleAction};
use super::listed;
use super::ready_made;
use super::switch::{InUse, RoleReadiness};
use super::tags::{Owner, TagChange, owner};
use crate::provision::desired::{
    Grants, INLINE_POLICY_CHARACTERS_MAX, Role, TRUST_POLICY_CHARACTERS_MAX,
};
use crate::provision::name::{AccountId, Arn};
use crate::provision::observed::{self, State};
use crate::provision::policy::{Document, List, has_ours, merged, without_ours};
use crate::provision::resource::{Party, Resource};

fn begin<'p>(
    plan: &'p mut PlanBuilder,
    Place {
        member,
        login,
        region,
        ..
    }: Place<'p>,
    Role { name, .. }: &'p Role,
) -> ResourcePlan<'p, RoleAction> {
    let resource = Resource::Role(name.clone());
    let party = member.map_or(Party::Logging, |member| Party::Member(member.clone()));
    plan.resource(party, resource, login, region, move |action| match member {
        Some(member) => Action::MemberRole(member.clone(), name.clone(), action),
        None => Action::Role(name.clone(), action),
    })
}

/// A role without tags is ours if it has what only we write. Others may trust CloudWatch Logs as the roles in members do, so that one
/// without tags is not ours there.
fn owner_of(role: &observed::Role, desired: &Role, place: Place<'_>) -> Owner {
    if place.member.is_some() {
        return owner(&role.tags, place.owner, false);
    }
    owner_of_delivery(role, desired, place.owner)
}

fn owner_of_delivery(role: &observed::Role, desired: &Role, ours: &str) -> Owner {
    let trusts_ours =
        matches!(&role.trust, State::Present(trust) if has_ours(trust, &desired.trust));
    let looks_ours = trusts_ours || matches!(role.policy, State::Present(_));
    owner(&role.tags, ours, looks_ours)
}

/// The delivery role, if it is there and ours.
pub(super) fn ours<'s>(
    seen: &'s State<observed::Role>,
    desired: &Role,
    ours: &str,
) -> Option<&'s observed::Role> {
    match seen {
        State::Present(role) if !desired.is_ready_made => {
            matches!(owner_of_delivery(role, desired, ours), Owner::Ours).then_some(role)
        }
        State::Present(_) | State::Absent | State::Unknown(_) => None,
    }
}

/// Plans the role. `uses` is what the Regions still use; `first` must be done before what the role allows is narrowed.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    seen: &State<observed::Role>,
    uses: &[InUse],
    first: &BTreeSet<ChangeKey>,
) -> RoleReadiness {
    if desired.is_ready_made {
        return ready_made::check(begin(plan, place, desired), desired, seen);
    }
    let mut plan = begin(plan, place, desired);
    let Role {
        name,
        arn: _,
        trust,
        boundary,
        is_ready_made: _,
        policy_name,
        policy: _,
        tags,
    } = desired;
    let not_ready = |why: String| RoleReadiness {
        ready: Readiness::NotReady(why),
        may_deliver: false,
        surplus: None,
    };
    let none = BTreeSet::new();
    let role = match seen {
        State::Unknown(why) => {
            plan.unknown("the role", why);
            return not_ready(format!("role {name} could not be read"));
        }
        State::Absent => {
            plan.absent();
            let action = RoleAction::Create {
                trust: trust.clone(),
                boundary: boundary.clone(),
                tags: tags.clone(),
            };
            let mut after = BTreeSet::from([plan.change("create", action, "absent", &none)]);
            let (policy, is_more) = granted(desired, &State::Absent, uses);
            let action = RoleAction::PutPolicy {
                name: policy_name.clone(),
                before: None,
                after: policy.clone(),
            };
            after.insert(plan.change("policy", action, "absent", &after));
            return RoleReadiness {
                ready: Readiness::Ready { after },
                may_deliver: true,
                surplus: is_more.then_some(policy),
            };
        }
        State::Present(role) => role,
    };
    let whose = match owner_of(role, desired, place) {
        Owner::Ours => None,
        Owner::Unknown(why) => {
            plan.unknown_owner(&why);
            return not_ready(format!("the tags of role {name} could not be read"));
        }
        Owner::Nobody => Some(plan.taken("role", None, place.owner)),
        Owner::AnotherFleet(fleet) => Some(plan.taken("role", Some(&fleet), place.owner)),
    };
    if let Some(whose) = whose {
        return not_ready(format!("role {name} {whose}"));
    }
    let observed::Role {
        path,
        boundary: seen_boundary,
        trust: seen_trust,
        policy: seen_policy,
        foreign_policies,
        tags: seen_tags,
    } = role;
    if path != "/" {
        let why = format!("its path is {path}, so its ARN does not follow from its name");
        let hint = "name another role in the fleet file, or create this one again without a path";
        plan.decline(Reason::Blocked, why, hint);
        return not_ready(format!("role {name} has a path"));
    }
    let mut after = BTreeSet::new();
    let mut bounded = first.clone();
    let key = bound(&mut plan, boundary.as_ref(), seen_boundary.as_ref());
    bounded.extend(key.clone());
    after.extend(key);
    let max = TRUST_POLICY_CHARACTERS_MAX;
    if let Some((before, put)) = plan.document("trust policy", seen_trust, trust, max) {
        let action = RoleAction::PutTrust { before, after: put };
        after.insert(plan.change("trust", action, "drifted: trust policy", first));
    }
    let (policy, is_more) = granted(desired, seen_policy, uses);
    let mut wide = match seen_policy {
        State::Present(seen) => Some(seen.clone()),
        State::Absent | State::Unknown(_) => None,
    };
    let max = INLINE_POLICY_CHARACTERS_MAX;
    if let Some((before, put)) = plan.document("inline policy", seen_policy, &policy, max) {
        let why = match (&before, is_more) {
            (Some(_), true) => {
                "drifted: inline policy; what delivers now stays allowed until it is switched over"
            }
            (Some(_), false) => "drifted: inline policy",
            (None, _) => "absent: inline policy",
        };
        wide = Some(put.clone());
        let action = RoleAction::PutPolicy {
            name: policy_name.clone(),
            before,
            after: put,
        };
        after.insert(plan.change("policy", action, why, &bounded));
    }
    if let State::Present(policies) = foreign_policies {
        policies
            .iter()
            .for_each(|policy| plan.foreign(format!("policy {policy}")));
    }
    if let Some(tags) = TagChange::between(seen_tags, tags) {
        plan.change("tag", RoleAction::Tag { tags }, "drifted: tags", &none);
    }
    RoleReadiness {
        ready: Readiness::Ready { after },
        may_deliver: wide.is_some(),
        surplus: wide.filter(|_| is_more),
    }
}

/// Plans the permissions boundary. It comes before the policy: an operator may be allowed to write policies of roles that have it only.
fn bound(
    plan: &mut ResourcePlan<'_, RoleAction>,
    wanted: Option<&Arn>,
    seen: Option<&Arn>,
) -> Option<ChangeKey> {
    let wanted = wanted.filter(|wanted| seen != Some(wanted))?;
    let action = RoleAction::PutBoundary {
        before: seen.cloned(),
        after: wanted.clone(),
    };
    let why = "drifted: permissions boundary";
    Some(plan.change("boundary", action, why, &BTreeSet::new()))
}

/// Our statements of the inline policy while Regions are switched over: what the fleet file asks for, and until then what is in use.
/// True if that is more than it asks for.
fn granted(desired: &Role, seen: &State<Document>, uses: &[InUse]) -> (Document, bool) {
    if uses.is_empty() {
        return (desired.policy.clone(), false);
    }
    let mut grants = match seen {
        State::Present(seen) if uses.iter().any(InUse::is_switching) => Grants::of(seen),
        State::Present(_) | State::Absent | State::Unknown(_) => Grants::default(),
    };
    let keys = uses.iter().filter_map(|one| one.key.clone());
    grants.keys.extend(keys);
    let policy = desired.policy_and(&grants);
    let is_more = policy != desired.policy;
    (policy, is_more)
}

/// Plans to take back what nothing uses once `needs` are made. Nothing waits here for IAM: AWS accepts a PutDestination only after it
/// delivered a test message with the new stream and role, and a revocation that takes effect late does no harm.
pub(super) fn revoke(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    wide: &Document,
    needs: &BTreeSet<ChangeKey>,
) {
    let mut plan = begin(plan, place, desired);
    let after = merged(Some(wide), &desired.policy);
    let action = RoleAction::PutPolicy {
        name: desired.policy_name.clone(),
        before: Some(wide.clone()),
        after,
    };
    plan.change("revoke", action, "nothing uses the rest any more", needs);
}

/// Plans to delete the role, once nothing delivers with it. A role that others use keeps what is theirs.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    seen: &State<observed::Role>,
    delivering: &Removal,
    why: &str,
) {
    if desired.is_ready_made {
        return;
    }
    let mut plan = begin(plan, place, desired);
    let role = match seen {
        State::Absent => return,
        State::Unknown(why) => return plan.unknown("the role", why),
        State::Present(role) => role,
    };
    match owner_of(role, desired, place) {
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
        boundary,
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
        let mut needs = needs.clone();
        if rest_of_policy.as_ref() != Some(&before) {
            needs.extend(bound(
                &mut plan,
                desired.boundary.as_ref(),
                boundary.as_ref(),
            ));
        }
        let needs = &needs;
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
                after.insert(plan.change("delete-policy", action, why, needs));
            }
        }
    }
    let has_others = rest_of_policy.is_some() || rest_of_trust.is_some() || !others.is_empty();
    if !has_others {
        plan.change("delete", RoleAction::Delete, why, &after);
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

/// Plans to take accounts out of the trust policy.
pub(super) fn take_out(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Role,
    seen: &State<observed::Role>,
    accounts: &BTreeSet<AccountId>,
    needs: &BTreeSet<ChangeKey>,
) {
    let mut plan = begin(plan, place, desired);
    let trust = ours(seen, desired, place.owner).map(|role| &role.trust);
    let Some(trust) = plan.permission(seen, trust) else {
        return;
    };
    // the logging account's own source stays: it is there whether it is a member or not
    let goes = |text: &str| match listed::source(text) {
        Some((_, Some(account))) => account != place.login.account && accounts.contains(&account),
        Some((_, None)) | None => false,
    };
    let after = List::SOURCES.without(trust, goes);
    if after != *trust {
        let before = Some(trust.clone());
        let action = RoleAction::PutTrust { before, after };
        plan.change("trust", action, "destroy", needs);
    }
}
