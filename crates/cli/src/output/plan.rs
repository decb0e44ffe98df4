//! A plan as text: a good diff, account by account, Region by Region, with the reason of each change, and the counts last.
//!
//! As JSON a plan is the [`Plan`] itself, in this shape (keys may be added, never changed):
//! `changes`: a list, in the order in which they are made, of `key` (unique, the same from run to run), `subject`, `action` (one
//! of `create-stream`, `await-stream`, `set-stream-mode`, `raise-shards`, `raise-retention`, `encrypt-stream`, `tag-stream`,
//! `delete-stream`, `create-role`, `put-role-trust`, `put-role-policy`, `delete-role-policy`, `tag-role`, `delete-role`,
//! `put-destination`, `put-destination-policy`, `tag-destination`, `delete-destination`, `put-filter`, `delete-filter`) with its
//! own fields beside it (most have `before`, null where there was nothing, and `after`), `why`, and `needs` (keys of the changes
//! that come first);
//! `declined`: a list of `subject`, `reason` (`unknown`, `foreign`, `blocked`, `kept`, `limit`), `why`, `hint`;
//! `foreign`: a list of `subject`, `what`.
//! A `subject` has `party` (`"logging"` or `{"member": NAME}`), `account`, `region` (null for a role) and `thing`
//! (`{"stream": NAME}`, `{"role": NAME}`, `{"destination": NAME}` or `{"filter": {"log_group": …, "name": …}}`).

use std::collections::BTreeMap;

use super::policy;
use super::tree::{self, Entry};
use crate::provision::plan::{Action, Change, Declined, Effect, Foreign, Plan, Reason, TagChange};
use crate::provision::resource::{ResourceAddress, SubscriptionFilter, Tags};

/// The plan as text, ending in a newline. No colour, no line wrapped.
pub fn text(plan: &Plan) -> String {
    let Plan {
        changes,
        declined,
        foreign,
    } = plan;
    let mut subjects: Vec<&ResourceAddress> = Vec::new();
    let all = changes.iter().map(|change| &change.subject);
    let all = all
        .chain(declined.iter().map(|declined| &declined.subject))
        .chain(foreign.iter().map(|foreign| &foreign.subject));
    for subject in all {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let entries: Vec<Entry> = subjects
        .into_iter()
        .map(|subject| entry(subject, plan))
        .collect();
    let tree = tree::text(&entries);
    let gap = if tree.is_empty() { "" } else { "\n" };
    format!("{tree}{gap}{}\n", summary(plan))
}

/// The last line: how many things come, change and go, and what is left as it is.
pub fn summary(plan: &Plan) -> String {
    let mut effects: BTreeMap<&ResourceAddress, Effect> = BTreeMap::new();
    for Change {
        subject, action, ..
    } in &plan.changes
    {
        let effect = effects.entry(subject).or_insert(action.effect());
        // a thing that is made and then tagged is one that is made; one that goes, goes
        if action.effect() != Effect::Update {
            *effect = action.effect();
        }
    }
    let count = |effect| effects.values().filter(|one| **one == effect).count();
    let changes = if plan.is_empty() {
        "Nothing to change".to_owned()
    } else {
        let [create, update, delete] = [Effect::Create, Effect::Update, Effect::Delete].map(count);
        format!("{create} to create, {update} to update, {delete} to delete")
    };
    let mut left = Vec::new();
    if !plan.declined.is_empty() {
        left.push(format!("{} declined", plan.declined.len()));
    }
    if !plan.foreign.is_empty() {
        left.push(format!("{} foreign, left alone", plan.foreign.len()));
    }
    if left.is_empty() {
        format!("{changes}.")
    } else {
        format!("{changes}; {}.", left.join("; "))
    }
}

fn entry(subject: &ResourceAddress, plan: &Plan) -> Entry {
    let changes: Vec<&Change> = plan
        .changes
        .iter()
        .filter(|change| change.subject == *subject)
        .collect();
    let declined: Vec<&Declined> = plan
        .declined
        .iter()
        .filter(|declined| declined.subject == *subject)
        .collect();
    let mut lines = Vec::new();
    for Change { action, why, .. } in &changes {
        lines.push(format!("{action} ({why})"));
        lines.extend(details(action).into_iter().map(|line| format!("  {line}")));
    }
    for Declined {
        reason, why, hint, ..
    } in &declined
    {
        lines.push(format!("{}: {why}", reason_word(*reason)));
        lines.push(format!("  hint: {hint}"));
    }
    for Foreign { what, .. } in plan
        .foreign
        .iter()
        .filter(|foreign| foreign.subject == *subject)
    {
        lines.push(format!("foreign, left alone: {what}"));
    }
    let sign = sign(&changes, !declined.is_empty());
    Entry {
        subject: subject.clone(),
        heading: format!("{sign} {}", subject.thing),
        lines,
    }
}

/// `+` made, `-` deleted, `~` updated, `!` declined, `=` left alone.
fn sign(changes: &[&Change], is_declined: bool) -> char {
    let has = |effect| {
        changes
            .iter()
            .any(|change| change.action.effect() == effect)
    };
    if has(Effect::Create) {
        '+'
    } else if has(Effect::Delete) {
        '-'
    } else if has(Effect::Update) {
        '~'
    } else if is_declined {
        '!'
    } else {
        '='
    }
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Unknown => "unknown",
        Reason::Foreign => "foreign",
        Reason::Blocked => "blocked",
        Reason::Kept => "kept",
        Reason::Limit => "over a limit",
    }
}

/// The values of an action, before and after.
fn details(action: &Action) -> Vec<String> {
    match action {
        Action::CreateStream { mode: _, tags } => added_tags(tags),
        Action::TagStream { arn: _, tags }
        | Action::TagRole { tags }
        | Action::TagDestination { arn: _, tags } => changed_tags(tags),
        Action::CreateRole { trust, tags } => {
            let mut lines = vec!["trust policy".to_owned()];
            lines.extend(
                policy::lines(None, Some(trust))
                    .into_iter()
                    .map(|line| format!("  {line}")),
            );
            lines.extend(added_tags(tags));
            lines
        }
        Action::PutRoleTrust { before, after }
        | Action::PutRolePolicy {
            name: _,
            before,
            after,
        }
        | Action::PutDestinationPolicy { before, after } => {
            policy::lines(before.as_ref(), Some(after))
        }
        Action::DeleteRolePolicy { name: _, before } => policy::lines(Some(before), None),
        Action::PutDestination { before, after } => {
            let pair = |ends: &crate::provision::plan::DestinationEnds| {
                [
                    ("stream", ends.target.to_string()),
                    ("role", ends.role.to_string()),
                ]
            };
            fields(before.as_ref().map(pair), &pair(after))
        }
        Action::PutFilter {
            before,
            after,
            beside,
        } => {
            let mut lines = fields(before.as_ref().map(filter), &filter(after));
            if !beside.is_empty() {
                let names: Vec<&str> = beside.iter().map(|filter| filter.name.as_str()).collect();
                lines.push(format!(
                    "beside {} of others, if AWS takes one more: {}",
                    names.len(),
                    names.join(", ")
                ));
            }
            lines
        }
        Action::AwaitStream { .. }
        | Action::SetStreamMode { .. }
        | Action::RaiseShards { .. }
        | Action::RaiseRetention { .. }
        | Action::EncryptStream { .. }
        | Action::DeleteStream
        | Action::DeleteRole
        | Action::DeleteDestination { .. }
        | Action::DeleteFilter { .. } => Vec::new(),
    }
}

fn filter(filter: &SubscriptionFilter) -> [(&'static str, String); 4] {
    let SubscriptionFilter {
        name: _,
        pattern,
        destination,
        distribution,
        role,
    } = filter;
    [
        ("to", destination.to_string()),
        ("pattern", format!("\"{}\"", pattern.as_str())),
        ("distribution", distribution.to_string()),
        (
            "role",
            role.as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string),
        ),
    ]
}

/// What is new of all fields, or what differs in those that there were.
fn fields<const N: usize>(
    before: Option<[(&'static str, String); N]>,
    after: &[(&'static str, String); N],
) -> Vec<String> {
    let Some(before) = before else {
        return after
            .iter()
            .filter(|(_, value)| value != "none")
            .map(|(field, value)| format!("+ {field}: {value}"))
            .collect();
    };
    let differing = before
        .iter()
        .zip(after)
        .filter(|(before, after)| before != after);
    differing
        .flat_map(|((field, before), (_, after))| {
            [
                format!("- {field}: {before}"),
                format!("+ {field}: {after}"),
            ]
        })
        .collect()
}

fn added_tags(tags: &Tags) -> Vec<String> {
    tags.iter()
        .map(|(key, value)| format!("+ tag {key}: {value}"))
        .collect()
}

fn changed_tags(TagChange { before, after }: &TagChange) -> Vec<String> {
    let removed = before
        .iter()
        .map(|(key, value)| format!("- tag {key}: {value}"));
    removed.chain(added_tags(after)).collect()
}
