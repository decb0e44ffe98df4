//! The role of a member's filters. AWS asks for one if the destination policy names an organization, to see whether the log group's account
//! lets its events be sent (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateSubscriptionFilter-IAMrole.html>).

use std::collections::BTreeSet;

use super::{AccountLevel, Member, Role};
use crate::provision::name::{Arn, PolicyName, Region, RoleName};
use crate::provision::policy::Template;
use crate::provision::resource::Tags;

/// The role that a member's filters name if its whole organization may subscribe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub name: RoleName,
    pub arn: Arn,
    /// The value of our ownership tag.
    pub owner: String,
    pub tags: Tags,
    /// The permissions boundary that it must have.
    pub boundary: Option<Arn>,
    /// Whether others make it.
    pub is_ready_made: bool,
    pub need: Need,
}

/// Whether the filters need their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Every filter names it.
    Needed,
    /// The fleet file lists accounts. What an organization left behind stays until it is pruned.
    Unneeded,
    /// The same, and this run looks for what was left behind.
    LookedFor,
}

impl Member {
    /// The role of the filters as it should be, if the fleet file says anything of it.
    pub fn role(&self) -> Option<Role> {
        let sender = self.sender.as_ref()?;
        let groups = self.regions.iter().flat_map(|(region, filters)| {
            let groups = filters.names();
            groups.map(move |group| Arn::events_of(region, &self.login.account, &group))
        });
        let groups: BTreeSet<_> = groups.collect();
        let trust = Template::FilterRoleTrust.render([]);
        let policy = Template::FilterRole.render([("log_groups", groups.iter().collect())]);
        #[expect(clippy::expect_used, reason = "the templates are built in and tested")]
        Some(Role {
            name: sender.name.clone(),
            arn: sender.arn.clone(),
            trust: trust.expect("a valid template"),
            boundary: sender.boundary.clone(),
            is_ready_made: sender.is_ready_made,
            policy_name: PolicyName::filters(),
            policy: policy.expect("a valid template"),
            tags: sender.tags.clone(),
        })
    }

    /// The Region whose connection carries calls to IAM, which has none: the first.
    pub fn home(&self) -> Option<&Region> {
        self.regions.keys().next()
    }

    /// Whether a Region has such an account-level policy, asked for or to be removed.
    pub fn has_account_policy(&self, is_so: impl Fn(&AccountLevel) -> bool) -> bool {
        let mut accounts = self.regions.values().flat_map(|one| &one.account);
        accounts.any(is_so)
    }

    /// Whether its filters need a role.
    pub fn needs_role(&self) -> bool {
        let sender = self.sender.as_ref();
        sender.is_some_and(|sender| sender.need == Need::Needed)
    }
}
