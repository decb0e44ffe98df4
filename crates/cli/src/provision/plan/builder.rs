//! A plan in the making, and what one thing's part of it says to the next.

use std::collections::BTreeSet;

use super::change::{Action, Change, ChangeKey};
use super::{Declined, Foreign, Plan, Reason};
use crate::provision::observed::State;
use crate::provision::policy::{Document, foreign, merged};
use crate::provision::resource::ResourceAddress;

/// Gathers changes, refusals and foreign things.
pub(super) struct PlanBuilder<'a> {
    /// The value of our ownership tag.
    pub owner: &'a str,
    plan: Plan,
}

/// How a thing will stand once the plan is carried out.
pub(super) enum Readiness {
    /// It will do, after these changes.
    Stands { after: BTreeSet<ChangeKey> },
    /// It will not be there, or not so that others can build on it; the text says what is the matter.
    Falls(String),
}

/// What becomes of a thing that is to go.
pub(super) enum Removal {
    /// It is gone, after these changes.
    Gone { after: BTreeSet<ChangeKey> },
    /// It stays; the text says what is the matter.
    Stays(String),
    /// It stays because others use it, and what it stands on stays with it; the text says so.
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
    /// Both gone, or not. What is the matter with one is told before what is kept.
    pub(super) fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Gone { after }, Self::Gone { after: more }) => after.extend(more),
            (Self::Gone { .. }, other @ (Self::Stays(_) | Self::Kept(_)))
            | (Self::Kept(_), other @ Self::Stays(_)) => *self = other,
            (Self::Stays(_) | Self::Kept(_), _) => {}
        }
    }

    /// The changes after which it is gone. Where it stays, what it stands on is declined.
    pub(super) fn awaited(
        &self,
        draft: &mut PlanBuilder<'_>,
        below: &ResourceAddress,
        hint: &str,
    ) -> Option<&BTreeSet<ChangeKey>> {
        let (reason, why) = match self {
            Self::Gone { after } => return Some(after),
            Self::Stays(why) => (Reason::Blocked, why),
            Self::Kept(why) => (Reason::Kept, why),
        };
        draft.decline(below, reason, why, hint);
        None
    }
}

impl<'a> PlanBuilder<'a> {
    pub(super) fn new(owner: &'a str) -> Self {
        Self {
            owner,
            plan: Plan::default(),
        }
    }

    /// Adds a change; its key is what later ones need.
    pub(super) fn change(
        &mut self,
        subject: &ResourceAddress,
        verb: &str,
        action: Action,
        why: impl Into<String>,
        needs: &BTreeSet<ChangeKey>,
    ) -> ChangeKey {
        let key = ChangeKey::new(subject, verb);
        let change = Change {
            key: key.clone(),
            subject: subject.clone(),
            action,
            why: why.into(),
            needs: needs.clone(),
        };
        self.plan.changes.push(change);
        key
    }

    pub(super) fn decline(
        &mut self,
        subject: &ResourceAddress,
        reason: Reason,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.plan.declined.push(Declined {
            subject: subject.clone(),
            reason,
            why: why.into(),
            hint: hint.into(),
        });
    }

    /// Declines what could not be read.
    pub(super) fn unknown(&mut self, subject: &ResourceAddress, what: &str, why: &str) {
        let why = format!("{what} could not be read: {why}");
        self.decline(
            subject,
            Reason::Unknown,
            why,
            "see that it can be read, then run again: nothing is planned from what is unknown",
        );
    }

    pub(super) fn foreign(&mut self, subject: &ResourceAddress, what: impl Into<String>) {
        self.plan.foreign.push(Foreign {
            subject: subject.clone(),
            what: what.into(),
        });
    }

    /// Reports the statements of a document that others wrote.
    pub(super) fn foreign_statements(
        &mut self,
        subject: &ResourceAddress,
        what: &str,
        current: &Document,
        ours: &Document,
    ) {
        for statement in foreign(current, ours) {
            self.foreign(
                subject,
                format!("statement of the {what}: {}", statement.label()),
            );
        }
    }

    /// What to put in place of a document, and that document; nothing where it says what it should, or could not be read.
    pub(super) fn document(
        &mut self,
        subject: &ResourceAddress,
        what: &str,
        seen: &State<Document>,
        ours: &Document,
    ) -> Option<(Option<Document>, Document)> {
        let before = match seen {
            State::Present(before) => Some(before),
            State::Absent => None,
            State::Unknown(why) => {
                self.unknown(subject, &format!("the {what}"), why);
                return None;
            }
        };
        if let Some(before) = before {
            self.foreign_statements(subject, what, before, ours);
        }
        let after = merged(before, ours);
        (before != Some(&after)).then(|| (before.cloned(), after))
    }

    pub(super) fn finish(self) -> Plan {
        self.plan
    }
}
