//! A strict AWS in miniature: carries one change out on an observed world, and panics at what AWS would refuse.

use std::collections::BTreeSet;

use crate::provision::name::Region;
use crate::provision::observed::{
    Destination, LogGroup, LoggingRegion, Observed, Role, State, Stream, StreamStatus,
};
use crate::provision::plan::{Action, Change, ChangeKey, DestinationEnds, Plan, TagChange};
use crate::provision::resource::{Encryption, Party, Resource, StreamMode, Tags};

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
    let place = &change.subject;
    match (&place.party, &place.thing) {
        (Party::Logging, Resource::Stream(_)) => on_stream(
            &change.action,
            region(world, place.region.as_ref().unwrap()),
        ),
        (Party::Logging, Resource::Role(_)) => on_role(&change.action, world),
        (Party::Logging, Resource::Destination(_)) => {
            on_destination(&change.action, world, place.region.as_ref().unwrap());
        }
        (Party::Member(name), Resource::Filter { log_group, .. }) => {
            let region = place.region.as_ref().unwrap();
            if let (Action::PutFilter { .. }, Some(logging)) = (&change.action, &world.logging) {
                assert!(
                    !matches!(logging.regions[region].destination, State::Absent),
                    "no logs::Destination to subscribe to"
                );
            }
            let groups = world
                .members
                .get_mut(name)
                .unwrap()
                .regions
                .get_mut(region)
                .unwrap();
            on_filter(&change.action, present(groups.get_mut(log_group).unwrap()));
        }
        (party, thing) => panic!("{thing} does not belong to {party}"),
    }
}

fn region<'a>(world: &'a mut Observed, region: &Region) -> &'a mut LoggingRegion {
    world
        .logging
        .as_mut()
        .unwrap()
        .regions
        .get_mut(region)
        .unwrap()
}

fn on_stream(action: &Action, place: &mut LoggingRegion) {
    if let Action::CreateStream { mode, tags } = action {
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
    if let Action::AwaitStream { before } = action {
        assert_eq!(stream.status, *before);
        stream.status = StreamStatus::Active;
        return;
    }
    if let Action::DeleteStream = action {
        assert!(
            matches!(stream.status, StreamStatus::Active | StreamStatus::Updating),
            "ResourceInUseException"
        );
        place.stream = State::Absent;
        return;
    }
    assert_eq!(
        stream.status,
        StreamStatus::Active,
        "ResourceInUseException"
    );
    match action {
        Action::SetStreamMode { before, after } => {
            assert_eq!(stream.is_on_demand, *before == StreamMode::OnDemand);
            assert!(
                *after == StreamMode::OnDemand || *after == StreamMode::Shards(stream.open_shards)
            );
            stream.is_on_demand = *after == StreamMode::OnDemand;
        }
        Action::RaiseShards { before, after } => {
            assert!(
                !stream.is_on_demand
                    && stream.open_shards == *before
                    && before < after
                    && *after <= before * 2
            );
            stream.open_shards = *after;
        }
        Action::RaiseRetention {
            before_hours,
            after_hours,
        } => {
            assert!(stream.retention_hours == *before_hours && before_hours < after_hours);
            stream.retention_hours = *after_hours;
        }
        Action::EncryptStream { before, after } => {
            assert_eq!(stream.encryption, *before);
            assert!(after.key_id().is_some());
            stream.encryption = after.clone();
        }
        Action::TagStream { arn: _, tags } => tag(&mut stream.tags, tags),
        other => panic!("no action on a stream: {other:?}"),
    }
}

fn on_role(action: &Action, world: &mut Observed) {
    let logging = world.logging.as_mut().unwrap();
    match action {
        Action::CreateRole { trust, tags } => {
            assert_eq!(logging.role, State::Absent);
            assert!(!trust.statements().is_empty());
            logging.role = State::Present(Role {
                path: "/".to_owned(),
                trust: State::Present(trust.clone()),
                policy: State::Absent,
                foreign_policies: State::Present(BTreeSet::new()),
                tags: State::Present(tags.clone()),
            });
        }
        Action::PutRoleTrust { before, after } => {
            let role = present(&mut logging.role);
            assert!(!after.statements().is_empty(), "MalformedPolicyDocument");
            assert_eq!(shown(&role.trust), before.as_ref());
            role.trust = State::Present(after.clone());
        }
        Action::PutRolePolicy {
            name: _,
            before,
            after,
        } => {
            let role = present(&mut logging.role);
            assert!(!after.statements().is_empty(), "MalformedPolicyDocument");
            assert_eq!(shown(&role.policy), before.as_ref());
            role.policy = State::Present(after.clone());
        }
        Action::DeleteRolePolicy { name: _, before } => {
            let role = present(&mut logging.role);
            assert_eq!(shown(&role.policy), Some(before));
            role.policy = State::Absent;
        }
        Action::TagRole { tags } => tag(&mut present(&mut logging.role).tags, tags),
        Action::DeleteRole => {
            let role = present(&mut logging.role);
            let nothing = State::Present(BTreeSet::new());
            assert!(
                role.policy == State::Absent && role.foreign_policies == nothing,
                "DeleteConflict"
            );
            logging.role = State::Absent;
            let used = logging.regions.values().any(|place| matches!(place.destination, State::Present(ref it) if it.role.resource() == "role/cwrole"));
            assert!(!used, "a logs::Destination is left without its role");
        }
        other => panic!("no action on a role: {other:?}"),
    }
}

fn on_destination(action: &Action, world: &mut Observed, name: &Region) {
    let subscribed = world.members.values().flat_map(|member| member.regions.get(name)).flat_map(|groups| groups.values()).any(|group| {
        matches!(group, State::Present(group) if group.filters.iter().any(|filter| filter.name.as_str().starts_with("catchment") && filter.destination.resource_name() == "kinesisDest"))
    });
    let role_is_there = matches!(world.logging.as_ref().unwrap().role, State::Present(_));
    let place = region(world, name);
    match action {
        Action::PutDestination { before, after } => {
            let DestinationEnds { target, role } = after.clone();
            assert!(role_is_there, "the role cannot be assumed");
            let stream = present(&mut place.stream);
            let takes_records =
                matches!(stream.status, StreamStatus::Active | StreamStatus::Updating);
            assert!(takes_records, "could not deliver test message");
            match &mut place.destination {
                State::Absent => {
                    assert_eq!(*before, None);
                    let tags = State::Present(Tags::new());
                    place.destination = State::Present(Destination {
                        target,
                        role,
                        policy: State::Absent,
                        tags,
                    });
                }
                State::Present(destination) => {
                    let ends = DestinationEnds {
                        target: destination.target.clone(),
                        role: destination.role.clone(),
                    };
                    assert_eq!(*before, Some(ends));
                    (destination.target, destination.role) = (target, role);
                }
                State::Unknown(_) => panic!("planned from what is unknown"),
            }
        }
        Action::PutDestinationPolicy { before, after } => {
            let destination = present(&mut place.destination);
            assert!(!after.statements().is_empty());
            assert_eq!(shown(&destination.policy), before.as_ref());
            destination.policy = State::Present(after.clone());
        }
        Action::TagDestination { arn: _, tags } => {
            tag(&mut present(&mut place.destination).tags, tags);
        }
        Action::DeleteDestination { before: _ } => {
            present(&mut place.destination);
            assert!(
                !subscribed,
                "a filter of ours is left without its logs::Destination"
            );
            place.destination = State::Absent;
        }
        other => panic!("no action on a logs::Destination: {other:?}"),
    }
}

fn on_filter(action: &Action, group: &mut LogGroup) {
    match action {
        Action::PutFilter {
            before,
            after,
            beside,
        } => {
            assert_eq!(
                group
                    .filters
                    .iter()
                    .find(|filter| filter.name == after.name),
                before.as_ref()
            );
            group.filters.retain(|filter| filter.name != after.name);
            assert_eq!(group.filters, *beside);
            group.filters.push(after.clone());
        }
        Action::DeleteFilter { before } => {
            assert!(group.filters.contains(before));
            group.filters.retain(|filter| filter.name != before.name);
        }
        other => panic!("no action on a filter: {other:?}"),
    }
}

fn present<T: std::fmt::Debug>(state: &mut State<T>) -> &mut T {
    match state {
        State::Present(thing) => thing,
        other => panic!("not there: {other:?}"),
    }
}

fn shown<T: std::fmt::Debug>(state: &State<T>) -> Option<&T> {
    match state {
        State::Present(thing) => Some(thing),
        State::Absent => None,
        State::Unknown(_) => panic!("planned from what is unknown"),
    }
}

fn tag(state: &mut State<Tags>, change: &TagChange) {
    let tags = present(state);
    for (key, value) in &change.before {
        assert_eq!(tags.get(key), Some(value));
    }
    tags.extend(change.after.clone());
}
