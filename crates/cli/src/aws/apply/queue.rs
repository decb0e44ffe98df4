//! Which change comes next: after those that it needs, one at a time in each lane, and none that is bound to fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::provision::name::{AccountId, Region};
use crate::provision::plan::{Action, Change, ChangeKey, Plan};
use crate::provision::resource::ResourceAddress;

/// The changes of a plan that are still to be made.
pub(super) struct Queue<'a> {
    changes: BTreeMap<&'a ChangeKey, Waiting<'a>>,
    needed_by: BTreeMap<&'a ChangeKey, Vec<&'a ChangeKey>>,
    lanes: BTreeMap<Lane, LaneState<'a>>,
    /// Lanes with a change to begin.
    startable: VecDeque<Lane>,
    deliveries: BTreeMap<Region, Delivery<'a>>,
}

/// A change that has neither begun nor been ruled out.
struct Waiting<'a> {
    change: &'a Change,
    /// How many of the changes that it needs are not made yet.
    missing: usize,
}

/// Where changes are made one at a time, because CloudWatch Logs refuses a second writer of a log group. Roles have no Region, and
/// so a lane of their own; so have streams, whose changes take minutes and hold up nothing that does not need them.
type Lane = (AccountId, Option<Region>, bool);

#[derive(Default)]
struct LaneState<'a> {
    is_busy: bool,
    ready: VecDeque<&'a ChangeKey>,
}

/// How the filters of one Region fare, all of which deliver to one `logs::Destination`.
#[derive(Default)]
struct Delivery<'a> {
    /// One filter was accepted, so that the others may follow all at once.
    is_proven: bool,
    in_flight: usize,
    held: VecDeque<Lane>,
    strikes: Option<Strikes<'a>>,
}

/// Failures of one cause, without a success in between.
struct Strikes<'a> {
    cause: String,
    members: BTreeSet<&'a AccountId>,
}

impl Delivery<'_> {
    /// Whether another filter may be tried. Until one is accepted, few are in flight, and none beside what has failed already.
    fn takes_more(&self) -> bool {
        let failed = self
            .strikes
            .as_ref()
            .map_or(0, |strikes| strikes.members.len());
        self.is_proven || self.in_flight == 0 || self.in_flight + failed < STRIKES_MAX
    }
}

/// How many members may fail of the same cause in a row before the others are not tried, and how many try first.
const STRIKES_MAX: usize = 3;

/// What follows from a failure.
pub(super) struct Failed<'a> {
    /// The changes that are not tried because of it.
    pub not_tried: Vec<&'a Change>,
    /// Whether the same cause failed so often that no other member is tried.
    pub is_hopeless: bool,
}

impl<'a> Queue<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let keys: BTreeSet<&ChangeKey> = plan.changes.iter().map(|change| &change.key).collect();
        let mut queue = Self {
            changes: BTreeMap::new(),
            needed_by: BTreeMap::new(),
            lanes: BTreeMap::new(),
            startable: VecDeque::new(),
            deliveries: BTreeMap::new(),
        };
        for change in &plan.changes {
            let needs: Vec<_> = change
                .needs
                .iter()
                .filter(|key| keys.contains(key))
                .collect();
            let missing = needs.len();
            for need in needs {
                queue.needed_by.entry(need).or_default().push(&change.key);
            }
            queue
                .changes
                .insert(&change.key, Waiting { change, missing });
        }
        for change in &plan.changes {
            queue.line_up(&change.key);
        }
        queue
    }

    /// The next change to begin, if one can.
    pub(super) fn take(&mut self) -> Option<&'a Change> {
        while let Some(lane) = self.startable.pop_front() {
            let state = self.lanes.get_mut(&lane)?;
            let Some(&key) = state.ready.front() else {
                continue;
            };
            let Some(waiting) = self.changes.get(key) else {
                state.ready.pop_front();
                self.startable.push_front(lane);
                continue;
            };
            let change = waiting.change;
            if let Some(delivery) = delivery(&mut self.deliveries, change) {
                if !delivery.takes_more() {
                    delivery.held.push_back(lane);
                    continue;
                }
                delivery.in_flight += 1;
            }
            state.ready.pop_front();
            state.is_busy = true;
            self.changes.remove(key);
            return Some(change);
        }
        None
    }

    /// Takes out a change that is made already, or settled otherwise, before it begins.
    pub(super) fn skip(&mut self, key: &ChangeKey) -> Option<&'a Change> {
        Some(self.changes.remove(key)?.change)
    }

    /// Notes that a change was made.
    pub(super) fn done(&mut self, change: &'a Change) {
        self.free(change, |delivery| {
            delivery.is_proven = true;
            delivery.strikes = None;
        });
        self.unblock(change);
    }

    /// Lines up what needed only this change.
    pub(super) fn unblock(&mut self, change: &'a Change) {
        for key in self.needed_by.remove(&change.key).unwrap_or_default() {
            if let Some(waiting) = self.changes.get_mut(key) {
                waiting.missing -= 1;
                self.line_up(key);
            }
        }
    }

    /// Notes that a change failed. `cause` is given if it most likely fails other members too.
    pub(super) fn failed(&mut self, change: &'a Change, cause: Option<&str>) -> Failed<'a> {
        let account = &change.login.account;
        let mut is_hopeless = false;
        self.free(change, |delivery| {
            let Some(cause) = cause else { return };
            let strikes = delivery.strikes.take_if(|strikes| strikes.cause == cause);
            let mut strikes = strikes.unwrap_or_else(|| Strikes {
                cause: cause.to_owned(),
                members: BTreeSet::new(),
            });
            strikes.members.insert(account);
            is_hopeless = strikes.members.len() >= STRIKES_MAX;
            delivery.strikes = Some(strikes);
        });
        let mut not_tried = self.blocked_by(change);
        if is_hopeless {
            let others = self.changes.values().map(|waiting| waiting.change);
            let others: Vec<_> = others
                .filter(|other| is_filter(other) && other.region == change.region)
                .collect();
            for other in others {
                self.changes.remove(&other.key);
                not_tried.push(other);
                not_tried.extend(self.blocked_by(other));
            }
        }
        Failed {
            not_tried,
            is_hopeless,
        }
    }

    /// Takes out whatever needs a change that failed, directly or not.
    pub(super) fn blocked_by(&mut self, change: &'a Change) -> Vec<&'a Change> {
        let mut blocked = Vec::new();
        let mut failed = vec![&change.key];
        while let Some(key) = failed.pop() {
            for key in self.needed_by.remove(key).unwrap_or_default() {
                blocked.extend(self.skip(key));
                failed.push(key);
            }
        }
        blocked
    }

    /// The changes that have not begun.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'a Change> {
        self.changes.values().map(|waiting| waiting.change)
    }

    /// Puts a change in its lane if nothing is missing.
    fn line_up(&mut self, key: &'a ChangeKey) {
        if let Some(Waiting { change, missing: 0 }) = self.changes.get(key) {
            let lane = lane(change);
            let state = self.lanes.entry(lane.clone()).or_default();
            state.ready.push_back(key);
            if !state.is_busy && state.ready.len() == 1 {
                self.startable.push_back(lane);
            }
        }
    }

    /// Frees the lane of a change that has ended, and notes how it ended.
    fn free(&mut self, change: &'a Change, note: impl FnOnce(&mut Delivery<'a>)) {
        let lane = lane(change);
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.is_busy = false;
            if !state.ready.is_empty() {
                self.startable.push_back(lane);
            }
        }
        if let Some(delivery) = delivery(&mut self.deliveries, change) {
            delivery.in_flight -= 1;
            note(delivery);
            self.startable.append(&mut delivery.held);
        }
    }
}

fn lane(change: &Change) -> Lane {
    let ResourceAddress {
        account, region, ..
    } = change.address();
    let is_stream = matches!(change.action, Action::Stream(..));
    (account, region, is_stream)
}

fn is_filter(change: &Change) -> bool {
    matches!(
        change.action,
        Action::Filter(..) | Action::AccountPolicy(..)
    )
}

fn delivery<'d, 'a>(
    deliveries: &'d mut BTreeMap<Region, Delivery<'a>>,
    change: &Change,
) -> Option<&'d mut Delivery<'a>> {
    is_filter(change).then(|| deliveries.entry(change.region.clone()).or_default())
}

#[cfg(test)]
mod tests;
