//! A plan as text: a diff, account by account, Region by Region, with the reason of each change, and the counts last.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::policy;
use super::tree::{self, Detail};
use crate::count::counted;
use crate::provision::name::LogGroupPattern;
use crate::provision::plan::{
    AccountPolicyAction, Action, Change, Declined, DestinationAction, Effect, FilterAction,
    Foreign, Note, Orphan, Plan, Reason, RoleAction, StreamAction, TagChange, Warning,
};
use crate::provision::resource::{
    AccountPolicy, DestinationEnds, ResourceAddress, SubscriptionFilter, Tags,
};

/// What a plan says of one resource.
#[derive(Default)]
struct Part<'a> {
    /// Where it first stands in the plan.
    place: usize,
    changes: Vec<&'a Change>,
    declined: Vec<&'a Declined>,
    foreign: Vec<&'a Foreign>,
    orphans: Vec<&'a Orphan>,
    warnings: Vec<&'a Warning>,
    notes: Vec<&'a Note>,
}

/// The plan as text, ending in a newline. No colour, no line wrapped.
pub fn text(plan: &Plan, detail: Detail) -> String {
    let parts = parts(plan);
    let summary = summary(plan, &parts);
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, part)| part.place);
    let entries: Vec<Entry> = parts
        .into_iter()
        .map(|(address, part)| entry(address, &part))
        .collect();
    tree::text(&entries, 8, detail, &summary)
}

fn parts(plan: &Plan) -> BTreeMap<ResourceAddress, Part<'_>> {
    let Plan {
        changes,
        declined,
        foreign,
        orphans,
        warnings,
        notes,
    } = plan;
    let mut parts = BTreeMap::new();
    for change in changes {
        part(&mut parts, change.address()).changes.push(change);
    }
    for one in declined {
        part(&mut parts, one.address.clone()).declined.push(one);
    }
    for one in foreign {
        part(&mut parts, one.address.clone()).foreign.push(one);
    }
    for one in orphans {
        part(&mut parts, one.address.clone()).orphans.push(one);
    }
    for one in warnings {
        part(&mut parts, one.address.clone()).warnings.push(one);
    }
    for one in notes {
        part(&mut parts, one.address.clone()).notes.push(one);
    }
    parts
}

fn part<'m, 'a>(
    parts: &'m mut BTreeMap<ResourceAddress, Part<'a>>,
    address: ResourceAddress,
) -> &'m mut Part<'a> {
    let place = parts.len();
    parts.entry(address).or_insert_with(|| Part {
        place,
        ..Part::default()
    })
}

/// The last line: how many resources are created, updated and deleted, and what is left as it is.
fn summary(plan: &Plan, parts: &BTreeMap<ResourceAddress, Part<'_>>) -> String {
    let has = |part: &&Part<'_>, wanted| effect(&part.changes) == Some(wanted);
    let count = |effect| parts.values().filter(|part| has(part, effect)).count();
    let is_unread = |declined: &&Declined| declined.reason == Reason::Unknown;
    let unread = plan.declined.iter().filter(is_unread).count();
    let changes = if plan.is_empty() && unread > 0 {
        format!("No change is planned, but {unread} could not be read")
    } else if plan.is_empty() {
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
    let kept = plan.orphans.iter().filter(|one| !one.is_cut_off).count();
    if kept > 0 {
        left.push(format!("{} kept", counted(kept, "orphan")));
    }
    if left.is_empty() {
        format!("{changes}.")
    } else {
        format!("{changes}; {}.", left.join("; "))
    }
}

fn entry(address: ResourceAddress, part: &Part<'_>) -> Entry {
    let Part {
        place: _,
        changes,
        declined,
        foreign,
        orphans,
        warnings,
        notes,
    } = part;
    let mut lines = Vec::new();
    for Change { action, why, .. } in changes {
        lines.push(format!("{action} ({why})"));
        lines.extend(details(action).into_iter().map(|line| format!("  {line}")));
    }
    for Declined {
        reason, why, hint, ..
    } in declined
    {
        lines.push(format!("{}: {why}", reason_word(*reason)));
        lines.push(format!("  hint: {hint}"));
    }
    for Foreign { what, .. } in foreign {
        lines.push(format!("foreign, left alone: {what}"));
    }
    lines.extend(orphans.iter().map(|one| format!("orphan: {one}")));
    for Warning { what, hint, .. } in warnings {
        lines.push(format!("warning: {what}"));
        lines.push(format!("  hint: {hint}"));
    }
    lines.extend(notes.iter().map(|one| one.what.clone()));
    let sign = match effect(changes) {
        Some(Effect::Create) => '+',
        Some(Effect::Delete) => '-',
        Some(Effect::Update) => '~',
        None if declined.is_empty() => '=',
        None => '!',
    };
    let heading = format!("{sign} {}", address.resource);
    Entry {
        address,
        heading,
        lines,
    }
}

/// What all changes of one resource come to: one that is created and then tagged is created.
fn effect(changes: &[&Change]) -> Option<Effect> {
    let effects = || changes.iter().map(|change| change.action.effect());
    effects()
        .find(|effect| *effect != Effect::Update)
        .or_else(|| effects().next())
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
        Action::Stream(_, action) => of_stream(action),
        Action::Role(_, action) | Action::MemberRole(_, _, action) => of_role(action),
        Action::Destination(_, action) => of_destination(action),
        Action::Filter(_, _, action) => of_filter(action),
        Action::AccountPolicy(_, action) => of_account_policy(action),
    }
}

fn of_stream(action: &StreamAction) -> Vec<String> {
    match action {
        StreamAction::Create { mode: _, tags } => added_tags(tags),
        StreamAction::Tag { arn: _, tags } => changed_tags(tags),
        StreamAction::Await { .. }
        | StreamAction::SetMode { .. }
        | StreamAction::RaiseShards { .. }
        | StreamAction::RaiseRetention { .. }
        | StreamAction::Encrypt { .. }
        | StreamAction::Delete => Vec::new(),
    }
}

fn of_role(action: &RoleAction) -> Vec<String> {
    match action {
        RoleAction::PutBoundary { before, after } => {
            let before = before.iter().map(|before| format!("- {before}"));
            before.chain([format!("+ {after}")]).collect()
        }
        RoleAction::Create {
            trust,
            boundary,
            tags,
        } => {
            let boundary = boundary.iter();
            let boundary = boundary.map(|one| format!("+ permissions boundary: {one}"));
            let statements = policy::lines(None, Some(trust));
            let statements = statements.iter().map(|line| format!("  {line}"));
            let mut lines = vec!["trust policy".to_owned()];
            lines.extend(statements.chain(boundary).chain(added_tags(tags)));
            lines
        }
        RoleAction::PutTrust { before, after }
        | RoleAction::PutPolicy {
            name: _,
            before,
            after,
        } => policy::lines(before.as_ref(), Some(after)),
        RoleAction::DeletePolicy { name: _, before } => policy::lines(Some(before), None),
        RoleAction::Tag { tags } => changed_tags(tags),
        RoleAction::Delete => Vec::new(),
    }
}

fn of_destination(action: &DestinationAction) -> Vec<String> {
    match action {
        DestinationAction::Put { before, after } => {
            fields(before.as_ref().map(ends).as_ref(), &ends(after))
        }
        DestinationAction::PutPolicy {
            before,
            after,
            force_update: _,
        } => policy::lines(before.as_ref(), Some(after)),
        DestinationAction::Tag { arn: _, tags } => changed_tags(tags),
        DestinationAction::Delete { .. } => Vec::new(),
    }
}

fn of_filter(action: &FilterAction) -> Vec<String> {
    match action {
        FilterAction::Put {
            before,
            after,
            beside,
            selected_by,
            destination: _,
        } => {
            let mut lines = fields(before.as_ref().map(filter).as_ref(), &filter(after));
            lines.extend(selected_by.as_deref().map(selected));
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
        FilterAction::Delete { .. } => Vec::new(),
    }
}

fn of_account_policy(action: &AccountPolicyAction) -> Vec<String> {
    let AccountPolicyAction::Put { before, after, .. } = action else {
        return Vec::new();
    };
    let of_filter = |policy: &AccountPolicy| filter(&policy.filter);
    let mut lines = fields(before.as_ref().map(of_filter).as_ref(), &of_filter(after));
    let left_out = |policy: Option<&AccountPolicy>| {
        let names = policy.and_then(|policy| policy.left_out.clone());
        names.unwrap_or_default()
    };
    let (before, after) = (left_out(before.as_ref()), left_out(Some(after)));
    let fewer = before.difference(&after);
    lines.extend(fewer.map(|group| format!("- leaves out {group}")));
    let more = after.difference(&before);
    lines.extend(more.map(|group| format!("+ leaves out {group}")));
    lines
}

/// How a log group comes into the plan that the fleet file does not name.
pub(super) fn selected(by: &LogGroupPattern) -> String {
    format!("selected by {by}")
}

fn ends(ends: &DestinationEnds) -> [(&'static str, String); 2] {
    let DestinationEnds { target, role } = ends;
    [("stream", target.to_string()), ("role", role.to_string())]
}

fn filter(filter: &SubscriptionFilter) -> [(&'static str, String); 5] {
    let SubscriptionFilter {
        name: _,
        pattern,
        destination,
        distribution,
        system_fields,
        role,
    } = filter;
    let system_fields: Vec<&str> = system_fields.iter().map(String::as_str).collect();
    [
        ("to", destination.to_string()),
        ("pattern", format!("\"{}\"", pattern.as_str())),
        ("distribution", distribution.to_string()),
        (
            "system fields",
            if system_fields.is_empty() {
                "none".to_owned()
            } else {
                system_fields.join(", ")
            },
        ),
        (
            "role",
            role.as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string),
        ),
    ]
}

/// Every field of something new, or the fields that differ.
fn fields<const N: usize>(
    before: Option<&[(&'static str, String); N]>,
    after: &[(&'static str, String); N],
) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, (field, after)) in after.iter().enumerate() {
        match before.map(|before| &before[index].1) {
            None if after == "none" => {}
            None => lines.push(format!("+ {field}: {after}")),
            Some(before) if before == after => {}
            Some(before) => {
                lines.push(format!("- {field}: {before}"));
                lines.push(format!("+ {field}: {after}"));
            }
        }
    }
    lines
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
