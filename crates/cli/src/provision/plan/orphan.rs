//! Orphans: what our statements still name and the fleet file does not. They stay allowed, because filters that nobody looks at may
//! deliver through them, until the operator cuts them off.

mod report;

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Removal;
use super::listed::{region, source, subscriber};
use super::{destination, role};
use crate::provision::desired::{Desired, Grants, Kept, Logging};
use crate::provision::name::{AccountId, Region};
use crate::provision::observed::{self, LoggingRegion, Observed, State};
use crate::provision::policy::{Document, List};

/// The orphans of one fleet.
#[derive(Default)]
pub(super) struct Orphans {
    pub kept: Kept,
    /// The accounts that the fleet file names.
    named: BTreeSet<AccountId>,
    /// The Regions that are orphans as a whole, as if the fleet file named them.
    pub leftover: Option<Desired>,
    /// The streams that the orphan Regions deliver to, wherever they are.
    targets: BTreeMap<Region, String>,
    /// Set if it is not known for whom the role's trust policy must stay open; says why.
    pub unknown_sources: Option<String>,
}

impl Orphans {
    pub(super) fn of(desired: &Desired, observed: &Observed) -> Self {
        let mut orphans = Self::default();
        let (Some(logging), Some(seen)) = (&desired.logging, &observed.logging) else {
            return orphans;
        };
        orphans.named.clone_from(&logging.accounts);
        orphans.named.insert(logging.login.account.clone());
        let role = role::ours(&seen.role, &logging.role, &logging.owner);
        let policy = role.and_then(|role| known(&role.policy));
        let trust = role.and_then(|role| known(&role.trust));
        if let (Some(role), Some(policy)) = (role, policy) {
            let mut leftover = desired.leftover(policy, trust);
            leftover.retain_regions(|region| delivers(logging, seen.regions.get(region)));
            let regions = leftover.logging.iter().flat_map(|one| one.regions.keys());
            let target = |region: &Region| match &seen.regions.get(region)?.destination {
                State::Present(one) => Some((region.clone(), one.ends.target.to_string())),
                State::Absent | State::Unknown(_) => None,
            };
            orphans.targets = regions.filter_map(target).collect();
            orphans.leftover = Some(leftover);
            orphans.grants(policy, &role.trust);
        }
        orphans.subscribers(logging, seen);
        if let Some(trust) = trust {
            orphans.sources(logging, trust, policy.is_none());
        }
        orphans.opened(logging, seen, trust);
        orphans
    }

    /// The Regions that are orphans as a whole.
    pub(super) fn regions(&self) -> BTreeSet<Region> {
        let logging = self.leftover.iter().flat_map(|one| &one.logging);
        logging
            .flat_map(|one| one.regions.keys().cloned())
            .collect()
    }

    fn grants(&mut self, policy: &Document, trust: &State<Document>) {
        let mut grants = Grants::of(policy);
        // a trust policy that could not be read may name Regions that deliver to any stream
        if !matches!(trust, State::Unknown(_)) {
            self.retain(&mut grants, |_| true);
        }
        self.kept.grants = grants;
    }

    /// Leaves what the orphan Regions deliver with for which `stays` holds: their own streams and keys, and those where they deliver to.
    fn retain(&self, grants: &mut Grants, stays: impl Fn(&Region) -> bool) {
        let mut regions = self.regions();
        regions.retain(&stays);
        // one that could not be read may deliver to any
        if regions.iter().any(|one| !self.targets.contains_key(one)) {
            return;
        }
        let targets = self.targets.iter().filter(|(one, _)| stays(one));
        let targets: BTreeSet<_> = targets.map(|(_, target)| target.as_str()).collect();
        let keyed: BTreeSet<_> = targets.iter().filter_map(|target| region(target)).collect();
        let is_of = |text: &str, more: &BTreeSet<Region>| {
            region(text).is_some_and(|one| regions.contains(&one) || more.contains(&one))
        };
        let none = BTreeSet::new();
        grants
            .streams
            .retain(|text| is_of(text, &none) || targets.contains(text.as_str()));
        grants.keys.retain(|text| is_of(text, &keyed));
    }

    fn subscribers(&mut self, logging: &Logging, seen: &observed::Logging) {
        for (region, wanted) in &logging.regions {
            let wanted = &wanted.destination;
            let seen = seen.regions.get(region);
            let seen =
                seen.and_then(|seen| destination::ours(&seen.destination, wanted, &logging.owner));
            if let Some(policy) = seen.and_then(|seen| known(&seen.policy)) {
                let accounts = accounts(policy);
                let accounts = accounts.difference(&self.named).cloned().collect();
                self.kept.subscribers.insert(region.clone(), accounts);
                let ours = List::ORGANIZATIONS.of(&wanted.policy);
                let mut more = List::ORGANIZATIONS.of(policy);
                more.retain(|one| !ours.contains(one));
                if !more.is_empty() {
                    self.kept.regions.insert(region.clone());
                    self.kept.organizations.insert(region.clone(), more);
                }
            }
        }
    }

    /// The sources that the role's trust policy names. If the inline policy is unknown, so is which Regions are orphans: all are kept.
    fn sources(&mut self, logging: &Logging, trust: &Document, is_unread: bool) {
        let wanted = List::SOURCES.of(&logging.role.trust);
        let is_organization = is_of_organization(&logging.role.trust);
        let is_open = !open(&logging.role.trust).is_empty();
        let regions = self.regions();
        for text in List::SOURCES.of(trust).difference(&wanted) {
            let Some((region, Some(account))) = source(text) else {
                continue;
            };
            let is_in_file = logging.regions.contains_key(&region);
            let is_covered =
                is_in_file && is_open && (!is_organization || self.named.contains(&account));
            let may_deliver = is_in_file || is_unread || regions.contains(&region);
            if may_deliver && !is_covered {
                self.kept.sources.insert((region, account));
            }
        }
        let elsewhere = open(trust).into_iter();
        let elsewhere = elsewhere.filter(|region| !logging.regions.contains_key(region));
        let elsewhere = elsewhere.filter(|region| is_unread || regions.contains(region));
        self.kept.regions.extend(elsewhere.filter(|_| is_open));
    }

    /// The accounts for which a role must be opened by name: it was open for all, or for their whole organization, or it is new.
    fn opened(&mut self, logging: &Logging, seen: &observed::Logging, trust: Option<&Document>) {
        let wanted = &logging.role.trust;
        let open = match trust {
            Some(trust) if is_of_organization(wanted) => of_all(List::SOURCES, trust),
            Some(trust) if open(wanted).is_empty() => open(trust),
            _ => BTreeSet::new(),
        };
        let trusts_all = of_all(List::SOURCES, wanted);
        for (region, place) in &seen.regions {
            let is_in_file = logging.regions.contains_key(region);
            let delivers_otherwise = match &place.destination {
                State::Present(one) => one.ends.role != logging.role.arn,
                State::Absent | State::Unknown(_) => false,
            };
            let is_new = seen.role == State::Absent || delivers_otherwise;
            let is_new = is_new && is_in_file && !trusts_all.contains(region);
            let is_opened = open.contains(region) || is_new;
            if !is_opened {
                continue;
            }
            let policy = match &place.destination {
                State::Present(one) => &one.policy,
                State::Absent => &State::Absent,
                State::Unknown(why) => &State::Unknown(why.clone()),
            };
            match policy {
                State::Present(policy) => {
                    let is_kept = |one: &AccountId| !is_in_file || !self.named.contains(one);
                    let accounts = accounts(policy).into_iter().filter(is_kept);
                    let sources = accounts.map(|account| (region.clone(), account));
                    self.kept.sources.extend(sources);
                }
                State::Unknown(why) => self.unknown_sources = Some(why.clone()),
                State::Absent => {}
            }
        }
        // the inline policy says where else to look
        if let State::Present(observed::Role {
            policy: State::Unknown(why),
            ..
        }) = &seen.role
            && open.iter().any(|one| !seen.regions.contains_key(one))
        {
            self.unknown_sources = Some(format!("the inline policy could not be read: {why}"));
        }
    }

    /// What stays allowed once the orphans are cut off: all that a Region needs whose `logs::Destination` stays.
    pub(super) fn rest(&self, removals: &BTreeMap<Region, Removal>) -> Kept {
        let stays = |region: &Region| match removals.get(region) {
            Some(Removal::Stays(_) | Removal::Kept(_)) => true,
            Some(Removal::Gone { .. }) | None => false,
        };
        let mut rest = self.kept.clone();
        rest.subscribers.clear();
        rest.organizations.clear();
        rest.sources.retain(|(region, _)| stays(region));
        rest.regions.retain(stays);
        self.retain(&mut rest.grants, stays);
        rest
    }
}

fn known(document: &State<Document>) -> Option<&Document> {
    match document {
        State::Present(document) => Some(document),
        State::Absent | State::Unknown(_) => None,
    }
}

/// Whether our `logs::Destination` may be there and deliver with our role.
fn delivers(logging: &Logging, place: Option<&LoggingRegion>) -> bool {
    match place.map(|place| &place.destination) {
        Some(State::Present(one)) => one.ends.role == logging.role.arn,
        Some(State::Absent) => false,
        Some(State::Unknown(_)) | None => true,
    }
}

/// The Regions from which a role delivers for every account, or every one of an organization.
fn open(trust: &Document) -> BTreeSet<Region> {
    let mut regions = of_all(List::SOURCES, trust);
    regions.extend(of_all(List::SOURCES_OF_ORGANIZATION, trust));
    regions
}

fn of_all(list: List, trust: &Document) -> BTreeSet<Region> {
    let sources = list.of(trust);
    let sources = sources.iter().filter_map(|text| source(text));
    let of_all = sources.filter(|(_, account)| account.is_none());
    of_all.map(|(region, _)| region).collect()
}

fn is_of_organization(trust: &Document) -> bool {
    !List::SOURCES_OF_ORGANIZATION.of(trust).is_empty()
}

/// The accounts that a destination policy lets subscribe.
fn accounts(policy: &Document) -> BTreeSet<AccountId> {
    let listed = List::SUBSCRIBERS.of(policy);
    listed.iter().filter_map(|text| subscriber(text)).collect()
}
