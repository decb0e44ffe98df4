//! Generated fleets and what may be observed of them: ours and others', as desired, drifted, absent or unknown.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::fleets::FLEETS;
use crate::provision::desired::{self, Desired, Filters};
use crate::provision::name::{Arn, LogGroupName, MemberName, Region};
use crate::provision::observed::{
    Destination, LogGroup, Logging, LoggingRegion, Member, Observed, Role, State, Stream,
    StreamStatus,
};
use crate::provision::policy::Document;
use crate::provision::resource::{
    DestinationEnds, Distribution, Encryption, FilterPattern, OWNER_TAG, SubscriptionFilter, Tags,
};

/// A fleet, and something that may be observed of it.
pub(super) fn desired_and_observed() -> impl Strategy<Value = (Desired, Observed)> {
    select(FLEETS.as_slice()).prop_flat_map(|desired| {
        let logging = desired.logging.clone().unwrap();
        let role = role(&logging.role);
        let regions: Vec<_> = logging
            .regions
            .iter()
            .map(|(region, place)| logging_region(region.clone(), place.clone()))
            .collect();
        let members: Vec<_> = desired
            .members
            .iter()
            .map(|(name, one)| member(name.clone(), one.clone()))
            .collect();
        (Just(desired), role, regions, members).prop_map(|(desired, role, regions, members)| {
            let logging = Some(Logging {
                role,
                regions: regions.into_iter().collect(),
            });
            (
                desired,
                Observed {
                    logging,
                    members: members.into_iter().collect(),
                },
            )
        })
    })
}

/// What is observed before the first run: the log groups, and nothing of ours.
pub(super) fn nothing_yet(desired: &Desired) -> Observed {
    let regions = |logging: &desired::Logging| {
        let place = LoggingRegion {
            stream: State::Absent,
            destination: State::Absent,
        };
        logging
            .regions
            .keys()
            .map(|region| (region.clone(), place.clone()))
            .collect()
    };
    let logging = desired.logging.as_ref().map(|logging| Logging {
        role: State::Absent,
        regions: regions(logging),
    });
    let groups = |filters: &Filters| {
        let selected = selected(filters);
        let names = filters.by_name.keys().chain(selected.keys());
        names
            .map(|group| (group.clone(), State::Present(LogGroup::default())))
            .collect()
    };
    let member = |member: &desired::Member| {
        let regions = || member.regions.iter();
        Member {
            role: member.needs_role().then_some(State::Absent),
            regions: regions()
                .map(|(region, filters)| (region.clone(), groups(filters)))
                .collect(),
            listed: regions()
                .map(|(region, filters)| (region.clone(), State::Present(listed(filters))))
                .collect(),
            policies: regions()
                .filter(|(_, filters)| filters.account.is_some())
                .map(|(region, _)| (region.clone(), State::Absent))
                .collect(),
        }
    };
    Observed {
        logging,
        members: desired
            .members
            .iter()
            .map(|(name, one)| (name.clone(), member(one)))
            .collect(),
    }
}

/// Two log groups for each pattern, with its filter.
fn selected(filters: &Filters) -> BTreeMap<LogGroupName, SubscriptionFilter> {
    let patterns = filters.by_pattern.iter();
    let named = patterns.flat_map(|(pattern, filter)| {
        let named = |end| format!("{}{end}", pattern.prefix().unwrap());
        ["one", "two"].map(|end| (named(end).parse().unwrap(), filter.clone()))
    });
    named.collect()
}

/// What DescribeLogGroups lists for the patterns, with a log group that takes no filter.
fn listed(filters: &Filters) -> BTreeMap<LogGroupName, String> {
    let groups = selected(filters).into_keys();
    let mut listed: BTreeMap<_, _> = groups.map(|group| (group, "STANDARD".to_owned())).collect();
    let rare = |prefix: &str| format!("{prefix}rare").parse().unwrap();
    let class = "INFREQUENT_ACCESS".to_owned();
    listed.extend(
        filters
            .prefixes()
            .into_iter()
            .map(|prefix| (rare(prefix), class.clone())),
    );
    listed
}

fn state<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = State<T>> {
    prop_oneof![
        6 => value.prop_map(State::Present),
        1 => Just(State::Absent),
        1 => Just(State::Unknown("AccessDenied".to_owned())),
    ]
}

fn tags(ours: Tags) -> impl Strategy<Value = State<Tags>> {
    let owner = ours.get(OWNER_TAG).cloned().unwrap();
    let of = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<Tags>()
    };
    let mut more = ours.clone();
    more.extend(of(&[("their", "tag")]));
    let changed = of(&[(OWNER_TAG, &owner), ("team", "other")]);
    prop_oneof![
        4 => Just(State::Present(ours)),
        2 => Just(State::Present(more)),
        1 => Just(State::Present(changed)),
        1 => Just(State::Present(of(&[("their", "tag")]))),
        1 => Just(State::Present(of(&[(OWNER_TAG, "444455556666/elsewhere")]))),
        1 => Just(State::Unknown("AccessDenied".to_owned())),
    ]
}

/// The `Sid` of statements that are not ours.
pub(super) const THEIR_SID: &str = "Their";

fn document(ours: Document) -> impl Strategy<Value = Document> {
    let theirs = format!(
        r#"{{"Sid":"{THEIR_SID}","Effect":"Allow","Principal":{{"AWS":"123412341234"}},"Action":"x:Y","Resource":"*"}}"#
    );
    let with = move |ours: &str| {
        Document::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{theirs}{ours}]}}"#
        ))
        .unwrap()
    };
    let only_theirs = with("");
    let drifted =
        with(r#",{"Sid":"CatchmentDelivery","Effect":"Deny","Action":"z:Z","Resource":"*"}"#);
    let stale = Document::parse(
        r#"{"Statement":{"Sid":"CatchmentOld","Effect":"Allow","Action":"o:O","Resource":"*"}}"#,
    )
    .unwrap();
    let both = ours
        .statements()
        .iter()
        .map(|statement| format!(",{}", serde_json::to_string(statement).unwrap()))
        .collect::<String>();
    prop_oneof![3 => Just(ours), 1 => Just(only_theirs), 1 => Just(drifted), 1 => Just(stale), 2 => Just(with(&both))]
}

fn role(desired: &desired::Role) -> impl Strategy<Value = State<Role>> + use<> {
    let desired::Role {
        trust,
        policy,
        tags: ours,
        ..
    } = desired.clone();
    let trust = prop_oneof![9 => document(trust).prop_map(State::Present), 1 => Just(State::Unknown("not JSON".to_owned()))];
    let foreign = prop_oneof![
        4 => Just(State::Present(BTreeSet::new())),
        1 => Just(State::Present(BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]))),
        1 => Just(State::Unknown("AccessDenied".to_owned())),
    ];
    let path = prop_oneof![9 => Just("/"), 1 => Just("/service/")];
    let boundary = option::of(Just(
        "arn:aws:iam::aws:policy/PowerUserAccess".parse().unwrap(),
    ));
    let role = (
        (path, boundary),
        trust,
        state(document(policy)),
        foreign,
        tags(ours),
    );
    state(role.prop_map(
        |((path, boundary), trust, policy, foreign_policies, tags)| Role {
            path: path.to_owned(),
            boundary,
            trust,
            policy,
            foreign_policies,
            tags,
        },
    ))
}

fn logging_region(
    region: Region,
    desired: desired::LoggingRegion,
) -> impl Strategy<Value = (Region, LoggingRegion)> {
    let desired::LoggingRegion {
        stream,
        has_stream: _,
        destination,
    } = desired;
    let status = prop_oneof![
        5 => Just(StreamStatus::Active),
        1 => Just(StreamStatus::Creating),
        1 => Just(StreamStatus::Updating),
        1 => Just(StreamStatus::Deleting),
    ];
    let encryption = select(vec![
        Encryption::None,
        Encryption::AwsManaged,
        Encryption::Customer("arn:aws:kms:us-west-2:999988887777:key/k".parse().unwrap()),
    ]);
    let stream = (
        status,
        any::<bool>(),
        1..12_u32,
        select(vec![24, 168, 500]),
        encryption,
        tags(stream.tags),
    )
        .prop_map(
            |(status, is_on_demand, open_shards, retention_hours, encryption, tags)| Stream {
                status,
                is_on_demand,
                open_shards,
                retention_hours,
                encryption,
                tags,
            },
        );
    let other = |text: &str| text.parse::<Arn>().unwrap();
    let target = prop_oneof![4 => Just(destination.ends.target), 1 => Just(other("arn:aws:kinesis:us-west-2:999988887777:stream/other"))];
    let role = prop_oneof![4 => Just(destination.ends.role), 1 => Just(other("arn:aws:iam::999988887777:role/other"))];
    let destination = (
        target,
        role,
        state(document(destination.policy)),
        tags(destination.tags),
    )
        .prop_map(|(target, role, policy, tags)| Destination {
            ends: DestinationEnds { target, role },
            policy,
            tags,
        });
    (Just(region), state(stream), state(destination)).prop_map(|(region, stream, destination)| {
        (
            region,
            LoggingRegion {
                stream,
                destination,
            },
        )
    })
}

fn member(
    name: MemberName,
    desired: desired::Member,
) -> impl Strategy<Value = (MemberName, Member)> {
    let sender = desired.sender.as_ref().unwrap().arn.clone();
    let role = desired.role().map(|wanted| role(&wanted));
    let (role, is_needed) = (role.unwrap(), desired.needs_role());
    let role = (role, any::<bool>());
    let role = role.prop_map(move |(role, is_seen)| (is_needed || is_seen).then_some(role));
    let regions: Vec<_> = desired
        .regions
        .into_iter()
        .map(|(region, filters)| {
            let listed = State::Present(listed(&filters));
            let listed = prop_oneof![
                4 => Just(listed),
                1 => Just(State::Unknown("AccessDenied".to_owned())),
            ];
            let selected = selected(&filters);
            let groups: Vec<_> = filters
                .by_name
                .into_iter()
                .chain(selected)
                .map(|(group, filter)| (Just(group), state(log_group(filter, &sender))))
                .collect();
            (
                Just(region),
                groups.prop_map(|groups| groups.into_iter().collect()),
                listed,
            )
        })
        .collect();
    (Just(name), role, regions).prop_map(|(name, role, regions)| {
        let mut member = Member {
            role,
            ..Member::default()
        };
        for (region, groups, listed) in regions {
            member.regions.insert(region.clone(), groups);
            member.listed.insert(region, listed);
        }
        (name, member)
    })
}

fn log_group(ours: SubscriptionFilter, sender: &Arn) -> impl Strategy<Value = LogGroup> + use<> {
    let elsewhere: Arn = "arn:aws:lambda:us-west-2:111122223333:function:f"
        .parse()
        .unwrap();
    let named = |name: &str, destination: &Arn| SubscriptionFilter {
        name: name.parse().unwrap(),
        pattern: FilterPattern::new("ERROR"),
        destination: destination.clone(),
        distribution: Distribution::ByLogStream,
        system_fields: ["@source.log".to_owned()].into(),
        role: Some("arn:aws:iam::111122223333:role/theirs".parse().unwrap()),
    };
    let drifted = SubscriptionFilter {
        pattern: FilterPattern::new("ERROR"),
        ..ours.clone()
    };
    let other_fields = SubscriptionFilter {
        system_fields: ["@aws.account".to_owned()].into(),
        ..ours.clone()
    };
    let spaced = SubscriptionFilter {
        pattern: FilterPattern::new(" "),
        ..ours.clone()
    };
    let other_role = SubscriptionFilter {
        role: match ours.role {
            Some(_) => None,
            None => Some(sender.clone()),
        },
        ..ours.clone()
    };
    let namesake = SubscriptionFilter {
        destination: elsewhere.clone(),
        ..ours.clone()
    };
    let double = named("by-hand", &ours.destination);
    let renamed = ours.destination.as_str().replace("kinesisDest", "old");
    let renamed = renamed.parse().unwrap();
    let of_our_name = prop_oneof![
        2 => Just(vec![]),
        2 => Just(vec![ours]),
        1 => Just(vec![drifted]),
        1 => Just(vec![other_fields]),
        2 => Just(vec![other_role]),
        1 => Just(vec![spaced]),
        1 => Just(vec![namesake]),
    ];
    let others = select(vec![
        vec![],
        vec![],
        vec![named("to-lambda", &elsewhere)],
        vec![named("to-lambda", &elsewhere), double],
        vec![named("old-name", &renamed)],
    ]);
    (of_our_name, others, vec(any::<bool>(), 1)).prop_map(|(mut filters, others, flip)| {
        filters.extend(others);
        if flip == [true] {
            filters.reverse();
        }
        LogGroup { filters }
    })
}
