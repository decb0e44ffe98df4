//! What `verify` is asked to look at: the members in scope, and always the logging account behind them.

use std::collections::BTreeMap;

use crate::args;
use crate::command::operations::exit::Usage;
use crate::command::operations::fleet;
use crate::provision::fleet::Fleet;
use crate::provision::name::MemberName;
use crate::provision::verification::Path;

/// What the flags ask for.
pub(super) struct Asked {
    /// The target, with the logging account.
    pub(super) target: args::Target,
    /// Whether it fails if the logging account cannot be read.
    pub(super) is_logging_asked_for: bool,
    /// The source of each log group or pattern that the fleet file or the flags name.
    sources: BTreeMap<(Option<MemberName>, String), &'static str>,
}

impl Asked {
    /// # Errors
    /// Fails if the flags leave nothing to verify, or if the fleet file cannot be read or holds mistakes.
    pub(super) fn of(args: &args::Verify) -> anyhow::Result<Self> {
        let mut target = args.target.clone();
        if target.scope.logging && target.scope.members.is_empty() {
            let why = "--logging alone leaves no log group to write a test event into; name members, or leave it out";
            return Err(Usage(why.to_owned()).into());
        }
        let mut sources = BTreeMap::new();
        let is_by_hand = target.by_hand.destination_arn.is_some();
        let is_logging_asked_for =
            !is_by_hand && (target.scope.members.is_empty() || target.scope.logging);
        if is_by_hand {
            let hand = &target.by_hand;
            for (key, groups) in [
                ("vpc-flow-logs", &hand.vpc_flow_logs),
                ("cloudtrail", &hand.cloudtrail),
                ("guardduty", &hand.guardduty),
                (
                    "route53-resolver-query-logs",
                    &hand.route53_resolver_query_logs,
                ),
                ("other", &hand.other),
            ] {
                sources.extend(groups.iter().map(|group| ((None, group.clone()), key)));
            }
        } else {
            let fleet = fleet::fleet(&target.scope.fleet)?;
            sources = sources_of(&fleet);
            // without the logging account, nothing but the member's half can be looked at
            target.scope.logging |= !target.scope.members.is_empty();
            // who reads a stream keeps its connection, while the members take turns
            let streams = u16::try_from(fleet.logging.regions.len()).unwrap_or(u16::MAX);
            let concurrency = &mut target.calls.concurrency;
            *concurrency = concurrency.saturating_add(streams);
        }
        Ok(Self {
            target,
            is_logging_asked_for,
            sources,
        })
    }

    /// The source of a path's log group.
    pub(super) fn source(&self, path: &Path<'_>) -> &'static str {
        let named = || path.log_group.to_string();
        let listed = path.selected_by.map_or_else(named, ToString::to_string);
        self.source_of(path.member, listed)
    }

    /// The source of a log group or pattern, as a member lists it.
    pub(super) fn source_of(&self, member: &MemberName, listed: String) -> &'static str {
        let of_member = (Some(member.clone()), listed.clone());
        let source = self.sources.get(&of_member);
        let source = source.or_else(|| self.sources.get(&(None, listed)));
        source.copied().unwrap_or("other")
    }
}

fn sources_of(fleet: &Fleet) -> BTreeMap<(Option<MemberName>, String), &'static str> {
    let members = fleet.members.iter();
    let groups = members.flat_map(|(name, member)| {
        let groups = member.log_groups.iter();
        groups.map(move |(group, one)| ((Some(name.clone()), group.to_string()), one.source.name()))
    });
    groups.collect()
}
