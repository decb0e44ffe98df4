//! What an account has that becomes a member and says nothing itself: what `[defaults]` says.

use std::collections::{BTreeMap, BTreeSet};

use super::assume::RoleOfAll;
use super::defaults::Defaults;
use super::log_groups::LogGroups;
use super::{LogGroup, Subscribe, selected};
use crate::provision::name::{AccountId, LogGroupName, LogGroupPattern, ProfileName, Region};
use crate::provision::resource::Login;

/// What `[defaults]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    profile: Option<ProfileName>,
    role: Option<RoleOfAll>,
    /// As of a member.
    pub subscribe: Option<Subscribe>,
    pub log_groups: BTreeMap<LogGroupPattern, LogGroup>,
    pub exclude: BTreeSet<LogGroupPattern>,
}

impl Newcomer {
    pub(super) fn of(defaults: &Defaults<'_>) -> Self {
        let LogGroups {
            by_name, exclude, ..
        } = LogGroups::of_all(defaults);
        Self {
            profile: defaults.entrance.profile().cloned(),
            role: defaults.entrance.role(),
            subscribe: defaults.subscribe.subscribe(defaults.account_distribution),
            log_groups: by_name,
            exclude,
        }
    }

    /// How to get into an account; `None` if `[defaults]` names no role that there could be.
    pub fn login(&self, account: &AccountId, region: &Region) -> Option<Login> {
        let role = self.role.as_ref()?.in_account(account, region)?;
        Some(Login {
            profile: self.profile.clone(),
            role: Some(role),
            account: account.clone(),
        })
    }

    /// What a log group carries; `None` if it is not subscribed.
    pub fn log_group(&self, name: &LogGroupName) -> Option<&LogGroup> {
        selected(&self.log_groups, &self.exclude, name)
    }

    /// Whether no pattern selects this log group.
    pub fn excludes(&self, name: &LogGroupName) -> bool {
        self.exclude.iter().any(|one| one.matches(name))
    }
}
