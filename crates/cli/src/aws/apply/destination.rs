//! Writes a `logs::Destination`: its stream and role, its policy, its tags.

use super::diagnose::undelivered;
use super::{ApplyError, gone, with_tags};
use crate::aws::Connection;
use crate::aws::explain::Retry;
use crate::provision::name::DestinationName;
use crate::provision::plan::DestinationAction;

pub(super) async fn make(
    connection: &Connection,
    name: &DestinationName,
    action: &DestinationAction,
) -> Result<(), ApplyError> {
    let logs = &connection.logs;
    let caller = &connection.caller;
    let resource = format!("logs::Destination {name}");
    match action {
        // without tags: AWS cannot deliver its test message to a destination that is created with them
        DestinationAction::Put { before: _, after } => {
            let sent = caller
                .call("logs:PutDestination", &resource, || {
                    logs.put_destination()
                        .destination_name(name.as_str())
                        .target_arn(after.target.as_str())
                        .role_arn(after.role.as_str())
                        .send()
                })
                .await;
            if let Err(error) = sent {
                return Err(match error.explanation().retry {
                    Retry::For(_) if error.code() != Some("OperationAborted") => {
                        undelivered(connection, after, error).await
                    }
                    Retry::For(_) | Retry::Never => error.into(),
                });
            }
        }
        DestinationAction::PutPolicy {
            before: _,
            after,
            force_update,
        } => {
            caller
                .call("logs:PutDestinationPolicy", &resource, || {
                    logs.put_destination_policy()
                        .destination_name(name.as_str())
                        .access_policy(after.to_json())
                        .set_force_update(force_update.then_some(true))
                        .send()
                })
                .await?;
        }
        DestinationAction::Tag { arn, tags } => {
            caller
                .call("logs:TagResource", &resource, || {
                    let call = logs.tag_resource().resource_arn(arn.as_str());
                    with_tags(call, &tags.after, |call, key, value| call.tags(key, value)).send()
                })
                .await?;
        }
        DestinationAction::Delete { before: _ } => {
            let sent = caller
                .call("logs:DeleteDestination", &resource, || {
                    logs.delete_destination()
                        .destination_name(name.as_str())
                        .send()
                })
                .await;
            gone(sent.map(drop))?;
        }
    }
    Ok(())
}
