//! Reads everything that the fleet names, all accounts at once: each resource present, absent or unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use super::{Connection, Connections};
use crate::provision::desired::{self, Desired, Filters, Need};
use crate::provision::name::{AccountId, LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, Logging, LoggingRegion, Member, Observed, Role, State};
use crate::provision::resource::{AccountPolicy, Login};

pub(super) mod account_policy;
mod destination;
pub(super) mod filter;
pub(super) mod log_groups;
pub(super) mod role;
pub(super) mod stream;

/// Observes what `desired` names, and the Regions that only the role's inline policy still names. What cannot be read is `Unknown`,
/// with the reason.
pub async fn observe(connections: &Connections, desired: &Desired) -> Observed {
    let logging = async {
        let leaving = desired.leaving.as_ref().map(|leaving| &leaving.logging);
        match desired.logging.as_ref().or(leaving) {
            Some(wanted) => Some(logging(connections, wanted).await),
            None => None,
        }
    };
    let members = members(connections, desired);
    let (mut logging, mut members) = futures_util::future::join(Box::pin(logging), members).await;
    if let Some(seen) = &mut logging
        && let State::Present(role) = &seen.role
        && let State::Present(policy) = &role.policy
    {
        let trust = match &role.trust {
            State::Present(trust) => Some(trust),
            State::Absent | State::Unknown(_) => None,
        };
        let leftover = desired.leftover(policy, trust);
        if let Some(wanted) = &leftover.logging {
            seen.regions.extend(regions(connections, wanted).await);
        }
        for (name, more) in self::members(connections, &leftover).await {
            let member = members.entry(name).or_default();
            member.regions.extend(more.regions);
            member.listed.extend(more.listed);
            member.policies.extend(more.policies);
        }
    }
    Observed { logging, members }
}

async fn members(connections: &Connections, desired: &Desired) -> BTreeMap<MemberName, Member> {
    let members = desired.members.iter().map(async |(name, wanted)| {
        let login = &wanted.login;
        let regions = wanted.regions.iter().map(async |(region, filters)| {
            let connection = open(connections, login, region).await;
            let listed = match &connection {
                _ if !filters.needs_list() => None,
                Ok(connection) => Some(log_groups::listed(connection, &filters.prefixes()).await),
                Err(why) => Some(State::Unknown(why.clone())),
            };
            let policy = match (&filters.account, &connection) {
                (None, _) => None,
                (Some(_), Ok(connection)) => Some(account_policy::policy(connection).await),
                (Some(_), Err(why)) => Some(State::Unknown(why.clone())),
            };
            let (selected, regarded) = match &listed {
                Some(State::Present(listed)) => (
                    filters.selected(&login.account, listed),
                    regarded(filters, &login.account, listed, policy.as_ref()),
                ),
                _ => (Vec::new(), Vec::new()),
            };
            let names: BTreeSet<_> = filters
                .by_name
                .keys()
                .chain(selected)
                .chain(regarded)
                .collect();
            let names = names.into_iter();
            let groups = join_all(names.map(async |group| {
                let state = match &connection {
                    Ok(connection) => filter::log_group(connection, group).await,
                    Err(why) => State::Unknown(why.clone()),
                };
                (group.clone(), state)
            }));
            let groups: BTreeMap<_, _> = groups.await.into_iter().collect();
            (region.clone(), groups, listed, policy)
        });
        let mut member = Member::default();
        for (region, groups, listed, policy) in join_all(regions).await {
            if let Some(policy) = policy {
                member.policies.insert(region.clone(), policy);
            }
            if let Some(listed) = listed {
                member.listed.insert(region.clone(), listed);
            }
            member.regions.insert(region, groups);
        }
        member.role = member_role(connections, wanted, &member).await;
        (name.clone(), member)
    });
    join_all(members).await.into_iter().collect()
}

/// The log groups whose filters an account-level policy has to regard. What others have there stays, and so nothing is put, unless it has
/// our name and is taken over.
fn regarded<'l>(
    filters: &Filters,
    account: &AccountId,
    listed: &'l BTreeMap<LogGroupName, String>,
    policy: Option<&State<AccountPolicy>>,
) -> Vec<&'l LogGroupName> {
    let Some(wanted) = filters.account.as_ref().filter(|one| one.is_wanted) else {
        return Vec::new();
    };
    match policy {
        Some(State::Present(seen)) if seen.filter.is(&wanted.filter) => {
            filters.regarded(account, listed, Some(seen))
        }
        Some(State::Present(seen)) if seen.filter.name == wanted.filter.name => {
            filters.regarded(account, listed, None)
        }
        Some(State::Absent) => filters.regarded(account, listed, None),
        Some(State::Present(_) | State::Unknown(_)) | None => Vec::new(),
    }
}

/// The role of a member's filters, if they need one, name one, or this run looks for one.
async fn member_role(
    connections: &Connections,
    wanted: &desired::Member,
    seen: &Member,
) -> Option<State<Role>> {
    let (sender, role) = (wanted.sender.as_ref()?, wanted.role()?);
    let mut groups = seen.regions.values().flat_map(BTreeMap::values);
    let names = |group: &State<LogGroup>| match group {
        State::Present(group) => {
            let mut roles = group.filters.iter().filter_map(|one| one.role.as_ref());
            roles.any(|role| *role == sender.arn)
        }
        State::Absent | State::Unknown(_) => false,
    };
    let mut policies = seen.policies.values();
    let is_named_by = |policy: &State<AccountPolicy>| match policy {
        State::Present(policy) => policy.filter.role.as_ref() == Some(&sender.arn),
        State::Absent | State::Unknown(_) => false,
    };
    let is_named = groups.any(names) || policies.any(is_named_by);
    if sender.need == Need::Unneeded && !is_named {
        return None;
    }
    Some(
        match open(connections, &wanted.login, wanted.home()?).await {
            Ok(connection) => role::role(&connection, &role).await,
            Err(why) => State::Unknown(why),
        },
    )
}

async fn regions(
    connections: &Connections,
    wanted: &desired::Logging,
) -> BTreeMap<Region, LoggingRegion> {
    let login = &wanted.login;
    let regions = wanted.regions.iter().map(async |(region, wanted)| {
        let observed = match open(connections, login, region).await {
            Ok(connection) => {
                let stream = stream::stream(&connection, &wanted.stream.name);
                let destination = destination::destination(&connection, &wanted.destination.name);
                let (stream, destination) =
                    futures_util::future::join(Box::pin(stream), Box::pin(destination)).await;
                LoggingRegion {
                    stream,
                    destination,
                }
            }
            Err(why) => LoggingRegion {
                stream: State::Unknown(why.clone()),
                destination: State::Unknown(why),
            },
        };
        (region.clone(), observed)
    });
    join_all(regions).await.into_iter().collect()
}

async fn logging(connections: &Connections, wanted: &desired::Logging) -> Logging {
    let login = &wanted.login;
    let regions = Box::pin(regions(connections, wanted));
    let role = async {
        match open(connections, login, &wanted.home).await {
            Ok(connection) => role::role(&connection, &wanted.role).await,
            Err(why) => State::Unknown(why),
        }
    };
    let (role, regions) = futures_util::future::join(Box::pin(role), regions).await;
    Logging { role, regions }
}

/// Returns a connection, or why there is none: then only this account is unknown.
pub(super) async fn open(
    connections: &Connections,
    login: &Login,
    region: &Region,
) -> Result<Arc<Connection>, String> {
    let connection = connections.open(login, region).await;
    connection.map_err(|error| format!("{}; {}", super::chain(&error), error.hint()))
}
