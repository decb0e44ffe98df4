//! The `logs::Destination`: its stream and role, its policy, its tags.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal};
use super::change::{Action, DestinationEnds, TagChange};
use super::owner::{Owner, known, owner};
use crate::provision::desired::{DESTINATION_POLICY_BYTES_MAX, Destination, Logging};
use crate::provision::name::Region;
use crate::provision::observed::{self, State};
use crate::provision::policy::{has_ours, without_ours};
use crate::provision::resource::{OWNER_TAG, Party, Resource, ResourceAddress};

fn subject(logging: &Logging, region: &Region, destination: &Destination) -> ResourceAddress {
    ResourceAddress {
        party: Party::Logging,
        account: logging.account.clone(),
        region: Some(region.clone()),
        thing: Resource::Destination(destination.name.clone()),
    }
}

fn ends(destination: &Destination) -> DestinationEnds {
    DestinationEnds {
        target: destination.target.clone(),
        role: destination.role.clone(),
    }
}

fn seen_ends(seen: &observed::Destination) -> DestinationEnds {
    DestinationEnds {
        target: seen.target.clone(),
        role: seen.role.clone(),
    }
}

/// A `logs::Destination` without tags is ours if it joins our stream and our role: tags come last when it is made.
fn owner_of(seen: &observed::Destination, desired: &Destination, ours: &str) -> Owner {
    owner(&seen.tags, ours, seen_ends(seen) == ends(desired))
}

/// Plans one Region's `logs::Destination` on top of its stream and role.
pub(super) fn set_up(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    region: &Region,
    seen: &State<observed::Destination>,
    stream: &Readiness,
    role: &Readiness,
) -> Readiness {
    let Some(desired) = logging.regions.get(region).map(|place| &place.destination) else {
        return Readiness::Falls("the logs::Destination is not in the fleet".to_owned());
    };
    let Destination {
        name,
        arn,
        target: _,
        role: _,
        policy,
        tags,
    } = desired;
    let subject = subject(logging, region, desired);
    let seen = match seen {
        // its members go ahead: what they need of it AWS checks itself
        State::Unknown(why) => {
            draft.unknown(&subject, "the logs::Destination", why);
            return Readiness::Stands {
                after: BTreeSet::new(),
            };
        }
        State::Absent => None,
        State::Present(seen) => Some(seen),
    };
    match seen.map(|seen| owner_of(seen, desired, draft.owner)) {
        None | Some(Owner::Ours) => {}
        Some(Owner::Unknown(why)) => {
            draft.unknown(&subject, "its tags, and so whose it is,", &why);
            return Readiness::Stands {
                after: BTreeSet::new(),
            };
        }
        Some(Owner::Nobody) => {
            let hint = format!(
                "name another destination in the fleet file, or hand this one over: give it the tag {OWNER_TAG} = {}",
                draft.owner
            );
            draft.decline(
                &subject,
                Reason::Foreign,
                "one of this name is there that catchment did not make",
                hint,
            );
            return Readiness::Falls(format!("logs::Destination {name} is foreign"));
        }
        Some(Owner::AnotherFleet(fleet)) => {
            draft.decline(
                &subject,
                Reason::Foreign,
                format!("it is of fleet {fleet}"),
                "name another destination in the fleet file",
            );
            return Readiness::Falls(format!("logs::Destination {name} is of another fleet"));
        }
    }
    let before = seen.map(seen_ends);
    let mut after = BTreeSet::new();
    match (stream, role) {
        (Readiness::Stands { after: stream }, Readiness::Stands { after: role }) => {
            after.extend(stream.iter().chain(role).cloned());
            if before != Some(ends(desired)) {
                let why = if before.is_some() {
                    "drifted: stream or role"
                } else {
                    "absent"
                };
                let action = Action::PutDestination {
                    before,
                    after: ends(desired),
                };
                let put = draft.change(&subject, "put", action, why, &after);
                after.insert(put);
            }
        }
        (Readiness::Falls(why), _) | (_, Readiness::Falls(why))
            if before != Some(ends(desired)) =>
        {
            draft.decline(&subject, Reason::Blocked, why, "mend that, then run again");
            if before.is_none() {
                return Readiness::Falls(format!("logs::Destination {name} is absent, and {why}"));
            }
        }
        _ => {}
    }
    let policy_now = seen.map_or(State::Absent, |seen| seen.policy.clone());
    if let Some((before, put)) = draft.document(&subject, "destination policy", &policy_now, policy)
    {
        let bytes = put.to_json().len();
        if bytes > DESTINATION_POLICY_BYTES_MAX {
            let why = format!(
                "with the statements of others its policy would be {bytes} bytes long; AWS takes {DESTINATION_POLICY_BYTES_MAX}"
            );
            draft.decline(
                &subject,
                Reason::Limit,
                why,
                "remove statements of others, or make two fleets",
            );
        } else {
            let why = if before.is_some() {
                "drifted: policy"
            } else {
                "absent: policy"
            };
            let action = Action::PutDestinationPolicy { before, after: put };
            let put = draft.change(&subject, "policy", action, why, &after);
            after.insert(put);
        }
    }
    let tags_now = seen.map_or(State::Absent, |seen| seen.tags.clone());
    if let Some(change) = known(&tags_now).and_then(|now| TagChange::between(&now, tags)) {
        let why = if seen.is_some() {
            "drifted: tags"
        } else {
            "absent: tags"
        };
        draft.change(
            &subject,
            "tag",
            Action::TagDestination {
                arn: arn.clone(),
                tags: change,
            },
            why,
            &after,
        );
    }
    Readiness::Stands { after }
}

/// Plans its end, once no filter of the fleet delivers to it. One that others may subscribe to keeps what is theirs.
pub(super) fn take_down(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    region: &Region,
    seen: &State<observed::Destination>,
    filters: &Removal,
    why: &str,
) -> Removal {
    let Some(desired) = logging.regions.get(region).map(|place| &place.destination) else {
        return Removal::default();
    };
    let subject = subject(logging, region, desired);
    let told = |why: &str| format!("logs::Destination {} in {region} {why}", desired.name);
    let stays = |why: &str| Removal::Stays(told(why));
    let seen = match seen {
        State::Absent => return Removal::default(),
        State::Unknown(why) => {
            draft.unknown(&subject, "the logs::Destination", why);
            return stays("could not be read");
        }
        State::Present(seen) => seen,
    };
    match owner_of(seen, desired, draft.owner) {
        Owner::Ours => {}
        Owner::Unknown(why) => {
            draft.unknown(&subject, "its tags, and so whose it is,", &why);
            return stays("may be another's");
        }
        Owner::Nobody | Owner::AnotherFleet(_) => {
            draft.foreign(&subject, "logs::Destination that is not of this fleet");
            return if seen.role == desired.role || seen.target == desired.target {
                stays("is foreign and uses it")
            } else {
                Removal::default()
            };
        }
    }
    let hint = "remove what delivers to it first, or take its member out of the fleet file";
    let Some(after) = filters.awaited(draft, &subject, hint) else {
        return stays("stays");
    };
    let rest = match &seen.policy {
        State::Unknown(why) => {
            draft.unknown(&subject, "the destination policy", why);
            return stays("stays");
        }
        State::Absent => None,
        State::Present(policy) => {
            draft.foreign_statements(&subject, "destination policy", policy, &desired.policy);
            without_ours(policy, &desired.policy).map(|rest| (policy, rest))
        }
    };
    let Some((policy, rest)) = rest else {
        let action = Action::DeleteDestination {
            before: seen_ends(seen),
        };
        let key = draft.change(&subject, "delete", action, why, after);
        return Removal::Gone {
            after: BTreeSet::from([key]),
        };
    };
    if has_ours(policy, &desired.policy) {
        let action = Action::PutDestinationPolicy {
            before: Some(policy.clone()),
            after: rest,
        };
        draft.change(
            &subject,
            "policy",
            action,
            "ours go, the others' stay",
            after,
        );
    }
    draft.decline(
        &subject,
        Reason::Kept,
        "its policy lets others subscribe to it",
        "remove their statements, then destroy again",
    );
    Removal::Kept(told("is used by others"))
}
