//! Works out what a fleet file asks for, resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DESTINATION_POLICY_BYTES_MAX, DesiredError};
use super::{
    AccountLevel, Desired, Destination, Filters, Logging, LoggingRegion, Member, Need, Sender,
    Stream, role,
};
use crate::provision::fleet::{self, Access, Fleet, MemberByHand, Subscribe};
use crate::provision::name::{AccountId, Arn, FilterName, MemberName, Region, RoleKey};
use crate::provision::policy::{Document, Template, TemplateError, TemplateValue};
use crate::provision::resource::{
    DestinationEnds, Distribution, FilterPattern, Login, OWNER_TAG, SYSTEM_FIELDS,
    SubscriptionFilter, Tags,
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
            .map(|(name, one)| {
                let sender = sender(fleet, one);
                (name.clone(), member(one, filter, destination_in, sender))
            })
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
            members: BTreeMap::from([(
                name.clone(),
                member(one, filter, |_| destination.clone(), None),
            )]),
            others: BTreeSet::new(),
            leaving: None,
        }
    }

    /// The same, but with a look for roles that an organization left behind in members, as is needed to remove them.
    #[must_use]
    pub fn looking_for_roles(mut self) -> Self {
        let senders = self.members.values_mut().flat_map(|one| &mut one.sender);
        for sender in senders.filter(|sender| sender.need == Need::Unneeded) {
            sender.need = Need::LookedFor;
        }
        self
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
        organization,
        access: _,
        member_role: _,
        ready_made: _,
        boundary: _,
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
    let (owner, tags) = ownership(fleet);
    let role = role::role(fleet, home, &tags)?;
    let mut by_region = BTreeMap::new();
    for region in regions {
        let arn = Arn::destination(region, account, name);
        let policy = subscribers(fleet, &arn)?;
        let bytes = policy.to_json().len();
        if bytes > DESTINATION_POLICY_BYTES_MAX {
            let (destination, accounts) = (name.to_string(), accounts(fleet).len());
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
        accounts: accounts(fleet).into_iter().cloned().collect(),
        organization: organization.clone(),
        role,
        regions: by_region,
    })
}

/// The value of our ownership tag, and all tags.
fn ownership(fleet: &Fleet) -> (String, Tags) {
    let owner = format!("{}/{}", fleet.logging.account, fleet.logging.destination);
    let mut tags = fleet.tags.clone();
    tags.insert(OWNER_TAG.to_owned(), owner.clone());
    (owner, tags)
}

fn accounts(fleet: &Fleet) -> BTreeSet<&AccountId> {
    let members = fleet.members.values();
    members.map(|member| &member.account).collect()
}

/// The destination policy: whom it lets subscribe.
fn subscribers(fleet: &Fleet, destination: &Arn) -> Result<Document, TemplateError> {
    let destination = TemplateValue::One(destination.to_string());
    let organization = fleet.logging.organization.as_ref();
    let organization = organization.filter(|_| fleet.logging.access == Access::Organization);
    if let Some(organization) = organization {
        let organizations = [organization].into_iter().collect();
        return Template::DestinationOrganization.render([
            ("organizations", organizations),
            ("destination", destination),
        ]);
    }
    let members = accounts(fleet).iter().collect();
    Template::Destination.render([("members", members), ("destination", destination)])
}

/// The role of a member's filters.
fn sender(fleet: &Fleet, member: &fleet::Member) -> Option<Sender> {
    let fleet::Logging {
        member_role,
        ready_made,
        boundary,
        ..
    } = &fleet.logging;
    let (name, home) = (member_role.clone()?, member.regions.first()?);
    let (owner, tags) = ownership(fleet);
    let boundary = boundary.as_ref();
    Some(Sender {
        arn: Arn::role(home, &member.account, &name),
        boundary: boundary.and_then(|boundary| boundary.arn(&member.account, home)),
        is_ready_made: ready_made.iter().any(RoleKey::is_of_members),
        name,
        owner,
        tags,
        need: match fleet.logging.access {
            Access::Accounts => Need::Unneeded,
            Access::Organization => Need::Needed,
        },
    })
}

fn member(
    member: &fleet::Member,
    name: &FilterName,
    destination: impl Fn(&Region) -> Arn,
    sender: Option<Sender>,
) -> Member {
    let fleet::Member {
        profile,
        role,
        account,
        regions,
        subscribe,
        log_groups,
        exclude,
    } = member;
    let needed = sender.as_ref();
    let needed = needed.filter(|sender| sender.need == Need::Needed);
    let needed = needed.map(|sender| &sender.arn);
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
            role: needed.cloned(),
        };
        let mut filters = Filters {
            exclude: exclude.clone(),
            ..Filters::default()
        };
        filters.account = subscribe.as_ref().map(|subscribe| {
            let (pattern, distribution) = match subscribe {
                Subscribe::Account {
                    pattern,
                    distribution,
                } => (pattern.clone(), *distribution),
                Subscribe::LogGroups => (FilterPattern::default(), Distribution::Random),
            };
            AccountLevel {
                filter: SubscriptionFilter {
                    name: name.clone(),
                    pattern,
                    destination: destination(region),
                    distribution,
                    system_fields: BTreeSet::new(),
                    role: needed.cloned(),
                },
                is_wanted: subscribe.is_by_account(),
            }
        });
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
        sender,
        regions,
    }
}
