//! The Kinesis data stream: made, or adopted where it exists; raised to what the fleet asks, never lowered.

use std::collections::BTreeSet;

use super::Reason;
use super::builder::{PlanBuilder, Readiness, Removal};
use super::change::{Action, ChangeKey, TagChange};
use super::owner::{Owner, known, owner};
use crate::provision::desired::{self, Logging};
use crate::provision::name::{Arn, Region};
use crate::provision::observed::{self, State, StreamStatus};
use crate::provision::resource::{
    Encryption, OWNER_TAG, Party, Resource, ResourceAddress, StreamMode,
};

/// What CreateStream gives (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>).
const RETENTION_HOURS_AT_FIRST: u32 = 24;

fn subject(logging: &Logging, region: &Region, stream: &desired::Stream) -> ResourceAddress {
    ResourceAddress {
        party: Party::Logging,
        account: logging.account.clone(),
        region: Some(region.clone()),
        thing: Resource::Stream(stream.name.clone()),
    }
}

/// Plans one Region's stream.
pub(super) fn set_up(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    region: &Region,
    seen: &State<observed::Stream>,
) -> Readiness {
    let Some(desired) = logging.regions.get(region).map(|place| &place.stream) else {
        return Readiness::Falls("the stream is not in the fleet".to_owned());
    };
    let subject = subject(logging, region, desired);
    match seen {
        State::Unknown(why) => {
            draft.unknown(&subject, "the stream", why);
            Readiness::Falls(format!("stream {} could not be read", desired.name))
        }
        State::Absent => create(draft, &subject, desired),
        State::Present(stream) if stream.status == StreamStatus::Deleting => {
            draft.decline(
                &subject,
                Reason::Blocked,
                "it is being deleted",
                "run again when it is gone: then it is made anew",
            );
            Readiness::Falls(format!("stream {} is being deleted", desired.name))
        }
        State::Present(stream) => adopt(
            draft,
            &subject,
            &Arn::stream(region, &logging.account, &desired.name),
            desired,
            stream,
        ),
    }
}

fn create(
    draft: &mut PlanBuilder<'_>,
    subject: &ResourceAddress,
    desired: &desired::Stream,
) -> Readiness {
    let desired::Stream {
        name: _,
        mode,
        retention_hours,
        encryption,
        tags,
    } = desired;
    let action = Action::CreateStream {
        mode: *mode,
        tags: tags.clone(),
    };
    let made =
        BTreeSet::from([draft.change(subject, "create", action, "absent", &BTreeSet::new())]);
    let mut last = made.clone();
    if *retention_hours > RETENTION_HOURS_AT_FIRST {
        let why = format!("a new stream keeps {RETENTION_HOURS_AT_FIRST} hours");
        last = raise_retention(
            draft,
            subject,
            RETENTION_HOURS_AT_FIRST,
            *retention_hours,
            why,
            &last,
        );
    }
    if *encryption != Encryption::None {
        encrypt(
            draft,
            subject,
            &Encryption::None,
            encryption,
            "a new stream is not encrypted",
            &last,
        );
    }
    Readiness::Stands { after: made }
}

/// Two changes to one stream cannot be under way at once, so each needs the one before it.
fn adopt(
    draft: &mut PlanBuilder<'_>,
    subject: &ResourceAddress,
    arn: &Arn,
    desired: &desired::Stream,
    stream: &observed::Stream,
) -> Readiness {
    let observed::Stream {
        status,
        is_on_demand: _,
        open_shards: _,
        retention_hours,
        encryption,
        tags,
    } = stream;
    let desired_tags = match owner(tags, draft.owner, false) {
        Owner::Ours => desired.tags.clone(),
        // adopted: it is not ours to delete, so it does not get the tag that would say so
        Owner::Nobody => desired
            .tags
            .iter()
            .filter(|(key, _)| *key != OWNER_TAG)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        Owner::AnotherFleet(fleet) => {
            if falls_short(desired, stream) {
                let why = format!("it is of fleet {fleet}, and is not as this fleet asks");
                draft.decline(
                    subject,
                    Reason::Foreign,
                    why,
                    "change it in that fleet's file, or name another stream here",
                );
            } else {
                draft.foreign(
                    subject,
                    format!("stream of fleet {fleet}, which this fleet delivers to"),
                );
            }
            return as_it_is(desired, *status);
        }
        Owner::Unknown(why) => {
            draft.unknown(subject, "its tags, and so whose it is,", &why);
            return as_it_is(desired, *status);
        }
    };
    let mut last = BTreeSet::new();
    if matches!(status, StreamStatus::Creating | StreamStatus::Updating) {
        let action = Action::AwaitStream { before: *status };
        last =
            BTreeSet::from([draft.change(subject, "await", action, "it is not ACTIVE yet", &last)]);
    }
    let ready = last.clone();
    last = scale(draft, subject, desired.mode, stream, last);
    if *retention_hours < desired.retention_hours {
        let why = format!("drifted: it keeps {retention_hours} hours");
        last = raise_retention(
            draft,
            subject,
            *retention_hours,
            desired.retention_hours,
            why,
            &last,
        );
    } else if *retention_hours > desired.retention_hours {
        let why = format!(
            "it keeps {retention_hours} hours, the fleet file says {}: retention is never lowered, it would delete data",
            desired.retention_hours
        );
        draft.decline(
            subject,
            Reason::Kept,
            why,
            format!(
                "say retention_hours = {retention_hours} in the fleet file, or lower it by hand"
            ),
        );
    }
    match (encryption, &desired.encryption) {
        (before, after) if before == after => {}
        (before, Encryption::None) => {
            let why = format!(
                "it is encrypted with {before}, the fleet file says none: encryption is never removed"
            );
            let hint = format!(
                "say encryption = \"{before}\" in the fleet file, so that the role may use the key"
            );
            draft.decline(subject, Reason::Kept, why, hint);
        }
        (before, after) => {
            last = encrypt(
                draft,
                subject,
                before,
                after,
                &format!("drifted: encryption is {before}"),
                &last,
            );
        }
    }
    if let Some(tags) = known(tags).and_then(|tags| TagChange::between(&tags, &desired_tags)) {
        draft.change(
            subject,
            "tag",
            Action::TagStream {
                arn: arn.clone(),
                tags,
            },
            "drifted: tags",
            &last,
        );
    }
    Readiness::Stands { after: ready }
}

/// A stream that is not ours to touch takes records unless it is only being created
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html>).
fn as_it_is(desired: &desired::Stream, status: StreamStatus) -> Readiness {
    match status {
        StreamStatus::Active | StreamStatus::Updating => Readiness::Stands {
            after: BTreeSet::new(),
        },
        StreamStatus::Creating | StreamStatus::Deleting => {
            Readiness::Falls(format!("stream {} is not ACTIVE yet", desired.name))
        }
    }
}

fn scale(
    draft: &mut PlanBuilder<'_>,
    subject: &ResourceAddress,
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
        let action = Action::SetStreamMode { before, after };
        last = BTreeSet::from([draft.change(
            subject,
            "mode",
            action,
            format!("drifted: it is {before}"),
            &last,
        )]);
    }
    let StreamMode::Shards(shards) = desired else {
        return last;
    };
    let mut from = open;
    while from < shards {
        let to = from.max(1).saturating_mul(2).min(shards);
        let action = Action::RaiseShards {
            before: from,
            after: to,
        };
        let why = format!("drifted: it has {}", StreamMode::Shards(open));
        last = BTreeSet::from([draft.change(subject, &format!("shards-{to}"), action, why, &last)]);
        from = to;
    }
    if open > shards {
        let why =
            format!("it has {open} shards, the fleet file says {shards}: a stream is never shrunk");
        draft.decline(
            subject,
            Reason::Kept,
            why,
            format!("say shards = {open} in the fleet file, or merge shards by hand"),
        );
    }
    last
}

fn raise_retention(
    draft: &mut PlanBuilder<'_>,
    subject: &ResourceAddress,
    before_hours: u32,
    after_hours: u32,
    why: String,
    needs: &BTreeSet<ChangeKey>,
) -> BTreeSet<ChangeKey> {
    let action = Action::RaiseRetention {
        before_hours,
        after_hours,
    };
    BTreeSet::from([draft.change(subject, "retention", action, why, needs)])
}

fn encrypt(
    draft: &mut PlanBuilder<'_>,
    subject: &ResourceAddress,
    before: &Encryption,
    after: &Encryption,
    why: &str,
    needs: &BTreeSet<ChangeKey>,
) -> BTreeSet<ChangeKey> {
    let action = Action::EncryptStream {
        before: before.clone(),
        after: after.clone(),
    };
    BTreeSet::from([draft.change(subject, "encrypt", action, why, needs)])
}

/// Whether the stream would have to be changed for this fleet, tags apart.
fn falls_short(desired: &desired::Stream, stream: &observed::Stream) -> bool {
    let desired::Stream {
        name: _,
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

/// Plans the end of one Region's stream, once nothing delivers to it.
pub(super) fn take_down(
    draft: &mut PlanBuilder<'_>,
    logging: &Logging,
    region: &Region,
    seen: &State<observed::Stream>,
    delivering: &Removal,
    delete_stream: bool,
) {
    let Some(desired) = logging.regions.get(region).map(|place| &place.stream) else {
        return;
    };
    let subject = subject(logging, region, desired);
    let stream = match seen {
        State::Absent => return,
        State::Unknown(why) => return draft.unknown(&subject, "the stream", why),
        State::Present(stream) if stream.status == StreamStatus::Deleting => return,
        State::Present(stream) => stream,
    };
    match owner(&stream.tags, draft.owner, false) {
        Owner::Ours => {}
        Owner::Nobody => return draft.foreign(&subject, "stream that was there before catchment, or lost its tags: only adopted, so not deleted"),
        Owner::AnotherFleet(fleet) => return draft.foreign(&subject, format!("stream of fleet {fleet}")),
        Owner::Unknown(why) => return draft.unknown(&subject, "its tags, and so whose it is,", &why),
    }
    if !delete_stream {
        let hint = "when all that it holds is read, destroy with --delete-stream";
        return draft.decline(
            &subject,
            Reason::Kept,
            "it may hold data that nobody has read",
            hint,
        );
    }
    let Some(after) = delivering.awaited(draft, &subject, "remove what stands on it first") else {
        return;
    };
    let mut needs = after.clone();
    if stream.status == StreamStatus::Creating {
        let action = Action::AwaitStream {
            before: stream.status,
        };
        needs.insert(draft.change(&subject, "await", action, "it is not ACTIVE yet", after));
    }
    draft.change(
        &subject,
        "delete",
        Action::DeleteStream,
        "--delete-stream",
        &needs,
    );
}
