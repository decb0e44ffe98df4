//! What the account-level policy of an account means for the log groups that were found there.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Found, Verdict};
use crate::provision::fleet::{Fleet, Subscribe};
use crate::provision::name::{Arn, MemberName, Region};
use crate::provision::observed::State;
use crate::provision::resource::AccountPolicy;

/// The account-level policy that is there, or why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PolicyState {
    Read(JudgedPolicy),
    Unknown { unknown: String },
}

/// An account-level policy, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JudgedPolicy {
    #[serde(flatten)]
    pub policy: AccountPolicy,
    /// Whether it is not this fleet's.
    pub is_foreign: bool,
}

/// How a Region of an account is subscribed as a whole: by the fleet file, and by the policy that is there.
pub(super) struct Standing<'a> {
    subscribe: Option<&'a Subscribe>,
    policy: &'a State<AccountPolicy>,
    is_foreign: bool,
    /// Whether the policy delivers to our `logs::Destination`, whoever made it.
    is_to_us: bool,
}

impl<'a> Standing<'a> {
    /// That of a member, or of an account that may become one.
    pub(super) fn of(
        fleet: &'a Fleet,
        member: Option<&MemberName>,
        region: &Region,
        policy: &'a State<AccountPolicy>,
    ) -> Self {
        let logging = &fleet.logging;
        let member = member.and_then(|name| fleet.members.get(name));
        let destination = Arn::destination(region, &logging.account, &logging.destination);
        let filter = match policy {
            State::Present(policy) => Some(&policy.filter),
            State::Absent | State::Unknown(_) => None,
        };
        Self {
            subscribe: match member {
                Some(member) => member.subscribe.as_ref(),
                None => fleet.newcomer.subscribe.as_ref(),
            },
            policy,
            is_foreign: filter.is_some_and(|one| !one.is_of(&logging.filter, &destination)),
            is_to_us: filter.is_some_and(|one| one.destination == destination),
        }
    }

    /// The policy that is there.
    pub(super) fn shown(&self) -> Option<PolicyState> {
        match self.policy {
            State::Absent => None,
            State::Present(policy) => Some(PolicyState::Read(JudgedPolicy {
                policy: policy.clone(),
                is_foreign: self.is_foreign,
            })),
            State::Unknown(unknown) => Some(PolicyState::Unknown {
                unknown: unknown.clone(),
            }),
        }
    }

    /// Whether the policy that is there delivers a log group; `None` if that is not known.
    pub(super) fn delivers(&self, found: &Found) -> Option<bool> {
        match self.policy {
            State::Absent => Some(false),
            State::Present(_) | State::Unknown(_) if !found.takes_filters() => Some(false),
            State::Present(policy) => {
                let left_out = policy.left_out.as_ref()?;
                Some(!left_out.contains(&found.log_group))
            }
            State::Unknown(_) => None,
        }
    }

    /// What becomes of a log group that could have a filter of its own, if it has to have none.
    pub(super) fn verdict(&self, found: &Found) -> Option<Verdict> {
        if self.subscribe.is_some_and(Subscribe::is_by_account) && !self.is_foreign {
            return Some(Verdict::Covered);
        }
        // `apply` puts the filters, then removes our policy
        let is_removed = self.subscribe == Some(&Subscribe::LogGroups) && !self.is_foreign;
        let State::Present(policy) = self.policy else {
            return None;
        };
        if !self.is_to_us || is_removed || self.delivers(found) == Some(false) {
            return None;
        }
        let name = &policy.filter.name;
        let why = if self.is_foreign {
            format!(
                "account-level policy {name}, which is not of this fleet, delivers it here already"
            )
        } else {
            format!(
                "account-level policy {name} delivers it already; set subscribe for its account in the fleet file"
            )
        };
        Some(Verdict::Refused(why))
    }
}
