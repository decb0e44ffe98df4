//! Writes an IAM role: its trust policy, its inline policy, its tags.

use aws_sdk_iam::error::BuildError;
use aws_sdk_iam::types::Tag;

use super::{ApplyError, mismatch};
use crate::aws::observe::iam as read;
use crate::aws::{CallError, Connection};
use crate::provision::name::RoleName;
use crate::provision::plan::Action;
use crate::provision::policy::Document;
use crate::provision::resource::{OWNER_TAG, Resource, Tags};

pub(super) async fn make(
    connection: &Connection,
    name: &RoleName,
    action: &Action,
) -> Result<(), ApplyError> {
    let iam = &connection.iam;
    let caller = &connection.caller;
    let thing = format!("role {name}");
    match action {
        Action::CreateRole { trust, tags } => create(connection, name, trust, tags).await?,
        Action::PutRoleTrust { after, .. } => {
            caller
                .call("iam:UpdateAssumeRolePolicy", &thing, || {
                    iam.update_assume_role_policy()
                        .role_name(name.as_str())
                        .policy_document(after.to_json())
                        .send()
                })
                .await?;
        }
        Action::PutRolePolicy {
            name: policy,
            after,
            ..
        } => {
            caller
                .call("iam:PutRolePolicy", &thing, || {
                    iam.put_role_policy()
                        .role_name(name.as_str())
                        .policy_name(policy.as_str())
                        .policy_document(after.to_json())
                        .send()
                })
                .await?;
        }
        Action::DeleteRolePolicy { name: policy, .. } => {
            let sent = caller
                .call("iam:DeleteRolePolicy", &thing, || {
                    iam.delete_role_policy()
                        .role_name(name.as_str())
                        .policy_name(policy.as_str())
                        .send()
                })
                .await;
            gone(sent.map(drop))?;
        }
        Action::TagRole { tags } => {
            let tags = wire(&tags.after)?;
            caller
                .call("iam:TagRole", &thing, || {
                    iam.tag_role()
                        .role_name(name.as_str())
                        .set_tags(Some(tags.clone()))
                        .send()
                })
                .await?;
        }
        Action::DeleteRole => {
            let sent = caller
                .call("iam:DeleteRole", &thing, || {
                    iam.delete_role().role_name(name.as_str()).send()
                })
                .await;
            gone(sent.map(drop))?;
        }
        action => return Err(mismatch(&Resource::Role(name.clone()), action)),
    }
    Ok(())
}

async fn create(
    connection: &Connection,
    name: &RoleName,
    trust: &Document,
    tags: &Tags,
) -> Result<(), ApplyError> {
    let thing = format!("role {name}");
    let pairs = wire(tags)?;
    let sent = connection
        .caller
        .call("iam:CreateRole", &thing, || {
            connection
                .iam
                .create_role()
                .role_name(name.as_str())
                .assume_role_policy_document(trust.to_json())
                .set_tags(Some(pairs.clone()))
                .send()
        })
        .await;
    match sent {
        Ok(_) => Ok(()),
        // it is there: by an earlier try whose answer was lost, if it bears our tag
        Err(error) if error.code() == Some("EntityAlreadyExists") => {
            match read::found(connection, name).await? {
                Some(role) if read::tags(&role).get(OWNER_TAG) == tags.get(OWNER_TAG) => Ok(()),
                _ => Err(ApplyError::NotOurs { thing }),
            }
        }
        Err(error) => Err(error.into()),
    }
}

fn wire(tags: &Tags) -> Result<Vec<Tag>, BuildError> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// What is gone already need not be deleted.
pub(super) fn gone(sent: Result<(), CallError>) -> Result<(), CallError> {
    match sent {
        Err(error) if error.is_not_found() => Ok(()),
        sent => sent,
    }
}
