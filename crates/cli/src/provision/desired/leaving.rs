//! The accounts that leave the fleet: `destroy` removes their filters, then what lets them deliver.

use std::collections::BTreeSet;

use super::{Desired, DesiredError, Logging, Scope};
use crate::provision::name::AccountId;

/// What the logging account holds for accounts that leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    pub logging: Logging,
    /// Those of which no member stays.
    pub accounts: BTreeSet<AccountId>,
}

impl Desired {
    /// Narrows it to the members that `scope` names and those of `accounts`, which the fleet file need not name. If that is only a part
    /// of the fleet, its permission in the logging account leaves too.
    ///
    /// # Errors
    /// Fails if the fleet has no member of a name in `scope`.
    pub fn leaving(self, scope: &Scope, accounts: &[AccountId]) -> Result<Self, DesiredError> {
        let mut scope = scope.clone();
        let of_accounts = self.members.iter();
        let of_accounts = of_accounts.filter(|(_, one)| accounts.contains(&one.login.account));
        scope
            .members
            .extend(of_accounts.map(|(name, _)| name.clone()));
        if scope.members.is_empty() && !accounts.is_empty() {
            let mut part = self;
            let members = std::mem::take(&mut part.members);
            part.others.extend(members.into_keys());
            part.leaving = part.logging.take().map(|logging| Leaving {
                logging,
                accounts: accounts.iter().cloned().collect(),
            });
            return Ok(part);
        }
        let logging = self.logging.clone().filter(|_| !scope.logging);
        let all = self.members.clone();
        let mut part = self.only(&scope)?;
        if scope.members.is_empty() {
            return Ok(part);
        }
        let of = |name| all.get(name).map(|member| member.login.account.clone());
        let mut leaving: BTreeSet<_> = part.members.keys().filter_map(of).collect();
        leaving.extend(accounts.iter().cloned());
        for staying in part.others.iter().filter_map(of) {
            leaving.remove(&staying);
        }
        part.leaving = logging.map(|logging| Leaving {
            logging,
            accounts: leaving,
        });
        Ok(part)
    }
}
