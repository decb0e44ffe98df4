//! The `logs::Destination`: its stream and role, its policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{OURS_GO, Place, PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, ChangeKey, DestinationAction};
use super::listed;
use super::switch::DestinationReadiness;
use super::tags::{Owner, TagChange, owner};
use crate::provision::desired::{DESTINATION_POLICY_BYTES_MAX, Destination};
use crate::provision::name::AccountId;
use crate::provision::observed::{self, State};
use crate::provision::policy::{List, has_ours, without_ours};
use crate::provision::resource::{Party, Resource};

fn begin<'p>(
    plan: &'p mut PlanBuilder,
    Place { login, region, .. }: Place<'p>,
    Destination { name, .. }: &'p Destination,
) -> ResourcePlan<'p, DestinationAction> {
    let resource = Resource::Destination(name.clone());
    plan.resource(Party::Logging, resource, login, region, move |action| {
        Action::Destination(name.clone(), action)
    })
}

/// A `logs::Destination` without tags is ours if it joins our stream and our role: its tags are written last.
fn owner_of(seen: &observed::Destination, desired: &Destination, ours: &str) -> Owner {
    owner(&seen.tags, ours, seen.ends == desired.ends)
}

/// The `logs::Destination`, if it is there and ours.
pub(super) fn ours<'s>(
    seen: &'s State<observed::Destination>,
    desired: &Destination,
    ours: &str,
) -> Option<&'s observed::Destination> {
    match seen {
        State::Present(seen) => {
            matches!(owner_of(seen, desired, ours), Owner::Ours).then_some(seen)
        }
        State::Absent | State::Unknown(_) => None,
    }
}

/// Plans one Region's `logs::Destination` on top of its stream and role.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Destination,
    seen: &State<observed::Destination>,
    (stream, role): (&Readiness, &Readiness),
) -> DestinationReadiness {
    let mut plan = begin(plan, place, desired);
    let name = &desired.name;
    // if it cannot be read, its members go ahead: AWS itself checks what they need of it
    let unread = |what: &str| DestinationReadiness {
        ready: Readiness::Ready {
            after: BTreeSet::new(),
        },
        is_read: false,
        put: None,
        unsettled: Some(format!("{what} could not be read")),
    };
    let seen = match seen {
        State::Unknown(why) => {
            plan.unknown("the logs::Destination", why);
            return unread(&format!("logs::Destination {name}"));
        }
        State::Absent => {
            plan.absent();
            None
        }
        State::Present(seen) => Some(seen),
    };
    let whose = match seen.map(|seen| owner_of(seen, desired, place.owner)) {
        None | Some(Owner::Ours) => None,
        Some(Owner::Unknown(why)) => {
            plan.unknown_owner(&why);
            return unread(&format!("the tags of logs::Destination {name}"));
        }
        Some(Owner::Nobody) => Some(plan.taken("destination", None, place.owner)),
        Some(Owner::AnotherFleet(fleet)) => {
            Some(plan.taken("destination", Some(&fleet), place.owner))
        }
    };
    if let Some(whose) = whose {
        return DestinationReadiness {
            ready: Readiness::NotReady(format!("logs::Destination {name} {whose}")),
            is_read: true,
            put: None,
            unsettled: None,
        };
    }
    let before = seen.map(|seen| seen.ends.clone());
    let mut after = BTreeSet::new();
    let (mut switch, mut unsettled) = (None, None);
    match (stream, role) {
        (Readiness::Ready { after: stream }, Readiness::Ready { after: role }) => {
            after.extend(stream.iter().chain(role).cloned());
            if before.as_ref() != Some(&desired.ends) {
                let why = match before {
                    Some(_) => "drifted: stream or role",
                    None => "absent",
                };
                let action = DestinationAction::Put {
                    before,
                    after: desired.ends.clone(),
                };
                let put = plan.change("put", action, why, &after);
                after.insert(put.clone());
                switch = seen.map(|_| put);
            }
        }
        (Readiness::NotReady(why), _) | (_, Readiness::NotReady(why))
            if before.as_ref() != Some(&desired.ends) =>
        {
            plan.blocked(why);
            if before.is_none() {
                let why = format!("logs::Destination {name} is absent, and {why}");
                return DestinationReadiness {
                    ready: Readiness::NotReady(why),
                    is_read: true,
                    put: None,
                    unsettled: None,
                };
            }
            unsettled = Some(why.clone());
        }
        _ => {}
    }
    let (policy, tags) = match seen {
        Some(seen) => (&seen.policy, &seen.tags),
        None => (&State::Absent, &State::Absent),
    };
    let max = DESTINATION_POLICY_BYTES_MAX;
    if let Some((before, put)) = plan.document("destination policy", policy, &desired.policy, max) {
        let why = match before {
            Some(_) => "drifted: policy",
            None => "absent: policy",
        };
        let action = DestinationAction::PutPolicy { before, after: put };
        after.insert(plan.change("policy", action, why, &after));
    }
    if let Some(tags) = TagChange::between(tags, &desired.tags) {
        let why = match seen {
            Some(_) => "drifted: tags",
            None => "absent: tags",
        };
        let arn = desired.arn.clone();
        plan.change("tag", DestinationAction::Tag { arn, tags }, why, &after);
    }
    DestinationReadiness {
        ready: Readiness::Ready { after },
        is_read: true,
        put: switch,
        unsettled,
    }
}

/// Plans to delete it, once no filter of the fleet delivers to it. If others may subscribe to it, it stays for them.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Destination,
    seen: &State<observed::Destination>,
    filters: &Removal,
    why: &str,
) -> Removal {
    let mut plan = begin(plan, place, desired);
    let about = |what: &str| {
        format!(
            "logs::Destination {} in {} {what}",
            desired.name, place.region
        )
    };
    let stays = |what: &str| Removal::Stays(about(what));
    let seen = match seen {
        State::Absent => return Removal::default(),
        State::Unknown(why) => {
            plan.unknown("the logs::Destination", why);
            return stays("could not be read");
        }
        State::Present(seen) => seen,
    };
    match owner_of(seen, desired, place.owner) {
        Owner::Ours => {}
        Owner::Unknown(why) => {
            plan.unknown_owner(&why);
            return stays("may belong to others");
        }
        Owner::Nobody | Owner::AnotherFleet(_) => {
            plan.foreign("logs::Destination that is not of this fleet");
            return if seen.ends.role == desired.ends.role || seen.ends.target == desired.ends.target
            {
                stays("is foreign and uses it")
            } else {
                Removal::default()
            };
        }
    }
    let hint = "remove what delivers to it first, or take its member out of the fleet file";
    let Some(after) = filters.awaited(&mut plan, hint) else {
        return stays("stays");
    };
    let rest = match &seen.policy {
        State::Unknown(why) => {
            plan.unknown("the destination policy", why);
            return stays("stays");
        }
        State::Absent => None,
        State::Present(policy) => {
            plan.foreign_statements("destination policy", policy, &desired.policy);
            without_ours(policy, &desired.policy).map(|rest| (policy, rest))
        }
    };
    let Some((policy, rest)) = rest else {
        let before = seen.ends.clone();
        let key = plan.change("delete", DestinationAction::Delete { before }, why, after);
        return Removal::Gone {
            after: BTreeSet::from([key]),
        };
    };
    if has_ours(policy, &desired.policy) {
        let action = DestinationAction::PutPolicy {
            before: Some(policy.clone()),
            after: rest,
        };
        plan.change("policy", action, OURS_GO, after);
    }
    let why = "its policy lets others subscribe to it";
    plan.decline(
        Reason::Kept,
        why,
        "remove their statements, then destroy again",
    );
    Removal::Kept(about("is used by others"))
}

/// Plans to take accounts out of the destination policy.
pub(super) fn take_out(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Destination,
    seen: &State<observed::Destination>,
    accounts: &BTreeSet<AccountId>,
    needs: &BTreeSet<ChangeKey>,
) {
    let mut plan = begin(plan, place, desired);
    let policy = ours(seen, desired, place.owner).map(|seen| &seen.policy);
    let Some(policy) = plan.permission(seen, policy) else {
        return;
    };
    let goes = |text: &str| listed::subscriber(text).is_some_and(|one| accounts.contains(&one));
    let after = List::SUBSCRIBERS.without(policy, goes);
    if after == *policy {
        return;
    }
    if after.statements().is_empty() {
        let why = "its policy would allow nobody, and AWS takes no empty policy";
        return plan.decline(Reason::Kept, why, "run `catchment destroy --logging`");
    }
    let action = DestinationAction::PutPolicy {
        before: Some(policy.clone()),
        after,
    };
    plan.change("policy", action, "destroy", needs);
}
