//! The role of a member's filters: set up if its organization may subscribe, and removed once no filter names it.

use std::collections::BTreeSet;

use super::builder::{Place, PlanBuilder, Readiness, Removal};
use super::change::ChangeKey;
use super::tags::{Owner, owner};
use super::{Consent, Orphan, role};
use crate::provision::desired::{self, Member, Sender};
use crate::provision::name::{Arn, MemberName};
use crate::provision::observed::{Role, State};
use crate::provision::policy::List;
use crate::provision::resource::{Party, Resource, ResourceAddress};

fn place<'a>(name: &'a MemberName, member: &'a Member) -> Option<(Place<'a>, &'a Sender)> {
    let sender = member.sender.as_ref()?;
    let place = Place {
        member: Some(name),
        login: &member.login,
        region: member.home()?,
        owner: &sender.owner,
    };
    Some((place, sender))
}

fn address(place: Place<'_>, sender: &Sender) -> Option<ResourceAddress> {
    let party = Party::Member(place.member?.clone());
    let resource = Resource::Role(sender.name.clone());
    let account = &place.login.account;
    Some(ResourceAddress::new(party, account, place.region, resource))
}

/// Plans the role, and says when filters can name it.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    (name, member): (&MemberName, &Member),
    seen: &State<Role>,
    consent: Consent,
    first: &BTreeSet<ChangeKey>,
) -> Option<Readiness> {
    let (place, sender) = place(name, member)?;
    let address = address(place, sender)?;
    let mut wanted = member.role()?;
    keep(plan, &address, (place, &mut wanted), seen, consent);
    let ready = role::set_up(plan, place, &wanted, seen, &[], first).ready;
    let is_declined = plan.plan.declined.iter().any(|one| one.address == address);
    Some(match ready {
        Readiness::Ready { .. } if is_declined => Readiness::NotReady(format!(
            "role {} is not as the filter needs it",
            sender.name
        )),
        ready => ready,
    })
}

/// Filters on log groups that the fleet file does not name may still use the role: it may go on sending their events until it is pruned.
fn keep(
    plan: &mut PlanBuilder,
    address: &ResourceAddress,
    (place, wanted): (Place<'_>, &mut desired::Role),
    seen: &State<Role>,
    consent: Consent,
) {
    let role = ours(seen, place.owner).filter(|_| !wanted.is_ready_made);
    let Some(State::Present(policy)) = role.map(|role| &role.policy) else {
        return;
    };
    let asked = List::LOG_GROUPS.of(&wanted.policy);
    let mut kept = List::LOG_GROUPS.of(policy);
    kept.retain(|one| !asked.contains(one));
    for arn in kept.iter().filter_map(|one| one.parse::<Arn>().ok()) {
        let group = arn.resource().trim_start_matches("log-group:");
        let group = group.trim_end_matches(":*");
        plan.orphan(Orphan {
            address: address.clone(),
            account: Some(place.login.account.clone()),
            organization: None,
            regions: arn.region().into_iter().collect(),
            is_cut_off: consent.prune,
            what: format!("log group {group} is not in the fleet file"),
            consequence: if consent.prune {
                "it is cut off: a filter on it delivers no more"
            } else {
                "--prune would cut it off: a filter on it would deliver no more"
            }
            .to_owned(),
        });
    }
    if !consent.prune {
        wanted.policy = List::LOG_GROUPS.with(&wanted.policy, &kept);
    }
}

fn ours<'s>(seen: &'s State<Role>, fleet: &str) -> Option<&'s Role> {
    match seen {
        State::Present(role) => {
            matches!(owner(&role.tags, fleet, false), Owner::Ours).then_some(role)
        }
        State::Absent | State::Unknown(_) => None,
    }
}

/// Notes that the role is there although no filter needs it.
pub(super) fn leave(
    plan: &mut PlanBuilder,
    (name, member): (&MemberName, &Member),
    seen: &State<Role>,
) {
    let Some((place, sender)) = place(name, member).filter(|(_, one)| !one.is_ready_made) else {
        return;
    };
    if let (Some(address), Some(_)) = (address(place, sender), ours(seen, place.owner)) {
        plan.orphan(Orphan {
            address,
            account: Some(place.login.account.clone()),
            organization: None,
            regions: member.regions.keys().cloned().collect(),
            is_cut_off: false,
            what: "the filters name it, and need it no more".to_owned(),
            consequence: "--prune would take it off the filters, then delete it".to_owned(),
        });
    }
}

/// Plans to delete the role, once no filter names it. One that is not needed and cannot be read is of no concern.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    (name, member): (&MemberName, &Member),
    seen: &State<Role>,
    filters: &Removal,
    why: &str,
) {
    let (Some((place, _)), Some(wanted)) = (place(name, member), member.role()) else {
        return;
    };
    if matches!(seen, State::Present(_)) || member.needs_role() {
        role::take_down(plan, place, &wanted, seen, filters, why);
    }
}
