//! Adds proposals to the text of a fleet file, and keeps its comments and its layout.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::{NewMember, Proposal};
use crate::provision::fleet::{Fleet, FleetError};
use crate::provision::name::{LogGroupName, MemberName};

/// Why log groups cannot be added to a fleet file.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("the members are not written as [[members]] tables, each key a list of log groups")]
    Layout,
    #[error("member {member} shares its table with other accounts")]
    Shared { member: MemberName },
    #[error("the file is not valid TOML")]
    Toml(#[source] toml_edit::TomlError),
    #[error("the file would no longer be valid")]
    Invalid(#[source] FleetError),
}

/// The text of the fleet file with the proposals in it.
///
/// # Errors
/// Fails if the file is laid out in a way that this does not know, or would not be valid afterwards.
pub fn merged(text: &str, proposals: &[Proposal]) -> Result<String, MergeError> {
    let mut document: DocumentMut = text.parse().map_err(MergeError::Toml)?;
    let of_all = document.get("defaults").cloned();
    let of_all = |key: &str| of_all.as_ref().and_then(|table| table.get(key)?.as_array());
    let members = document
        .get_mut("members")
        .and_then(Item::as_array_of_tables_mut)
        .ok_or(MergeError::Layout)?;
    for proposal in proposals {
        if let Some(new) = &proposal.new {
            members.push(table(&proposal.member, new));
        }
        let member = &proposal.member;
        if is_shared(members, member) {
            let member = member.clone();
            return Err(MergeError::Shared { member });
        }
        let table = table_of(members, member).ok_or(MergeError::Layout)?;
        for (key, groups) in &proposal.log_groups {
            // the member's own list stands in the place of what all members have
            let common = of_all(key).cloned().unwrap_or_default();
            let list = table.entry(key).or_insert_with(|| value(common));
            let list = list.as_array_mut().ok_or(MergeError::Layout)?;
            groups.iter().for_each(|group| push(list, group));
        }
    }
    let merged = document.to_string();
    Fleet::parse(&merged).map_err(MergeError::Invalid)?;
    Ok(merged)
}

/// The lines to add for a proposal: a whole table, or keys of one that is there.
pub fn lines(proposal: &Proposal) -> String {
    let new = proposal.new.as_ref();
    let mut table = new.map_or_else(Table::new, |new| table(&proposal.member, new));
    for (key, groups) in &proposal.log_groups {
        let list: Array = groups.iter().map(LogGroupName::as_str).collect();
        table.insert(key, value(list));
    }
    let heading = if new.is_some() { "[[members]]\n" } else { "" };
    format!("{heading}{table}")
}

fn table(name: &MemberName, new: &NewMember) -> Table {
    let NewMember {
        profile,
        account,
        regions,
    } = new;
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    let profile = profile.as_ref().map(|profile| profile.as_str());
    if Fleet::implied_name(profile, Some(account.as_str())) != Some(name.as_str()) {
        table.insert("name", value(name.as_str()));
    }
    if let Some(profile) = profile {
        table.insert("profile", value(profile));
    }
    table.insert("account", value(account.as_str()));
    if !regions.is_empty() {
        let list: Array = regions.iter().map(|region| region.as_str()).collect();
        table.insert("regions", value(list));
    }
    table
}

fn table_of<'t>(members: &'t mut ArrayOfTables, name: &MemberName) -> Option<&'t mut Table> {
    members.iter_mut().find(|table| {
        let text = |key| table.get(key).and_then(Item::as_str);
        let implied = || Fleet::implied_name(text("profile"), text("account"));
        text("name").or_else(implied) == Some(name.as_str())
    })
}

/// Whether the member is one of several accounts of a table.
fn is_shared(members: &ArrayOfTables, name: &MemberName) -> bool {
    let accounts = members.iter().filter_map(|table| table.get("accounts"));
    let mut accounts = accounts.filter_map(Item::as_array).flatten();
    accounts.any(|account| account.as_str() == Some(name.as_str()))
}

/// Adds a log group, on a line of its own if the last one has one.
fn push(list: &mut Array, group: &LogGroupName) {
    let mut item = Value::from(group.as_str());
    let last = list.iter().last();
    let prefix = last.and_then(|last| last.decor().prefix()?.as_str());
    let Some((_, indent)) = prefix.and_then(|prefix| prefix.rsplit_once('\n')) else {
        return list.push(item);
    };
    // a comment behind the last log group is about that one
    let comment = list.trailing().as_str().unwrap_or_default();
    let comment = comment.split_once('\n').map_or("", |(comment, _)| comment);
    item.decor_mut().set_prefix(format!("{comment}\n{indent}"));
    list.push_formatted(item);
    list.set_trailing("\n");
}
