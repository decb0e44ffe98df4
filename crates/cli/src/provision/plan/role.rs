//! The IAM role that CloudWatch Logs delivers with: its trust, its inline policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal};
use super::change::{Action, TagChange};
use super::owner::{Owner, known, owner};
use crate::provision::desired::{self, Logging};
use crate::provision::observed::{self, State};
use crate::provision::policy::{has_ours, without_ours};
use crate::provision::resource::{OWNER_TAG, Party, Resource, ResourceAddress};

fn subject(logging: &Logging) -> ResourceAddress {
    let thing = Resource::Role(logging.role.name.clone());
    ResourceAddress {
        party: Party::Logging,
        account: logging.account.clone(),
        region: None,
        thing,
    }
}

/// A role without tags is ours if it carries what only we write.
fn owner_of(role: &observed::Role, desired: &desired::Role, ours: &str) -> Owner {
    let trusts_ours =
        matches!(&role.trust, State::Present(trust) if has_ours(trust, &desired.trust));
    owner(
        &role.tags,
        ours,
        trusts_ours || matches!(role.policy, State::Present(_)),
    )
}

/// Plans the role.
pub(super) fn set_up(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    seen: &State<observed::Role>,
) -> Readiness {
    let subject = subject(logging);
    let desired::Role {
        name,
        trust,
        policy_name,
        policy,
        tags,
    } = &logging.role;
    let role = match seen {
        State::Unknown(why) => {
            draft.unknown(&subject, "the role", why);
            return Readiness::Falls(format!("role {name} could not be read"));
        }
        State::Absent => {
            let action = Action::CreateRole {
                trust: trust.clone(),
                tags: tags.clone(),
            };
            let mut after = BTreeSet::from([draft.change(
                &subject,
                "create",
                action,
                "absent",
                &BTreeSet::new(),
            )]);
            let action = Action::PutRolePolicy {
                name: policy_name.clone(),
                before: None,
                after: policy.clone(),
            };
            after.insert(draft.change(&subject, "policy", action, "absent", &after));
            return Readiness::Stands { after };
        }
        State::Present(role) => role,
    };
    match owner_of(role, &logging.role, draft.owner) {
        Owner::Ours => {}
        Owner::Unknown(why) => {
            draft.unknown(&subject, "its tags, and so whose it is,", &why);
            return Readiness::Falls(format!("whose role {name} is could not be read"));
        }
        Owner::Nobody => {
            let hint = format!(
                "name another role in the fleet file, or hand this one over: give it the tag {OWNER_TAG} = {}",
                draft.owner
            );
            draft.decline(
                &subject,
                Reason::Foreign,
                "a role of this name is there that catchment did not make",
                hint,
            );
            return Readiness::Falls(format!("role {name} is foreign"));
        }
        Owner::AnotherFleet(fleet) => {
            draft.decline(
                &subject,
                Reason::Foreign,
                format!("it is of fleet {fleet}"),
                "name another role in the fleet file",
            );
            return Readiness::Falls(format!("role {name} is of another fleet"));
        }
    }
    if role.path != "/" {
        let why = format!(
            "it has the path {}, and so another ARN than its name tells",
            role.path
        );
        let hint = "name another role in the fleet file, or make this one anew without a path";
        draft.decline(&subject, Reason::Blocked, why, hint);
        return Readiness::Falls(format!("role {name} has a path"));
    }
    let observed::Role {
        path: _,
        trust: seen_trust,
        policy: seen_policy,
        foreign_policies,
        tags: seen_tags,
    } = role;
    let mut after = BTreeSet::new();
    if let Some((before, put)) = draft.document(&subject, "trust policy", seen_trust, trust) {
        let action = Action::PutRoleTrust { before, after: put };
        after.insert(draft.change(
            &subject,
            "trust",
            action,
            "drifted: trust policy",
            &BTreeSet::new(),
        ));
    }
    if let Some((before, put)) = draft.document(&subject, "inline policy", seen_policy, policy) {
        let why = if before.is_some() {
            "drifted: inline policy"
        } else {
            "absent: inline policy"
        };
        let action = Action::PutRolePolicy {
            name: policy_name.clone(),
            before,
            after: put,
        };
        after.insert(draft.change(&subject, "policy", action, why, &BTreeSet::new()));
    }
    if let State::Present(policies) = foreign_policies {
        policies
            .iter()
            .for_each(|policy| draft.foreign(&subject, format!("policy {policy}")));
    }
    if let Some(tags) = known(seen_tags).and_then(|seen| TagChange::between(&seen, tags)) {
        draft.change(
            &subject,
            "tag",
            Action::TagRole { tags },
            "drifted: tags",
            &BTreeSet::new(),
        );
    }
    Readiness::Stands { after }
}

/// Plans the end of the role, once nothing delivers with it. A role that others use keeps what is theirs.
pub(super) fn take_down(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    seen: &State<observed::Role>,
    delivering: &Removal,
) {
    let subject = subject(logging);
    let role = match seen {
        State::Absent => return,
        State::Unknown(why) => return draft.unknown(&subject, "the role", why),
        State::Present(role) => role,
    };
    match owner_of(role, &logging.role, draft.owner) {
        Owner::Ours => {}
        Owner::Unknown(why) => {
            return draft.unknown(&subject, "its tags, and so whose it is,", &why);
        }
        Owner::Nobody => return draft.foreign(&subject, "role that catchment did not make"),
        Owner::AnotherFleet(fleet) => {
            return draft.foreign(&subject, format!("role of fleet {fleet}"));
        }
    }
    let Some(needs) = delivering.awaited(draft, &subject, "remove what stands on it first") else {
        return;
    };
    let observed::Role {
        path: _,
        trust,
        policy,
        foreign_policies,
        tags: _,
    } = role;
    let desired::Role {
        name: _,
        trust: our_trust,
        policy_name,
        policy: our_policy,
        tags: _,
    } = &logging.role;
    let (trust, others) = match (trust, foreign_policies) {
        (State::Present(trust), State::Present(others)) => (trust, others),
        (State::Unknown(why), _) => return draft.unknown(&subject, "its trust policy", why),
        (_, State::Unknown(why)) => return draft.unknown(&subject, "its other policies", why),
        (State::Absent, _) | (_, State::Absent) => {
            return draft.unknown(&subject, "who else uses it", "AWS names no policies of it");
        }
    };
    let policy = match policy {
        State::Unknown(why) => return draft.unknown(&subject, "the inline policy", why),
        State::Absent => None,
        State::Present(policy) => Some(policy),
    };
    draft.foreign_statements(&subject, "trust policy", trust, our_trust);
    others
        .iter()
        .for_each(|policy| draft.foreign(&subject, format!("policy {policy}")));
    let rest_of_policy = policy.and_then(|policy| without_ours(policy, our_policy));
    let rest_of_trust = without_ours(trust, our_trust);
    let mut after = needs.clone();
    if let Some(before) = policy {
        draft.foreign_statements(&subject, "inline policy", before, our_policy);
        let name = policy_name.clone();
        match &rest_of_policy {
            Some(rest) if rest == before => {}
            Some(rest) => {
                let action = Action::PutRolePolicy {
                    name,
                    before: Some(before.clone()),
                    after: rest.clone(),
                };
                after.insert(draft.change(
                    &subject,
                    "policy",
                    action,
                    "ours go, the others' stay",
                    needs,
                ));
            }
            None => {
                let action = Action::DeleteRolePolicy {
                    name,
                    before: before.clone(),
                };
                after.insert(draft.change(&subject, "delete-policy", action, "destroy", needs));
            }
        }
    }
    let has_others = rest_of_policy.is_some() || rest_of_trust.is_some() || !others.is_empty();
    if !has_others {
        draft.change(&subject, "delete", Action::DeleteRole, "destroy", &after);
        return;
    }
    if let Some(rest) = rest_of_trust
        && rest != *trust
    {
        let action = Action::PutRoleTrust {
            before: Some(trust.clone()),
            after: rest,
        };
        draft.change(
            &subject,
            "trust",
            action,
            "ours go, the others' stay",
            &after,
        );
    }
    draft.decline(
        &subject,
        Reason::Kept,
        "others use it, through statements or policies of their own",
        "remove what is theirs, then destroy again",
    );
}
