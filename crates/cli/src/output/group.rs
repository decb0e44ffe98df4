//! Makes a long plan or status fit a screen: resources that are alike become one item, long lists a few of their values.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, Item, item, region_heading};
use crate::provision::name::{AccountId, Region};
use crate::provision::resource::{Party, Resource, ResourceAddress};

/// Resources of so many members, or Regions of the logging account, are shown as one if they are alike. Fewer read better as they are.
const ALIKE_MIN: usize = 6;

/// So many resources of one account are shown as one if the same is wrong with them, such as that the account cannot be read.
const OF_ONE_MIN: usize = 3;

/// A list of more values than this shows only the first ones.
const VALUES_MAX: usize = 12;
const VALUES_SHOWN: usize = 3;

/// How many characters of members' names stand below a group. Our own choice.
const NAMES_CHARACTERS: usize = 50;

/// One way of being shorter than the one before it.
struct Step {
    /// What two resources must have in common to be alike, coarser from one to the next: the second joins what the first leaves.
    alike: &'static [fn(&Entry) -> Vec<String>],
    /// Whether the values below a change are shown.
    has_values: bool,
}

const STEPS: [Step; 4] = [
    Step {
        alike: &[exactly, but_for_the_name],
        has_values: true,
    },
    Step {
        alike: &[exactly, but_for_the_name],
        has_values: false,
    },
    Step {
        alike: &[but_for_values],
        has_values: false,
    },
    Step {
        alike: &[by_first_words],
        has_values: false,
    },
];

/// The entries, shortened; `None` if there is no further step.
pub(super) fn grouped(entries: &[Entry], step: usize) -> Option<Vec<Item>> {
    let Step { alike, has_values } = STEPS.get(step)?;
    let mut groups: Vec<Vec<&Entry>> = entries.iter().map(|entry| vec![entry]).collect();
    for alike in *alike {
        let key = |entry: &Entry| Some((is_logging(entry), alike(entry)));
        groups = joined(groups, key, owner, ALIKE_MIN);
    }
    if let Some(alike) = alike.last() {
        let key =
            |entry: &Entry| has_hint(entry).then(|| (entry.address.party.clone(), alike(entry)));
        groups = joined(groups, key, |entry| entry.address.clone(), OF_ONE_MIN);
    }
    let shown = groups.iter().map(|group| {
        let mut item = match group.as_slice() {
            [one] => item(one),
            many => one_of(many),
        };
        if !has_values {
            item.lines.retain(|line| is_kept(line));
        }
        item.lines = folded(&item.lines);
        item
    });
    Some(shown.collect())
}

/// Whether anything became shorter.
pub(super) fn is_shortened(items: &[Item], entries: &[Entry]) -> bool {
    let lines = |all: usize, below: &Vec<String>| all + below.len();
    items.len() < entries.len()
        || items.iter().map(|item| &item.lines).fold(0, lines)
            < entries.iter().map(|entry| &entry.lines).fold(0, lines)
}

/// Whether something is wrong with it.
fn has_hint(entry: &Entry) -> bool {
    entry.lines.iter().any(|line| is_hint(line))
}

fn is_hint(line: &str) -> bool {
    line.trim_start().starts_with("hint:")
}

fn is_logging(entry: &Entry) -> bool {
    entry.address.party == Party::Logging
}

/// The member, or the Region of the logging account.
fn owner(entry: &Entry) -> (AccountId, Option<Region>) {
    let ResourceAddress {
        account, region, ..
    } = &entry.address;
    (
        account.clone(),
        region.clone().filter(|_| is_logging(entry)),
    )
}

/// Joins the entries that stand alone and have the same key, unless it is `None`, if they are of enough owners. The group stands where its first entry
/// stood.
fn joined<K: Ord, O: Ord>(
    groups: Vec<Vec<&Entry>>,
    key: impl Fn(&Entry) -> Option<K>,
    owner: impl Fn(&Entry) -> O,
    owners_min: usize,
) -> Vec<Vec<&Entry>> {
    let mut owners: BTreeMap<K, BTreeSet<O>> = BTreeMap::new();
    for group in &groups {
        if let [entry] = group.as_slice()
            && let Some(key) = key(entry)
        {
            owners.entry(key).or_default().insert(owner(entry));
        }
    }
    let mut places = BTreeMap::new();
    let mut joined: Vec<Vec<&Entry>> = Vec::new();
    for group in groups {
        let key = match group.as_slice() {
            [entry] => key(entry),
            _ => None,
        };
        let is_enough = |key: &K| owners.get(key).is_some_and(|all| all.len() >= owners_min);
        let Some(key) = key.filter(is_enough) else {
            joined.push(group);
            continue;
        };
        let next = joined.len();
        let place = *places.entry(key).or_insert(next);
        match joined.get_mut(place) {
            Some(first) => first.extend(group),
            None => joined.push(group),
        }
    }
    joined
}

/// All that is said of it, but for the account's own names and for numbers.
fn exactly(entry: &Entry) -> Vec<String> {
    let all = std::iter::once(&entry.heading).chain(&entry.lines);
    let name = match &entry.address.resource {
        Resource::Filter { log_group, .. } => numberless(log_group.as_str()),
        Resource::LogGroups(pattern) => pattern.to_string(),
        Resource::Stream(_)
        | Resource::Role(_)
        | Resource::Destination(_)
        | Resource::AccountPolicy(_) => String::new(),
    };
    let said = all.map(|line| pattern(line, &entry.address));
    said.chain([name]).collect()
}

/// The kind of the resource, and what [`exactly`] takes of the lines below.
fn but_for_the_name(entry: &Entry) -> Vec<String> {
    let below = entry.lines.iter();
    let below = below.map(|line| pattern(line, &entry.address));
    std::iter::once(first_words(&entry.heading))
        .chain(below)
        .collect()
}

fn but_for_values(entry: &Entry) -> Vec<String> {
    let kept = entry.lines.iter().filter(|line| is_kept(line));
    let kept = kept.map(|line| pattern(line, &entry.address));
    std::iter::once(first_words(&entry.heading))
        .chain(kept)
        .collect()
}

fn by_first_words(entry: &Entry) -> Vec<String> {
    let all = std::iter::once(&entry.heading).chain(&entry.lines);
    let kept = all.filter(|line| is_kept(line));
    kept.map(|line| first_words(line)).collect()
}

fn first_words(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().take(3).collect();
    words.join(" ")
}

/// The line without what differs from account to account: its number, Region, name and log group, what is quoted, and numbers.
fn pattern(line: &str, address: &ResourceAddress) -> String {
    let mut line = line.replace(address.account.as_str(), GAP);
    if let Some(region) = &address.region {
        line = line.replace(region.as_str(), GAP);
    }
    if let Party::Member(name) = &address.party {
        line = line.replace(name.as_str(), GAP);
    }
    if let Resource::Filter { log_group, .. } = &address.resource {
        line = line.replace(log_group.as_str(), GAP);
    }
    let quoted = line.split('`').enumerate();
    let unquoted: Vec<&str> = quoted
        .map(|(index, part)| if index % 2 == 1 { GAP } else { part })
        .collect();
    numberless(&unquoted.join("`"))
}

fn numberless(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        let character = if character.is_ascii_digit() {
            '…'
        } else {
            character
        };
        if character != '…' || !pattern.ends_with('…') {
            pattern.push(character);
        }
    }
    pattern
}

/// Several entries as one: what they have in common, how many they are, and who.
fn one_of(group: &[&Entry]) -> Item {
    let addresses = || group.iter().map(|entry| &entry.address);
    let accounts: BTreeSet<_> = addresses()
        .map(|address| (&address.party, &address.account))
        .collect();
    let regions: BTreeSet<_> = addresses().map(|address| &address.region).collect();
    let account = match (accounts.len(), group.first()) {
        (1, Some(entry)) => item(entry).account,
        _ => "member accounts".to_owned(),
    };
    let names = regions.iter().map(|region| region_heading(region.as_ref()));
    let region = listed(names);
    let members = accounts.iter().map(|(party, account)| match party {
        Party::Member(name) => name.as_str(),
        Party::Logging => account.as_str(),
    });
    let (count, how_many) = (group.len(), accounts.len());
    let tally = match how_many {
        1 => format!("{count} of them"),
        _ if how_many == count => format!("{count} members"),
        _ => format!("{count} in {how_many} members"),
    };
    let heading = common(group.iter().map(|entry| entry.heading.as_str()));
    let mut lines = Vec::new();
    if how_many > 1 {
        lines.push(format!("in {}", listed(members)));
    }
    let most = group.iter().map(|entry| entry.lines.len()).max();
    for index in 0..most.unwrap_or_default() {
        let line = group.iter().filter_map(|entry| entry.lines.get(index));
        lines.push(common(line.map(String::as_str)));
    }
    Item {
        account,
        region,
        heading: format!("{heading} — {tally}"),
        lines,
    }
}

/// `dev1, dev2, dev3 and 295 more`.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let all = names.len();
    let mut text = String::new();
    for (index, name) in names.enumerate() {
        let is_full = text.chars().count() + name.chars().count() > NAMES_CHARACTERS;
        if index > 0 && is_full {
            return format!("{text} and {} more", all - index);
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}

/// What all texts begin and end with, and a gap for what differs. Cut between words, so that the gap hides whole ones.
fn common<'a>(mut texts: impl Iterator<Item = &'a str> + Clone) -> String {
    let all = texts.clone();
    let Some(first) = texts.next() else {
        return String::new();
    };
    if all.clone().all(|text| text == first) {
        return first.to_owned();
    }
    let head = all.clone().fold(first, |head, text| {
        &head[..shared(head.char_indices().zip(text.chars()))]
    });
    let ends = || all.clone().map(|text| &text[head.len()..]);
    let tail = ends().fold(&first[head.len()..], |tail, end| {
        let back = tail.char_indices().rev().zip(end.chars().rev());
        let same = back.take_while(|((_, a), b)| a == b).last();
        same.map_or("", |((at, _), _)| &tail[at..])
    });
    let is_cut = |character: char| !character.is_alphanumeric();
    let head = head.rfind(is_cut).map_or("", |at| {
        let end = head[at..].chars().next().map_or(0, char::len_utf8);
        &head[..at + end]
    });
    let tail = &tail[tail.find(is_cut).unwrap_or(tail.len())..];
    format!("{head}{GAP}{tail}")
}

/// The bytes of the first text up to where two differ.
fn shared(pairs: impl Iterator<Item = ((usize, char), char)>) -> usize {
    let same = pairs.take_while(|((_, a), b)| a == b);
    same.last().map_or(0, |((at, a), _)| at + a.len_utf8())
}

/// Whether a line is shown without its values: all that is said of the change, not what its fields become.
fn is_kept(line: &str) -> bool {
    !line.starts_with(' ') || is_hint(line)
}

/// The lines, with a few in place of many that are indented alike.
fn folded(lines: &[String]) -> Vec<String> {
    let indent = |line: &String| line.len() - line.trim_start().len();
    let mut folded = Vec::with_capacity(lines.len());
    for run in lines.chunk_by(|a, b| indent(a) == indent(b)) {
        let depth = run.first().map_or(0, indent);
        if run.len() <= VALUES_MAX || depth == 0 {
            folded.extend_from_slice(run);
        } else {
            folded.extend_from_slice(&run[..VALUES_SHOWN]);
            let more = run.len() - VALUES_SHOWN;
            folded.push(format!("{:depth$}… {more} more", ""));
        }
    }
    folded
}

const GAP: &str = "…";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_have_in_common_is_cut_between_words() {
        let check = |texts: &[&str], expected: &str| {
            assert_eq!(common(texts.iter().copied()), expected, "{texts:?}");
        };
        check(&["create (absent)", "create (absent)"], "create (absent)");
        check(
            &["on CloudTrail/payments", "on CloudTrail/people"],
            "on CloudTrail/…",
        );
        check(&["arn:us-west-2:9:x", "arn:us-east-1:9:x"], "arn:us-…:9:x");
        check(&["a", "b"], "…");
        check(&["", "b"], "…");
        check(&["x y", "x"], "…");
        check(&["é-ü-1", "é-ä-1"], "é-…-1");
        check(&["a-a", "a-a-a"], "a-…");
    }

    #[test]
    fn long_lists_show_their_first_values() {
        let lines: Vec<String> = (0..19).map(|value| format!("  {value}")).collect();
        assert_eq!(folded(&lines), ["  0", "  1", "  2", "  … 16 more"]);
        let few: Vec<String> = (0..VALUES_MAX).map(|value| format!("  {value}")).collect();
        assert_eq!(folded(&few), few);
    }

    #[test]
    fn names_are_listed_as_far_as_there_is_room() {
        assert_eq!(listed(["dev1", "dev2"].into_iter()), "dev1, dev2");
        let names: Vec<String> = (1..=300).map(|n| format!("dev{n}")).collect();
        assert_eq!(
            listed(names.iter().map(String::as_str)),
            "dev1, dev2, dev3, dev4, dev5, dev6, dev7, dev8, dev9 and 291 more"
        );
    }
}
