//! Masks log data: account ids, addresses, names and keys are replaced, the same one alike in every place.
//!
//! It takes two passes. The first learns which words are names, because a name in one message may stand in the free text of an
//! earlier one; the second replaces. Masks come from a secret that nobody keeps, so that they cannot be guessed back.

mod json;
mod secret;
mod text;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use secret::Secret;
use text::{Finder, Manner};

/// Learns names and replaces them. What it holds grows with the number of different names, up to [`WORDS_MAX`].
#[derive(Debug)]
pub struct Masker {
    secret: Secret,
    /// Words of names, in lower case.
    words: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// Addresses of the documentation ranges that somebody uses: they are no masks.
    used: BTreeSet<Ipv4Addr>,
    given: BTreeMap<Ipv4Addr, Ipv4Addr>,
    /// How many addresses of the documentation ranges are given away, or used.
    gone: u16,
    is_learning: bool,
}

/// The most words that are known everywhere, not only where a name is expected. Our own choice: some 60 MB.
const WORDS_MAX: usize = 1_000_000;

impl Masker {
    /// A masker that has learned nothing. The secret must be random.
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            secret: Secret::new(secret),
            words: BTreeSet::new(),
            accounts: BTreeSet::new(),
            used: BTreeSet::new(),
            given: BTreeMap::new(),
            gone: 0,
            is_learning: false,
        }
    }

    /// Learns the names in a JSON document.
    pub fn learn(&mut self, document: &str) {
        self.is_learning = true;
        self.mask(document);
        self.is_learning = false;
    }

    /// Learns the words of a name that stands outside of any document.
    pub fn learn_name(&mut self, name: &str) {
        self.is_learning = true;
        self.mask_name(name);
        self.is_learning = false;
    }

    /// The JSON document with everything replaced. What is learned afterwards changes it.
    pub fn mask(&mut self, document: &str) -> String {
        json::replace(document, self)
    }

    /// A name or an ARN, replaced.
    pub fn mask_name(&mut self, name: &str) -> String {
        text::replace(name, Manner::Name, self)
    }

    /// Whether a mask could be taken for something else.
    fn is_taken(&self, word: &str) -> bool {
        self.words.contains(word) || vocabulary::contains(word)
    }

    fn address4(&mut self, address: Ipv4Addr) -> Ipv4Addr {
        let [first, second, ..] = address.octets();
        let is_nobodys = address.is_unspecified()
            || address.is_loopback()
            || address.is_broadcast()
            || address.is_multicast()
            || (first, second) == (169, 254);
        if is_nobodys {
            return address;
        }
        if self.is_learning {
            if address.is_documentation() {
                self.used.insert(address);
            }
            return address;
        }
        if let Some(mask) = self.given.get(&address) {
            return *mask;
        }
        while let Some(mask) = documentation(self.gone) {
            self.gone += 1;
            if !self.used.contains(&mask) {
                self.given.insert(address, mask);
                return mask;
            }
        }
        // what comes after them is not kept, so that memory stays bounded
        self.secret.address4(address)
    }
}

/// The addresses of the documentation ranges by number (RFC 5737).
fn documentation(number: u16) -> Option<Ipv4Addr> {
    let ranges = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
    let [a, b, c] = ranges.get(usize::from(number / 254))?;
    let last = u8::try_from(number % 254 + 1).ok()?;
    Some(Ipv4Addr::new(*a, *b, *c, last))
}

impl Finder for Masker {
    fn account(&mut self, account: &str) -> String {
        if self.is_learning {
            if self.accounts.len() < WORDS_MAX {
                self.accounts.insert(account.to_owned());
            }
            return account.to_owned();
        }
        self.secret
            .account(account, |mask| self.accounts.contains(mask))
    }

    fn address(&mut self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => IpAddr::V4(self.address4(address)),
            IpAddr::V6(address) if address.is_unspecified() || address.is_loopback() => {
                IpAddr::V6(address)
            }
            IpAddr::V6(address) => IpAddr::V6(match address.to_ipv4_mapped() {
                Some(address) => self.address4(address).to_ipv6_mapped(),
                None => self.secret.address6(address),
            }),
        }
    }

    fn access_key(&mut self, key: &str) -> String {
        self.secret.access_key(key)
    }

    fn hexadecimal(&mut self, digits: &str) -> String {
        self.secret.hexadecimal(digits)
    }

    fn word(&mut self, word: &str, is_name: bool) -> Option<String> {
        let lower = word.to_lowercase();
        let is_known = || self.words.contains(&lower);
        if vocabulary::contains(&lower) || !(is_name || is_known()) {
            return None;
        }
        if self.is_learning {
            // a random id is replaced where it stands; there are too many to know
            if lower.chars().count() > 2 && !is_id(&lower) && self.words.len() < WORDS_MAX {
                self.words.insert(lower);
            }
            return None;
        }
        Some(self.secret.word(word, &lower, |mask| self.is_taken(mask)))
    }
}

/// Whether the word is a part of a random id: hexadecimal, at least four digits, with a digit among them.
fn is_id(word: &str) -> bool {
    word.len() >= 4
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
