//! What a plan is for: to set up, or to remove.

use serde::{Deserialize, Serialize};

use super::exit::{is_stuck, is_unmade};
use crate::provision::desired::Desired;
use crate::provision::observed::Observed;
use crate::provision::plan::{self, Declined, Plan};

/// The command that carries the plan out, and the flags that it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub(crate) enum Purpose {
    Apply,
    Destroy { delete_stream: bool },
}

impl Purpose {
    pub(crate) fn plan(self, desired: &Desired, observed: &Observed) -> Plan {
        match self {
            Self::Apply => plan::plan(desired, observed),
            Self::Destroy { delete_stream } => plan::destroy(desired, observed, delete_stream),
        }
    }

    /// Which declined resources make the command fail.
    pub(crate) fn fails(self) -> fn(&Declined) -> bool {
        match self {
            Self::Apply => is_unmade,
            Self::Destroy { .. } => is_stuck,
        }
    }

    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy { .. } => "destroy",
        }
    }
}
