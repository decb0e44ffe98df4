//! The Kinesis data stream: created, or adopted if it exists; raised to what the fleet asks, never lowered.

use std::collections::BTreeSet;

use super::builder::{Place, PlanBuilder, Readiness, Removal, ResourcePlan};
use super::change::{Action, ChangeKey, StreamAction};
use super::destination::DestinationReadiness;
use super::switch::RoleReadiness;
use super::tags::{Owner, TagChange, owner};
use super::{Orphan, Reason};
use crate::provision::desired::Stream;
use crate::provision::observed::{self, State, StreamStatus};
use crate::provision::resource::{
    Encryption, OWNER_TAG, Party, Resource, ResourceAddress, StreamMode,
};

/// The retention of a new stream (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>).
const NEW_STREAM_RETENTION_HOURS: u32 = 24;

type StreamPlan<'p> = ResourcePlan<'p, StreamAction>;

fn begin<'p>(
    plan: &'p mut PlanBuilder,
    Place { login, region, .. }: Place<'p>,
    Stream { name, .. }: &'p Stream,
) -> StreamPlan<'p> {
    let resource = Resource::Stream(name.clone());
    plan.resource(Party::Logging, resource, login, region, move |action| {
        Action::Stream(name.clone(), action)
    })
}

/// Plans one Region's stream.
pub(super) fn set_up(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Stream,
    seen: &State<observed::Stream>,
) -> StreamReadiness {
    let mut plan = begin(plan, place, desired);
    match seen {
        State::Unknown(why) => {
            plan.unknown("the stream", why);
            StreamReadiness::not_ready(format!("stream {} could not be read", desired.name))
        }
        State::Absent => create(plan, desired),
        State::Present(stream) if stream.status == StreamStatus::Deleting => {
            let hint = "wait until it is gone, then run `catchment apply`, which creates it anew";
            plan.decline(Reason::Blocked, "it is being deleted", hint);
            StreamReadiness::not_ready(format!("stream {} is being deleted", desired.name))
        }
        State::Present(stream) => adopt(plan, place.owner, desired, stream),
    }
}

/// What the stream's part says to the parts that follow.
pub(super) struct StreamReadiness {
    pub ready: Readiness,
    /// The change before an encryption, and the encryption that the stream has; `None` if it is not to be changed.
    encryption: Option<(BTreeSet<ChangeKey>, Encryption)>,
}

impl StreamReadiness {
    fn not_ready(why: String) -> Self {
        Self {
            ready: Readiness::NotReady(why),
            encryption: None,
        }
    }
}

fn create(mut plan: StreamPlan<'_>, desired: &Stream) -> StreamReadiness {
    let Stream {
        name: _,
        arn: _,
        mode,
        retention_hours,
        encryption: _,
        tags,
    } = desired;
    plan.absent();
    let action = StreamAction::Create {
        mode: *mode,
        tags: tags.clone(),
    };
    let created = BTreeSet::from([plan.change("create", action, "absent", &BTreeSet::new())]);
    let mut last = created.clone();
    if *retention_hours > NEW_STREAM_RETENTION_HOURS {
        let (before, after) = (NEW_STREAM_RETENTION_HOURS, *retention_hours);
        let why = format!("a new stream keeps {before} hours");
        last = raise_retention(&mut plan, before, after, why, &last);
    }
    StreamReadiness {
        ready: Readiness::Ready { after: created },
        encryption: Some((last, Encryption::None)),
    }
}

/// A stream takes one change at a time, so each change needs the one before it.
fn adopt(
    mut plan: StreamPlan<'_>,
    ours: &str,
    desired: &Stream,
    stream: &observed::Stream,
) -> StreamReadiness {
    let observed::Stream {
        status,
        is_on_demand: _,
        open_shards: _,
        retention_hours: hours,
        encryption,
        tags,
    } = stream;
    let mut desired_tags = desired.tags.clone();
    match owner(tags, ours, false) {
        Owner::Ours => {}
        // adopted: the owner tag would allow destroy to delete it
        Owner::Nobody => drop(desired_tags.remove(OWNER_TAG)),
        Owner::AnotherFleet(fleet) => {
            if falls_short(desired, stream) {
                let why = format!("it is of fleet {fleet}, and is not as this fleet asks");
                let hint = "change it in that fleet's file, or name another stream here";
                plan.decline(Reason::Foreign, why, hint);
            } else {
                plan.foreign(format!(
                    "stream of fleet {fleet}, which this fleet delivers to"
                ));
            }
            return as_it_is(&mut plan, desired, *status);
        }
        Owner::Unknown(why) => {
            plan.unknown_owner(&why);
            return as_it_is(&mut plan, desired, *status);
        }
    }
    let mut last = BTreeSet::new();
    if matches!(status, StreamStatus::Creating | StreamStatus::Updating) {
        last = BTreeSet::from([wait(&mut plan, *status, &last)]);
    }
    // a stream that is being updated takes records
    let ready = match status {
        StreamStatus::Creating => last.clone(),
        StreamStatus::Active | StreamStatus::Updating | StreamStatus::Deleting => BTreeSet::new(),
    };
    last = scale(&mut plan, desired.mode, stream, last);
    if *hours < desired.retention_hours {
        let why = format!("drifted: it keeps {hours} hours");
        last = raise_retention(&mut plan, *hours, desired.retention_hours, why, &last);
    }
    if *hours > desired.retention_hours {
        let why = format!(
            "it keeps {hours} hours, the fleet file says {}: retention is never lowered, it would delete data",
            desired.retention_hours
        );
        let hint = format!("say retention_hours = {hours} in the fleet file, or lower it by hand");
        plan.decline(Reason::Kept, why, hint);
    }
    if let Some(tags) = TagChange::between(tags, &desired_tags) {
        let arn = desired.arn.clone();
        let action = StreamAction::Tag { arn, tags };
        last = BTreeSet::from([plan.change("tag", action, "drifted: tags", &last)]);
    }
    StreamReadiness {
        ready: Readiness::Ready { after: ready },
        encryption: Some((last, encryption.clone())),
    }
}

/// A stream that we must not touch takes records unless it is being created or deleted
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>).
fn as_it_is(plan: &mut StreamPlan<'_>, desired: &Stream, status: StreamStatus) -> StreamReadiness {
    let ready = match status {
        StreamStatus::Active | StreamStatus::Updating => Readiness::Ready {
            after: BTreeSet::new(),
        },
        StreamStatus::Creating | StreamStatus::Deleting => {
            let hint = "wait until it is ACTIVE, then run `catchment apply`";
            plan.decline(Reason::Blocked, "it is not ACTIVE yet", hint);
            Readiness::NotReady(format!("stream {} is not ACTIVE yet", desired.name))
        }
    };
    StreamReadiness {
        ready,
        encryption: None,
    }
}

fn wait(plan: &mut StreamPlan<'_>, before: StreamStatus, needs: &BTreeSet<ChangeKey>) -> ChangeKey {
    let action = StreamAction::Await { before };
    plan.change("await", action, "it is not ACTIVE yet", needs)
}

fn scale(
    plan: &mut StreamPlan<'_>,
    desired: StreamMode,
    stream: &observed::Stream,
    mut last: BTreeSet<ChangeKey>,
) -> BTreeSet<ChangeKey> {
    let open = stream.open_shards;
    let before = if stream.is_on_demand {
        StreamMode::OnDemand
    } else {
        StreamMode::Shards(open)
    };
    let after = match desired {
        StreamMode::OnDemand => StreamMode::OnDemand,
        StreamMode::Shards(_) => StreamMode::Shards(open),
    };
    if before != after {
        let action = StreamAction::SetMode { before, after };
        let why = format!("drifted: it is {before}");
        last = BTreeSet::from([plan.change("mode", action, why, &last)]);
    }
    let StreamMode::Shards(shards) = desired else {
        return last;
    };
    let mut before = open;
    while before < shards {
        let after = before.max(1).saturating_mul(2).min(shards);
        let action = StreamAction::RaiseShards { before, after };
        let why = format!("drifted: it has {}", StreamMode::Shards(open));
        last = BTreeSet::from([plan.change(&format!("shards-{after}"), action, why, &last)]);
        before = after;
    }
    if open > shards {
        let why =
            format!("it has {open} shards, the fleet file says {shards}: a stream is never shrunk");
        let hint = format!("say shards = {open} in the fleet file, or merge shards by hand");
        plan.decline(Reason::Kept, why, hint);
    }
    last
}

fn raise_retention(
    plan: &mut StreamPlan<'_>,
    before_hours: u32,
    after_hours: u32,
    why: String,
    needs: &BTreeSet<ChangeKey>,
) -> BTreeSet<ChangeKey> {
    let action = StreamAction::RaiseRetention {
        before_hours,
        after_hours,
    };
    BTreeSet::from([plan.change("retention", action, why, needs)])
}

/// Plans one Region's encryption. A customer key is not used before the role that delivers may use it.
///
/// IAM's changes take a while to reach every place, without a documented bound
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>), and no call tests
/// the grant of a key before the stream uses it. We add no wait of our own: Kinesis uses the key only once the stream is ACTIVE
/// again, which takes it some seconds
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html>), and a longer wait would be a guess.
pub(super) fn encrypt(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Stream,
    stream: StreamReadiness,
    role: &RoleReadiness,
    delivering: &[&DestinationReadiness<'_>],
) -> Option<ChangeKey> {
    let (mut needs, before) = stream.encryption?;
    let after = &desired.encryption;
    if before == *after {
        return None;
    }
    let mut plan = begin(plan, place, desired);
    if *after == Encryption::None {
        let why = format!(
            "it is encrypted with {before}, the fleet file says none: encryption is never removed"
        );
        let hint = format!(
            "say encryption = \"{before}\" in the fleet file, so that the role may use the key"
        );
        plan.decline(Reason::Kept, why, hint);
        return None;
    }
    if matches!(after, Encryption::Customer(_)) {
        let mut unsettled = delivering.iter().filter_map(|one| one.unsettled.as_ref());
        let blocked = match (&role.ready, unsettled.next()) {
            (Readiness::NotReady(why), _) | (_, Some(why)) => Some(why.as_str()),
            _ if !role.may_deliver => Some("the role's inline policy could not be read"),
            (Readiness::Ready { after }, None) => {
                let puts = delivering.iter().filter_map(|one| one.put.as_ref());
                needs.extend(after.iter().chain(puts).cloned());
                None
            }
        };
        if let Some(why) = blocked {
            let why = format!("{why}, so what delivers may not be allowed to use {after}");
            plan.blocked(why);
            return None;
        }
    }
    let why = match before {
        Encryption::None if plan.is_absent() => "a new stream is not encrypted".to_owned(),
        _ => format!("drifted: encryption is {before}"),
    };
    let after = after.clone();
    let action = StreamAction::Encrypt { before, after };
    Some(plan.change("encrypt", action, why, &needs))
}

/// Whether the stream would have to change for this fleet, tags apart.
fn falls_short(desired: &Stream, stream: &observed::Stream) -> bool {
    let Stream {
        name: _,
        arn: _,
        mode,
        retention_hours,
        encryption,
        tags: _,
    } = desired;
    let is_scaled = match mode {
        StreamMode::OnDemand => stream.is_on_demand,
        StreamMode::Shards(shards) => stream.is_on_demand || stream.open_shards >= *shards,
    };
    !is_scaled || stream.retention_hours < *retention_hours || stream.encryption != *encryption
}

/// Reports a stream of ours in a Region whose `logs::Destination` delivers to another one's.
pub(super) fn left_behind(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Stream,
    seen: &State<observed::Stream>,
) {
    let State::Present(stream) = seen else {
        return;
    };
    let is_going = stream.status == StreamStatus::Deleting;
    if is_going || !matches!(owner(&stream.tags, place.owner, false), Owner::Ours) {
        return;
    }
    let resource = Resource::Stream(desired.name.clone());
    let (name, account, region) = (&desired.name, &place.login.account, place.region);
    plan.orphan(Orphan {
        address: ResourceAddress::new(Party::Logging, account, region, resource),
        account: None,
        organization: None,
        regions: BTreeSet::from([region.clone()]),
        is_cut_off: false,
        what: format!("stream {name} in {region} is not in the fleet file"),
        consequence:
            "once everything in it is read, delete it by hand: catchment deletes no stream but with `destroy --delete-stream`"
                .to_owned(),
    });
}

/// What becomes of a stream that nothing delivers to any more.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Deleted,
    /// The hint says how to delete it.
    Stays {
        hint: &'static str,
    },
}

/// Plans to delete one Region's stream, once nothing delivers to it.
pub(super) fn take_down(
    plan: &mut PlanBuilder,
    place: Place<'_>,
    desired: &Stream,
    seen: &State<observed::Stream>,
    delivering: &Removal,
    fate: Fate,
) {
    let mut plan = begin(plan, place, desired);
    let stream = match seen {
        State::Absent => return,
        State::Unknown(why) => return plan.unknown("the stream", why),
        State::Present(stream) if stream.status == StreamStatus::Deleting => return,
        State::Present(stream) => stream,
    };
    match owner(&stream.tags, place.owner, false) {
        Owner::Ours => {}
        Owner::Nobody => {
            let why = "adopted stream: catchment did not create it, or it lost its tags";
            return plan.foreign(why);
        }
        Owner::AnotherFleet(fleet) => return plan.foreign(format!("stream of fleet {fleet}")),
        Owner::Unknown(why) => return plan.unknown_owner(&why),
    }
    if let Fate::Stays { hint } = fate {
        let why = "it may hold data that nobody has read";
        return plan.decline(Reason::Kept, why, hint);
    }
    let Some(after) = delivering.awaited(&mut plan, "remove what uses it first") else {
        return;
    };
    let mut needs = after.clone();
    if stream.status == StreamStatus::Creating {
        needs.insert(wait(&mut plan, stream.status, after));
    }
    plan.change("delete", StreamAction::Delete, "--delete-stream", &needs);
}
