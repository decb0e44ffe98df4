//! Reads everything that the fleet names, all accounts at once: each resource present, absent or unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::{Connection, Connections};
use crate::provision::desired::{self, Desired, Need};
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::observed::{LogGroup, Logging, LoggingRegion, Member, Observed, Role, State};
use crate::provision::resource::Login;

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
                _ if filters.by_pattern.is_empty() => None,
                Ok(connection) => Some(log_groups::listed(connection, &filters.prefixes()).await),
                Err(why) => Some(State::Unknown(why.clone())),
            };
            let selected = match &listed {
                Some(State::Present(listed)) => filters.selected(&login.account, listed),
                _ => Vec::new(),
            };
            let names = filters.by_name.keys().chain(selected);
            let groups = join_all(names.map(async |group| {
                let state = match &connection {
                    Ok(connection) => filter::log_group(connection, group).await,
                    Err(why) => State::Unknown(why.clone()),
                };
                (group.clone(), state)
            }));
            let groups: BTreeMap<_, _> = groups.await.into_iter().collect();
            (region.clone(), groups, listed)
        });
        let mut member = Member::default();
        for (region, groups, listed) in join_all(regions).await {
            if let Some(listed) = listed {
                member.listed.insert(region.clone(), listed);
            }
            member.regions.insert(region, groups);
        }
        member.role = member_role(connections, wanted, &member.regions).await;
        (name.clone(), member)
    });
    join_all(members).await.into_iter().collect()
}

/// The role of a member's filters, if they need one, name one, or this run looks for one.
async fn member_role(
    connections: &Connections,
    wanted: &desired::Member,
    seen: &BTreeMap<Region, BTreeMap<LogGroupName, State<LogGroup>>>,
) -> Option<State<Role>> {
    let (sender, role) = (wanted.sender.as_ref()?, wanted.role()?);
    let mut groups = seen.values().flat_map(BTreeMap::values);
    let names = |group: &State<LogGroup>| match group {
        State::Present(group) => {
            let mut roles = group.filters.iter().filter_map(|one| one.role.as_ref());
            roles.any(|role| *role == sender.arn)
        }
        State::Absent | State::Unknown(_) => false,
    };
    if sender.need == Need::Unneeded && !groups.any(names) {
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
