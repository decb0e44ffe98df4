//! Whom the lists in our statements name: an account, a Region, or both.

use crate::provision::name::{AccountId, Arn, Region};

/// The account of a principal, if it is an account as a whole.
pub(super) fn subscriber(text: &str) -> Option<AccountId> {
    if let Ok(account) = text.parse() {
        return Some(account);
    }
    let arn: Arn = text.parse().ok()?;
    arn.account().filter(|_| arn.resource() == "root")
}

/// The Region and the account of a source, which is `None` for all accounts. `None` if we would not write it so.
pub(super) fn source(text: &str) -> Option<(Region, Option<AccountId>)> {
    let region = region(text)?;
    let account = text.parse::<Arn>().ok()?.account();
    let written = match &account {
        Some(account) => Arn::logs_of(&region, account),
        None => Arn::logs_of_all(&region),
    };
    (written.as_str() == text).then_some((region, account))
}

/// The Region of an ARN.
pub(super) fn region(arn: &str) -> Option<Region> {
    arn.parse::<Arn>().ok()?.region()
}
