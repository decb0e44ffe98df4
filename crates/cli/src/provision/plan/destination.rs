//! The `logs::Destination`: its stream and role, its policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{OURS_GO, Place, PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, ChangeKey, DestinationAction};
use super::listed;
use super::tags::{Owner, TagChange, owner};
use crate::provision::desired::{DESTINATION_POLICY_BYTES_MAX, Desired, Destination};
use crate::provision::name::{AccountId, MemberName};
use crate::provision::observed::{self, State};
use crate::provision::policy::{Document, List, has_ours, without_ours};
use crate::provision::resource::{Party, Resource};

/// What the `logs::Destination`'s part says to the parts that follow.
pub(super) struct DestinationReadiness<'a> {
    pub ready: Readiness,
    pub is_read: bool,
    /// Set if it exists and is switched to another stream or role.
    pub put: Option<ChangeKey>,
    /// Why it may deliver through a role that is not ours, if it may.
    pub unsettled: Option<String>,
    /// Set if its policy waits for the filters' roles.
    pub switch: Option<Switch<'a>>,
}

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
pub(super) fn set_up<'a>(
    plan: &mut PlanBuilder,
    place: Place<'a>,
    desired: &'a Destination,
    seen: &State<observed::Destination>,
    (stream, role): (&Readiness, &Readiness),
) -> DestinationReadiness<'a> {
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
        switch: None,
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
    let not_ready = |why: &str| DestinationReadiness {
        ready: Readiness::NotReady(format!("logs::Destination {name} {why}")),
        is_read: true,
        put: None,
        unsettled: None,
        switch: None,
    };
    if let Some(whose) = whose {
        return not_ready(whose);
    }
    // another role would trust only those that the file names, and not whom the policy lets subscribe beside them
    let is_held = |seen: &observed::Destination| {
        matches!(seen.policy, State::Unknown(_)) && seen.ends.role != desired.ends.role
    };
    let before = seen.map(|seen| seen.ends.clone());
    let mut after = BTreeSet::new();
    let (mut switch, mut unsettled) = (None, None);
    match (stream, role) {
        _ if seen.is_some_and(is_held) => {
            unsettled = Some(format!(
                "the policy of logs::Destination {name} could not be read"
            ));
        }
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
                return not_ready(&format!("is absent, and {why}"));
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
    let bytes = desired.policy.to_json().len();
    if bytes * 100 >= max * NEARLY_PERCENT {
        let what =
            format!("its policy is {bytes} bytes long, and AWS takes {max}; each account takes 15");
        let hint = "if all accounts belong to one organization, let it subscribe: access = \"organization\" under [logging]";
        plan.warn(what, hint);
    }
    let mut waiting = None;
    match plan.document("destination policy", policy, &desired.policy, max) {
        Some((Some(before), put)) => match Switch::of(place, desired, before, put) {
            Ok(switch) => waiting = Some(switch),
            Err(action) => {
                after.insert(plan.change("policy", action, "drifted: policy", &after));
            }
        },
        Some((None, put)) => {
            let action = DestinationAction::PutPolicy {
                before: None,
                after: put,
                force_update: false,
            };
            after.insert(plan.change("policy", action, "absent: policy", &after));
        }
        None => {}
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
        switch: waiting,
    }
}

/// A destination policy is nearly full when it has this much of what AWS takes.
const NEARLY_PERCENT: usize = 80;

/// A destination policy that names accounts now, and will name their organization. AWS then asks each filter for a role
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Cross-Account-Log_Subscription-Update.html>), so that the filters of
/// those accounts come first.
pub(super) struct Switch<'a> {
    place: Place<'a>,
    desired: &'a Destination,
    before: Document,
    after: Document,
    /// The accounts that only the list lets subscribe.
    leaving: BTreeSet<AccountId>,
}

impl<'a> Switch<'a> {
    /// Nothing waits if no account leaves the list: then there is only the action.
    fn of(
        place: Place<'a>,
        desired: &'a Destination,
        before: Document,
        after: Document,
    ) -> Result<Self, DestinationAction> {
        let is_organization = |policy: &Document| !List::ORGANIZATIONS.of(policy).is_empty();
        let stay = List::SUBSCRIBERS.of(&after);
        let mut leaving = List::SUBSCRIBERS.of(&before);
        leaving.retain(|one| !stay.contains(one));
        if is_organization(&desired.policy) && !leaving.is_empty() {
            let leaving = leaving.iter().filter_map(|one| listed::subscriber(one));
            return Ok(Self {
                place,
                desired,
                leaving: leaving.collect(),
                before,
                after,
            });
        }
        let force_update = is_organization(&after) && !is_organization(&before);
        Err(DestinationAction::PutPolicy {
            before: Some(before),
            after,
            force_update,
        })
    }

    /// Whether the account may subscribe before the switch.
    pub(super) fn lets_subscribe(&self, account: &AccountId) -> bool {
        let organizations = List::ORGANIZATIONS.of(&self.before);
        let asked = List::ORGANIZATIONS.of(&self.desired.policy);
        self.leaving.contains(account) || asked.is_subset(&organizations)
    }

    /// Whether the account delivers by the list, which names it no more after the switch.
    pub(super) fn concerns(&self, account: &AccountId) -> bool {
        self.leaving.contains(account)
    }

    /// Whether accounts that deliver by the list are not among the members that this run looks at.
    pub(super) fn concerns_others(&self, desired: &Desired) -> bool {
        let members = desired.members.values();
        let seen: BTreeSet<_> = members.map(|member| &member.login.account).collect();
        self.leaving.iter().any(|account| !seen.contains(account))
    }

    /// Plans it after the filters' changes, `needs`; or refuses it, if some members are not ready. Returns its key, or why not.
    pub(super) fn plan(
        self,
        plan: &mut PlanBuilder,
        needs: &BTreeSet<ChangeKey>,
        unready: &BTreeSet<MemberName>,
    ) -> Result<ChangeKey, String> {
        let mut plan = begin(plan, self.place, self.desired);
        if !unready.is_empty() {
            let names: Vec<_> = unready.iter().map(MemberName::as_str).collect();
            let why = format!(
                "its policy cannot name the organization yet: filters without a role would deliver no more, and these members are not ready: {}",
                names.join(", ")
            );
            let hint =
                "run `catchment apply` for the whole fleet, and follow the hints for these members";
            plan.decline(Reason::Blocked, why, hint);
            return Err("its destination policy does not name the organization yet".to_owned());
        }
        let action = DestinationAction::PutPolicy {
            before: Some(self.before),
            after: self.after,
            force_update: true,
        };
        let why = "drifted: policy; every filter has its role by then";
        Ok(plan.change("policy", action, why, needs))
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
            force_update: false,
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
        force_update: false,
    };
    plan.change("policy", action, "destroy", needs);
}
