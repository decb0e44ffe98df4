//! Writes the account-level subscription filter policy.

use aws_sdk_cloudwatchlogs::types::{PolicyType, Scope};

use super::diagnose::not_allowed;
use super::filter::UNREAD_PATIENCE;
use super::{ApplyError, gone};
use crate::aws::Connection;
use crate::provision::plan::{AccountPolicyAction, Coverage};

pub(super) async fn make(
    connection: &Connection,
    action: &AccountPolicyAction,
) -> Result<(), ApplyError> {
    let logs = &connection.logs;
    let caller = &connection.caller;
    let name = &action.policy().filter.name;
    let resource = format!("account-level policy {name}");
    let kind = PolicyType::SubscriptionFilterPolicy;
    match action {
        AccountPolicyAction::Put {
            before: _,
            after,
            destination,
        } => {
            let hurried = caller.hurried(UNREAD_PATIENCE);
            let caller = match destination {
                Coverage::Planned | Coverage::Elsewhere => caller,
                Coverage::Unread => &hurried,
            };
            let sent = caller
                .call("logs:PutAccountPolicy", &resource, || {
                    logs.put_account_policy()
                        .policy_name(name.as_str())
                        .policy_type(kind.clone())
                        .policy_document(after.document())
                        .scope(Scope::All)
                        .set_selection_criteria(after.selection())
                        .send()
                })
                .await;
            match sent {
                Ok(_) => Ok(()),
                Err(source)
                    if *destination == Coverage::Planned
                        && source.code() == Some("AccessDenied")
                        && source.names_destination() =>
                {
                    Err(not_allowed(&after.filter.destination, source))
                }
                Err(error) => Err(error.into()),
            }
        }
        AccountPolicyAction::Delete { before: _ } => {
            let sent = caller
                .call("logs:DeleteAccountPolicy", &resource, || {
                    logs.delete_account_policy()
                        .policy_name(name.as_str())
                        .policy_type(kind.clone())
                        .send()
                })
                .await;
            Ok(gone(sent.map(drop))?)
        }
    }
}
