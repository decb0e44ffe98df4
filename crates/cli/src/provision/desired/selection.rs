//! The log groups of a member in one Region: those named, and those that a pattern selects from what is listed there.

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::fleet::is_on_delivery_path;
use crate::provision::name::{AccountId, LogGroupName, LogGroupPattern};
use crate::provision::resource::SubscriptionFilter;

/// The subscription filters of a member in one Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    pub by_name: BTreeMap<LogGroupName, SubscriptionFilter>,
    /// One on each log group that the pattern selects.
    pub by_pattern: BTreeMap<LogGroupPattern, SubscriptionFilter>,
    /// What no pattern selects.
    pub exclude: BTreeSet<LogGroupPattern>,
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
    /// Every filter, of a name or a pattern.
    pub fn all(&self) -> impl Iterator<Item = &SubscriptionFilter> {
        self.by_name.values().chain(self.by_pattern.values())
    }

    /// Every name and pattern.
    pub fn names(&self) -> impl Iterator<Item = LogGroupPattern> {
        let names = self.by_name.keys().cloned().map(LogGroupPattern::from);
        names.chain(self.by_pattern.keys().cloned())
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
        }
    }

    /// The log groups of both; their filters are the same but for the Region.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        let Self {
            by_name,
            by_pattern,
            exclude,
        } = other.clone();
        self.by_name.extend(by_name);
        self.by_pattern.extend(by_pattern);
        self.exclude.extend(exclude);
        self
    }

    /// What the names of all log groups that a pattern may select begin with: no beginning of another, so that none is listed twice.
    pub fn prefixes(&self) -> Vec<&str> {
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
}
