//! Lists the orphans in the plan and with the resources that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use super::Orphans;
use crate::provision::desired::{Kept, Logging};
use crate::provision::name::{AccountId, Region};
use crate::provision::plan::Orphan;
use crate::provision::plan::builder::PlanBuilder;
use crate::provision::plan::listed;
use crate::provision::resource::{Party, Resource, ResourceAddress};

impl Orphans {
    /// Lists them. `rest` is what stays allowed.
    pub(in crate::provision::plan) fn report(
        &self,
        plan: &mut PlanBuilder,
        logging: &Logging,
        rest: &Kept,
    ) {
        let address = |region: &Region, resource| {
            ResourceAddress::new(Party::Logging, &logging.login.account, region, resource)
        };
        let Some(place) = logging.regions.values().next() else {
            return;
        };
        let destination = |region: &Region| {
            address(
                region,
                Resource::Destination(place.destination.name.clone()),
            )
        };
        let role = || address(&logging.home, Resource::Role(logging.role.name.clone()));
        for (account, regions) in self.accounts(logging) {
            let is_in = |rest: &Kept| {
                let mut sources = rest.sources.iter();
                sources.any(|(region, one)| *one == account && regions.contains(region))
            };
            let subscribes =
                |kept: &Kept| kept.subscribers.values().any(|all| all.contains(&account));
            let is_cut_off = !is_in(rest) && !subscribes(rest);
            let place = if self.named.contains(&account) {
                format!(" in {}", list(&regions))
            } else {
                String::new()
            };
            plan.orphan(Orphan {
                address: match regions.first() {
                    Some(region) if !is_in(&self.kept) => destination(region),
                    _ => role(),
                },
                what: format!("account {account} is not in the fleet file{place}"),
                account: Some(account),
                organization: None,
                regions,
                is_cut_off,
                consequence: consequence(is_cut_off, "its filters"),
            });
        }
        for (region, organizations) in &self.kept.organizations {
            for organization in organizations {
                let stays = rest.organizations.get(region);
                let is_cut_off = !stays.is_some_and(|all| all.contains(organization));
                plan.orphan(Orphan {
                    address: destination(region),
                    account: None,
                    organization: Some(organization.clone()),
                    regions: BTreeSet::from([region.clone()]),
                    is_cut_off,
                    what: format!("organization {organization} may subscribe, which the fleet file does not ask for"),
                    consequence: consequence(is_cut_off, "filters of accounts that the file does not name"),
                });
            }
        }
        for region in self.regions() {
            let is_staying = |text: &String| listed::region(text).as_ref() == Some(&region);
            let is_cut_off = !rest.grants.streams.iter().any(is_staying)
                && !rest.sources.iter().any(|(one, _)| *one == region)
                && !rest.regions.contains(&region);
            plan.orphan(Orphan {
                address: destination(&region),
                account: None,
                organization: None,
                what: format!("{region} is not in the fleet file"),
                regions: BTreeSet::from([region]),
                is_cut_off,
                consequence: consequence(is_cut_off, "the filters there"),
            });
        }
    }

    /// The accounts that are orphans in Regions that the fleet file names.
    pub(in crate::provision::plan) fn accounts(
        &self,
        logging: &Logging,
    ) -> BTreeMap<AccountId, BTreeSet<Region>> {
        let subscribers = self.kept.subscribers.iter();
        let subscribers = subscribers
            .flat_map(|(region, accounts)| accounts.iter().map(move |account| (region, account)));
        let sources = self.kept.sources.iter();
        let sources = sources.map(|(region, account)| (region, account));
        let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (region, account) in subscribers.chain(sources) {
            if logging.regions.contains_key(region) {
                let regions = found.entry(account.clone()).or_default();
                regions.insert(region.clone());
            }
        }
        found
    }
}

fn consequence(is_cut_off: bool, filters: &str) -> String {
    if is_cut_off {
        format!("it is cut off: {filters} deliver no more")
    } else {
        format!("--prune would cut it off: {filters} would deliver no more")
    }
}

fn list(regions: &BTreeSet<Region>) -> String {
    let names: Vec<_> = regions.iter().map(Region::as_str).collect();
    names.join(", ")
}
