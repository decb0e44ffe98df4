//! Reads an IAM role: its trust policy, its policies, its tags.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use crate::aws::{CallError, Connection, unknown};
use crate::provision::desired;
use crate::provision::name::{PolicyName, RoleName};
use crate::provision::observed::{Role, State};
use crate::provision::policy::Document;
use crate::provision::resource::Tags;

pub(super) async fn role(connection: &Connection, wanted: &desired::Role) -> State<Role> {
    let name = &wanted.name;
    let role = match found(connection, name).await {
        Ok(Some(role)) => role,
        Ok(None) => return State::Absent,
        Err(error) => return unknown(&error),
    };
    let trust = role
        .assume_role_policy_document()
        .map_or(State::Absent, document);
    let (inline, attached) = futures_util::future::join(
        Box::pin(inline(connection, name)),
        Box::pin(attached(connection, name)),
    )
    .await;
    let (policy, foreign_policies) = match (inline, attached) {
        (Ok(mut inline), attached) => {
            let policy = if inline.remove(wanted.policy_name.as_str()) {
                policy(connection, name, &wanted.policy_name).await
            } else {
                State::Absent
            };
            let foreign = match attached {
                Ok(attached) => State::Present(inline.into_iter().chain(attached).collect()),
                Err(error) => unknown(&error),
            };
            (policy, foreign)
        }
        (Err(error), _) => (unknown(&error), unknown(&error)),
    };
    State::Present(Role {
        path: role.path().to_owned(),
        boundary: role
            .permissions_boundary()
            .and_then(|one| one.permissions_boundary_arn()?.parse().ok()),
        trust,
        policy,
        foreign_policies,
        tags: State::Present(tags(&role)),
    })
}

/// What GetRole says; `None` if there is no such role.
pub(in crate::aws) async fn found(
    connection: &Connection,
    name: &RoleName,
) -> Result<Option<aws_sdk_iam::types::Role>, CallError> {
    let answer = connection
        .caller
        .call("iam:GetRole", &format!("role {name}"), || {
            connection.iam.get_role().role_name(name.as_str()).send()
        })
        .await;
    match answer {
        Ok(answer) => Ok(answer.role),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tags, which GetRole returns with the role.
pub(in crate::aws) fn tags(role: &aws_sdk_iam::types::Role) -> Tags {
    role.tags()
        .iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

async fn policy(connection: &Connection, role: &RoleName, name: &PolicyName) -> State<Document> {
    let answer = connection
        .caller
        .call(
            "iam:GetRolePolicy",
            &format!("policy {name} of role {role}"),
            || {
                connection
                    .iam
                    .get_role_policy()
                    .role_name(role.as_str())
                    .policy_name(name.as_str())
                    .send()
            },
        )
        .await;
    match answer {
        Ok(answer) => document(answer.policy_document()),
        Err(error) if error.is_not_found() => State::Absent,
        Err(error) => unknown(&error),
    }
}

/// The names of the role's inline policies.
async fn inline(connection: &Connection, role: &RoleName) -> Result<BTreeSet<String>, CallError> {
    let mut names = BTreeSet::new();
    let mut marker = None;
    loop {
        let page = connection
            .caller
            .call("iam:ListRolePolicies", &format!("role {role}"), || {
                connection
                    .iam
                    .list_role_policies()
                    .role_name(role.as_str())
                    .set_marker(marker.clone())
                    .send()
            })
            .await?;
        names.extend(page.policy_names);
        marker = page.marker;
        if !page.is_truncated || marker.is_none() {
            return Ok(names);
        }
    }
}

/// The ARNs of the policies attached to the role.
async fn attached(connection: &Connection, role: &RoleName) -> Result<BTreeSet<String>, CallError> {
    let mut arns = BTreeSet::new();
    let mut marker = None;
    loop {
        let page = connection
            .caller
            .call(
                "iam:ListAttachedRolePolicies",
                &format!("role {role}"),
                || {
                    connection
                        .iam
                        .list_attached_role_policies()
                        .role_name(role.as_str())
                        .set_marker(marker.clone())
                        .send()
                },
            )
            .await?;
        arns.extend(
            page.attached_policies
                .unwrap_or_default()
                .into_iter()
                .filter_map(|policy| policy.policy_arn),
        );
        marker = page.marker;
        if !page.is_truncated || marker.is_none() {
            return Ok(arns);
        }
    }
}

/// IAM percent-encodes the documents that it returns
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>).
fn document(encoded: &str) -> State<Document> {
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    match Document::parse(&text) {
        Ok(document) => State::Present(document),
        Err(error) => State::Unknown(crate::aws::chain(&error)),
    }
}
