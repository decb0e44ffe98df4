//! The log groups of a member in one Region: those named, those that a pattern selects from what is listed there, and those that an
//! account-level policy leaves out.

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::fleet::is_on_delivery_path;
use crate::provision::name::{AccountId, Arn, LogGroupName, LogGroupPattern};
use crate::provision::resource::{AccountPolicy, SubscriptionFilter};

/// The subscription filters of a member in one Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    pub by_name: BTreeMap<LogGroupName, SubscriptionFilter>,
    /// One on each log group that the pattern selects.
    pub by_pattern: BTreeMap<LogGroupPattern, SubscriptionFilter>,
    /// What no pattern and no account-level policy selects.
    pub exclude: BTreeSet<LogGroupPattern>,
    /// The account-level policy, if the fleet file says whether there is to be one.
    pub account: Option<AccountLevel>,
}

/// The account-level policy for all log groups without a filter of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLevel {
    /// How it delivers.
    pub filter: SubscriptionFilter,
    /// Whether it is to be there; if not, ours is removed.
    pub is_wanted: bool,
}

/// What becomes of a log group that a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected<'f> {
    /// It gets this filter.
    Filter(&'f LogGroupPattern, &'f SubscriptionFilter),
    /// It cannot be subscribed, or must not be; says why.
    LeftOut(&'f LogGroupPattern, String),
}

/// The only class that takes subscription filters
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>).
const STANDARD: &str = "STANDARD";

impl Filters {
    /// Every filter, of a name or a pattern, and that of the account-level policy.
    pub fn all(&self) -> impl Iterator<Item = &SubscriptionFilter> {
        let account = self.account.as_ref().map(|account| &account.filter);
        let of_groups = self.by_name.values().chain(self.by_pattern.values());
        of_groups.chain(account)
    }

    /// Every name and pattern; with an account-level policy, the pattern of all.
    pub fn names(&self) -> impl Iterator<Item = LogGroupPattern> {
        let names = self.by_name.keys().cloned().map(LogGroupPattern::from);
        let names = names.chain(self.by_pattern.keys().cloned());
        names.chain(self.is_by_account().then(LogGroupPattern::all))
    }

    /// Every name and pattern whose filters an operator must be able to read and write: all log groups, if an account-level policy is asked
    /// for or is to be removed. Those calls need the permission for filters, too
    /// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>).
    pub fn concerned(&self) -> impl Iterator<Item = LogGroupPattern> {
        let all = self.account.as_ref().map(|_| LogGroupPattern::all());
        let named = self.names().filter(move |_| self.account.is_none());
        named.chain(all)
    }

    /// Whether an account-level policy is asked for.
    pub fn is_by_account(&self) -> bool {
        self.account.as_ref().is_some_and(|one| one.is_wanted)
    }

    /// Whether it takes a list of log groups to know what is asked for.
    pub fn needs_list(&self) -> bool {
        !self.by_pattern.is_empty() || self.is_by_account()
    }

    /// The same log groups, each filter made anew.
    #[must_use]
    pub fn map(&self, make: impl Fn(&SubscriptionFilter) -> SubscriptionFilter) -> Self {
        let by_name = self.by_name.iter();
        let by_pattern = self.by_pattern.iter();
        Self {
            by_name: by_name
                .map(|(name, one)| (name.clone(), make(one)))
                .collect(),
            by_pattern: by_pattern
                .map(|(name, one)| (name.clone(), make(one)))
                .collect(),
            exclude: self.exclude.clone(),
            account: self.account.as_ref().map(|account| AccountLevel {
                filter: make(&account.filter),
                is_wanted: account.is_wanted,
            }),
        }
    }

    /// The log groups of both; their filters are the same but for the Region.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        let Self {
            by_name,
            by_pattern,
            exclude,
            account,
        } = other.clone();
        self.by_name.extend(by_name);
        self.by_pattern.extend(by_pattern);
        self.exclude.extend(exclude);
        self.account = self.account.or(account);
        self
    }

    /// What the names of all log groups that a pattern may select begin with: no beginning of another, so that none is listed twice.
    pub fn prefixes(&self) -> Vec<&str> {
        if self.is_by_account() {
            return vec![""];
        }
        let mut shortest: Vec<&str> = Vec::new();
        // in alphabetical order, a beginning comes before all that it begins
        let sorted: BTreeSet<&str> = self
            .by_pattern
            .keys()
            .filter_map(|pattern| pattern.prefix())
            .collect();
        for prefix in sorted {
            if !shortest.last().is_some_and(|last| prefix.starts_with(last)) {
                shortest.push(prefix);
            }
        }
        shortest
    }

    /// The log groups, of those listed with their class, that patterns select.
    pub fn selected<'l>(
        &self,
        account: &AccountId,
        listed: &'l BTreeMap<LogGroupName, String>,
    ) -> Vec<&'l LogGroupName> {
        let is_selected = |(group, class): &(&LogGroupName, &String)| {
            matches!(
                self.select(account, group, class),
                Some(Selected::Filter(..))
            )
        };
        let selected = listed.iter().filter(is_selected);
        selected.map(|(group, _)| group).collect()
    }

    /// What becomes of a log group of `class` in `account`; `None` if no pattern selects it. A log group that is named is not selected.
    pub fn select(
        &self,
        account: &AccountId,
        group: &LogGroupName,
        class: &str,
    ) -> Option<Selected<'_>> {
        let is_excluded = self.exclude.iter().any(|one| one.matches(group));
        if is_excluded || self.by_name.contains_key(group) {
            return None;
        }
        let pattern = LogGroupPattern::of(self.by_pattern.keys(), group)?;
        let filter = self.by_pattern.get(pattern)?;
        let is_of_logging = filter.destination.account().as_ref() == Some(account);
        if is_of_logging && is_on_delivery_path(group) {
            let why =
                "Firehose or the transformer writes to it, so subscribing it would create a loop";
            return Some(Selected::LeftOut(pattern, why.to_owned()));
        }
        if class != STANDARD {
            let why = format!("its class {class} takes no subscription filters");
            return Some(Selected::LeftOut(pattern, why));
        }
        Some(Selected::Filter(pattern, filter))
    }

    /// The log groups that an account-level policy leaves out whatever filters they have: those excluded, and what the delivery itself
    /// writes to.
    pub fn never_by_account(
        &self,
        account: &AccountId,
        listed: &BTreeMap<LogGroupName, String>,
    ) -> BTreeSet<LogGroupName> {
        let is_of_logging = self.is_of_logging(account);
        let is_left_out = |group: &&LogGroupName| {
            let is_excluded = self.exclude.iter().any(|one| one.matches(group));
            is_excluded || (is_of_logging && is_on_delivery_path(group))
        };
        let listed = listed.keys().filter(is_left_out).cloned();
        let exact = self.exclude.iter().filter_map(LogGroupPattern::exact);
        listed.chain(exact).collect()
    }

    /// Whether this is the logging account, and no log group is there yet that the delivery itself writes to.
    pub fn lacks_delivery_path(
        &self,
        account: &AccountId,
        listed: &BTreeMap<LogGroupName, String>,
    ) -> bool {
        self.is_of_logging(account) && !listed.keys().any(is_on_delivery_path)
    }

    fn is_of_logging(&self, account: &AccountId) -> bool {
        let destination = self.account.as_ref().map(|one| &one.filter.destination);
        destination.and_then(Arn::account).as_ref() == Some(account)
    }

    /// The log groups whose filters an account-level policy has to regard, besides those of the fleet file. If a policy is there, those
    /// that it leaves out, because it was put with every log group in view; if not, all.
    pub fn regarded<'l>(
        &self,
        account: &AccountId,
        listed: &'l BTreeMap<LogGroupName, String>,
        policy: Option<&AccountPolicy>,
    ) -> Vec<&'l LogGroupName> {
        let never = self.never_by_account(account, listed);
        let is_regarded = |(group, class): &(&LogGroupName, &String)| {
            let is_left_out = policy.is_none_or(|policy| {
                let left_out = policy.left_out.as_ref();
                left_out.is_none_or(|left_out| left_out.contains(*group))
            });
            is_left_out && *class == STANDARD && !never.contains(*group)
        };
        let regarded = listed.iter().filter(is_regarded);
        regarded.map(|(group, _)| group).collect()
    }
}
