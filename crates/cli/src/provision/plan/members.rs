//! The members: the roles of their filters, the filters, and the destination policies that wait for both.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{self, Own};
use super::builder::{PlanBuilder, Readiness, Removal};
use super::change::ChangeKey;
use super::filter::{self, Place, Standing, Target};
use super::{Consent, filters, log_groups, member_role};
use crate::provision::desired::Desired;
use crate::provision::name::{AccountId, Arn, MemberName, Region};
use crate::provision::observed::{LogGroup, Observed, State};
use crate::provision::resource::SubscriptionFilter;

/// Plans the roles, then the filters. A destination policy that is to name an organization in the place of accounts comes after the filters
/// of these accounts, and before those of others. `first` must be done before what a role allows is narrowed.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    desired: &Desired,
    observed: &Observed,
    mut targets: BTreeMap<&Arn, Target<'_>>,
    consent: Consent,
    first: &BTreeSet<ChangeKey>,
) {
    let roles = roles(plan, desired, observed, consent, first);
    let mut standings = Standings::default();
    for place in log_groups::places(desired, observed) {
        if !log_groups::set_up(plan, place) {
            standings.note_unknown(place.name, &place.filter.destination);
        }
    }
    let lets_subscribe = |destination: &Arn, account: &AccountId| {
        let target = targets.get(destination);
        let switch = target.and_then(|target| target.switch.as_ref());
        switch.is_none_or(|switch| switch.lets_subscribe(account))
    };
    let (now, later): (Vec<_>, Vec<_>) = filters(desired, observed)
        .partition(|(place, _)| lets_subscribe(&place.filter.destination, &place.login.account));
    let policies = account::places(desired, observed);
    let (policies_now, policies_later): (Vec<_>, Vec<_>) = policies
        .partition(|place| lets_subscribe(&place.account.filter.destination, &place.login.account));
    let nothing_needed = Readiness::Ready {
        after: BTreeSet::new(),
    };
    let subscribe = |plan: &mut PlanBuilder,
                     targets: &BTreeMap<&Arn, Target<'_>>,
                     filters: Vec<(Place<'_>, State<LogGroup>)>,
                     policies: Vec<account::Place<'_>>,
                     standings: &mut Standings| {
        for (place, seen) in filters {
            let asked = asked(place, &seen, desired, consent);
            let target = targets.get(&asked.destination);
            let role = roles.get(place.name).unwrap_or(&nothing_needed);
            let place = Place {
                filter: &asked,
                ..place
            };
            let standing = filter::set_up(plan, place, &seen, (target, role), consent.take_over);
            standings.note(place, standing);
        }
        for place in policies {
            let ours = place.ours();
            let ours = ours.as_ref().map(|policy| &policy.filter);
            let asked = with_role(&place.account.filter, ours, place.name, desired, consent);
            let target = targets.get(&asked.destination);
            let role = roles.get(place.name).unwrap_or(&nothing_needed);
            let own = standings.own(place.name, place.region);
            let ready = (target, role);
            let standing = account::set_up(plan, place, &asked, ready, &own, consent.take_over);
            standings.join(place.name, &asked.destination, standing);
        }
    };
    subscribe(plan, &targets, now, policies_now, &mut standings);
    for (arn, target) in &mut targets {
        let Some(switch) = target.switch.take() else {
            continue;
        };
        let Readiness::Ready { after } = &mut target.ready else {
            continue;
        };
        let mut unready = BTreeSet::new();
        let members = desired.members.iter();
        for (name, _) in members.filter(|(_, one)| switch.concerns(&one.login.account)) {
            match standings.of(name, arn) {
                Some(changes) => after.extend(changes.iter().cloned()),
                None => {
                    unready.insert(name.clone());
                }
            }
        }
        if switch.concerns_others(desired) {
            unready.extend(desired.others.iter().cloned());
        }
        match switch.plan(plan, after, &unready) {
            Ok(key) => *after = BTreeSet::from([key]),
            Err(why) => target.ready = Readiness::NotReady(why),
        }
    }
    subscribe(plan, &targets, later, policies_later, &mut standings);
    for (name, member) in &desired.members {
        let seen = observed.members.get(name);
        let (Some(state), false) = (
            seen.and_then(|seen| seen.role.as_ref()),
            member.needs_role(),
        ) else {
            continue;
        };
        if consent.prune {
            let mut filters = standings.without_role(name);
            filters.join(of_others(name, desired, observed));
            member_role::take_down(plan, (name, member), state, &filters, "--prune");
        } else {
            member_role::leave(plan, (name, member), state);
        }
    }
}

/// Plans the roles that the filters need. The members without such a role are left out.
fn roles<'a>(
    plan: &mut PlanBuilder,
    desired: &'a Desired,
    observed: &Observed,
    consent: Consent,
    first: &BTreeSet<ChangeKey>,
) -> BTreeMap<&'a MemberName, Readiness> {
    let members = desired.members.iter();
    let members = members.filter(|(_, member)| member.needs_role());
    let roles = members.filter_map(|(name, member)| {
        let seen = observed.members.get(name);
        let state = super::read(seen.and_then(|seen| seen.role.as_ref()));
        let readiness = member_role::set_up(plan, (name, member), &state, consent, first)?;
        Some((name, readiness))
    });
    roles.collect()
}

/// The filter as this run asks for it. The role that an organization left on it stays until it is pruned; without a fleet file, it is not
/// known whether it is needed, so that it stays in any case.
fn asked(
    place: Place<'_>,
    seen: &State<LogGroup>,
    desired: &Desired,
    consent: Consent,
) -> SubscriptionFilter {
    let ours = match seen {
        State::Present(LogGroup { filters }) => filters.iter().find(|one| one.is(place.filter)),
        State::Absent | State::Unknown(_) => None,
    };
    with_role(place.filter, ours, place.name, desired, consent)
}

fn with_role(
    wanted: &SubscriptionFilter,
    ours: Option<&SubscriptionFilter>,
    name: &MemberName,
    desired: &Desired,
    consent: Consent,
) -> SubscriptionFilter {
    let mut filter = wanted.clone();
    let Some(ours) = ours else {
        return filter;
    };
    let member = desired.members.get(name);
    let stays = match member.and_then(|member| member.sender.as_ref()) {
        None => true,
        Some(sender) => !consent.prune && ours.role.as_ref() == Some(&sender.arn),
    };
    if stays {
        filter.role.clone_from(&ours.role);
    }
    filter
}

/// How the filters stand once the plan is carried out, by member and `logs::Destination`: after which changes all are as asked for; `None` if
/// not all will be.
#[derive(Default)]
struct Standings {
    all: BTreeMap<(MemberName, Arn), Option<BTreeSet<ChangeKey>>>,
    /// Those of each log group, by member and Region.
    own: BTreeMap<(MemberName, Region), Own>,
}

impl Standings {
    fn note(&mut self, place: Place<'_>, standing: Standing) {
        let after = match &standing {
            Standing::AsAsked { after } => Some(after.clone()),
            Standing::Absent | Standing::Otherwise => None,
        };
        let key = (place.name.clone(), place.region.clone());
        let own = self.own.entry(key).or_default();
        own.insert(place.group.clone(), after);
        self.join(place.name, &place.filter.destination, standing);
    }

    /// What stands for each log group that has, or is to have, a filter of its own.
    fn own(&self, member: &MemberName, region: &Region) -> Own {
        let key = (member.clone(), region.clone());
        self.own.get(&key).cloned().unwrap_or_default()
    }

    fn join(&mut self, member: &MemberName, destination: &Arn, standing: Standing) {
        let key = (member.clone(), destination.clone());
        let all = self.all.entry(key).or_insert_with(|| Some(BTreeSet::new()));
        match standing {
            Standing::AsAsked { after } => {
                all.iter_mut().for_each(|all| all.extend(after.clone()));
            }
            Standing::Absent => {}
            Standing::Otherwise => *all = None,
        }
    }

    /// Notes that there may be filters that are not known.
    fn note_unknown(&mut self, member: &MemberName, destination: &Arn) {
        self.all.insert((member.clone(), destination.clone()), None);
    }

    /// The changes after which the filters of a member are as asked for.
    fn of(&self, member: &MemberName, destination: &Arn) -> Option<BTreeSet<ChangeKey>> {
        let key = (member.clone(), destination.clone());
        self.all.get(&key).cloned().unwrap_or(Some(BTreeSet::new()))
    }

    /// Whether no filter of a member names a role any more.
    fn without_role(&self, member: &MemberName) -> Removal {
        let mut removal = Removal::default();
        for ((_, _), standing) in self.all.iter().filter(|((name, _), _)| name == member) {
            removal.join(match standing {
                Some(after) => Removal::Gone {
                    after: after.clone(),
                },
                None => Removal::Stays(format!("filters of {member} may still name it")),
            });
        }
        removal
    }
}

/// Keeps a member's role if a filter of others names it.
fn of_others(name: &MemberName, desired: &Desired, observed: &Observed) -> Removal {
    let sender = desired
        .members
        .get(name)
        .and_then(|one| one.sender.as_ref());
    let mut seen = filters(desired, observed).filter(|(place, _)| place.name == name);
    let other = seen.find_map(|(place, state)| {
        let State::Present(group) = state else {
            return None;
        };
        let mut others = group
            .filters
            .into_iter()
            .filter(|one| !one.is(place.filter));
        others.find(|one| one.role.as_ref() == sender.map(|sender| &sender.arn))
    });
    let policies = account::places(desired, observed).filter(|place| place.name == name);
    let mut policies = policies.filter_map(|place| place.of_others());
    let other = other.or_else(|| {
        let policy =
            policies.find(|one| one.filter.role.as_ref() == sender.map(|sender| &sender.arn));
        policy.map(|policy| policy.filter)
    });
    match other {
        Some(other) => Removal::Kept(format!("filter {} of others names it", other.name)),
        None => Removal::default(),
    }
}

/// Plans to delete the roles of filters that are removed.
pub(super) fn take_down_roles(
    plan: &mut PlanBuilder,
    desired: &Desired,
    observed: &Observed,
    filters: &BTreeMap<MemberName, Removal>,
) {
    for (name, member) in &desired.members {
        let seen = observed.members.get(name);
        if let Some(state) = seen.and_then(|seen| seen.role.as_ref()) {
            let mut filters = filters.get(name).cloned().unwrap_or_default();
            filters.join(of_others(name, desired, observed));
            member_role::take_down(plan, (name, member), state, &filters, "destroy");
        }
    }
}
