//! Adds proposals to the text of a fleet file, and keeps its comments and its layout.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{Entry, NewMember, Proposal};
use crate::provision::fleet::{Fleet, FleetError};
use crate::provision::name::MemberName;

/// Why log groups cannot be added to a fleet file.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("the members are not written as [[members]] tables, each key a list of log groups")]
    Layout,
    #[error("the file is not valid TOML")]
    Toml(#[source] toml_edit::TomlError),
    #[error("the file would no longer be valid")]
    Invalid(#[source] FleetError),
}

/// Proposals that are alike but for their accounts, and become one table.
#[derive(Debug, Clone)]
pub struct Alike<'p> {
    pub proposals: Vec<&'p Proposal>,
    /// What is new about each of them; `None` if their members are in the file.
    pub new: Option<&'p NewMember>,
    pub log_groups: &'p BTreeMap<&'static str, Vec<Entry>>,
}

/// The proposals, those that are alike together, each in the place of the first.
pub fn alike(proposals: &[Proposal]) -> Vec<Alike<'_>> {
    let mut places = BTreeMap::new();
    let mut all: Vec<Alike<'_>> = Vec::new();
    for proposal in proposals {
        let new = proposal.new.as_ref();
        let key = (
            new.map(|new| (&new.profile, &new.regions)),
            &proposal.log_groups,
        );
        let place = *places.entry(key).or_insert(all.len());
        match all.get_mut(place) {
            Some(others) => others.proposals.push(proposal),
            None => all.push(Alike {
                proposals: vec![proposal],
                new,
                log_groups: &proposal.log_groups,
            }),
        }
    }
    all
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
        .entry("members")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .ok_or(MergeError::Layout)?;
    for alike in alike(proposals) {
        match alike.new {
            Some(new) => add_members(members, &alike, new, of_all)?,
            None => add_log_groups(members, &alike, of_all)?,
        }
    }
    let merged = document.to_string();
    Fleet::parse(&merged).map_err(MergeError::Invalid)?;
    Ok(merged)
}

/// The lines to add for proposals that are alike: a whole table, or keys of those that are there. Names so many accounts at most.
pub fn lines(alike: &Alike<'_>, accounts_max: usize) -> String {
    let Some(new) = alike.new else {
        let mut table = Table::new();
        insert_lists(&mut table, alike, |_| None);
        return table.to_string();
    };
    let mut table = new_table(alike, new, |_| None);
    let few = alike.proposals.iter().take(accounts_max);
    name_accounts(&mut table, few.copied());
    let mut document = DocumentMut::new();
    let mut members = ArrayOfTables::new();
    members.push(table);
    document.insert("members", Item::ArrayOfTables(members));
    let more = alike.proposals.len().saturating_sub(accounts_max);
    let more = match more {
        0 => String::new(),
        more => format!("# and {more} more\n"),
    };
    format!("{}{more}", document.to_string().trim_start_matches('\n'))
}

const ACCOUNT: &str = "account";
const ACCOUNTS: &str = "accounts";

/// Adds members: to a table of several accounts that says the same, or else in a table of their own.
fn add_members<'a>(
    members: &mut ArrayOfTables,
    alike: &Alike<'_>,
    new: &NewMember,
    of_all: impl Fn(&str) -> Option<&'a Array>,
) -> Result<(), MergeError> {
    let mut table = new_table(alike, new, of_all);
    let said = said(&table);
    let is_same = |one: &&mut Table| one.contains_key(ACCOUNTS) && self::said(one) == said;
    let shared = members.iter_mut().find(is_same);
    let Some(shared) = shared.filter(|_| new.profile.is_none()) else {
        name_accounts(&mut table, alike.proposals.iter().copied());
        members.push(table);
        return Ok(());
    };
    let accounts = shared.get_mut(ACCOUNTS).ok_or(MergeError::Layout)?;
    for proposal in &alike.proposals {
        let number = account_of(proposal);
        if let Some(list) = accounts.as_array_mut() {
            push(list, Value::from(number));
        } else {
            let named = accounts.as_table_like_mut().ok_or(MergeError::Layout)?;
            named.insert(proposal.member.as_str(), value(number));
        }
    }
    Ok(())
}

/// What a table says besides its accounts.
fn said(table: &Table) -> BTreeMap<String, Vec<String>> {
    let keys = table.iter().filter(|(key, _)| *key != ACCOUNTS);
    let plain = |one: &Value| one.clone().decorated("", "").to_string();
    keys.map(|(key, item)| {
        let values = match item.as_array() {
            Some(list) => list.iter().map(plain).collect(),
            None => item.as_value().map(plain).into_iter().collect(),
        };
        (key.to_owned(), values)
    })
    .collect()
}

/// A table with all that is alike: Regions and log groups.
fn new_table<'a>(
    alike: &Alike<'_>,
    new: &NewMember,
    of_all: impl Fn(&str) -> Option<&'a Array>,
) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    if !new.regions.is_empty() {
        let list: Array = new.regions.iter().map(|region| region.as_str()).collect();
        table.insert("regions", value(list));
    }
    insert_lists(&mut table, alike, of_all);
    table
}

/// Inserts whole lists, with the entries of `[defaults]` as they are written there.
fn insert_lists<'a>(
    table: &mut Table,
    alike: &Alike<'_>,
    of_all: impl Fn(&str) -> Option<&'a Array>,
) {
    for (key, entries) in alike.log_groups {
        let common = of_all(key);
        let written = |entry: &Entry| {
            let Entry::Everywhere(name) = entry else {
                return None;
            };
            let is_same = |one: &&Value| name_in(one) == Some(name.as_str());
            let mut one = common?.iter().find(is_same)?.clone();
            one.decor_mut().clear();
            Some(one)
        };
        let list: Array = entries
            .iter()
            .map(|entry| written(entry).unwrap_or_else(|| to_value(entry)))
            .collect();
        table.insert(key, value(list));
    }
}

/// The log group of an entry: a string, or a table with a name.
fn name_in(entry: &Value) -> Option<&str> {
    let named = || entry.as_inline_table()?.get("name")?.as_str();
    entry.as_str().or_else(named)
}

fn to_value(entry: &Entry) -> Value {
    match entry {
        Entry::Everywhere(name) => name.as_str().into(),
        Entry::In { name, regions } => {
            let mut table = InlineTable::new();
            table.insert("name", name.as_str().into());
            let regions: Array = regions.iter().map(|region| region.as_str()).collect();
            table.insert("regions", regions.into());
            table.into()
        }
    }
}

/// Says whose table it is: that of one account, with its name, or of several.
fn name_accounts<'p>(table: &mut Table, proposals: impl Iterator<Item = &'p Proposal>) {
    let proposals: Vec<_> = proposals.collect();
    if let [one] = proposals.as_slice() {
        let profile = one.new.as_ref().and_then(|new| new.profile.as_ref());
        let profile = profile.map(|profile| profile.as_str());
        let mut named = Table::new();
        if Fleet::implied_name(profile, Some(account_of(one))) != Some(one.member.as_str()) {
            named.insert("name", value(one.member.as_str()));
        }
        if let Some(profile) = profile {
            named.insert("profile", value(profile));
        }
        named.insert(ACCOUNT, value(account_of(one)));
        // what a table is about comes first
        let rest = std::mem::take(table);
        *named.decor_mut() = rest.decor().clone();
        *table = named;
        for (key, item) in rest {
            table.insert(&key, item);
        }
        return;
    }
    let mut accounts = Table::new();
    accounts.decor_mut().set_prefix("\n");
    for one in proposals {
        accounts.insert(one.member.as_str(), value(account_of(one)));
    }
    table.insert(ACCOUNTS, Item::Table(accounts));
}

fn account_of(proposal: &Proposal) -> &str {
    let new = proposal.new.as_ref();
    new.map_or("", |new| new.account.as_str())
}

/// Adds log groups to members: each to its table. Members that share a table with others get one of their own.
fn add_log_groups<'a>(
    members: &mut ArrayOfTables,
    alike: &Alike<'_>,
    of_all: impl Fn(&str) -> Option<&'a Array>,
) -> Result<(), MergeError> {
    let names: BTreeSet<&MemberName> = alike.proposals.iter().map(|one| &one.member).collect();
    let is_meant = |name: &str| names.iter().any(|one| one.as_str() == name);
    let mut added = 0;
    let mut apart = Vec::new();
    for table in members.iter_mut() {
        let all = members_of(table);
        let meant = all.iter().filter(|name| is_meant(name)).count();
        added += meant;
        if meant == 0 {
            continue;
        }
        if meant < all.len() {
            apart.push(taken_apart(table, is_meant).ok_or(MergeError::Layout)?);
            continue;
        }
        extend(table, alike, &of_all)?;
    }
    for mut table in apart {
        extend(&mut table, alike, &of_all)?;
        members.push(table);
    }
    if added == names.len() {
        Ok(())
    } else {
        Err(MergeError::Layout)
    }
}

/// Adds the log groups to the lists of a table. A list of its own stands in the place of what all members have.
fn extend<'a>(
    table: &mut Table,
    alike: &Alike<'_>,
    of_all: impl Fn(&str) -> Option<&'a Array>,
) -> Result<(), MergeError> {
    for (key, entries) in alike.log_groups {
        let common = of_all(key).cloned().unwrap_or_default();
        let list = table.entry(key).or_insert_with(|| value(common));
        let list = list.as_array_mut().ok_or(MergeError::Layout)?;
        entries.iter().for_each(|entry| push(list, to_value(entry)));
    }
    Ok(())
}

/// The names of a table's members.
fn members_of(table: &Table) -> Vec<String> {
    let Some(accounts) = table.get(ACCOUNTS) else {
        let text = |key| table.get(key).and_then(Item::as_str);
        let implied = || Fleet::implied_name(text("profile"), text(ACCOUNT));
        let name = text("name").or_else(implied);
        return name.map(str::to_owned).into_iter().collect();
    };
    match (accounts.as_array(), accounts.as_table_like()) {
        (Some(list), _) => {
            let names = list.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }
        (None, Some(named)) => named.iter().map(|(name, _)| name.to_owned()).collect(),
        (None, None) => Vec::new(),
    }
}

/// Takes members out of a table of several, and returns a table for them that says the same.
fn taken_apart(table: &mut Table, is_meant: impl Fn(&str) -> bool) -> Option<Table> {
    let mut apart = Table::new();
    apart.decor_mut().set_prefix("\n");
    for (key, item) in table.iter() {
        apart.insert(key, anew(item));
    }
    retain(table.get_mut(ACCOUNTS)?, |name| !is_meant(name))?;
    retain(apart.get_mut(ACCOUNTS)?, is_meant)?;
    Some(apart)
}

/// A copy without its place in the file, if it is a table.
fn anew(item: &Item) -> Item {
    let Some(table) = item.as_table() else {
        return item.clone();
    };
    let mut anew = Table::new();
    anew.decor_mut().set_prefix("\n");
    anew.extend(
        table
            .iter()
            .map(|(key, item)| (key.to_owned(), item.clone())),
    );
    Item::Table(anew)
}

/// Keeps some of a table's accounts, by the names of their members.
fn retain(accounts: &mut Item, is_kept: impl Fn(&str) -> bool) -> Option<()> {
    if let Some(list) = accounts.as_array_mut() {
        list.retain(|one| one.as_str().is_none_or(&is_kept));
        let first = list.get_mut(0)?.decor_mut();
        if first
            .prefix()
            .is_some_and(|prefix| prefix.as_str() == Some(" "))
        {
            first.set_prefix("");
        }
        return Some(());
    }
    let named = accounts.as_table_like_mut()?;
    let names: Vec<String> = named.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names.iter().filter(|name| !is_kept(name)) {
        named.remove(name);
    }
    Some(())
}

/// Adds a value, on a line of its own if the last one has one.
fn push(list: &mut Array, mut item: Value) {
    let last = list.iter().last();
    let prefix = last.and_then(|last| last.decor().prefix()?.as_str());
    let Some((_, indent)) = prefix.and_then(|prefix| prefix.rsplit_once('\n')) else {
        return list.push(item);
    };
    // a comment behind the last value is about that one
    let comment = list.trailing().as_str().unwrap_or_default();
    let comment = comment.split_once('\n').map_or("", |(comment, _)| comment);
    item.decor_mut().set_prefix(format!("{comment}\n{indent}"));
    list.push_formatted(item);
    list.set_trailing("\n");
}
