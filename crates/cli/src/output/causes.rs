//! Failures of one cause, told once with the members that they concern.

use std::collections::BTreeMap;

use crate::count::counted;
use crate::provision::resource::{Party, ResourceAddress};

/// What failed of one cause.
pub(super) struct Group<'a, T> {
    /// In the order of the plan; never empty.
    pub items: Vec<T>,
    pub parties: Vec<&'a Party>,
}

/// Groups items by the text that says why they failed.
pub(super) fn groups<'a, T>(
    items: impl IntoIterator<Item = (&'a ResourceAddress, String, T)>,
) -> Vec<Group<'a, T>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'a, T>> = Vec::new();
    for (address, text, item) in items {
        let next = groups.len();
        let place = *places.entry(text).or_insert(next);
        if place == next {
            groups.push(Group {
                items: Vec::new(),
                parties: Vec::new(),
            });
        }
        let group = &mut groups[place];
        group.items.push(item);
        if !group.parties.contains(&&address.party) {
            group.parties.push(&address.party);
        }
    }
    groups
}

/// More members than these are only counted.
const MEMBERS_MAX: usize = 20;

impl<T> Group<'_, T> {
    /// `3 changes in 2 members: dev1, dev2`.
    pub(super) fn summary(&self, noun: &str) -> String {
        let count = self.items.len();
        let members: Vec<&str> = self
            .parties
            .iter()
            .filter_map(|party| name(party))
            .collect();
        let is_logging = members.len() < self.parties.len();
        let mut places = Vec::new();
        if is_logging {
            places.push("the logging account".to_owned());
        }
        if let [name] = members[..] {
            places.push(format!("member {name}"));
        } else if !members.is_empty() {
            let shown = members.iter().take(MEMBERS_MAX);
            let shown: Vec<&str> = shown.copied().collect();
            let more = match members.len().checked_sub(MEMBERS_MAX) {
                Some(more @ 1..) => format!(" and {more} more"),
                _ => String::new(),
            };
            let count = members.len();
            places.push(format!("{count} members: {}{more}", shown.join(", ")));
        }
        format!("{} in {}", counted(count, noun), places.join(" and "))
    }
}

fn name(party: &Party) -> Option<&str> {
    match party {
        Party::Logging => None,
        Party::Member(name) => Some(name.as_str()),
    }
}

/// A text without the names that differ from account to account: members, profiles, account ids, Regions, log groups.
pub(super) fn general(text: &str, address: &ResourceAddress) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || "_-./#+=@".contains(letter);
    let region = address.region.as_ref().map(ToString::to_string);
    let resource = address.resource.to_string();
    let own: Vec<&str> = resource
        .split(|letter| !is_of_word(letter))
        .chain(region.as_deref())
        .chain(name(&address.party))
        .collect();
    // names that are like a missing one differ too, and what follows them says no more
    let text = text
        .split_once("; the nearest name")
        .map_or(text, |(text, _)| text);
    let mut general = String::new();
    let mut follows_profile = false;
    for piece in text.split_inclusive(|letter| !is_of_word(letter)) {
        let word = piece.trim_end_matches(|letter| !is_of_word(letter));
        let bare = word.trim_end_matches('.');
        let is_account = bare.len() == 12 && bare.bytes().all(|byte| byte.is_ascii_digit());
        if is_account || follows_profile || own.contains(&bare) {
            general.push('…');
        } else {
            general.push_str(word);
        }
        general.push_str(&piece[word.len()..]);
        if !word.is_empty() {
            follows_profile = matches!(word, "profile" | "--profile");
        }
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::name::Region;
    use crate::provision::resource::Resource;

    fn address(member: &str, account: &str, group: &str) -> ResourceAddress {
        let region: Region = "us-west-2".parse().unwrap();
        let resource = Resource::Filter {
            log_group: group.parse().unwrap(),
            name: "catchment-d".parse().unwrap(),
        };
        let party = Party::Member(member.parse().unwrap());
        ResourceAddress::new(party, &account.parse().unwrap(), &region, resource)
    }

    #[test]
    fn one_cause_is_told_once_whatever_the_names_in_it() {
        let a = address("m1", "111122223333", "CloudTrail/m1");
        let b = address("m2", "444455556666", "/aws/vpc/m2");
        let text = |member: &str, account: &str, group: &str| {
            format!(
                "logs:X failed on log group {group} in account {account}, us-west-2: profile {member} is wrong: `aws sso login --profile {member}`"
            )
        };
        let items = [
            (&a, text("m1", "111122223333", "CloudTrail/m1"), 1),
            (&b, "another cause".to_owned(), 2),
            (&b, text("m2", "444455556666", "/aws/vpc/m2"), 3),
        ];
        let groups =
            groups(items.map(|(address, text, item)| (address, general(&text, address), item)));
        let summaries: Vec<_> = groups.iter().map(|group| group.summary("change")).collect();
        assert_eq!(
            summaries,
            ["2 changes in 2 members: m1, m2", "1 change in member m2"]
        );
        assert_eq!(groups[0].items, [1, 3]);
    }

    #[test]
    fn of_many_members_some_are_named() {
        let addresses: Vec<_> = (0..30)
            .map(|number| address(&format!("m{number}"), "111122223333", "g"))
            .collect();
        let items = addresses.iter().map(|address| (address, String::new(), ()));
        let summary = groups(items)[0].summary("change");
        assert!(summary.starts_with("30 changes in 30 members: m0, m1,"));
        assert!(summary.ends_with("m19 and 10 more"), "{summary}");
    }
}
