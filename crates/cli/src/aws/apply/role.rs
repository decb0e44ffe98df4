//! Writes an IAM role: its trust policy, its inline policy, its tags.

use aws_sdk_iam::error::BuildError;
use aws_sdk_iam::types::Tag;

use super::{ApplyError, gone};
use crate::aws::Connection;
use crate::aws::observe::role as read;
use crate::provision::name::{Arn, RoleName};
use crate::provision::plan::RoleAction;
use crate::provision::policy::Document;
use crate::provision::resource::{OWNER_TAG, Tags};

pub(super) async fn make(
    connection: &Connection,
    name: &RoleName,
    action: &RoleAction,
) -> Result<(), ApplyError> {
    let iam = &connection.iam;
    let caller = &connection.caller;
    let resource = format!("role {name}");
    match action {
        RoleAction::Create {
            trust,
            boundary,
            tags,
        } => create(connection, name, trust, boundary.as_ref(), tags).await?,
        RoleAction::PutBoundary { before: _, after } => {
            caller
                .call("iam:PutRolePermissionsBoundary", &resource, || {
                    iam.put_role_permissions_boundary()
                        .role_name(name.as_str())
                        .permissions_boundary(after.as_str())
                        .send()
                })
                .await?;
        }
        RoleAction::PutTrust { before: _, after } => {
            caller
                .call("iam:UpdateAssumeRolePolicy", &resource, || {
                    iam.update_assume_role_policy()
                        .role_name(name.as_str())
                        .policy_document(after.to_json())
                        .send()
                })
                .await?;
        }
        RoleAction::PutPolicy {
            name: policy,
            before: _,
            after,
        } => {
            caller
                .call("iam:PutRolePolicy", &resource, || {
                    iam.put_role_policy()
                        .role_name(name.as_str())
                        .policy_name(policy.as_str())
                        .policy_document(after.to_json())
                        .send()
                })
                .await?;
        }
        RoleAction::DeletePolicy {
            name: policy,
            before: _,
        } => {
            let sent = caller
                .call("iam:DeleteRolePolicy", &resource, || {
                    iam.delete_role_policy()
                        .role_name(name.as_str())
                        .policy_name(policy.as_str())
                        .send()
                })
                .await;
            gone(sent.map(drop))?;
        }
        RoleAction::Tag { tags } => {
            let tags = wire(&tags.after)?;
            caller
                .call("iam:TagRole", &resource, || {
                    iam.tag_role()
                        .role_name(name.as_str())
                        .set_tags(Some(tags.clone()))
                        .send()
                })
                .await?;
        }
        RoleAction::Delete => {
            let sent = caller
                .call("iam:DeleteRole", &resource, || {
                    iam.delete_role().role_name(name.as_str()).send()
                })
                .await;
            gone(sent.map(drop))?;
        }
    }
    Ok(())
}

async fn create(
    connection: &Connection,
    name: &RoleName,
    trust: &Document,
    boundary: Option<&Arn>,
    tags: &Tags,
) -> Result<(), ApplyError> {
    let resource = format!("role {name}");
    let pairs = wire(tags)?;
    let sent = connection
        .caller
        .call("iam:CreateRole", &resource, || {
            connection
                .iam
                .create_role()
                .role_name(name.as_str())
                .assume_role_policy_document(trust.to_json())
                .set_permissions_boundary(boundary.map(ToString::to_string))
                .set_tags(Some(pairs.clone()))
                .send()
        })
        .await;
    match sent {
        Ok(_) => Ok(()),
        // if it has our tag, an earlier try whose answer was lost created it
        Err(error) if error.code() == Some("EntityAlreadyExists") => {
            match read::found(connection, name).await? {
                Some(role) if read::tags(&role).get(OWNER_TAG) == tags.get(OWNER_TAG) => Ok(()),
                _ => Err(ApplyError::NotOurs { resource }),
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
