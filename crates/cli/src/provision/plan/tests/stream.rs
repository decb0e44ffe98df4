//! Streams of several Regions: what is left behind, what a destroyed fleet keeps, and what the role may use meanwhile.

use super::edges::of_another_fleet;
use super::orphan::{BOTH, BOTH_TO_ONE, ONE, fleet, seen_by};
use super::seed::known;
use super::simulate::simulate;
use super::{Action, Change, Declined, Desired, Observed, State, StreamAction, destroy, plan};
use crate::provision::desired::Grants;
use crate::provision::name::Region;
use crate::provision::observed::{LoggingRegion, StreamStatus};
use crate::provision::resource::{Encryption, Resource, Tags};

const EU: &str = "eu-west-1";
const US: &str = "us-west-2";

/// The fleet of these Regions in sync, with the stream that its second one had of its own.
fn in_sync(regions: &str) -> (Desired, Observed) {
    let desired = fleet(&["1"], regions, "cwrole", false);
    let both = fleet(&["1"], BOTH, "cwrole", false);
    let mut world = seen_by(&desired, &desired);
    let stream = seen_by(&both, &both).logging.unwrap().regions[&region(EU)]
        .stream
        .clone();
    if let Some(place) = world.logging.as_mut().unwrap().regions.get_mut(&region(EU)) {
        place.stream = stream;
    }
    (desired, world)
}

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

fn place<'w>(world: &'w mut Observed, name: &str) -> &'w mut LoggingRegion {
    let regions = &mut world.logging.as_mut().unwrap().regions;
    regions.get_mut(&region(name)).unwrap()
}

fn unread<T>(state: &mut State<T>) {
    *state = State::Unknown("AccessDenied".to_owned());
}

fn key(text: &str) -> Encryption {
    Encryption::Customer(
        format!("arn:aws:kms:us-west-2:999988887777:key/{text}")
            .parse()
            .unwrap(),
    )
}

#[test]
fn a_stream_of_ours_that_nothing_delivers_to_any_more_is_named() {
    let named = |change: fn(&mut LoggingRegion)| {
        let (desired, mut world) = in_sync(BOTH_TO_ONE);
        change(place(&mut world, EU));
        let plan = plan(&desired, &world);
        assert_eq!((&plan.changes[..], &plan.declined[..]), (&[][..], &[][..]));
        let orphans = plan.orphans.iter().map(|one| one.what.clone());
        orphans.collect::<Vec<_>>()
    };
    let left = "stream Demo_Kinesis_Stream in eu-west-1 is not in the fleet file";
    assert_eq!(named(|_| {}), [left]);
    assert_eq!(
        named(|eu| known(&mut eu.stream).encryption = key("k")),
        [left]
    );
    let nothing: [fn(&mut LoggingRegion); 5] = [
        |eu| known(&mut eu.stream).status = StreamStatus::Deleting,
        |eu| known(&mut eu.stream).tags = State::Present(Tags::new()),
        |eu| known(&mut eu.stream).tags = of_another_fleet(),
        |eu| eu.stream = State::Absent,
        |eu| unread(&mut eu.stream),
    ];
    for change in nothing {
        assert_eq!(named(change), [""; 0]);
    }
}

/// What becomes of each stream if the fleet is destroyed with them: deleted, or why not.
fn destroyed(regions: &str, change: fn(&mut Observed)) -> Vec<String> {
    let (desired, mut world) = in_sync(regions);
    change(&mut world);
    let plan = destroy(&desired, &world, true);
    let deleted = plan
        .changes
        .iter()
        .filter(|one| matches!(one.action, Action::Stream(_, StreamAction::Delete)));
    let deleted = deleted.map(|one| format!("{} deleted", one.region));
    let declined = plan
        .declined
        .iter()
        .filter(|one| matches!(one.address.resource, Resource::Stream(_)));
    let declined =
        declined.map(|one| format!("{} {:?}", one.address.region.as_ref().unwrap(), one.reason));
    let mut all: Vec<_> = deleted.chain(declined).collect();
    all.sort();
    all
}

#[test]
fn a_stream_is_deleted_unless_a_destination_may_still_deliver_to_it() {
    let eu: fn(&mut Observed) = |world| unread(&mut place(world, EU).destination);
    let us: fn(&mut Observed) = |world| unread(&mut place(world, US).destination);
    let no_stream: fn(&mut Observed) = |world| place(world, EU).stream = State::Absent;
    let unread_stream: fn(&mut Observed) = |world| unread(&mut place(world, EU).stream);
    for (regions, change, expected) in [
        (BOTH, eu, &["eu-west-1 Blocked", "us-west-2 deleted"][..]),
        (BOTH, us, &["eu-west-1 deleted", "us-west-2 Blocked"]),
        (BOTH, no_stream, &["us-west-2 deleted"]),
        (
            BOTH,
            unread_stream,
            &["eu-west-1 Unknown", "us-west-2 deleted"],
        ),
        (BOTH_TO_ONE, eu, &["eu-west-1 Blocked", "us-west-2 Blocked"]),
        (BOTH_TO_ONE, us, &["eu-west-1 deleted", "us-west-2 Blocked"]),
        // a Region that needs no stream need not be readable
        (BOTH_TO_ONE, unread_stream, &["us-west-2 deleted"]),
    ] {
        assert_eq!(destroyed(regions, change), expected, "{regions}");
    }
}

#[test]
fn a_stream_that_is_being_deleted_is_left_to_go() {
    let deleting: fn(&mut Observed) =
        |world| known(&mut place(world, US).stream).status = StreamStatus::Deleting;
    assert_eq!(destroyed(ONE, deleting), [""; 0]);
}

/// What the role may use after a plan, if before it could use what the fleet asks for and the old stream and key.
fn granted(regions: &str, change: fn(&mut Desired, &mut Observed)) -> Vec<String> {
    let (mut desired, mut world) = in_sync(regions);
    change(&mut desired, &mut world);
    let old = Grants {
        streams: ["arn:aws:kinesis:us-west-2:999988887777:stream/old".to_owned()].into(),
        keys: ["arn:aws:kms:us-west-2:999988887777:key/old".to_owned()].into(),
    };
    let role = known(&mut world.logging.as_mut().unwrap().role);
    role.policy = State::Present(desired.logging.as_ref().unwrap().role.policy_and(&old));
    let mut world = simulate(&plan(&desired, &world), &world);
    let role = known(&mut world.logging.as_mut().unwrap().role);
    let Grants { streams, keys } = Grants::of(known(&mut role.policy));
    let names = streams.iter().chain(&keys);
    names
        .map(|one| one.rsplit_once(':').unwrap().1.to_owned())
        .collect()
}

fn with_key(desired: &mut Desired, world: &mut Observed, asked: &str, seen: &str) {
    let logging = desired.logging.as_mut().unwrap();
    logging
        .regions
        .get_mut(&region(US))
        .unwrap()
        .stream
        .encryption = key(asked);
    let keys = Grants {
        keys: [key(asked).key_id().unwrap().to_string()].into(),
        ..Grants::default()
    };
    logging.role.policy = logging.role.policy_and(&keys);
    known(&mut place(world, US).stream).encryption = key(seen);
}

#[test]
fn the_role_may_use_no_more_than_what_is_still_used() {
    let (stream, old, old_key) = ("stream/Demo_Kinesis_Stream", "stream/old", "key/old");
    assert_eq!(granted(ONE, |_, _| {}), [stream]);
    let deleting: fn(&mut Desired, &mut Observed) = |_, world| {
        let stream = known(&mut place(world, US).stream);
        (stream.status, stream.encryption) = (StreamStatus::Deleting, key("k"));
    };
    assert_eq!(granted(ONE, deleting), [stream]);
    let as_asked = granted(ONE, |desired, world| with_key(desired, world, "k", "k"));
    assert_eq!(as_asked, [stream, "key/k"]);
    let left_behind: fn(&mut Desired, &mut Observed) =
        |_, world| known(&mut place(world, EU).stream).encryption = key("k");
    assert_eq!(granted(BOTH_TO_ONE, left_behind), [stream]);
    // encryption stays; what delivered with another role has had the key from that
    let by_other_role: fn(&mut Desired, &mut Observed) = |_, world| {
        known(&mut place(world, US).stream).encryption = key("k");
        let role = "arn:aws:iam::999988887777:role/other".parse().unwrap();
        known(&mut place(world, EU).destination).ends.role = role;
    };
    let needed = granted(BOTH_TO_ONE, by_other_role);
    assert_eq!(needed, [stream, old, "key/k", old_key]);
    let not_of_this_stream = granted(BOTH, by_other_role);
    assert_eq!(not_of_this_stream, [stream, stream, old, old_key]);
}

/// Why a stream is encrypted with the key that the file asks for, or why not.
fn encrypted(change: fn(&mut Observed)) -> String {
    let (mut desired, mut world) = in_sync(ONE);
    with_key(&mut desired, &mut world, "k", "k");
    known(&mut place(&mut world, US).stream).encryption = Encryption::None;
    change(&mut world);
    let plan = plan(&desired, &world);
    let is_encrypt =
        |one: &&Change| matches!(one.action, Action::Stream(_, StreamAction::Encrypt { .. }));
    let why = plan
        .changes
        .iter()
        .find(is_encrypt)
        .map(|one| one.why.clone());
    let of_stream = |one: &&Declined| matches!(one.address.resource, Resource::Stream(_));
    let declined = || plan.declined.iter().find(of_stream).unwrap().why.clone();
    why.unwrap_or_else(declined)
}

#[test]
fn a_customer_key_is_not_used_while_the_role_may_lack_it() {
    assert_eq!(encrypted(|_| {}), "drifted: encryption is none");
    let absent: fn(&mut Observed) = |world| place(world, US).stream = State::Absent;
    assert_eq!(encrypted(absent), "a new stream is not encrypted");
    let unread_policy: fn(&mut Observed) =
        |world| unread(&mut known(&mut world.logging.as_mut().unwrap().role).policy);
    insta::assert_snapshot!(encrypted(unread_policy), @"the role's inline policy could not be read, so what delivers may not be allowed to use arn:aws:kms:us-west-2:999988887777:key/k");
}
