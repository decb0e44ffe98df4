//! What the configuration alone says of a path: hops that cannot work, and those that differ from the fleet file.

use super::permission::{may, may_assume, may_subscribe};
use super::{Fault, Hop, PathState, Verified};
use crate::provision::desired::{self, Desired};
use crate::provision::name::{LogGroupName, LogGroupPattern, MemberName, Region};
use crate::provision::observed::{self, LogGroup, Observed, State, StreamStatus};
use crate::provision::plan::{FilterPlace, Untested, filters, tested, unlisted};
use crate::provision::resource::{
    AccountPolicy, Encryption, Login, Party, Resource, ResourceAddress, SubscriptionFilter,
};

/// A log group whose path is to be proven.
#[derive(Debug, Clone, Copy)]
pub struct Path<'d> {
    pub member: &'d MemberName,
    pub login: &'d Login,
    pub region: &'d Region,
    pub log_group: &'d LogGroupName,
    /// The pattern that selects the log group, unless it is named.
    pub selected_by: Option<&'d LogGroupPattern>,
    pub filter: &'d SubscriptionFilter,
    /// Whether the account-level policy delivers it, and it stands for all log groups that the policy delivers.
    pub is_by_account: bool,
}

impl Path<'_> {
    /// The address of the filter.
    pub fn address(&self) -> ResourceAddress {
        let name = self.filter.name.clone();
        let resource = match self.is_by_account {
            true => Resource::AccountPolicy(name),
            false => Resource::Filter {
                log_group: self.log_group.clone(),
                name,
            },
        };
        let party = Party::Member(self.member.clone());
        ResourceAddress::new(party, &self.login.account, self.region, resource)
    }
}

/// Every path in scope, account by account, Region by Region.
pub fn paths<'d>(desired: &'d Desired, observed: &'d Observed) -> Vec<Path<'d>> {
    let places = filters(desired, observed);
    let path = |(place, _): (FilterPlace<'d>, _)| Path {
        member: place.name,
        login: place.login,
        region: place.region,
        log_group: place.group,
        selected_by: place.selected_by,
        filter: place.filter,
        is_by_account: false,
    };
    let policies = tested(desired, observed).filter_map(|one| {
        Some(Path {
            member: one.name,
            login: one.login,
            region: one.region,
            log_group: one.log_group.ok()?,
            selected_by: None,
            filter: one.filter,
            is_by_account: true,
        })
    });
    places.map(path).chain(policies).collect()
}

/// The paths that are not known, because the log groups of a pattern could not be listed. `source` says what those of a member's pattern
/// carry.
pub fn unknown_paths(
    desired: &Desired,
    observed: &Observed,
    source: impl Fn(&MemberName, &LogGroupPattern) -> String,
) -> Vec<Verified> {
    let unlisted = unlisted(desired, observed);
    let path = |(address, member, pattern, why)| Verified {
        address,
        source: source(member, pattern),
        state: PathState::Unknown,
        stream_ms: None,
        objects: Vec::new(),
        fault: Some(Fault {
            hop: Hop::LogGroup,
            why: format!("the log groups {pattern} could not be listed: {why}"),
            hint: "run `catchment plan`, which says what is missing".to_owned(),
        }),
        notes: Vec::new(),
    };
    let policies = tested(desired, observed).filter_map(|one| {
        let (state, why) = match one.log_group {
            Ok(_) => return None,
            Err(Untested::Unlisted(why)) => (
                PathState::Unknown,
                format!("the log groups could not be listed: {why}"),
            ),
            Err(Untested::Nothing) => (
                PathState::NotProven,
                "no log group is there that it would deliver".to_owned(),
            ),
        };
        let party = Party::Member(one.name.clone());
        let resource = Resource::AccountPolicy(one.filter.name.clone());
        let hint = match state {
            PathState::Unknown => "run `catchment plan`, which says what is missing",
            _ => "run `catchment verify` again once there is one",
        };
        Some(Verified {
            address: ResourceAddress::new(party, &one.login.account, one.region, resource),
            source: source(one.name, &LogGroupPattern::all()),
            state,
            stream_ms: None,
            objects: Vec::new(),
            fault: Some(Fault {
                hop: Hop::LogGroup,
                why,
                hint: hint.to_owned(),
            }),
            notes: Vec::new(),
        })
    });
    unlisted.map(path).chain(policies).collect()
}

/// Something that keeps events from arriving, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub fault: Fault,
    /// Whether no event can pass.
    pub is_certain: bool,
}

/// What the configuration says against the path, in the order of its hops. What could not be read is not in it.
pub fn breaks(desired: &Desired, observed: &Observed, path: &Path<'_>) -> Vec<Break> {
    let mut breaks = Breaks::default();
    let member = observed.members.get(path.member);
    let groups = member.and_then(|member| member.regions.get(path.region));
    let apply = match desired.logging {
        Some(_) => format!("run `catchment apply --member {}`", path.member),
        None => "run `catchment apply` with the same flags".to_owned(),
    };
    match groups.and_then(|groups| groups.get(path.log_group)) {
        _ if path.is_by_account => {
            let policy = member.and_then(|member| member.policies.get(path.region));
            of_account_policy(&mut breaks, policy, path, &apply);
        }
        None => {}
        Some(State::Unknown(why)) => {
            let why = format!("its subscription filters could not be read: {why}");
            breaks.maybe(Hop::Filter, why, &apply);
        }
        Some(State::Absent) => breaks.certain(
            Hop::LogGroup,
            format!("log group {} does not exist", path.log_group),
            "make it (with its flow log, trail or rule), or take it out of the fleet file",
        ),
        Some(State::Present(group)) => of_filter(&mut breaks, group, path, &apply),
    }
    if let (Some(wanted), Some(seen)) = (&desired.logging, &observed.logging) {
        of_logging(&mut breaks, wanted, seen, path);
    }
    breaks.0
}

#[derive(Default)]
struct Breaks(Vec<Break>);

impl Breaks {
    fn certain(&mut self, hop: Hop, why: String, hint: &str) {
        self.push(hop, why, hint, true);
    }

    fn maybe(&mut self, hop: Hop, why: String, hint: &str) {
        self.push(hop, why, hint, false);
    }

    fn push(&mut self, hop: Hop, why: String, hint: &str, is_certain: bool) {
        let hint = hint.to_owned();
        let fault = Fault { hop, why, hint };
        self.0.push(Break { fault, is_certain });
    }
}

fn of_filter(breaks: &mut Breaks, group: &LogGroup, path: &Path<'_>, apply: &str) {
    let wanted = path.filter;
    let Some(ours) = group.filters.iter().find(|one| one.is(wanted)) else {
        let namesake = group.filters.iter().find(|one| one.name == wanted.name);
        return match namesake {
            Some(other) => breaks.certain(
                Hop::Filter,
                format!(
                    "subscription filter {} delivers to {}, not to {}",
                    other.name, other.destination, wanted.destination
                ),
                "run `catchment plan`, which says whose it is; if it is ours, run `catchment apply --take-over`",
            ),
            None => breaks.certain(
                Hop::Filter,
                format!("no subscription filter delivers it to {}", wanted.destination),
                apply,
            ),
        };
    };
    of_fields(breaks, ours, wanted, apply);
}

fn of_account_policy(
    breaks: &mut Breaks,
    policy: Option<&State<AccountPolicy>>,
    path: &Path<'_>,
    apply: &str,
) {
    let wanted = path.filter;
    let seen = match policy {
        None => return,
        Some(State::Unknown(why)) => {
            let why = format!("the account-level policy could not be read: {why}");
            return breaks.maybe(Hop::Filter, why, apply);
        }
        Some(State::Present(seen)) if seen.filter.is(wanted) => seen,
        Some(State::Present(other)) => {
            let SubscriptionFilter {
                name, destination, ..
            } = &other.filter;
            let why = format!(
                "account-level policy {name} delivers to {destination}, and AWS takes one per account and Region"
            );
            let hint = "run `catchment plan`, which says whose it is";
            return breaks.certain(Hop::Filter, why, hint);
        }
        Some(State::Absent) => {
            let why = format!("no account-level policy delivers to {}", wanted.destination);
            return breaks.certain(Hop::Filter, why, apply);
        }
    };
    of_fields(breaks, &seen.filter, wanted, apply);
}

fn of_fields(
    breaks: &mut Breaks,
    ours: &SubscriptionFilter,
    wanted: &SubscriptionFilter,
    apply: &str,
) {
    if ours.pattern != wanted.pattern {
        let why = format!(
            "the filter's pattern is {:?}, and the fleet file says {:?}",
            ours.pattern.as_str(),
            wanted.pattern.as_str()
        );
        breaks.maybe(Hop::Filter, why, apply);
    }
    if ours.role != wanted.role {
        let why = "the filter's role is not the one that the fleet file asks for".to_owned();
        breaks.maybe(Hop::Filter, why, apply);
    }
}

const APPLY_LOGGING: &str = "run `catchment apply --logging`";

fn of_logging(
    breaks: &mut Breaks,
    wanted: &desired::Logging,
    seen: &observed::Logging,
    path: &Path<'_>,
) {
    let account = &path.login.account;
    // the logs::Destination is in the filter's Region
    let Some(place) = wanted.regions.get(path.region) else {
        return;
    };
    let seen_here = seen.regions.get(path.region);
    let name = &place.destination.name;
    match seen_here.map(|seen| &seen.destination) {
        None | Some(State::Unknown(_)) => {}
        Some(State::Absent) => breaks.certain(
            Hop::Destination,
            format!("logs::Destination {name} does not exist in {}", path.region),
            APPLY_LOGGING,
        ),
        Some(State::Present(found)) => {
            if found.ends.target != place.destination.ends.target {
                let why = format!("logs::Destination {name} delivers to {}", found.ends.target);
                breaks.certain(Hop::Destination, why, APPLY_LOGGING);
            }
            let may_subscribe = match &found.policy {
                State::Present(policy) => may_subscribe(policy, account),
                State::Absent => false,
                State::Unknown(_) => true,
            };
            if !may_subscribe {
                let why = format!(
                    "the policy of logs::Destination {name} does not name account {account}"
                );
                breaks.certain(Hop::DestinationPolicy, why, APPLY_LOGGING);
            }
            if found.ends.role != place.destination.ends.role {
                let why = format!("logs::Destination {name} delivers with {}", found.ends.role);
                breaks.maybe(Hop::Role, why, APPLY_LOGGING);
            }
        }
    }
    // its stream may be in another Region
    let Some((home, place)) = wanted.stream_behind(path.region) else {
        return;
    };
    let stream = seen.regions.get(home).map(|seen| &seen.stream);
    let encryption = match stream {
        Some(State::Present(stream)) => Some(&stream.encryption),
        _ => None,
    };
    of_role(breaks, wanted, &seen.role, (path, encryption));
    match stream {
        None | Some(State::Unknown(_)) => {}
        Some(State::Absent) => breaks.certain(
            Hop::Stream,
            format!("stream {} does not exist in {home}", place.stream.name),
            APPLY_LOGGING,
        ),
        Some(State::Present(seen)) => {
            let status = match seen.status {
                StreamStatus::Active | StreamStatus::Updating => return,
                StreamStatus::Creating => "being created",
                StreamStatus::Deleting => "being deleted",
            };
            let why = format!("stream {} is {status}", place.stream.name);
            let hint = format!("once that is done, {APPLY_LOGGING}");
            breaks.certain(Hop::Stream, why, &hint);
        }
    }
}

fn of_role(
    breaks: &mut Breaks,
    wanted: &desired::Logging,
    seen: &State<observed::Role>,
    (path, encryption): (&Path<'_>, Option<&Encryption>),
) {
    let desired::Role { name, .. } = &wanted.role;
    let role = match seen {
        State::Unknown(_) => return,
        State::Absent => {
            let why = format!("role {name} does not exist");
            return breaks.certain(Hop::Role, why, APPLY_LOGGING);
        }
        State::Present(role) => role,
    };
    let account = &path.login.account;
    if let State::Present(trust) = &role.trust
        && !may_assume(trust, path.region, account)
    {
        let why = format!(
            "the trust policy of role {name} does not let CloudWatch Logs assume it for account {account} in {}",
            path.region
        );
        breaks.certain(Hop::Trust, why, APPLY_LOGGING);
    }
    let Some((_, place)) = wanted.stream_behind(path.region) else {
        return;
    };
    let mut needed = vec![("kinesis:PutRecord", &place.stream.arn)];
    if let Some(Encryption::Customer(key)) = encryption {
        needed.push(("kms:GenerateDataKey", key));
    }
    // a policy of others may allow it, too
    let is_all = matches!(&role.foreign_policies, State::Present(others) if others.is_empty());
    for (action, resource) in needed {
        let may = match &role.policy {
            State::Present(policy) => may(policy, action, resource),
            State::Absent => false,
            State::Unknown(_) => true,
        };
        if !may {
            let why = format!("role {name} may not use {action} on {resource}");
            breaks.push(Hop::Role, why, APPLY_LOGGING, is_all);
        }
    }
}
