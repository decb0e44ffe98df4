//! Writes the subscription filters of a log group.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::Distribution as Wire;

use super::diagnose::not_allowed;
use super::{ApplyError, gone};
use crate::aws::Connection;
use crate::provision::name::LogGroupName;
use crate::provision::plan::{Coverage, FilterAction};
use crate::provision::resource::Distribution;

pub(super) async fn make(
    connection: &Connection,
    log_group: &LogGroupName,
    action: &FilterAction,
) -> Result<(), ApplyError> {
    let logs = &connection.logs;
    let caller = &connection.caller;
    let resource = format!("log group {log_group}");
    match action {
        FilterAction::Put {
            before: _,
            after,
            beside,
            selected_by: _,
            destination,
        } => {
            let distribution = match after.distribution {
                Distribution::ByLogStream => Wire::ByLogStream,
                Distribution::Random => Wire::Random,
            };
            let hurried = caller.hurried(UNREAD_PATIENCE);
            let caller = match destination {
                Coverage::Planned | Coverage::Elsewhere => caller,
                Coverage::Unread => &hurried,
            };
            let system_fields = Some(&after.system_fields).filter(|fields| !fields.is_empty());
            let system_fields: Option<Vec<_>> =
                system_fields.map(|fields| fields.iter().cloned().collect());
            let sent = caller
                .call("logs:PutSubscriptionFilter", &resource, || {
                    logs.put_subscription_filter()
                        .log_group_name(log_group.as_str())
                        .filter_name(after.name.as_str())
                        .filter_pattern(after.pattern.as_str())
                        .destination_arn(after.destination.as_str())
                        .distribution(distribution.clone())
                        .set_emit_system_fields(system_fields.clone())
                        .set_role_arn(after.role.as_ref().map(ToString::to_string))
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
                    if *destination == Coverage::Planned
                        && source.code() == Some("AccessDenied")
                        && source.names_destination() =>
                {
                    Err(not_allowed(&after.destination, source))
                }
                Err(error) => Err(error.into()),
            }
        }
        FilterAction::Delete { before } => {
            let sent = caller
                .call("logs:DeleteSubscriptionFilter", &resource, || {
                    logs.delete_subscription_filter()
                        .log_group_name(log_group.as_str())
                        .filter_name(before.name.as_str())
                        .send()
                })
                .await;
            Ok(gone(sent.map(drop))?)
        }
    }
}

/// Long enough for another writer of the same log group to be done.
pub(super) const UNREAD_PATIENCE: Duration = Duration::from_secs(15);
