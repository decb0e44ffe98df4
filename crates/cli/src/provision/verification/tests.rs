//! Each fault names its hop and the command that mends it.

mod behind;
mod world;

use super::*;
use crate::provision::observed::{LogGroup, Logging, Observed, State, StreamStatus};
use crate::provision::policy::Document;
use crate::provision::resource::{Encryption, FilterPattern};
use world::{World, present};

fn without_accounts(document: &Document, accounts: &[&str]) -> Document {
    let mut text = document.to_json();
    for account in accounts {
        text = text.replace(account, "444455556666");
    }
    Document::parse(&text).unwrap()
}

/// An event that was sent and did not arrive.
fn lost(breaks: Vec<Break>) -> Evidence {
    Evidence {
        breaks,
        sending: Sending::Done,
        arrival: Arrival::Missing { seconds: 300 },
        signals: Signals::default(),
        delivery: None,
    }
}

#[track_caller]
fn assert_fails(name: &str, evidence: &Evidence, hop: Hop, why: &str, hint: &str) {
    let (state, fault, _) = judge(evidence);
    let fault = fault.unwrap_or_else(|| panic!("{name}: no fault"));
    assert_eq!(
        (state, fault.hop),
        (PathState::Failed, hop),
        "{name}: {fault:?}"
    );
    assert!(fault.why.contains(why), "{name}: {fault:?}");
    assert!(fault.hint.contains(hint), "{name}: {fault:?}");
}

#[test]
fn each_fault_up_to_the_stream_names_its_hop_and_what_mends_it() {
    type Row = (
        &'static str,
        fn(&mut World),
        Hop,
        &'static str,
        &'static str,
    );
    let member = "catchment apply --member";
    let logging = "catchment apply --logging";
    let rows: &[Row] = &[
        (
            "no log group",
            |world| *world.log_group() = State::Absent,
            Hop::LogGroup,
            "does not exist",
            "make it",
        ),
        (
            "filter removed",
            |world| *world.log_group() = State::Present(LogGroup::default()),
            Hop::Filter,
            "no subscription filter",
            member,
        ),
        (
            "filter redirected",
            |world| {
                world.filter().destination =
                    "arn:aws:logs:us-west-2:1:destination:x".parse().unwrap();
            },
            Hop::Filter,
            "delivers to arn:aws:logs:us-west-2:1:destination:x",
            "--take-over",
        ),
        (
            "wrong pattern",
            |world| world.filter().pattern = FilterPattern::new("ERROR"),
            Hop::Filter,
            "\"ERROR\"",
            member,
        ),
        (
            "no logs::Destination",
            |world| world.place().destination = State::Absent,
            Hop::Destination,
            "does not exist",
            logging,
        ),
        (
            "another stream",
            |world| {
                world.destination().ends.target =
                    "arn:aws:kinesis:us-west-2:1:stream/x".parse().unwrap();
            },
            Hop::Destination,
            "delivers to",
            logging,
        ),
        (
            "policy without the account",
            |world| {
                let State::Present(policy) = &world.destination().policy else {
                    panic!()
                };
                let policy = without_accounts(policy, &["111122223333"]);
                world.destination().policy = State::Present(policy);
            },
            Hop::DestinationPolicy,
            "does not name account 111122223333",
            logging,
        ),
        (
            "no policy",
            |world| world.destination().policy = State::Absent,
            Hop::DestinationPolicy,
            "does not name",
            logging,
        ),
        (
            "no role",
            |world| world.logging().role = State::Absent,
            Hop::Role,
            "does not exist",
            logging,
        ),
        (
            "role without permission",
            |world| world.role().policy = State::Absent,
            Hop::Role,
            "kinesis:PutRecord",
            logging,
        ),
        (
            "role without the key",
            |world| {
                let key = "arn:aws:kms:us-west-2:999988887777:key/k".parse().unwrap();
                let stream = &mut world.place().stream;
                present(stream).encryption = Encryption::Customer(key);
            },
            Hop::Role,
            "kms:GenerateDataKey",
            logging,
        ),
        (
            "trust without the member",
            |world| {
                let State::Present(trust) = &world.role().trust else {
                    panic!()
                };
                let trust = without_accounts(trust, &["111122223333"]);
                world.role().trust = State::Present(trust);
            },
            Hop::Trust,
            "account 111122223333",
            logging,
        ),
        (
            "stream gone",
            |world| world.place().stream = State::Absent,
            Hop::Stream,
            "does not exist",
            logging,
        ),
        (
            "stream going",
            |world| present(&mut world.place().stream).status = StreamStatus::Deleting,
            Hop::Stream,
            "being deleted",
            logging,
        ),
    ];
    for (name, change, hop, why, hint) in rows {
        let breaks = World::with(change).breaks();
        assert_fails(name, &lost(breaks), *hop, why, hint);
    }
}

#[test]
fn nothing_is_said_against_what_is_in_sync_or_was_not_read() {
    assert_eq!(World::in_sync().breaks(), []);
    let unread = World::with(|world| {
        let unknown = || "no".to_owned();
        world.logging().role = State::Unknown(unknown());
        world.place().stream = State::Unknown(unknown());
        world.place().destination = State::Unknown(unknown());
    });
    assert_eq!(unread.breaks(), []);
    let others = World::with(|world| {
        world.role().policy = State::Absent;
        world.role().foreign_policies = State::Present(["theirs".to_owned()].into());
    });
    assert!(
        !others.breaks()[0].is_certain,
        "a policy of others may allow it"
    );
    let arrived = Evidence {
        arrival: Arrival::Found { ms: 7 },
        ..lost(others.breaks())
    };
    assert_eq!(judge(&arrived), (PathState::Proven, None, Vec::new()));
}

#[test]
fn what_cloudwatch_counted_tells_a_full_stream_from_a_refusal() {
    let of = |signals| Evidence {
        signals,
        ..lost(Vec::new())
    };
    let full = Signals {
        refused: Some(3),
        errors: Some(1),
        ..Signals::default()
    };
    assert_fails(
        "full",
        &of(full),
        Hop::Stream,
        "refused 3 records",
        "on-demand",
    );
    let throttled = Signals {
        throttled: Some(3),
        ..Signals::default()
    };
    assert_fails(
        "throttled",
        &of(throttled),
        Hop::Stream,
        "throttled for 3",
        "on-demand",
    );
    let errors = Signals {
        errors: Some(3),
        ..Signals::default()
    };
    assert_fails(
        "refused",
        &of(errors),
        Hop::Role,
        "3 log events",
        "service control policy",
    );
    assert_fails(
        "late",
        &of(Signals::default()),
        Hop::Filter,
        "after 300 s",
        "--wait",
    );
    // without the logging account's credentials
    let unread = |is_asked_for| Arrival::Unread {
        why: "no".to_owned(),
        is_asked_for,
    };
    let half = Evidence {
        arrival: unread(false),
        ..of(Signals::default())
    };
    assert_eq!(judge(&half).0, PathState::Sent);
    let half = Evidence {
        arrival: unread(false),
        ..of(errors)
    };
    assert_fails("half", &half, Hop::Role, "3 log events", "catchment status");
    let whole = Evidence {
        arrival: unread(true),
        ..of(errors)
    };
    assert_eq!(judge(&whole).0, PathState::Unknown);
}

#[test]
fn a_pattern_that_the_file_asks_for_is_no_failure() {
    let unmatched = Sending::Unmatched {
        pattern: "ERROR".to_owned(),
    };
    let asked_for = Evidence {
        sending: unmatched.clone(),
        ..lost(Vec::new())
    };
    let (state, fault, _) = judge(&asked_for);
    assert_eq!(
        (state, fault.unwrap().hop),
        (PathState::NotProven, Hop::Filter)
    );
    let breaks = World::with(|world| world.filter().pattern = FilterPattern::new("ERROR")).breaks();
    let not_asked_for = Evidence {
        sending: unmatched,
        ..lost(breaks)
    };
    assert_fails(
        "drifted",
        &not_asked_for,
        Hop::Filter,
        "\"ERROR\"",
        "catchment apply",
    );
    let sending = Sending::Refused {
        why: "no".to_owned(),
        hint: "do".to_owned(),
    };
    let refused = Evidence {
        sending,
        ..lost(Vec::new())
    };
    assert_eq!(judge(&refused).0, PathState::Unknown);
}

#[test]
fn a_region_that_was_not_observed_says_nothing() {
    let mut world = World::in_sync();
    world.observed = Observed::default();
    assert_eq!(world.breaks(), []);
    world.observed.logging = Some(Logging {
        role: State::Unknown("no".to_owned()),
        regions: Default::default(),
    });
    assert_eq!(world.breaks(), []);
}

#[test]
fn the_log_groups_of_a_pattern_are_paths_and_unknown_if_they_could_not_be_listed() {
    let mut world = World::in_sync();
    let (name, member) = world.desired.members.iter_mut().next().unwrap();
    let (region, filters) = member.regions.iter_mut().next().unwrap();
    let filter = filters.by_name.values().next().unwrap().clone();
    filters
        .by_pattern
        .insert("/aws/vpc/*".parse().unwrap(), filter);
    let (name, region) = (name.clone(), region.clone());
    let mut with = |listed| {
        let seen = world.observed.members.get_mut(&name).unwrap();
        seen.listed.insert(region.clone(), listed);
        let unknown = unknown_paths(&world.desired, &world.observed, |member, pattern| {
            format!("{member} {pattern}")
        });
        let paths = paths(&world.desired, &world.observed);
        let selected = paths.iter().filter(|path| path.selected_by.is_some());
        let selected: Vec<_> = selected.map(|path| path.log_group.to_string()).collect();
        (selected, unknown)
    };
    let group = ("/aws/vpc/one".parse().unwrap(), "STANDARD".to_owned());
    let (selected, unknown) = with(State::Present([group].into()));
    assert_eq!(
        (selected, unknown),
        (vec!["/aws/vpc/one".to_owned()], vec![])
    );
    let (selected, unknown) = with(State::Unknown("AccessDenied".to_owned()));
    assert_eq!(selected, Vec::<String>::new());
    let [one] = unknown.as_slice() else {
        panic!("{unknown:?}");
    };
    assert_eq!(
        (one.state, one.source.as_str()),
        (PathState::Unknown, "dev1 /aws/vpc/*")
    );
    let why = &one.fault.as_ref().unwrap().why;
    assert_eq!(
        why,
        "the log groups /aws/vpc/* could not be listed: AccessDenied"
    );
}
