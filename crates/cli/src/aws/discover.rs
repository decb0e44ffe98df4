//! Finds the log groups of the sources in an account: by their names, else by a log stream's name, else by one log event.

use std::cell::Cell;
use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types::OrderBy;
use futures_util::future;
use futures_util::stream::{self, StreamExt};

use super::observe::{account_policy, filter, log_groups, open};
use super::{CallError, Connection, Connections, unknown};
use crate::provision::discovery::{self, Account, Found, Lead, Searched, Told};
use crate::provision::name::{LogGroupName, Region};
use crate::provision::observed::{LogGroup, State};
use crate::provision::resource::Login;

/// How far the search of one Region of an account is.
#[derive(Debug, Default)]
pub struct Searching {
    /// Log groups that were looked at.
    pub done: Cell<usize>,
    /// All log groups; 0 while they are being listed.
    pub all: Cell<usize>,
}

/// Searches an account. What cannot be read is `Unknown`, with the reason.
pub async fn search(
    connections: &Connections,
    account: &Account<()>,
    lead: impl Fn(&LogGroupName) -> Lead,
    progress: &BTreeMap<&Region, Searching>,
) -> Account<State<Searched>> {
    let login = Login {
        profile: account.profile.clone(),
        role: account.role.clone(),
        account: account.account.clone(),
    };
    let regions = progress.iter().map(async |(&region, progress)| {
        let state = match open(connections, &login, region).await {
            Ok(connection) => match region_of(&connection, &lead, progress).await {
                Ok(searched) => State::Present(searched),
                Err(state) => state,
            },
            Err(why) => State::Unknown(why),
        };
        (region.clone(), state)
    });
    let regions = future::join_all(regions).await;
    account.with_regions(regions.into_iter().collect())
}

/// How many log groups are looked at together. The caller keeps each operation below its quota.
const TOGETHER: usize = 8;

async fn region_of(
    connection: &Connection,
    lead: impl Fn(&LogGroupName) -> Lead,
    progress: &Searching,
) -> Result<Searched, State<Searched>> {
    let listing = log_groups::log_groups(connection, "");
    let (all, policy) = future::join(listing, account_policy::policy(connection)).await;
    let all = all.map_err(|error| unknown(&error))?;
    progress.all.set(all.len());
    let looks = all.iter().map(async |(group, class)| {
        let found = look(connection, group, class, lead(group)).await;
        progress.done.set(progress.done.get() + 1);
        found
    });
    let mut looks = stream::iter(looks).buffered(TOGETHER);
    let mut found = Vec::new();
    while let Some(one) = looks.next().await {
        found.extend(one?);
    }
    Ok(Searched {
        log_groups: all.len(),
        policy,
        found,
    })
}

/// Looks at one log group. `None` if it is of no source, or gone by now.
async fn look(
    connection: &Connection,
    group: &LogGroupName,
    class: &str,
    lead: Lead,
) -> Result<Option<Found>, State<Searched>> {
    let told = match lead {
        Lead::None => None,
        Lead::Known(told) => Some(told),
        Lead::Look => match look_inside(connection, group).await {
            Ok(told) => told,
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(unknown(&error)),
        },
    };
    let Some(told) = told else {
        return Ok(None);
    };
    let filters = match filter::log_group(connection, group).await {
        State::Present(LogGroup { filters }) => filters,
        State::Absent => return Ok(None),
        State::Unknown(why) => return Err(State::Unknown(why)),
    };
    Ok(Some(Found {
        log_group: group.clone(),
        class: class.to_owned(),
        told,
        filters,
    }))
}

async fn look_inside(
    connection: &Connection,
    group: &LogGroupName,
) -> Result<Option<Told>, CallError> {
    let resource = format!("log group {group}");
    let streams = connection
        .caller
        .call("logs:DescribeLogStreams", &resource, || {
            connection
                .logs
                .describe_log_streams()
                .log_group_name(group.as_str())
                .order_by(OrderBy::LastEventTime)
                .descending(true)
                .limit(1)
                .send()
        })
        .await?;
    let Some(stream) = streams
        .log_streams()
        .first()
        .and_then(|one| one.log_stream_name())
    else {
        return Ok(None);
    };
    if let Some(told) = discovery::of_stream(stream) {
        return Ok(Some(told));
    }
    let events = connection
        .caller
        .call("logs:GetLogEvents", &resource, || {
            connection
                .logs
                .get_log_events()
                .log_group_name(group.as_str())
                .log_stream_name(stream)
                .limit(1)
                .send()
        })
        .await?;
    let message = events.events().first().and_then(|event| event.message());
    Ok(message.and_then(discovery::of_event))
}
