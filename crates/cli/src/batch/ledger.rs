//! The ledger of `replay --put`: which records a stream has acknowledged, so that none is sent again.
//!
//! Its first line names the stream; each further line is the digest of an acknowledged record. A run that was killed while it
//! wrote leaves the last line cut short: that line does not count.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::{self, BufRead};

use sha2::{Digest as _, Sha256};

/// Half of a record's SHA-256: 128 bits tell more records apart than any stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 16]);

impl Digest {
    pub fn of(data: &[u8]) -> Self {
        let whole = Sha256::digest(data);
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        Self(half)
    }

    pub fn to_hex(self) -> String {
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            // writing to a String cannot fail
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn of_hex(text: &str) -> Option<Self> {
        let is_digest = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_digest)?;
        Some(Self(number.to_be_bytes()))
    }
}

/// What a ledger holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Records that were acknowledged, and those that are about to be: nobody is sent twice.
    digests: BTreeSet<Digest>,
    /// How many bytes of the file count.
    pub bytes: u64,
}

/// Why a file cannot be the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("it is the ledger of {found}, not of {wanted}")]
    OtherStream { found: String, wanted: String },
    #[error("line {line} is not that of a ledger")]
    NotALedger { line: usize },
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

impl Ledger {
    /// Reads the ledger of `stream`. An empty file is an empty ledger.
    ///
    /// # Errors
    /// Fails if it is the ledger of another stream, or something else.
    pub fn read(mut reader: impl BufRead, stream: &str) -> Result<Self, LedgerError> {
        let mut ledger = Self::default();
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            // the longest line is the first; a file without line ends is no ledger
            let length =
                io::Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut text)?;
            let not_a_ledger = || LedgerError::NotALedger { line };
            if !text.ends_with(b"\n") {
                if length as u64 == LINE_BYTES_MAX {
                    return Err(not_a_ledger());
                }
                break;
            }
            let text = std::str::from_utf8(&text[..length - 1]).map_err(|_| not_a_ledger())?;
            if line == 1 {
                let found = text.strip_prefix(TITLE).ok_or_else(not_a_ledger)?;
                if found != stream {
                    return Err(LedgerError::OtherStream {
                        found: found.to_owned(),
                        wanted: stream.to_owned(),
                    });
                }
            } else {
                let digest = Digest::of_hex(text).ok_or_else(not_a_ledger)?;
                ledger.digests.insert(digest);
            }
            ledger.bytes += length as u64;
        }
        Ok(ledger)
    }

    /// The first line of the ledger of `stream`.
    pub fn title(stream: &str) -> String {
        format!("{TITLE}{stream}\n")
    }

    /// The lines for acknowledged records.
    pub fn lines(digests: impl IntoIterator<Item = Digest>) -> String {
        let lines = digests.into_iter().map(|digest| digest.to_hex() + "\n");
        lines.collect()
    }

    /// Takes a record as one that is sent, and returns whether it was not yet.
    pub fn take(&mut self, digest: Digest) -> bool {
        self.digests.insert(digest)
    }
}

const TITLE: &str = "catchment replay, acknowledged by ";

/// The most bytes of a line. Our own choice: far above the longest name of a stream, 128 characters
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>).
const LINE_BYTES_MAX: u64 = 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Ledger, String> {
        Ledger::read(text, "kinesis:s in r").map_err(|error| error.to_string())
    }

    #[test]
    fn a_ledger_of_another_stream_and_other_files_are_refused() {
        let other = Ledger::title("kinesis:t in r");
        assert_eq!(
            read(other.as_bytes()).unwrap_err(),
            "it is the ledger of kinesis:t in r, not of kinesis:s in r"
        );
        let title = Ledger::title("kinesis:s in r");
        for (text, line) in [
            ("{}\n".to_owned(), 1),
            (format!("{title}x\n"), 2),
            (format!("{title}+0000000000000000000000000000000\n"), 2),
            ("x".repeat(2000), 1),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert_eq!(
                error,
                format!("line {line} is not that of a ledger"),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_written_before_it_was_cut_short_is_read_again(
            records in prop::collection::vec(any::<Vec<u8>>(), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let digests: Vec<_> = records.iter().map(|data| Digest::of(data)).collect();
            let title = Ledger::title("kinesis:s in r");
            let text = title.clone() + &Ledger::lines(digests.iter().copied());
            let cut = cut.index(text.len() + 1);
            let mut ledger = read(&text.as_bytes()[..cut]).unwrap();
            let whole = cut.checked_sub(title.len()).map_or(0, |bytes| bytes / 33);
            let expected: BTreeSet<_> = digests[..whole].iter().copied().collect();
            prop_assert_eq!(&ledger.digests, &expected);
            prop_assert_eq!(ledger.bytes, text[..cut].rfind('\n').map_or(0, |at| at as u64 + 1));
            for digest in BTreeSet::from_iter(digests) {
                prop_assert_eq!(ledger.take(digest), !expected.contains(&digest));
                prop_assert!(!ledger.take(digest));
            }
        }
    }
}
