//! Which log groups an account-level policy leaves out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Own, Place};
use crate::provision::name::LogGroupName;
use crate::provision::observed::State;
use crate::provision::plan::change::ChangeKey;
use crate::provision::plan::{Reason, filter, read};
use crate::provision::resource::{AccountPolicy, SubscriptionFilter};

/// What the policy leaves out, after which changes it may, and what is worth knowing of it.
pub(super) struct Selection {
    pub left_out: BTreeSet<LogGroupName>,
    pub needs: BTreeSet<ChangeKey>,
    pub notes: Vec<String>,
}

pub(super) fn selection(
    place: Place<'_>,
    asked: &SubscriptionFilter,
    before: Option<&AccountPolicy>,
    own: &Own,
) -> Result<Selection, (Reason, String, &'static str)> {
    let listed = match place.listed() {
        State::Unknown(why) => return Err((Reason::Unknown, why, "")),
        State::Absent => BTreeMap::new(),
        State::Present(listed) => listed,
    };
    let account = &place.login.account;
    let mut left_out = place.filters.never_by_account(account, &listed);
    if place.filters.lacks_delivery_path(account, &listed) {
        let why = "no log group of the delivery path is there yet: a policy could not leave it out, and would create a loop";
        let hint = "deploy infra/logging.yaml, then run `catchment apply`";
        return Err((Reason::Blocked, why.to_owned(), hint));
    }
    let (mut needs, mut notes) = (BTreeSet::new(), Vec::new());
    let is_delivered = |group: &LogGroupName| before.is_some_and(|one| !one.leaves_out(group));
    let mut moving = Vec::new();
    for (group, standing) in own {
        match standing {
            Some(after) if is_delivered(group) => {
                needs.extend(after.iter().cloned());
                moving.push(group.as_str());
            }
            // what is delivered now goes on until its own filter is there
            None if is_delivered(group) => continue,
            Some(_) | None => {}
        }
        left_out.insert(group.clone());
    }
    notes.extend(twice(&moving));
    let regarded = place.filters.regarded(account, &listed, before);
    for group in regarded.into_iter().filter(|one| !own.contains_key(*one)) {
        let seen = match read(place.group(group)) {
            State::Unknown(why) => {
                let why = format!("the filters of {group} could not be read: {why}");
                return Err((Reason::Unknown, why, ""));
            }
            State::Absent => continue,
            State::Present(seen) => seen,
        };
        let mut filters = seen.filters.iter();
        if let Some(other) = filters.find(|one| filter::delivers_to(one, asked)) {
            notes.push(format!(
                "{group} is left out, because filter {} delivers it already",
                other.name
            ));
            left_out.insert(group.clone());
        }
    }
    Ok(Selection {
        left_out,
        needs,
        notes,
    })
}

/// What is worth knowing of log groups that get a filter of their own while the policy still delivers them.
pub(super) fn twice(log_groups: &[&str]) -> Option<String> {
    let subject = match log_groups {
        [] => return None,
        [one] => format!("{one} gets a filter of its own"),
        many => format!("{} get filters of their own", many.join(", ")),
    };
    Some(format!(
        "{subject}: what is logged until the policy no longer delivers it arrives twice"
    ))
}
