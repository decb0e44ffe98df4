//! Finds in a text what is to be masked: by its form wherever it stands, and names by their words.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::secret::KIND_BYTES;
use super::vocabulary::{announces_a_name, is_kind_of_resource};

/// Replaces what was found.
pub(super) trait Finder {
    /// Twelve digits.
    fn account(&mut self, account: &str) -> String;
    fn address(&mut self, address: IpAddr) -> IpAddr;
    /// An access key, or the unique id of a user, role or group.
    fn access_key(&mut self, key: &str) -> String;
    /// The digits of a resource's id, or of a MAC address.
    fn hexadecimal(&mut self, digits: &str) -> String;
    /// Letters and digits without a break; `None` if they stay.
    fn word(&mut self, word: &str, is_name: bool) -> Option<String>;
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Every word of it belongs to a name.
    Name,
    /// Its words stay, if they are not those of a name elsewhere.
    Prose,
    /// One of a few fixed values: its words stay.
    Fixed,
}

/// The text with everything replaced that `finder` replaces.
pub(super) fn replace(text: &str, manner: Manner, finder: &mut impl Finder) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    // the word before, for `user=alice`
    let mut before = "";
    while let Some(char) = text[at..].chars().next() {
        let rest = &text[at..];
        let previous = text[..at].chars().next_back();
        let is_start = !previous.is_some_and(char::is_alphanumeric);
        if let Some((length, mask)) = is_start.then(|| address(rest, previous, finder)).flatten() {
            out += &mask;
            at += length;
        } else if !char.is_alphanumeric() {
            out.push(char);
            at += char.len_utf8();
            if !matches!(char, '=' | ':' | ' ' | '"' | '\'') {
                before = "";
            }
        } else if manner != Manner::Name && rest.starts_with("arn:") {
            let end = rest.find(ends_arn).unwrap_or(rest.len());
            out += &replace(&rest[..end], Manner::Name, finder);
            at += end;
        } else {
            let run = alphanumeric(rest);
            let after = rest[run.len()..].chars().next();
            let is_name = match manner {
                Manner::Name => true,
                Manner::Fixed => false,
                Manner::Prose => {
                    let is_value = matches!(previous, Some('=' | ':' | ' ' | '"' | '\''))
                        && !before.is_empty();
                    previous == Some('@') || after == Some('@') || is_value
                }
            };
            let length = match id(rest, run, finder) {
                Some((length, mask)) => {
                    out += &mask;
                    length
                }
                None => {
                    replace_run(run, (manner, is_name), finder, &mut out);
                    run.len()
                }
            };
            at += length;
            let is_followed = matches!(after, Some('=' | ':'));
            before = if is_followed && announces_a_name(run) {
                run
            } else {
                ""
            };
        }
    }
    out
}

/// An address at the beginning of `rest`: its length, and its mask.
fn address(
    rest: &str,
    previous: Option<char>,
    finder: &mut impl Finder,
) -> Option<(usize, String)> {
    if let Some(mac) = mac(rest) {
        let digits = finder.hexadecimal(&mac.replace([':', '-'], "").to_ascii_lowercase());
        // a locally administered one
        let separator = &mac[2..3];
        let pairs: Vec<_> = (1..6).map(|pair| &digits[2 * pair..2 * pair + 2]).collect();
        return Some((mac.len(), format!("02{separator}{}", pairs.join(separator))));
    }
    let six = while_all(rest, ADDRESS_BYTES_MAX, |byte| {
        byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
    });
    if six.matches(':').count() >= 2 && previous != Some(':') {
        for end in [six, six.trim_end_matches(['.', ':'])] {
            if is_end(rest, end.len())
                && let Ok(address) = end.parse::<Ipv6Addr>()
            {
                return Some((end.len(), finder.address(address.into()).to_string()));
            }
        }
    }
    let four = while_all(rest, ADDRESS_BYTES_MAX, |byte| {
        byte.is_ascii_digit() || byte == b'.'
    });
    let four = four.trim_end_matches('.');
    if previous != Some('.')
        && is_end(rest, four.len())
        && let Ok(address) = four.parse::<Ipv4Addr>()
    {
        return Some((four.len(), finder.address(address.into()).to_string()));
    }
    None
}

/// The longest address as text, `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`
/// (<https://www.rfc-editor.org/rfc/rfc4291#section-2.2>). No more is looked at, so that the time stays linear.
const ADDRESS_BYTES_MAX: usize = 45;

/// The beginning of a text, as long as its bytes are of a kind; nothing if that is longer than `bytes_max`.
fn while_all(text: &str, bytes_max: usize, is_of_kind: impl Fn(u8) -> bool) -> &str {
    let beginning = text.bytes().take(bytes_max + 1);
    let length = beginning.take_while(|byte| is_of_kind(*byte)).count();
    if length > bytes_max {
        ""
    } else {
        &text[..length]
    }
}

/// A MAC address at the beginning.
fn mac(rest: &str) -> Option<&str> {
    let mac = rest.get(..17)?;
    let is_mac = mac.bytes().enumerate().all(|(at, byte)| match at % 3 {
        2 => byte == b':' || byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    (is_mac && is_end(rest, 17) && !rest[17..].starts_with([':', '-'])).then_some(mac)
}

/// An id at the beginning that goes on beyond its first word: of a resource, or a host named after its address.
fn id(rest: &str, run: &str, finder: &mut impl Finder) -> Option<(usize, String)> {
    let tail = rest[run.len()..].strip_prefix('-')?;
    if matches!(run, "ip" | "ec2") {
        let dashed = while_all(tail, ADDRESS_BYTES_MAX, |byte| {
            byte.is_ascii_digit() || byte == b'-'
        });
        let dashed = dashed.trim_end_matches('-');
        let address: Ipv4Addr = dashed.replace('-', ".").parse().ok()?;
        let mask = finder.address(address.into()).to_string().replace('.', "-");
        return Some((run.len() + 1 + dashed.len(), format!("{run}-{mask}")));
    }
    let digits = alphanumeric(tail);
    let is_id = is_kind_of_resource(run)
        && matches!(digits.len(), 8 | 17)
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| {
        let mask = finder.hexadecimal(digits);
        (run.len() + 1 + digits.len(), format!("{run}-{mask}"))
    })
}

/// Letters and digits without a break: an access key, or words with account ids among them.
fn replace_run(
    run: &str,
    (manner, is_name): (Manner, bool),
    finder: &mut impl Finder,
    out: &mut String,
) {
    if is_access_key(run) {
        *out += &finder.access_key(run);
        return;
    }
    let mut rest = run;
    while !rest.is_empty() {
        let (before, account) = split_at_account(rest);
        match finder.word(before, is_name) {
            Some(mask) if manner != Manner::Fixed => *out += &mask,
            _ => *out += before,
        }
        if !account.is_empty() {
            *out += &finder.account(account);
        }
        rest = &rest[before.len() + account.len()..];
    }
}

/// What comes before the first twelve digits in a row, and these.
fn split_at_account(run: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(begin) = run[from..].find(|char: char| char.is_ascii_digit()) {
        let begin = from + begin;
        let digits = run[begin..].find(|char: char| !char.is_ascii_digit());
        let end = digits.map_or(run.len(), |digits| begin + digits);
        if end - begin == 12 {
            return (&run[..begin], &run[begin..end]);
        }
        from = end;
    }
    (run, "")
}

/// Whether the text has the form of an access key or a unique id
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
fn is_access_key(text: &str) -> bool {
    let kinds = [
        "ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "AKIA", "ANPA", "ANVA", "APKA", "AROA", "ASCA",
        "ASIA",
    ];
    (16..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && kinds.contains(&&text[..KIND_BYTES])
}

fn alphanumeric(text: &str) -> &str {
    let end = text.find(|char: char| !char.is_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

/// Whether nothing follows there that would belong to it.
fn is_end(text: &str, at: usize) -> bool {
    !text[at..].chars().next().is_some_and(char::is_alphanumeric)
}

fn ends_arn(char: char) -> bool {
    char.is_whitespace()
        || matches!(
            char,
            '"' | '\'' | '<' | '>' | ',' | ';' | ')' | ']' | '}' | '\\' | '`'
        )
}
