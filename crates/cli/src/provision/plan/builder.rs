//! A plan in the making: one resource's part after the other, and what each part says to the next.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{ResourceState, ResourceStatus};
use super::{Action, Change, ChangeKey, Declined, Foreign, Note, Orphan, Plan, Reason};
use crate::provision::name::{LogGroupPattern, Region};
use crate::provision::observed::State;
use crate::provision::policy::{Document, foreign, merged};
use crate::provision::resource::{Login, OWNER_TAG, Party, Resource, ResourceAddress};

/// Why a policy is put that others have statements in.
pub(super) const OURS_GO: &str = "our statements go, the others stay";

/// Gathers the plan, and how each resource stands.
#[derive(Default)]
pub(super) struct PlanBuilder {
    pub plan: Plan,
    pub resources: BTreeMap<ResourceAddress, ResourceStatus>,
}

/// One place in the logging account, and what all its resources share.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub login: &'a Login,
    pub region: &'a Region,
    /// The value of our ownership tag.
    pub owner: &'a str,
}

/// One resource's part of the plan. `A` is what can be done to it.
pub(super) struct ResourcePlan<'p, A> {
    plan: &'p mut Plan,
    status: &'p mut ResourceStatus,
    login: &'p Login,
    region: &'p Region,
    action: Box<dyn Fn(A) -> Action + 'p>,
}

/// Whether others can build on a resource once the plan is carried out.
pub(super) enum Readiness {
    /// They can, after these changes.
    Ready { after: BTreeSet<ChangeKey> },
    /// They cannot; the text says why.
    NotReady(String),
}

/// What becomes of a resource that is to be removed.
#[derive(Clone)]
pub(super) enum Removal {
    /// It is gone, after these changes.
    Gone { after: BTreeSet<ChangeKey> },
    /// It stays; the text says what is wrong.
    Stays(String),
    /// It stays, and so does what it needs, because others use it; the text says so.
    Kept(String),
}

impl Default for Removal {
    fn default() -> Self {
        Self::Gone {
            after: BTreeSet::new(),
        }
    }
}

impl Removal {
    /// Combines two removals; a failure outranks a deliberate keep.
    pub(super) fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Gone { after }, Self::Gone { after: more }) => after.extend(more),
            (Self::Gone { .. }, other @ (Self::Stays(_) | Self::Kept(_)))
            | (Self::Kept(_), other @ Self::Stays(_)) => *self = other,
            (Self::Stays(_) | Self::Kept(_), _) => {}
        }
    }

    /// Returns the changes after which it is gone. If it stays, declines to remove what it needs, `below`.
    pub(super) fn awaited<A>(
        &self,
        below: &mut ResourcePlan<'_, A>,
        hint: &str,
    ) -> Option<&BTreeSet<ChangeKey>> {
        let (reason, why) = match self {
            Self::Gone { after } => return Some(after),
            Self::Stays(why) => (Reason::Blocked, why),
            Self::Kept(why) => (Reason::Kept, why),
        };
        below.decline(reason, why, hint);
        None
    }
}

impl PlanBuilder {
    /// Begins the part of one resource. `action` names the resource along with what is done to it.
    pub(super) fn resource<'p, A>(
        &'p mut self,
        party: Party,
        resource: Resource,
        login: &'p Login,
        region: &'p Region,
        action: impl Fn(A) -> Action + 'p,
    ) -> ResourcePlan<'p, A> {
        let address = ResourceAddress::new(party, &login.account, region, resource);
        let status = self.resources.entry(address.clone());
        ResourcePlan {
            plan: &mut self.plan,
            status: status.or_insert_with(|| ResourceStatus::new(address)),
            login,
            region,
            action: Box::new(action),
        }
    }
}

impl PlanBuilder {
    /// Lists an orphan with the resource that it belongs to.
    pub(super) fn orphan(&mut self, orphan: Orphan) {
        let status = self.resources.entry(orphan.address.clone());
        let status = status.or_insert_with(|| ResourceStatus::new(orphan.address.clone()));
        status.orphan(&orphan);
        self.plan.orphans.push(orphan);
    }
}

impl<A> ResourcePlan<'_, A> {
    /// Notes the pattern that selects its log group.
    pub(super) fn selected_by(self, pattern: Option<&LogGroupPattern>) -> Self {
        self.status.selected_by = pattern.cloned();
        self
    }

    /// Says what is worth knowing and asks for nothing.
    pub(super) fn note(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.status.notes.push(what.clone());
        let address = self.status.address.clone();
        self.plan.notes.push(Note { address, what });
    }

    /// Notes that the resource does not exist yet.
    pub(super) fn absent(&mut self) {
        self.status.absent();
    }

    pub(super) fn is_absent(&self) -> bool {
        self.status.state == ResourceState::Absent
    }

    /// Adds a change and returns its key, which later ones need.
    pub(super) fn change(
        &mut self,
        verb: &str,
        action: A,
        why: impl Into<String>,
        needs: &BTreeSet<ChangeKey>,
    ) -> ChangeKey {
        let (key, why) = (ChangeKey::new(&self.status.address, verb), why.into());
        self.status.changing(&why);
        self.plan.changes.push(Change {
            key: key.clone(),
            login: self.login.clone(),
            region: self.region.clone(),
            action: (self.action)(action),
            why,
            needs: needs.clone(),
        });
        key
    }

    pub(super) fn decline(
        &mut self,
        reason: Reason,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let (why, hint) = (why.into(), hint.into());
        self.status.declined(reason, &why, &hint);
        self.plan.declined.push(Declined {
            address: self.status.address.clone(),
            reason,
            why,
            hint,
        });
    }

    /// Declines what waits for another resource, which the plan declines too, with what to do about it.
    pub(super) fn blocked(&mut self, why: impl Into<String>) {
        let hint = "follow the hint for that resource, then run `catchment apply`";
        self.decline(Reason::Blocked, why, hint);
    }

    /// Declines what could not be read.
    pub(super) fn unknown(&mut self, what: &str, why: &str) {
        self.decline(
            Reason::Unknown,
            format!("{what} could not be read: {why}"),
            "nothing is planned from what is unknown: make sure that it can be read, then run `catchment plan`",
        );
    }

    /// Declines a resource whose tags, and so whose owner, could not be read.
    pub(super) fn unknown_owner(&mut self, why: &str) {
        self.unknown("its tags, and so whose it is,", why);
    }

    /// Declines a resource that has the name of ours, but belongs to `fleet`, or to no fleet. Says so in a few words.
    pub(super) fn taken(&mut self, noun: &str, fleet: Option<&str>, ours: &str) -> &'static str {
        let rename = format!("name another {noun} in the fleet file");
        match fleet {
            Some(fleet) => {
                self.decline(Reason::Foreign, format!("it is of fleet {fleet}"), rename);
                "is of another fleet"
            }
            None => {
                let hint = format!("{rename}, or hand this one over: tag it {OWNER_TAG} = {ours}");
                let why = format!("a {noun} of this name exists that catchment did not create");
                self.decline(Reason::Foreign, why, hint);
                "is foreign"
            }
        }
    }

    /// The document of a resource that lets accounts deliver. If it could not be read, says that it stays: their operator may
    /// have no access to it.
    pub(super) fn permission<'s, T>(
        &mut self,
        resource: &State<T>,
        document: Option<&'s State<Document>>,
    ) -> Option<&'s Document> {
        let why = match (resource, document) {
            (State::Unknown(why), _) | (_, Some(State::Unknown(why))) => why,
            (_, Some(State::Present(document))) => return Some(document),
            (_, Some(State::Absent) | None) => return None,
        };
        self.decline(
            Reason::Kept,
            format!("what lets the account deliver stays, because it could not be read: {why}"),
            "run `catchment destroy --account ID` with the credentials of the logging account",
        );
        None
    }

    /// Reports what others set up beside it.
    pub(super) fn foreign(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.status.foreign.push(what.clone());
        let address = self.status.address.clone();
        self.plan.foreign.push(Foreign { address, what });
    }

    /// Reports the statements of a document that others wrote.
    pub(super) fn foreign_statements(&mut self, what: &str, current: &Document, ours: &Document) {
        for statement in foreign(current, ours) {
            self.foreign(format!("statement of the {what}: {}", statement.label()));
        }
    }

    /// Returns a document and what to put in its place. `None` if it is as it should be, could not be read, or would be too long.
    pub(super) fn document(
        &mut self,
        what: &str,
        seen: &State<Document>,
        ours: &Document,
        characters_max: usize,
    ) -> Option<(Option<Document>, Document)> {
        let before = match seen {
            State::Present(before) => Some(before),
            State::Absent => None,
            State::Unknown(why) => {
                self.unknown(&format!("the {what}"), why);
                return None;
            }
        };
        if let Some(before) = before {
            self.foreign_statements(what, before, ours);
        }
        let after = merged(before, ours);
        if before == Some(&after) {
            return None;
        }
        let characters = after.to_json().len();
        if characters > characters_max {
            let keeps_orphans = self.plan.orphans.iter().any(|one| !one.is_cut_off);
            let (beside, hint) = if keeps_orphans {
                (
                    "what it still allows and the fleet file does not name",
                    "cut that off with --prune, or make two fleets",
                )
            } else {
                (
                    "the statements of others",
                    "remove statements of others, or make two fleets",
                )
            };
            let why = format!(
                "with {beside} its {what} would be {characters} characters long; AWS takes {characters_max}"
            );
            self.decline(Reason::Limit, why, hint);
            return None;
        }
        Some((before.cloned(), after))
    }
}
