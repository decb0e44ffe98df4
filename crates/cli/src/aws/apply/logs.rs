//! Writes CloudWatch Logs: the `logs::Destination` with its policy and tags, and subscription filters.

use aws_sdk_cloudwatchlogs::types::Distribution as Wire;

use super::diagnose::{not_allowed, undelivered};
use super::iam::gone;
use super::{ApplyError, mismatch};
use crate::aws::Connection;
use crate::aws::explain::Repeat;
use crate::provision::name::{DestinationName, FilterName, LogGroupName};
use crate::provision::plan::Action;
use crate::provision::resource::{Distribution, Resource};

pub(super) async fn make_destination(
    connection: &Connection,
    name: &DestinationName,
    action: &Action,
) -> Result<(), ApplyError> {
    let logs = &connection.logs;
    let caller = &connection.caller;
    let thing = format!("logs::Destination {name}");
    match action {
        // without tags: AWS cannot deliver its test message to a destination that is tagged as it is made
        Action::PutDestination { after, .. } => {
            let sent = caller
                .call("logs:PutDestination", &thing, || {
                    logs.put_destination()
                        .destination_name(name.as_str())
                        .target_arn(after.target.as_str())
                        .role_arn(after.role.as_str())
                        .send()
                })
                .await;
            if let Err(error) = sent {
                return Err(match error.explanation().repeat {
                    Repeat::For(_) if error.code() != Some("OperationAborted") => {
                        undelivered(connection, after, error).await
                    }
                    Repeat::For(_) | Repeat::Never => error.into(),
                });
            }
        }
        Action::PutDestinationPolicy { after, .. } => {
            caller
                .call("logs:PutDestinationPolicy", &thing, || {
                    logs.put_destination_policy()
                        .destination_name(name.as_str())
                        .access_policy(after.to_json())
                        .send()
                })
                .await?;
        }
        Action::TagDestination { arn, tags } => {
            caller
                .call("logs:TagResource", &thing, || {
                    let call = logs.tag_resource().resource_arn(arn.as_str());
                    let tagged = tags
                        .after
                        .iter()
                        .fold(call, |call, (key, value)| call.tags(key, value));
                    tagged.send()
                })
                .await?;
        }
        Action::DeleteDestination { .. } => {
            let sent = caller
                .call("logs:DeleteDestination", &thing, || {
                    logs.delete_destination()
                        .destination_name(name.as_str())
                        .send()
                })
                .await;
            gone(sent.map(drop))?;
        }
        action => return Err(mismatch(&Resource::Destination(name.clone()), action)),
    }
    Ok(())
}

/// `is_named`: the destination policy is known to name the account.
pub(super) async fn make_filter(
    connection: &Connection,
    log_group: &LogGroupName,
    name: &FilterName,
    action: &Action,
    is_named: bool,
) -> Result<(), ApplyError> {
    let logs = &connection.logs;
    let caller = &connection.caller;
    let thing = format!("log group {log_group}");
    match action {
        Action::PutFilter { after, beside, .. } => {
            let distribution = match after.distribution {
                Distribution::ByLogStream => Wire::ByLogStream,
                Distribution::Random => Wire::Random,
            };
            let sent = caller
                .call("logs:PutSubscriptionFilter", &thing, || {
                    logs.put_subscription_filter()
                        .log_group_name(log_group.as_str())
                        .filter_name(after.name.as_str())
                        .filter_pattern(after.pattern.as_str())
                        .destination_arn(after.destination.as_str())
                        .distribution(distribution.clone())
                        .send()
                })
                .await;
            match sent {
                Ok(_) => Ok(()),
                Err(source) if source.code() == Some("LimitExceeded") => Err(ApplyError::Full {
                    beside: beside.clone(),
                    source,
                }),
                Err(source)
                    if is_named
                        && source.code() == Some("AccessDenied")
                        && source.names_destination() =>
                {
                    Err(not_allowed(&after.destination, source))
                }
                Err(error) => Err(error.into()),
            }
        }
        Action::DeleteFilter { .. } => {
            let sent = caller
                .call("logs:DeleteSubscriptionFilter", &thing, || {
                    logs.delete_subscription_filter()
                        .log_group_name(log_group.as_str())
                        .filter_name(name.as_str())
                        .send()
                })
                .await;
            Ok(gone(sent.map(drop))?)
        }
        action => Err(mismatch(
            &Resource::Filter {
                log_group: log_group.clone(),
                name: name.clone(),
            },
            action,
        )),
    }
}
