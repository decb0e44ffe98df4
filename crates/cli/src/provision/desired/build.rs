//! Works out what a fleet file asks for, resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DESTINATION_POLICY_BYTES_MAX, DesiredError};
use super::{Desired, Destination, Filters, Logging, LoggingRegion, Member, Stream, role};
use crate::provision::fleet::{self, Fleet, MemberByHand};
use crate::provision::name::{AccountId, Arn, FilterName, MemberName, Region};
use crate::provision::policy::{Template, TemplateValue};
use crate::provision::resource::{
    DestinationEnds, Login, OWNER_TAG, SYSTEM_FIELDS, SubscriptionFilter,
};

/// The part of the fleet that a run is for. If it names nothing, that is the whole fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub logging: bool,
    pub members: BTreeSet<MemberName>,
}

impl Desired {
    /// Everything that the fleet file asks for.
    ///
    /// # Errors
    /// Fails if a policy would be longer than AWS allows.
    pub fn of_fleet(fleet: &Fleet) -> Result<Self, DesiredError> {
        let fleet::Logging {
            account,
            regions,
            destination,
            filter,
            ..
        } = &fleet.logging;
        let destination_in = |region: &Region| Arn::destination(region, account, destination);
        let members = fleet
            .members
            .iter()
            .map(|(name, one)| (name.clone(), member(one, filter, destination_in)))
            .collect();
        let home = regions.first();
        Ok(Self {
            logging: home.map(|home| logging(fleet, home)).transpose()?,
            members,
            others: BTreeSet::new(),
            leaving: None,
        })
    }

    /// One member set up by flags, without a fleet file.
    pub fn of_member(by_hand: &MemberByHand) -> Self {
        let MemberByHand {
            name,
            member: one,
            destination,
            filter,
        } = by_hand;
        Self {
            logging: None,
            members: BTreeMap::from([(name.clone(), member(one, filter, |_| destination.clone()))]),
            others: BTreeSet::new(),
            leaving: None,
        }
    }

    /// Narrows it to `scope`.
    ///
    /// # Errors
    /// Fails if the fleet has no member of a name in `scope`.
    pub fn only(mut self, scope: &Scope) -> Result<Self, DesiredError> {
        let Scope { logging, members } = scope;
        if let Some(name) = members.iter().find(|name| !self.members.contains_key(name)) {
            let known = self.members.into_keys().map(String::from).collect();
            return Err(DesiredError::NoSuchMember {
                name: name.to_string(),
                known,
            });
        }
        if *logging || !members.is_empty() {
            self.logging = self.logging.filter(|_| *logging);
            let others = self
                .members
                .extract_if(.., |name, _| !members.contains(name));
            self.others.extend(others.map(|(name, _)| name));
        }
        Ok(self)
    }
}

fn logging(fleet: &Fleet, home: &Region) -> Result<Logging, DesiredError> {
    let fleet::Logging {
        profile,
        account,
        regions,
        destination: name,
        role: _,
        filter: _,
        organization: _,
        silent_hours: _,
        stream,
    } = &fleet.logging;
    let fleet::Stream {
        name: stream_name,
        mode,
        retention_hours,
        encryption,
        region: _,
    } = stream;
    let owner = format!("{account}/{name}");
    let mut tags = fleet.tags.clone();
    tags.insert(OWNER_TAG.to_owned(), owner.clone());
    let role = role::role(fleet, home, &tags)?;
    let accounts: BTreeSet<&AccountId> = fleet
        .members
        .values()
        .map(|member| &member.account)
        .collect();
    let mut by_region = BTreeMap::new();
    for region in regions {
        let arn = Arn::destination(region, account, name);
        let policy = Template::Destination.render([
            ("members", accounts.iter().collect()),
            ("destination", TemplateValue::One(arn.to_string())),
        ])?;
        let bytes = policy.to_json().len();
        if bytes > DESTINATION_POLICY_BYTES_MAX {
            let (destination, accounts) = (name.to_string(), accounts.len());
            return Err(DesiredError::DestinationPolicyTooLong {
                destination,
                bytes,
                accounts,
            });
        }
        let target = fleet.logging.stream_region(region);
        let stream = Stream {
            name: stream_name.clone(),
            arn: Arn::stream(region, account, stream_name),
            mode: *mode,
            retention_hours: *retention_hours,
            encryption: encryption.clone(),
            tags: tags.clone(),
        };
        let destination = Destination {
            name: name.clone(),
            arn,
            ends: DestinationEnds {
                target: Arn::stream(target, account, stream_name),
                role: role.arn.clone(),
            },
            policy,
            tags: tags.clone(),
        };
        by_region.insert(
            region.clone(),
            LoggingRegion {
                stream,
                has_stream: target == region,
                destination,
            },
        );
    }
    Ok(Logging {
        login: Login {
            profile: profile.clone(),
            role: None,
            account: account.clone(),
        },
        owner,
        home: home.clone(),
        role,
        regions: by_region,
    })
}

fn member(
    member: &fleet::Member,
    name: &FilterName,
    destination: impl Fn(&Region) -> Arn,
) -> Member {
    let fleet::Member {
        profile,
        role,
        account,
        regions,
        log_groups,
        exclude,
    } = member;
    let filters_of = |region: &Region| {
        let filter = |group: &fleet::LogGroup| SubscriptionFilter {
            name: name.clone(),
            pattern: group.pattern.clone(),
            destination: destination(region),
            distribution: group.distribution,
            system_fields: match group.emit_system_fields {
                true => SYSTEM_FIELDS.map(str::to_owned).into(),
                false => BTreeSet::new(),
            },
            role: None,
        };
        let mut filters = Filters {
            exclude: exclude.clone(),
            ..Filters::default()
        };
        for (pattern, group) in log_groups {
            let is_elsewhere = |regions: &BTreeSet<Region>| !regions.contains(region);
            if group.regions.as_ref().is_some_and(is_elsewhere) {
                continue;
            }
            match pattern.exact() {
                Some(name) => filters.by_name.insert(name, filter(group)),
                None => filters.by_pattern.insert(pattern.clone(), filter(group)),
            };
        }
        filters
    };
    let regions = regions
        .iter()
        .map(|region| (region.clone(), filters_of(region)))
        .collect();
    Member {
        login: Login {
            profile: profile.clone(),
            role: role.clone(),
            account: account.clone(),
        },
        regions,
    }
}
