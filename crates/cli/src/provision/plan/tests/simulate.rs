//! A strict AWS in miniature: carries out changes on what was observed, and panics at what AWS would refuse.

mod subscribe;

use std::collections::BTreeSet;

use crate::provision::name::{AccountId, Arn, LogGroupName, MemberName, Region};
use crate::provision::observed::{
    Destination, LoggingRegion, Observed, Role, State, Stream, StreamStatus,
};
use crate::provision::plan::{
    AccountPolicyAction, Action, Change, ChangeKey, DestinationAction, FilterAction, Plan,
    RoleAction, StreamAction, TagChange,
};
use crate::provision::policy::{Document, List};
use crate::provision::resource::{Encryption, StreamMode, SubscriptionFilter, Tags};
use subscribe::{on_account_policy, on_filter};

/// Carries out the whole plan.
pub(super) fn simulate(plan: &Plan, world: &Observed) -> Observed {
    without(plan, world, None)
}

/// Carries out the plan as apply does when one change fails: all that needs it is not tried.
pub(super) fn failing_at(plan: &Plan, world: &Observed, failing: &ChangeKey) -> Observed {
    without(plan, world, Some(failing))
}

/// Carries out the first changes only, as when catchment is killed.
pub(super) fn first(plan: &Plan, world: &Observed, count: usize) -> Observed {
    let mut world = world.clone();
    plan.changes
        .iter()
        .take(count)
        .for_each(|change| carry_out(change, &mut world));
    world
}

/// The states between the changes: in the plan's order, or with each change as late as what it needs allows the others to come first.
pub(super) fn steps(plan: &Plan, world: &Observed, is_reversed: bool) -> Vec<Observed> {
    let mut left: Vec<&Change> = plan.changes.iter().collect();
    let mut done: BTreeSet<&ChangeKey> = BTreeSet::new();
    let mut states = vec![world.clone()];
    while !left.is_empty() {
        let is_ready = |change: &&Change| change.needs.iter().all(|key| done.contains(key));
        let next = if is_reversed {
            left.iter().rposition(is_ready)
        } else {
            left.iter().position(is_ready)
        };
        let change = left.remove(next.unwrap());
        let mut world = states.last().unwrap().clone();
        carry_out(change, &mut world);
        done.insert(&change.key);
        states.push(world);
    }
    states
}

fn without(plan: &Plan, world: &Observed, failing: Option<&ChangeKey>) -> Observed {
    let mut world = world.clone();
    let mut not_done: BTreeSet<&ChangeKey> = failing.into_iter().collect();
    for change in &plan.changes {
        if not_done.contains(&change.key) || change.needs.iter().any(|key| not_done.contains(key)) {
            not_done.insert(&change.key);
        } else {
            carry_out(change, &mut world);
        }
    }
    world
}

fn carry_out(change: &Change, world: &mut Observed) {
    let region = &change.region;
    match &change.action {
        Action::Stream(_, action) => on_stream(action, in_region(world, region)),
        Action::Role(_, action) => {
            on_role(action, &mut world.logging.as_mut().unwrap().role);
            let logging = world.logging.as_ref().unwrap();
            let used = logging.regions.values().any(|place| matches!(place.destination, State::Present(ref it) if it.ends.role.resource() == "role/cwrole"));
            let is_deleted = matches!(action, RoleAction::Delete);
            assert!(
                !(used && is_deleted),
                "a logs::Destination is left without its role"
            );
        }
        Action::MemberRole(member, name, action) => {
            let member = world.members.get_mut(member).unwrap();
            on_role(action, member.role.as_mut().unwrap());
            let name = format!("role/{name}");
            let used = member.regions.values().flat_map(|groups| groups.values()).any(|group| {
                matches!(group, State::Present(group) if group.filters.iter().any(|one| one.name.as_str().starts_with("catchment") && one.role.as_ref().is_some_and(|role| role.resource() == name)))
            });
            let is_deleted = matches!(action, RoleAction::Delete);
            assert!(!(used && is_deleted), "a filter is left without its role");
        }
        Action::Destination(_, action) => on_destination(action, world, region),
        Action::AccountPolicy(member, action) => {
            if let (AccountPolicyAction::Put { .. }, Some(logging)) = (action, &world.logging) {
                assert!(
                    !matches!(logging.regions[region].destination, State::Absent),
                    "no logs::Destination to subscribe to"
                );
            }
            if let AccountPolicyAction::Put { after, .. } = action {
                let any = "any".parse().unwrap();
                assert_role(world, region, (member, &any), &after.filter);
            }
            let member = world.members.get_mut(member).unwrap();
            on_account_policy(action, member.policies.get_mut(region).unwrap());
        }
        Action::Filter(member, log_group, action) => {
            if let (FilterAction::Put { .. }, Some(logging)) = (action, &world.logging) {
                assert!(
                    !matches!(logging.regions[region].destination, State::Absent),
                    "no logs::Destination to subscribe to"
                );
            }
            if let FilterAction::Put { after, .. } = action {
                assert_role(world, region, (member, log_group), after);
            }
            let member = world.members.get_mut(member).unwrap();
            let groups = member.regions.get_mut(region).unwrap();
            on_filter(action, present(groups.get_mut(log_group).unwrap()));
        }
    }
}

/// A role that a filter names must let the events of its log group be sent; and if only an organization may subscribe, it must name one.
fn assert_role(
    world: &Observed,
    region: &Region,
    (member, log_group): (&MemberName, &LogGroupName),
    filter: &SubscriptionFilter,
) {
    let member = &world.members[member];
    if let Some(arn) = &filter.role {
        let Some(State::Present(role)) = &member.role else {
            panic!("{arn} cannot be assumed");
        };
        let (Some(_), Some(policy)) = (shown(&role.trust), shown(&role.policy)) else {
            panic!("{arn} cannot be assumed");
        };
        assert!(may_send(policy, region, &arn.account().unwrap(), log_group));
    }
    let place = world
        .logging
        .as_ref()
        .map(|logging| &logging.regions[region]);
    if let Some(State::Present(destination)) = place.map(|place| &place.destination)
        && let State::Present(policy) = &destination.policy
        && List::SUBSCRIBERS.of(policy).is_empty()
        && !List::ORGANIZATIONS.of(policy).is_empty()
    {
        assert!(filter.role.is_some(), "Role ARN is required");
    }
}

/// Whether a role's policy lets it send the events of a log group.
pub(super) fn may_send(
    policy: &Document,
    region: &Region,
    account: &AccountId,
    log_group: &LogGroupName,
) -> bool {
    let events = Arn::events_of(region, account, &log_group.clone().into());
    let named = List::LOG_GROUPS.of(policy);
    // Each ends with an asterisk, of the log streams or of a pattern.
    let mut beginnings = named.iter().filter_map(|arn| arn.strip_suffix('*'));
    beginnings.any(|begins| events.as_str().starts_with(begins))
}

fn in_region<'a>(world: &'a mut Observed, region: &Region) -> &'a mut LoggingRegion {
    let logging = world.logging.as_mut().unwrap();
    logging.regions.get_mut(region).unwrap()
}

fn on_stream(action: &StreamAction, place: &mut LoggingRegion) {
    if let StreamAction::Create { mode, tags } = action {
        assert_eq!(place.stream, State::Absent);
        place.stream = State::Present(Stream {
            status: StreamStatus::Active,
            is_on_demand: *mode == StreamMode::OnDemand,
            open_shards: if let StreamMode::Shards(shards) = mode {
                *shards
            } else {
                4
            },
            retention_hours: 24,
            encryption: Encryption::None,
            tags: State::Present(tags.clone()),
        });
        return;
    }
    let stream = present(&mut place.stream);
    let is_active = stream.status == StreamStatus::Active;
    match action {
        StreamAction::Create { .. } => {}
        StreamAction::Await { before } => {
            assert_eq!(stream.status, *before);
            stream.status = StreamStatus::Active;
        }
        StreamAction::Delete => {
            let is_updating = stream.status == StreamStatus::Updating;
            assert!(is_active || is_updating, "ResourceInUseException");
            place.stream = State::Absent;
        }
        StreamAction::SetMode { before, after } => {
            assert!(is_active, "ResourceInUseException");
            assert_eq!(stream.is_on_demand, *before == StreamMode::OnDemand);
            assert!(
                *after == StreamMode::OnDemand || *after == StreamMode::Shards(stream.open_shards)
            );
            stream.is_on_demand = *after == StreamMode::OnDemand;
        }
        StreamAction::RaiseShards { before, after } => {
            assert!(is_active, "ResourceInUseException");
            assert!(!stream.is_on_demand && stream.open_shards == *before);
            assert!(before < after && *after <= before * 2);
            stream.open_shards = *after;
        }
        StreamAction::RaiseRetention {
            before_hours,
            after_hours,
        } => {
            assert!(is_active, "ResourceInUseException");
            assert!(stream.retention_hours == *before_hours && before_hours < after_hours);
            stream.retention_hours = *after_hours;
        }
        StreamAction::Encrypt { before, after } => {
            assert!(is_active, "ResourceInUseException");
            assert_eq!(stream.encryption, *before);
            assert!(after.key_id().is_some());
            stream.encryption = after.clone();
        }
        StreamAction::Tag { arn: _, tags } => {
            assert!(is_active, "ResourceInUseException");
            tag(&mut stream.tags, tags);
        }
    }
}

fn on_role(action: &RoleAction, state: &mut State<Role>) {
    match action {
        RoleAction::PutBoundary { before, after } => {
            let role = present(state);
            assert_eq!(role.boundary, *before);
            role.boundary = Some(after.clone());
        }
        RoleAction::Create {
            trust,
            boundary,
            tags,
        } => {
            assert_eq!(*state, State::Absent);
            assert!(!trust.statements().is_empty());
            *state = State::Present(Role {
                path: "/".to_owned(),
                boundary: boundary.clone(),
                trust: State::Present(trust.clone()),
                policy: State::Absent,
                foreign_policies: State::Present(BTreeSet::new()),
                tags: State::Present(tags.clone()),
            });
        }
        RoleAction::PutTrust { before, after } => {
            let role = present(state);
            assert!(!after.statements().is_empty(), "MalformedPolicyDocument");
            assert_eq!(shown(&role.trust), before.as_ref());
            role.trust = State::Present(after.clone());
        }
        RoleAction::PutPolicy {
            name: _,
            before,
            after,
        } => {
            let role = present(state);
            assert!(!after.statements().is_empty(), "MalformedPolicyDocument");
            assert_eq!(shown(&role.policy), before.as_ref());
            role.policy = State::Present(after.clone());
        }
        RoleAction::DeletePolicy { name: _, before } => {
            let role = present(state);
            assert_eq!(shown(&role.policy), Some(before));
            role.policy = State::Absent;
        }
        RoleAction::Tag { tags } => tag(&mut present(state).tags, tags),
        RoleAction::Delete => {
            let role = present(state);
            let nothing = State::Present(BTreeSet::new());
            assert!(
                role.policy == State::Absent && role.foreign_policies == nothing,
                "DeleteConflict"
            );
            *state = State::Absent;
        }
    }
}

fn on_destination(action: &DestinationAction, world: &mut Observed, name: &Region) {
    let subscribed = world.members.values().flat_map(|member| member.regions.get(name)).flat_map(|groups| groups.values()).any(|group| {
        matches!(group, State::Present(group) if group.filters.iter().any(|filter| filter.name.as_str().starts_with("catchment") && filter.destination.resource_name() == "kinesisDest"))
    });
    let role_is_there = matches!(world.logging.as_ref().unwrap().role, State::Present(_));
    let takes_records = |target: &Arn| {
        let stream = match world
            .logging
            .as_ref()
            .unwrap()
            .regions
            .get(&target.region().unwrap())
        {
            Some(place) => shown(&place.stream).unwrap().status,
            None => return false,
        };
        matches!(stream, StreamStatus::Active | StreamStatus::Updating)
    };
    let takes_records = match action {
        DestinationAction::Put { after, .. } => takes_records(&after.target),
        _ => true,
    };
    let place = in_region(world, name);
    match action {
        DestinationAction::Put { before, after } => {
            assert!(role_is_there, "the role cannot be assumed");
            assert!(takes_records, "could not deliver test message");
            match &mut place.destination {
                State::Absent => {
                    assert_eq!(*before, None);
                    place.destination = State::Present(Destination {
                        ends: after.clone(),
                        policy: State::Absent,
                        tags: State::Present(Tags::new()),
                    });
                }
                State::Present(destination) => {
                    assert_eq!(before.as_ref(), Some(&destination.ends));
                    destination.ends = after.clone();
                }
                State::Unknown(_) => panic!("planned from what is unknown"),
            }
        }
        DestinationAction::PutPolicy {
            before,
            after,
            force_update,
        } => {
            let destination = present(&mut place.destination);
            let names = |policy: &Document| !List::ORGANIZATIONS.of(policy).is_empty();
            let is_switch = names(after) && before.as_ref().is_some_and(|before| !names(before));
            assert!(*force_update || !is_switch, "needs forceUpdate");
            assert!(!after.statements().is_empty());
            assert_eq!(shown(&destination.policy), before.as_ref());
            destination.policy = State::Present(after.clone());
        }
        DestinationAction::Tag { arn: _, tags } => {
            tag(&mut present(&mut place.destination).tags, tags);
        }
        DestinationAction::Delete { before: _ } => {
            present(&mut place.destination);
            assert!(
                !subscribed,
                "a filter of ours is left without its logs::Destination"
            );
            place.destination = State::Absent;
        }
    }
}

fn present<T: std::fmt::Debug>(state: &mut State<T>) -> &mut T {
    match state {
        State::Present(seen) => seen,
        other => panic!("not there: {other:?}"),
    }
}

fn shown<T: std::fmt::Debug>(state: &State<T>) -> Option<&T> {
    match state {
        State::Present(seen) => Some(seen),
        State::Absent => None,
        State::Unknown(_) => panic!("planned from what is unknown"),
    }
}

fn tag(state: &mut State<Tags>, change: &TagChange) {
    let tags = present(state);
    let mut before = change.before.iter();
    assert!(before.all(|(key, value)| tags.get(key) == Some(value)));
    tags.extend(change.after.clone());
}
