//! What must stay allowed until delivery is switched over. A filter whose delivery is refused rests for up to ten minutes and skips
//! what is logged meanwhile, so the role may use the old stream and key until nothing does.

use std::collections::BTreeSet;

use super::builder::Readiness;
use super::change::ChangeKey;
use crate::provision::desired::{LoggingRegion, Role};
use crate::provision::observed::{self, State, StreamStatus};
use crate::provision::policy::Document;
use crate::provision::resource::Encryption;

/// What one Region still uses.
#[derive(Default)]
pub(super) struct InUse {
    /// The key of its stream, if our role needs it until the stream has the one that the fleet file names.
    pub key: Option<String>,
    /// Whether the `logs::Destination` delivers elsewhere through our role, or may.
    is_elsewhere: bool,
    /// Whether the stream is encrypted with another customer key, or may be.
    has_other_key: bool,
}

/// The changes of one Region that switch delivery over.
#[derive(Default)]
pub(super) struct Switches {
    pub put: Option<ChangeKey>,
    pub encrypt: Option<ChangeKey>,
}

/// What the role's part says to the parts that follow.
pub(super) struct RoleReadiness {
    pub ready: Readiness,
    /// Whether its policy is known, and so lets it use what the fleet file names.
    pub may_deliver: bool,
    /// The policy that it has until every Region is switched over, if that allows more than the fleet file asks for.
    pub surplus: Option<Document>,
}

impl InUse {
    /// `beside` are the other Regions' destinations that are to deliver to this Region's stream.
    pub(super) fn of(
        role: &Role,
        wanted: &LoggingRegion,
        seen: Option<&observed::LoggingRegion>,
        beside: &[&State<observed::Destination>],
    ) -> Self {
        let Some(observed::LoggingRegion {
            stream,
            destination,
        }) = seen
        else {
            return Self {
                key: None,
                is_elsewhere: true,
                has_other_key: wanted.has_stream,
            };
        };
        let (is_elsewhere, has_other_role) = match destination {
            State::Present(seen) if seen.ends.role == role.arn => {
                (seen.ends.target != wanted.destination.ends.target, false)
            }
            State::Present(_) => (false, true),
            State::Absent => (false, false),
            State::Unknown(_) => (true, false),
        };
        let is_by_other_role = |one: &&State<observed::Destination>| matches!(one, State::Present(one) if one.ends.role != role.arn);
        let has_other_role = has_other_role || beside.iter().any(is_by_other_role);
        let desired = &wanted.stream.encryption;
        let (key, has_other_key) = match stream {
            _ if !wanted.has_stream => (None, false),
            State::Present(seen) if seen.status != StreamStatus::Deleting => match &seen.encryption
            {
                Encryption::Customer(key) if seen.encryption != *desired => {
                    // a key that stays is the operator's choice, unless the old role could use it
                    let is_needed = has_other_role || *desired != Encryption::None;
                    (is_needed.then(|| key.to_string()), true)
                }
                Encryption::None | Encryption::AwsManaged | Encryption::Customer(_) => {
                    (None, false)
                }
            },
            State::Present(_) | State::Absent => (None, false),
            State::Unknown(_) => (None, true),
        };
        Self {
            key,
            is_elsewhere,
            has_other_key,
        }
    }

    /// Whether the role must keep what it may use now.
    pub(super) fn is_switching(&self) -> bool {
        self.is_elsewhere || self.has_other_key
    }

    /// The changes after which this Region uses only what the fleet file names; `None` if the plan does not get there.
    pub(super) fn switched(&self, switches: Switches) -> Option<BTreeSet<ChangeKey>> {
        let Switches { put, encrypt } = switches;
        let is_left =
            (self.is_elsewhere && put.is_none()) || (self.has_other_key && encrypt.is_none());
        (!is_left).then(|| put.into_iter().chain(encrypt).collect())
    }
}
