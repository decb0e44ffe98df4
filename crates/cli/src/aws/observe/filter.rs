//! Reads the subscription filters of a log group.

use aws_sdk_cloudwatchlogs::types as wire;

use crate::aws::{Connection, unknown};
use crate::provision::name::{LogGroupName, NameError};
use crate::provision::observed::{LogGroup, State};
use crate::provision::resource::{Distribution, FilterPattern, SubscriptionFilter};

/// Reads every subscription filter of a log group, sorted by name.
pub(in crate::aws) async fn log_group(
    connection: &Connection,
    name: &LogGroupName,
) -> State<LogGroup> {
    let mut filters = Vec::new();
    let mut token = None;
    loop {
        let page = connection
            .caller
            .call(
                "logs:DescribeSubscriptionFilters",
                &format!("log group {name}"),
                || {
                    connection
                        .logs
                        .describe_subscription_filters()
                        .log_group_name(name.as_str())
                        .set_next_token(token.clone())
                        .send()
                },
            )
            .await;
        let page = match page {
            Ok(page) => page,
            Err(error) if error.is_not_found() => return State::Absent,
            Err(error) => return unknown(&error),
        };
        for one in page.subscription_filters.unwrap_or_default() {
            match filter(&one) {
                Ok(filter) => filters.push(filter),
                Err(error) => return State::Unknown(error.to_string()),
            }
        }
        token = page.next_token;
        if token.is_none() {
            filters.sort_by(|a, b| a.name.cmp(&b.name));
            return State::Present(LogGroup { filters });
        }
    }
}

fn filter(one: &wire::SubscriptionFilter) -> Result<SubscriptionFilter, NameError> {
    Ok(SubscriptionFilter {
        name: one.filter_name().unwrap_or_default().parse()?,
        pattern: FilterPattern::new(one.filter_pattern().unwrap_or_default()),
        destination: one.destination_arn().unwrap_or_default().parse()?,
        distribution: match one.distribution() {
            Some(wire::Distribution::Random) => Distribution::Random,
            _ => Distribution::ByLogStream,
        },
        system_fields: one.emit_system_fields().iter().cloned().collect(),
        role: one
            .role_arn()
            .filter(|arn| !arn.is_empty())
            .map(str::parse)
            .transpose()?,
    })
}
