//! What a plan keeps for those that the fleet file no longer names: at no moment do they lose a permission, unless it is pruned.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::delivering::puts;
use super::super::halfway::{assert_goes_on, left};
use super::super::seed::role;
use super::super::simulate::simulate;
use super::super::{Action, Consent, Desired, Observed, Plan, Reason, State, destroy, plan};
use super::{BOTH, BOTH_TO_ONE, BOTH_TO_OTHER, ONE, PRUNE, look, set_up, text};
use crate::provision::fleet::Fleet;
use crate::provision::name::{AccountId, Arn, Region};
use crate::provision::observed::{Destination, LoggingRegion, Role};
use crate::provision::plan::DestinationAction;
use crate::provision::policy::List;
use crate::provision::resource::Resource;

const OTHER: &str = "[\"eu-west-1\"]";

/// Whom the role trusts: each account by name, the organization, or all accounts, because they are too many to name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trust {
    Accounts,
    Organization,
    All,
}

/// What a fleet is made of: short, if a test fails.
#[derive(Debug, Clone)]
struct Made {
    members: &'static [&'static str],
    regions: &'static str,
    role: &'static str,
    stream: &'static str,
    trust: Trust,
    has_key: bool,
}

fn fleets() -> impl Strategy<Value = Made> {
    let members = select(vec![&["1"][..], &["1", "2"], &["2", "3"]]);
    let regions = select(vec![ONE, BOTH, OTHER, BOTH_TO_ONE, BOTH_TO_OTHER]);
    let roles = select(vec!["cwrole", "other"]);
    let streams = select(vec!["Demo_Kinesis_Stream", "other"]);
    let trust = select(vec![Trust::Accounts, Trust::Organization, Trust::All]);
    let fleets = (members, regions, roles, streams, trust, any::<bool>());
    fleets.prop_map(|(members, regions, role, stream, trust, has_key)| Made {
        members,
        regions,
        role,
        stream,
        trust,
        has_key,
    })
}

impl Made {
    fn fleet(&self) -> Desired {
        let is_organization = self.trust == Trust::Organization;
        let text = text(self.members, self.regions, self.role, is_organization);
        let text = text.replace("Demo_Kinesis_Stream", self.stream);
        // a customer key serves the stream of one Region
        let with_key = ["us-west-2", "eu-west-1"].into_iter().find_map(|region| {
            let key = format!("encryption = \"arn:aws:kms:{region}:999988887777:key/k\"");
            Fleet::parse(&text.replacen("shards = 4", &format!("shards = 4\n{key}"), 1)).ok()
        });
        let with_key = with_key.filter(|_| self.has_key);
        let fleet = with_key.unwrap_or_else(|| Fleet::parse(&text).unwrap());
        let mut fleet = Desired::of_fleet(&fleet).unwrap();
        if self.trust == Trust::All {
            trust_all(&mut fleet);
        }
        fleet
    }
}

fn trust_all(fleet: &mut Desired) {
    let logging = fleet.logging.as_mut().unwrap();
    let regions = logging.regions.keys().map(Arn::logs_of_all);
    let all = regions.map(String::from).collect();
    let trust = List::SOURCES.with(&logging.role.trust, &all);
    logging.role.trust = List::SOURCES.without(&trust, |one| !all.contains(one));
}

/// An account that does not belong to the organization.
const OUTSIDE: &str = "333333333333";

/// The accounts that may subscribe and deliver, each with its Region. A role with the old name is as the old fleet left it.
fn delivering(world: &Observed, new: &Desired, old: &Desired) -> BTreeSet<(Region, AccountId)> {
    let (is, was) = (new.logging.as_ref().unwrap(), old.logging.as_ref().unwrap());
    let logging = world.logging.as_ref().unwrap();
    let mut found = BTreeSet::new();
    for (region, place) in &logging.regions {
        let State::Present(destination) = &place.destination else {
            continue;
        };
        let State::Present(subscribers) = &destination.policy else {
            continue;
        };
        if !puts(destination, logging, is, was) {
            continue;
        }
        let trust = if destination.ends.role == is.role.arn {
            match &logging.role {
                State::Present(Role {
                    trust: State::Present(trust),
                    ..
                }) => trust,
                _ => continue,
            }
        } else {
            &was.role.trust
        };
        let (sources, of_all) = (List::SOURCES.of(trust), Arn::logs_of_all(region));
        let of_organization = List::SOURCES_OF_ORGANIZATION.of(trust);
        for account in List::SUBSCRIBERS.of(subscribers) {
            let account: AccountId = account.parse().unwrap();
            let is_trusted = sources.contains(of_all.as_str())
                || sources.contains(Arn::logs_of(region, &account).as_str())
                || (of_organization.contains(of_all.as_str()) && account.as_str() != OUTSIDE);
            if is_trusted {
                found.insert((region.clone(), account));
            }
        }
    }
    found
}

/// Those that deliver, but for one that the file names and that is not of its organization: the file shuts it out.
fn staying(world: &Observed, new: &Desired, old: &Desired) -> BTreeSet<(Region, AccountId)> {
    let logging = new.logging.as_ref().unwrap();
    let is_organization = !List::SOURCES_OF_ORGANIZATION
        .of(&logging.role.trust)
        .is_empty();
    let mut delivering = delivering(world, new, old);
    delivering.retain(|(_, account)| {
        !(is_organization && logging.accounts.contains(account) && account.as_str() == OUTSIDE)
    });
    delivering
}

/// Those that deliver and that the file names.
fn of_file(world: &Observed, new: &Desired, old: &Desired) -> BTreeSet<(Region, AccountId)> {
    let logging = new.logging.as_ref().unwrap();
    let mut delivering = staying(world, new, old);
    delivering.retain(|(region, account)| {
        logging.accounts.contains(account) && logging.regions.contains_key(region)
    });
    delivering
}

/// What a run may fail to read.
type Unread = fn(&mut Observed);

const WHY: &str = "AccessDenied";

fn places(world: &mut Observed) -> impl Iterator<Item = &mut LoggingRegion> {
    world.logging.as_mut().unwrap().regions.values_mut()
}

fn unread<T>(state: &mut State<T>) {
    *state = State::Unknown(WHY.to_owned());
}

fn policy_of(destination: &mut State<Destination>) {
    if let State::Present(Destination { policy, .. }) = destination {
        unread(policy);
    }
}

/// Adds the Regions that a run does not look at. Of another role it knows nothing.
fn complete(world: &mut Observed, new: &Desired, old: &Desired, there: &Observed) {
    let (is, was) = (new.logging.as_ref().unwrap(), old.logging.as_ref().unwrap());
    if is.role.arn == was.role.arn {
        let regions = &mut world.logging.as_mut().unwrap().regions;
        for (region, place) in &there.logging.as_ref().unwrap().regions {
            let unseen = regions.entry(region.clone());
            unseen.or_insert_with(|| place.clone());
        }
    }
}

const UNREAD: [Unread; 11] = [
    |_| {},
    |world| {
        let members = world.members.values_mut();
        let regions = members.flat_map(|member| member.regions.values_mut());
        regions
            .flat_map(|groups| groups.values_mut())
            .for_each(unread);
    },
    |world| unread(&mut world.logging.as_mut().unwrap().role),
    |world| unread(&mut role(world).trust),
    |world| unread(&mut role(world).policy),
    |world| places(world).for_each(|place| unread(&mut place.stream)),
    |world| places(world).for_each(|place| unread(&mut place.destination)),
    |world| {
        places(world)
            .take(1)
            .for_each(|place| unread(&mut place.destination));
    },
    |world| {
        places(world)
            .skip(1)
            .for_each(|place| unread(&mut place.destination));
    },
    |world| {
        places(world)
            .take(1)
            .for_each(|place| policy_of(&mut place.destination));
    },
    |world| places(world).for_each(|place| policy_of(&mut place.destination)),
];

/// The plan without what AWS refuses if the role may not use the new stream: it tests a `logs::Destination` before it takes it.
fn accepted(mut plan: Plan, seen: &Observed) -> Plan {
    let role = &seen.logging.as_ref().unwrap().role;
    if !matches!(role, State::Present(role) if matches!(role.policy, State::Unknown(_))) {
        return plan;
    }
    let mut refused = BTreeSet::new();
    plan.changes.retain(|change| {
        let is_switch = matches!(
            change.action,
            Action::Destination(_, DestinationAction::Put { .. })
        );
        let is_refused = is_switch || !change.needs.is_disjoint(&refused);
        if is_refused {
            refused.insert(change.key.clone());
        }
        !is_refused
    });
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_loses_its_permission_unless_it_is_pruned((old, new) in (fleets(), fleets())) {
        let (old, new) = (old.fleet(), new.fleet());
        let named: BTreeSet<_> = new.members.values().map(|member| &member.login.account).collect();
        let world = look(&new, &old, &set_up(&old));
        let kept = plan(&new, &world);
        for world in left(&kept, &world) {
            let next = plan(&new, &world);
            assert_goes_on(&next, &world, |world| staying(world, &new, &old));
            let end = simulate(&next, &world);
            prop_assert_eq!(plan(&new, &end).changes, []);
        }
        let world = simulate(&kept, &world);
        let pruned = super::super::super::plan(&new, &world, PRUNE);
        assert_goes_on(&pruned, &world, |world| of_file(world, &new, &old));
        for world in left(&pruned, &world) {
            assert_goes_on(&plan(&new, &world), &world, |world| staying(world, &new, &old));
            let end = simulate(&super::super::super::plan(&new, &world, PRUNE), &world);
            for consent in [Consent::default(), PRUNE] {
                let mut rest = super::super::super::plan(&new, &end, consent);
                // a stream that is left behind is named until it is deleted by hand
                rest.orphans.retain(|one| !matches!(one.address.resource, Resource::Stream(_)));
                // and encryption stays
                rest.declined.retain(|one| one.reason != Reason::Kept);
                prop_assert_eq!(rest, Plan::default());
            }
            let mut left = delivering(&end, &new, &old).into_iter();
            prop_assert!(left.all(|(_, account)| named.contains(&account)));
        }
    }

    #[test]
    fn what_cannot_be_read_costs_nobody_a_permission((old, new) in (fleets(), fleets()), unread in 0..UNREAD.len()) {
        let (old, new) = (old.fleet(), new.fleet());
        let there = set_up(&old);
        let mut world = look(&new, &old, &there);
        complete(&mut world, &new, &old, &there);
        let mut seen = there;
        UNREAD[unread](&mut seen);
        let seen = look(&new, &old, &seen);
        let kept = accepted(plan(&new, &seen), &seen);
        let pruned = accepted(super::super::super::plan(&new, &seen, PRUNE), &seen);
        assert_goes_on(&kept, &world, |world| staying(world, &new, &old));
        // a Region whose `logs::Destination` stays, because filters could not be read, keeps all that it needs
        let end = simulate(&pruned, &world).logging.unwrap();
        let is_in_file = |region: &Region| new.logging.as_ref().unwrap().regions.contains_key(region);
        let is_read = |region: &Region| {
            let seen = seen.logging.as_ref().unwrap().regions.get(region);
            matches!(seen, Some(place) if matches!(&place.destination, State::Present(one) if matches!(one.policy, State::Present(_))))
        };
        let remains = |region: &Region| {
            !is_in_file(region) && is_read(region) && end.regions[region].destination != State::Absent
        };
        assert_goes_on(&pruned, &world, |world| {
            let mut all = staying(world, &new, &old);
            all.retain(|(region, _)| remains(region));
            all.extend(of_file(world, &new, &old));
            all
        });
    }

    #[test]
    fn a_destroyed_fleet_leaves_no_orphan((old, new) in (fleets(), fleets())) {
        let (old, new) = (old.fleet(), new.fleet());
        super::super::assert_ends(&look(&new, &old, &set_up(&old)), |world| destroy(&new, world, true));
        let world = look(&new, &old, &set_up(&old));
        let end = simulate(&destroy(&new, &world, true), &world);
        let logging = end.logging.unwrap();
        prop_assert_eq!(logging.role, State::Absent);
        for place in logging.regions.values() {
            prop_assert_eq!(&place.destination, &State::Absent);
            prop_assert_eq!(&place.stream, &State::Absent);
        }
    }
}
