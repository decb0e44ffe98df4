//! What can be done to an account-level subscription filter policy.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Coverage, Effect};
use crate::provision::resource::AccountPolicy;

/// What is done to an account-level subscription filter policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "action")]
pub enum AccountPolicyAction {
    /// PutAccountPolicy.
    #[serde(rename = "put-account-policy")]
    Put {
        before: Option<AccountPolicy>,
        after: AccountPolicy,
        #[serde(skip)]
        destination: Coverage,
    },
    /// DeleteAccountPolicy.
    #[serde(rename = "delete-account-policy")]
    Delete { before: AccountPolicy },
}

impl AccountPolicyAction {
    /// The policy that is put or deleted.
    pub fn policy(&self) -> &AccountPolicy {
        match self {
            Self::Put { after: policy, .. } | Self::Delete { before: policy } => policy,
        }
    }

    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Put { before, .. } => Effect::of_put(before.as_ref()),
            Self::Delete { .. } => Effect::Delete,
        }
    }
}

impl fmt::Display for AccountPolicyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.effect().fmt(f)
    }
}
