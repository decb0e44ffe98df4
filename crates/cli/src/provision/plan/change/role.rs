//! What can be done to a role.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Effect;
use crate::provision::name::{Arn, PolicyName};
use crate::provision::plan::TagChange;
use crate::provision::policy::Document;
use crate::provision::resource::Tags;

/// What is done to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "action")]
pub enum RoleAction {
    /// CreateRole with `tags`.
    #[serde(rename = "create-role")]
    Create {
        trust: Document,
        #[serde(skip_serializing_if = "Option::is_none")]
        boundary: Option<Arn>,
        tags: Tags,
    },
    /// PutRolePermissionsBoundary.
    #[serde(rename = "put-role-boundary")]
    PutBoundary { before: Option<Arn>, after: Arn },
    /// UpdateAssumeRolePolicy.
    #[serde(rename = "put-role-trust")]
    PutTrust {
        before: Option<Document>,
        after: Document,
    },
    /// PutRolePolicy.
    #[serde(rename = "put-role-policy")]
    PutPolicy {
        name: PolicyName,
        before: Option<Document>,
        after: Document,
    },
    /// DeleteRolePolicy.
    #[serde(rename = "delete-role-policy")]
    DeletePolicy { name: PolicyName, before: Document },
    /// TagRole.
    #[serde(rename = "tag-role")]
    Tag { tags: TagChange },
    /// DeleteRole.
    #[serde(rename = "delete-role")]
    Delete,
}

impl RoleAction {
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create { .. } => Effect::Create,
            Self::PutTrust { .. }
            | Self::PutBoundary { .. }
            | Self::PutPolicy { .. }
            | Self::DeletePolicy { .. }
            | Self::Tag { .. } => Effect::Update,
            Self::Delete => Effect::Delete,
        }
    }
}

impl fmt::Display for RoleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create {
                trust: _,
                boundary: _,
                tags: _,
            } => f.write_str("create"),
            Self::PutBoundary {
                before: _,
                after: _,
            } => f.write_str("put permissions boundary"),
            Self::PutTrust {
                before: _,
                after: _,
            } => f.write_str("put trust policy"),
            Self::PutPolicy {
                name,
                before: _,
                after: _,
            } => write!(f, "put inline policy {name}"),
            Self::DeletePolicy { name, before: _ } => write!(f, "delete inline policy {name}"),
            Self::Tag { tags: _ } => f.write_str("tag"),
            Self::Delete => f.write_str("delete"),
        }
    }
}
