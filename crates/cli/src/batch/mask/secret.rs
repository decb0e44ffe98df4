//! Masks of single values: of the same shape, and always the same for the same value, as a secret decides.

use std::net::{Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

/// What masks are derived from. Who does not know it cannot find a value by trying all.
pub(super) struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// How often another mask is tried if one is taken. Of short words there are few, and the last may be taken, too.
const TRIES_MAX: u8 = 16;

impl Secret {
    pub(super) fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// A word: letters become letters and digits digits; the letters of a hexadecimal number stay hexadecimal. Words that differ
    /// only in their capitals have masks that do, too.
    pub(super) fn word(&self, word: &str, lower: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let letters: u8 = if super::is_id(lower) { 6 } else { 26 };
        let mask = self.until_free("word", lower, is_taken, |stream| {
            let of = |char: char, byte: u8| match char.is_numeric() {
                true => char::from(b'0' + byte % 10),
                false => char::from(b'a' + byte % letters),
            };
            lower
                .chars()
                .zip(stream)
                .map(|(char, byte)| of(char, byte))
                .collect()
        });
        let capitals = word
            .chars()
            .map(char::is_uppercase)
            .chain(std::iter::repeat(false));
        mask.chars()
            .zip(capitals)
            .map(|(char, is_capital)| {
                if is_capital {
                    char.to_ascii_uppercase()
                } else {
                    char
                }
            })
            .collect()
    }

    /// Twelve digits that do not begin with 0, so that they are a number in JSON, too.
    pub(super) fn account(&self, account: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let is_taken = |mask: &str| mask == account || is_taken(mask);
        self.until_free("account", account, is_taken, |stream| {
            let digits = stream.take(12).enumerate();
            let digits = digits.map(|(at, byte)| match at {
                0 => b'1' + byte % 9,
                _ => b'0' + byte % 10,
            });
            digits.map(char::from).collect()
        })
    }

    /// An access key or unique id: its kind stays, and the end is that of AWS's examples, which scanners for keys know.
    pub(super) fn access_key(&self, key: &str) -> String {
        let (kind, rest) = key.split_at(KIND_BYTES.min(key.len()));
        let length = rest.len().saturating_sub(EXAMPLE.len());
        let random = self.stream("key", key, 0).take(length);
        let random = random.map(|byte| char::from(BASE32[usize::from(byte) % BASE32.len()]));
        kind.chars().chain(random).chain(EXAMPLE.chars()).collect()
    }

    /// Hexadecimal digits.
    pub(super) fn hexadecimal(&self, digits: &str) -> String {
        let random = self.stream("word", digits, 0).take(digits.len());
        random
            .map(|byte| char::from(b"0123456789abcdef"[usize::from(byte) % 16]))
            .collect()
    }

    /// An address that is reserved for future use (RFC 1112, section 4), once those for documentation are used up.
    pub(super) fn address4(&self, address: Ipv4Addr) -> Ipv4Addr {
        let mut octets = [240; 4];
        for (octet, byte) in octets
            .iter_mut()
            .zip(self.stream("v4", &address.to_string(), 0))
        {
            *octet = byte;
        }
        octets[0] = 240 + octets[0] % 15;
        Ipv4Addr::from(octets)
    }

    /// An address of the range for documentation (RFC 3849).
    pub(super) fn address6(&self, address: Ipv6Addr) -> Ipv6Addr {
        let mut octets = [0; 16];
        for (octet, byte) in octets
            .iter_mut()
            .zip(self.stream("v6", &address.to_string(), 0))
        {
            *octet = byte;
        }
        octets[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        Ipv6Addr::from(octets)
    }

    fn until_free(
        &self,
        kind: &str,
        value: &str,
        is_taken: impl Fn(&str) -> bool,
        mask: impl Fn(&mut dyn Iterator<Item = u8>) -> String,
    ) -> String {
        let mut masks = (0..TRIES_MAX).map(|attempt| mask(&mut self.stream(kind, value, attempt)));
        let first = masks.next().unwrap_or_default();
        if is_taken(&first) {
            masks.find(|mask| !is_taken(mask)).unwrap_or(first)
        } else {
            first
        }
    }

    /// Bytes without end that only the secret explains.
    fn stream(&self, kind: &str, value: &str, attempt: u8) -> impl Iterator<Item = u8> + use<> {
        let start = Sha256::new()
            .chain_update(self.0)
            .chain_update(kind)
            .chain_update([0, attempt])
            .chain_update(value);
        (0_u64..).flat_map(move |block| start.clone().chain_update(block.to_be_bytes()).finalize())
    }
}

/// How access keys and unique ids say what they are, such as `AKIA`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
pub(super) const KIND_BYTES: usize = 4;
const EXAMPLE: &str = "EXAMPLE";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
