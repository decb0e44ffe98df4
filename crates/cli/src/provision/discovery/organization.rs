//! Which accounts of an organization are searched, and which members of the fleet file are not among its accounts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use super::accounts_of;
use crate::provision::fleet::Fleet;
use crate::provision::name::{AccountId, MemberName, Region};

/// An account of the organization, as AWS lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub account: AccountId,
    pub name: String,
    /// `ACTIVE`, or why it cannot be used.
    pub state: String,
}

/// The organization, apart from the accounts that are searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Organization {
    /// How many accounts it has.
    pub accounts: usize,
    /// How many of those are not searched because of --unit and --tag.
    pub not_selected: usize,
    /// Those that cannot be members.
    pub left_out: Vec<LeftOut>,
    /// Members of the fleet file that are none of its accounts any longer, or whose account is not active.
    pub gone: Vec<Gone>,
}

/// An account that is not searched, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    pub account: AccountId,
    pub name: String,
    pub why: String,
}

/// A member that may have to go, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gone {
    pub member: MemberName,
    pub account: AccountId,
    pub why: String,
}

impl Listed {
    /// Whether the account can be used. The others are suspended, being closed, or never were
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>).
    pub fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }

    fn state(&self) -> String {
        format!("its state is {}", self.state)
    }
}

impl Organization {
    /// What there is to say about these accounts, some of which are `selected`.
    pub fn of(fleet: &Fleet, listed: &[Listed], selected: &BTreeSet<AccountId>) -> Self {
        let why = |one: &Listed| {
            if one.account == fleet.logging.account {
                Some("it is the logging account".to_owned())
            } else {
                Some(one.state()).filter(|_| !one.is_active())
            }
        };
        let left_out = listed.iter().filter_map(|one| {
            Some(LeftOut {
                why: why(one)?,
                account: one.account.clone(),
                name: one.name.clone(),
            })
        });
        let usable = listed.iter().filter(|one| why(one).is_none());
        let known: BTreeMap<_, _> = listed.iter().map(|one| (&one.account, one)).collect();
        let gone = fleet.members.iter().filter_map(|(name, member)| {
            let why = match known.get(&member.account) {
                Some(one) if one.is_active() => return None,
                Some(one) => one.state(),
                None => "it is not in the organization".to_owned(),
            };
            Some(Gone {
                member: name.clone(),
                account: member.account.clone(),
                why,
            })
        });
        Self {
            accounts: listed.len(),
            not_selected: usable
                .filter(|one| !selected.contains(&one.account))
                .count(),
            left_out: left_out.collect(),
            gone: gone.collect(),
        }
    }
}

/// The accounts to search: those that are selected and active, but for the logging account. `None` if the fleet file does not say how
/// to get into them.
pub fn accounts_of_organization(
    fleet: &Fleet,
    home: &Region,
    listed: &[Listed],
    selected: &BTreeSet<AccountId>,
) -> Option<Vec<Account<()>>> {
    let is_searched = |one: &&Listed| {
        one.is_active() && one.account != fleet.logging.account && selected.contains(&one.account)
    };
    let mut accounts = Vec::new();
    for one in listed.iter().filter(is_searched) {
        let login = fleet.newcomer.login(&one.account, home)?;
        let of_one = accounts_of(fleet, &login).into_iter();
        accounts.extend(of_one.map(|account| Account {
            name: Some(one.name.clone()),
            ..account
        }));
    }
    Some(accounts)
}
