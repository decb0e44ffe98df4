//! What our statements still name and the fleet file does not: kept beside what it asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desired, Destination, Filters, Grants, Logging, LoggingRegion, Member};
use crate::provision::name::{AccountId, Arn, Region, StreamName};
use crate::provision::policy::{Document, List, Template, TemplateValue};
use crate::provision::resource::SubscriptionFilter;

/// What stays allowed although the fleet file does not ask for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The accounts that may go on subscribing, by the Region of the `logs::Destination`.
    pub subscribers: BTreeMap<Region, BTreeSet<AccountId>>,
    /// The organizations whose accounts may go on subscribing, likewise.
    pub organizations: BTreeMap<Region, BTreeSet<String>>,
    /// The accounts and Regions from which the role delivers.
    pub sources: BTreeSet<(Region, AccountId)>,
    /// The Regions from which the role delivers for every account, or every one of the organization.
    pub regions: BTreeSet<Region>,
    /// The streams and keys that it delivers with.
    pub grants: Grants,
}

/// The `Sid` of the accounts that are kept beside an organization, to which they may not belong.
const KEPT_SID: &str = "CatchmentDeliveryKept";
/// The `Sid` of accounts beside an organization, or of an organization beside accounts, in a destination policy.
const KEPT_SUBSCRIBERS_SID: &str = "CatchmentSubscribeKept";

impl Logging {
    /// The logging account as the fleet file asks for it, with `kept` still allowed.
    #[must_use]
    pub fn keeping(&self, kept: &Kept) -> Self {
        let mut logging = self.clone();
        logging.role.policy = self.role.policy_and(&kept.grants);
        logging.role.trust = trust(&self.role.trust, kept);
        for (region, place) in &mut logging.regions {
            let accounts = kept.subscribers.get(region).into_iter().flatten();
            let accounts = accounts.map(ToString::to_string).collect();
            let none = BTreeSet::new();
            let organizations = kept.organizations.get(region).unwrap_or(&none);
            let Destination { arn, policy, .. } = &mut place.destination;
            *policy = subscribers(policy, arn, &accounts, organizations);
        }
        logging
    }

    /// The part of a Region that the fleet file does not name, as if it named it; with this stream, or delivering to another Region's.
    fn elsewhere(
        &self,
        region: &Region,
        stream: Option<&(StreamName, Arn)>,
    ) -> Option<LoggingRegion> {
        let mut place = self.regions.values().next()?.clone();
        let (account, name) = (&self.login.account, &place.destination.name);
        place.destination.arn = Arn::destination(region, account, name);
        place.has_stream = stream.is_some();
        match stream {
            Some(stream) => {
                (place.stream.name, place.stream.arn) = stream.clone();
                place.destination.ends.target = place.stream.arn.clone();
            }
            None => place.stream.arn = Arn::stream(region, account, &place.stream.name),
        }
        Some(place)
    }
}

/// A destination policy with more subscribers: those of its own kind in its statement, the others in one of their own.
fn subscribers(
    ours: &Document,
    destination: &Arn,
    accounts: &BTreeSet<String>,
    organizations: &BTreeSet<String>,
) -> Document {
    let policy = List::SUBSCRIBERS.with(ours, accounts);
    let policy = List::ORGANIZATIONS.with(&policy, organizations);
    let destination = || TemplateValue::One(destination.to_string());
    let beside = if List::ORGANIZATIONS.of(ours).is_empty() {
        (!organizations.is_empty()).then(|| {
            let organizations = organizations.iter().collect();
            let values = [
                ("organizations", organizations),
                ("destination", destination()),
            ];
            Template::DestinationOrganization.render(values)
        })
    } else {
        (!accounts.is_empty()).then(|| {
            let values = [
                ("members", accounts.iter().collect()),
                ("destination", destination()),
            ];
            Template::Destination.render(values)
        })
    };
    #[expect(clippy::expect_used, reason = "the templates are built in and tested")]
    match beside {
        Some(beside) => policy.and(
            beside
                .expect("a valid template")
                .renamed(KEPT_SUBSCRIBERS_SID),
        ),
        None => policy,
    }
}

fn trust(ours: &Document, kept: &Kept) -> Document {
    let sources = kept.sources.iter();
    let sources: Vec<_> = sources
        .map(|(region, account)| Arn::logs_of(region, account))
        .collect();
    if List::SOURCES_OF_ORGANIZATION.of(ours).is_empty() {
        let regions = kept.regions.iter().map(Arn::logs_of_all);
        let sources = sources.into_iter().chain(regions);
        let sources = sources.map(String::from).collect();
        return List::SOURCES.with(ours, &sources);
    }
    let regions = kept.regions.iter().map(Arn::logs_of_all);
    let regions = regions.map(String::from).collect();
    let trust = List::SOURCES_OF_ORGANIZATION.with(ours, &regions);
    if sources.is_empty() {
        return trust;
    }
    let sources: TemplateValue = sources.iter().collect();
    #[expect(
        clippy::expect_used,
        reason = "the same template serves fleets without an organization"
    )]
    let kept = Template::DeliveryRoleTrust
        .render([("sources", sources)])
        .expect("a valid template");
    trust.and(kept.renamed(KEPT_SID))
}

impl Desired {
    /// The Regions that the fleet file no longer names, as if it named them. The role's policies tell which: the inline policy allows a
    /// stream there, or the trust policy has CloudWatch Logs deliver from there. The trust policy also tells whose filters deliver there.
    #[must_use]
    pub fn leftover(&self, policy: &Document, trust: Option<&Document>) -> Self {
        let mut leftover = Self {
            logging: None,
            members: BTreeMap::new(),
            others: self.others.clone(),
            leaving: None,
        };
        let Some(logging) = &self.logging else {
            return leftover;
        };
        let account = &logging.login.account;
        let mut regions = BTreeMap::new();
        for text in List::STREAMS.of(policy) {
            let Some((region, stream)) = stream(&text, account) else {
                continue;
            };
            if !logging.regions.contains_key(&region)
                && let Some(place) = logging.elsewhere(&region, Some(&stream))
            {
                regions.entry(region).or_insert(place);
            }
        }
        let named = trust.map(|trust| {
            let of_all = List::SOURCES_OF_ORGANIZATION.of(trust);
            (List::SOURCES.of(trust), of_all)
        });
        for text in named.iter().flat_map(|(sources, of_all)| sources | of_all) {
            let region = text.parse::<Arn>().ok().and_then(|arn| arn.region());
            if let Some(region) = region.filter(|one| !logging.regions.contains_key(one))
                && let Some(place) = logging.elsewhere(&region, None)
            {
                regions.entry(region).or_insert(place);
            }
        }
        let is_source = |region: &Region, account: &AccountId| {
            named.as_ref().is_none_or(|(sources, of_all)| {
                let of_region = Arn::logs_of_all(region);
                sources.contains(Arn::logs_of(region, account).as_str())
                    || sources.contains(of_region.as_str())
                    || of_all.contains(of_region.as_str())
            })
        };
        for (name, member) in &self.members {
            let filters = |place: &LoggingRegion| {
                // a log group may be of some Regions only
                let everywhere = member
                    .regions
                    .values()
                    .fold(Filters::default(), Filters::or);
                everywhere.map(|filter| SubscriptionFilter {
                    destination: place.destination.arn.clone(),
                    ..filter.clone()
                })
            };
            let places = regions.iter();
            let places = places.filter(|(region, _)| is_source(region, &member.login.account));
            let there: BTreeMap<Region, _> = places
                .map(|(region, place)| (region.clone(), filters(place)))
                .collect();
            if !there.is_empty() {
                let login = member.login.clone();
                let member = Member {
                    login,
                    sender: None,
                    regions: there,
                };
                leftover.members.insert(name.clone(), member);
            }
        }
        leftover.logging = Some(Logging {
            regions,
            ..logging.clone()
        });
        leftover
    }

    /// Leaves out the Regions for which `stays` does not hold.
    pub fn retain_regions(&mut self, stays: impl Fn(&Region) -> bool) {
        if let Some(logging) = &mut self.logging {
            logging.regions.retain(|region, _| stays(region));
        }
        for member in self.members.values_mut() {
            member.regions.retain(|region, _| stays(region));
        }
    }
}

/// The Region, name and ARN of a stream of this account.
fn stream(text: &str, account: &AccountId) -> Option<(Region, (StreamName, Arn))> {
    let arn: Arn = text.parse().ok()?;
    if arn.service() != "kinesis" || arn.account().as_ref() != Some(account) {
        return None;
    }
    let name = arn.resource().strip_prefix("stream/")?.parse().ok()?;
    Some((arn.region()?, (name, arn)))
}
