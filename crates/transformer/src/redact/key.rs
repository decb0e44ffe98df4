//! The key of hashes.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::limits::{HASH_BYTES, REDACT_KEY_BYTES_MIN};

/// The secret that hashes are made with: the bytes of a text.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// What a key has to be.
    pub(crate) fn expected() -> String {
        format!("a secret of {REDACT_KEY_BYTES_MIN} bytes or more")
    }

    /// Takes the key from a text. White space around it, and a byte order mark before it, do not belong to it.
    ///
    /// # Errors
    /// Fails if it is too short. The error does not quote it.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let short = || format!("{} bytes; expected {}", text.len(), Self::expected());
        if text.len() < REDACT_KEY_BYTES_MIN {
            return Err(short());
        }
        let hmac = Hmac::new_from_slice(text.as_bytes()).map_err(|_| short())?;
        Ok(Self(hmac))
    }

    /// The hash of a value, in hexadecimal digits.
    pub(crate) fn hash(&self, value: &[u8]) -> [u8; 2 * HASH_BYTES] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let hash = self.0.clone().chain_update(value).finalize().into_bytes();
        let mut text = [b'0'; 2 * HASH_BYTES];
        for (digits, byte) in text.chunks_exact_mut(2).zip(hash) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash(b"") == other.hash(b"")
    }
}

impl Eq for Key {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_first_half_of_hmac_sha_256() {
        // printf 203.0.113.7 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        let key = Key::new("0123456789abcdef0123456789abcdef\n").unwrap();
        let marked = Key::new("\u{feff}0123456789abcdef0123456789abcdef\r\n").unwrap();
        assert_eq!(key, marked);
        let hash = key.hash(b"203.0.113.7");
        assert_eq!(
            std::str::from_utf8(&hash).unwrap(),
            "55a7c9ba39c762e973ffcf294361c78f"
        );
        assert_eq!(format!("{key:?}"), "Key(secret)");
        let other = Key::new("0123456789abcdef0123456789abcdeF").unwrap();
        assert_ne!(other, key);
        assert_eq!(Key::new("0123456789abcdef0123456789abcdef"), Ok(key));
    }

    #[test]
    fn a_short_key_is_refused_and_not_quoted() {
        assert_eq!(
            Key::new("hunter2").unwrap_err(),
            "7 bytes; expected a secret of 32 bytes or more"
        );
    }
}
