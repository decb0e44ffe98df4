//! The seed fleet as it is seen if all is in sync, and as a test changes it.

use crate::provision::desired::Desired;
use crate::provision::fleet::{Fleet, TEMPLATE};
use crate::provision::observed::{
    Destination, LogGroup, Logging, LoggingRegion, Member, Observed, Role, State, Stream,
    StreamStatus,
};
use crate::provision::resource::SubscriptionFilter;
use crate::provision::verification::{Break, breaks, paths};

/// The fleet, and what was seen of it: all in sync.
pub(super) struct World {
    pub(super) desired: Desired,
    pub(super) observed: Observed,
}

impl World {
    pub(super) fn in_sync() -> Self {
        let desired = Desired::of_fleet(&Fleet::parse(TEMPLATE).unwrap()).unwrap();
        let wanted = desired.logging.as_ref().unwrap();
        let regions = wanted.regions.iter().map(|(region, place)| {
            let stream = Stream {
                status: StreamStatus::Active,
                is_on_demand: false,
                open_shards: 4,
                retention_hours: 168,
                encryption: place.stream.encryption.clone(),
                tags: State::Present(place.stream.tags.clone()),
            };
            let destination = Destination {
                ends: place.destination.ends.clone(),
                policy: State::Present(place.destination.policy.clone()),
                tags: State::Present(place.destination.tags.clone()),
            };
            let seen = LoggingRegion {
                stream: State::Present(stream),
                destination: State::Present(destination),
            };
            (region.clone(), seen)
        });
        let logging = Logging {
            role: State::Present(Role {
                path: "/".to_owned(),
                boundary: None,
                trust: State::Present(wanted.role.trust.clone()),
                policy: State::Present(wanted.role.policy.clone()),
                foreign_policies: State::Present(Default::default()),
                tags: State::Present(wanted.role.tags.clone()),
            }),
            regions: regions.collect(),
        };
        let members = desired.members.iter().map(|(name, member)| {
            let regions = member.regions.iter().map(|(region, filters)| {
                let groups = filters.by_name.iter().map(|(group, filter)| {
                    let filters = vec![filter.clone()];
                    (group.clone(), State::Present(LogGroup { filters }))
                });
                (region.clone(), groups.collect())
            });
            (
                name.clone(),
                Member {
                    regions: regions.collect(),
                    ..Member::default()
                },
            )
        });
        let observed = Observed {
            logging: Some(logging),
            members: members.collect(),
        };
        Self { desired, observed }
    }

    pub(super) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut world = Self::in_sync();
        change(&mut world);
        world
    }

    /// The first log group of the first member, as it was seen.
    pub(super) fn log_group(&mut self) -> &mut State<LogGroup> {
        let member = self.observed.members.values_mut().next().unwrap();
        let region = member.regions.values_mut().next().unwrap();
        region.values_mut().next().unwrap()
    }

    pub(super) fn filter(&mut self) -> &mut SubscriptionFilter {
        match self.log_group() {
            State::Present(group) => &mut group.filters[0],
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn logging(&mut self) -> &mut Logging {
        self.observed.logging.as_mut().unwrap()
    }

    pub(super) fn role(&mut self) -> &mut Role {
        present(&mut self.logging().role)
    }

    pub(super) fn place(&mut self) -> &mut LoggingRegion {
        self.logging().regions.values_mut().next().unwrap()
    }

    pub(super) fn destination(&mut self) -> &mut Destination {
        present(&mut self.place().destination)
    }

    /// What the configuration says of the first path.
    pub(super) fn breaks(&self) -> Vec<Break> {
        let paths = paths(&self.desired, &self.observed);
        breaks(&self.desired, &self.observed, &paths[0])
    }
}

pub(super) fn present<T>(state: &mut State<T>) -> &mut T {
    match state {
        State::Present(one) => one,
        _ => panic!("it is there"),
    }
}
