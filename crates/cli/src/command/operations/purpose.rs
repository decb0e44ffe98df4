//! What a plan is for: to set up, or to remove.

use serde::{Deserialize, Serialize};

use super::exit::{is_stuck, is_unmade};
use crate::provision::desired::Desired;
use crate::provision::name::AccountId;
use crate::provision::observed::Observed;
use crate::provision::plan::{self, Consent, Declined, Plan};

/// The command that carries the plan out, and the flags that it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub(crate) enum Purpose {
    Apply {
        prune: bool,
        take_over: bool,
    },
    Destroy {
        delete_stream: bool,
        /// To be removed too, though the fleet file may no longer name them.
        accounts: Vec<AccountId>,
    },
}

impl Purpose {
    pub(crate) fn plan(&self, desired: &Desired, observed: &Observed) -> Plan {
        match *self {
            Self::Apply { prune, take_over } => {
                plan::plan(desired, observed, Consent { prune, take_over })
            }
            Self::Destroy { delete_stream, .. } => plan::destroy(desired, observed, delete_stream),
        }
    }

    /// Set if accounts are to be removed: those that the fleet file need not name.
    pub(crate) fn leaving(&self) -> Option<&[AccountId]> {
        match self {
            Self::Apply { .. } => None,
            Self::Destroy { accounts, .. } => Some(accounts),
        }
    }

    /// Whether what the fleet file does not ask for is removed, and so looked for.
    pub(crate) fn removes(&self) -> bool {
        match self {
            Self::Apply { prune, .. } => *prune,
            Self::Destroy { .. } => true,
        }
    }

    /// Which declined resources make the command fail.
    pub(crate) fn fails(&self) -> fn(&Declined) -> bool {
        match self {
            Self::Apply { .. } => is_unmade,
            Self::Destroy { .. } => is_stuck,
        }
    }

    pub(crate) fn command(&self) -> &'static str {
        match self {
            Self::Apply { .. } => "apply",
            Self::Destroy { .. } => "destroy",
        }
    }
}
