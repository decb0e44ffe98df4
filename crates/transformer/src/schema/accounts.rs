//! Names of accounts, as the settings have them.

use std::collections::BTreeMap;

use crate::settings::Settings;

/// The names of accounts by their ids, all as JSON strings.
#[derive(Debug, Default)]
pub(crate) struct Accounts(BTreeMap<Vec<u8>, Vec<u8>>);

impl Accounts {
    pub(crate) fn new(settings: &Settings) -> Self {
        let literal = |text: &str| serde_json::Value::from(text).to_string().into_bytes();
        let names = settings.accounts.iter();
        Self(
            names
                .map(|(account, name)| (literal(account), literal(name)))
                .collect(),
        )
    }

    /// The name of an account.
    #[inline]
    pub(crate) fn name_of(&self, account: &[u8]) -> Option<&[u8]> {
        self.0.get(account).map(Vec::as_slice)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The most bytes that a name has.
    pub(crate) fn name_bytes_max(&self) -> usize {
        self.0.values().map(Vec::len).max().unwrap_or_default()
    }
}
