//! Lists the accounts of an AWS organization.
//!
//! Only the management account and delegated administrators may do so. AWS warns of pages that are empty though there are more
//! (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>).

use std::cell::Cell;
use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::json::{Client, Service};
use super::{CallError, Connection};
use crate::provision::discovery::Listed;
use crate::provision::name::{AccountId, AccountTag, Region, Unit};

const ORGANIZATIONS: Service = Service {
    id: "organizations",
    host: "organizations",
    target: "AWSOrganizationsV20161128",
    version: "1.1",
};

/// The Region in which a partition has its organizations
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/region-support.html>), and botocore's endpoints for the rest.
fn home(region: &Region) -> &str {
    match region.partition() {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-f" => "us-isof-south-1",
        _ => region.as_str(),
    }
}

/// Which accounts are wanted; all if nothing is given.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Those in any of these organizational units, and in the units below.
    pub units: &'a [Unit],
    /// Those that have all of these.
    pub tags: &'a [AccountTag],
}

/// The organization's accounts, and those of them that are wanted.
#[derive(Debug)]
pub struct Accounts {
    pub all: Vec<Listed>,
    pub wanted: BTreeSet<AccountId>,
}

/// Why the accounts cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the organization has no unit {unit}{}", beside(.known))]
    NoUnit { unit: String, known: Vec<String> },
}

fn beside(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!("; at that place there are: {}", known.join(", ")),
    }
}

/// Lists the accounts. `read` counts those of which everything is known.
///
/// # Errors
/// Fails if a call does, or if a unit does not exist.
pub async fn accounts(
    connection: &Connection,
    wanted: Wanted<'_>,
    read: &Cell<(usize, usize)>,
) -> Result<Accounts, OrganizationError> {
    let organization = Organization {
        client: Client::new(
            ORGANIZATIONS,
            &connection.config,
            home(&connection.caller.region),
        )
        .await,
        connection,
    };
    let all: Vec<Account> = organization.list(LIST_ACCOUNTS, ALL, json!({})).await?;
    let all: Vec<Listed> = all.into_iter().filter_map(Account::listed).collect();
    let mut ids: BTreeSet<AccountId> = match wanted.units {
        [] => all.iter().map(|one| one.account.clone()).collect(),
        units => {
            let mut ids = BTreeSet::new();
            for unit in units {
                ids.append(&mut organization.in_unit(unit).await?);
            }
            ids
        }
    };
    if !wanted.tags.is_empty() {
        let active: Vec<&Listed> = all
            .iter()
            .filter(|one| one.is_active() && ids.contains(&one.account))
            .collect();
        read.set((0, active.len()));
        let tagged = active.into_iter().map(async |one| {
            let has = organization.has(&one.account, wanted.tags).await?;
            read.set((read.get().0 + 1, read.get().1));
            Ok::<_, CallError>(has.then(|| one.account.clone()))
        });
        let tagged: Vec<Option<AccountId>> = stream::iter(tagged)
            .buffered(TOGETHER)
            .try_collect()
            .await?;
        ids = tagged.into_iter().flatten().collect();
    }
    Ok(Accounts { all, wanted: ids })
}

/// How many accounts' tags are read together. The caller keeps each operation below its quota.
const TOGETHER: usize = 8;

const LIST_ACCOUNTS: &str = "organizations:ListAccounts";
const LIST_ROOTS: &str = "organizations:ListRoots";
const LIST_UNITS: &str = "organizations:ListOrganizationalUnitsForParent";
const LIST_ACCOUNTS_OF: &str = "organizations:ListAccountsForParent";
const LIST_TAGS: &str = "organizations:ListTagsForResource";

/// What an error says the calls were about.
const ALL: &str = "the organization";

struct Organization<'c> {
    client: Client,
    connection: &'c Connection,
}

impl Organization<'_> {
    /// Every item of a list.
    async fn list<T: Item>(
        &self,
        action: &'static str,
        resource: &str,
        mut params: Value,
    ) -> Result<Vec<T>, CallError> {
        let mut items = Vec::new();
        loop {
            let caller = &self.connection.caller;
            let page: T::Page = self.client.call(caller, action, resource, &params).await?;
            let (more, token) = T::items(page);
            items.extend(more);
            match token {
                Some(token) => params["NextToken"] = token.into(),
                None => return Ok(items),
            }
        }
    }

    /// The accounts in a unit, and in those below it.
    async fn in_unit(&self, unit: &Unit) -> Result<BTreeSet<AccountId>, OrganizationError> {
        let mut open = vec![match unit {
            Unit::Id(id) => id.clone(),
            Unit::Path(path) => self.unit_at(path).await?,
        }];
        let mut ids = BTreeSet::new();
        while let Some(parent) = open.pop() {
            let params = json!({ "ParentId": parent });
            let what = format!("unit {parent}");
            let accounts = self.list(LIST_ACCOUNTS_OF, &what, params.clone()).await;
            let accounts: Vec<Account> = accounts.map_err(|error| of_unit(error, unit))?;
            ids.extend(accounts.into_iter().filter_map(|one| one.id.parse().ok()));
            let units: Vec<OrganizationalUnit> = self.list(LIST_UNITS, &what, params).await?;
            open.extend(units.into_iter().map(|one| one.id));
        }
        Ok(ids)
    }

    /// The ID of the unit at a path of names below the root.
    async fn unit_at(&self, path: &[String]) -> Result<String, OrganizationError> {
        let roots: Vec<Root> = self.list(LIST_ROOTS, ALL, json!({})).await?;
        // an organization has one root
        let mut id = roots
            .into_iter()
            .next()
            .map(|root| root.id)
            .unwrap_or_default();
        for (depth, name) in path.iter().enumerate() {
            let what = format!("unit {id}");
            let units = self
                .list(LIST_UNITS, &what, json!({ "ParentId": id }))
                .await?;
            let is_named = |unit: &&OrganizationalUnit| unit.name == *name;
            let Some(unit) = units.iter().find(is_named) else {
                return Err(OrganizationError::NoUnit {
                    unit: path.get(..=depth).unwrap_or_default().join("/"),
                    known: units.into_iter().map(|unit| unit.name).collect(),
                });
            };
            id.clone_from(&unit.id);
        }
        Ok(id)
    }

    async fn has(&self, account: &AccountId, wanted: &[AccountTag]) -> Result<bool, CallError> {
        let params = json!({ "ResourceId": account.as_str() });
        let what = format!("account {account}");
        let tags: Vec<TagOfAccount> = self.list(LIST_TAGS, &what, params).await?;
        let has = |wanted: &AccountTag| {
            let mut tags = tags.iter();
            tags.any(|one| one.key == wanted.key && one.value == wanted.value)
        };
        Ok(wanted.iter().all(has))
    }
}

fn of_unit(error: CallError, unit: &Unit) -> OrganizationError {
    if error.code() == Some("ParentNotFound") {
        return OrganizationError::NoUnit {
            unit: unit.to_string(),
            known: Vec::new(),
        };
    }
    error.into()
}

/// What a list holds.
trait Item: Sized {
    type Page: DeserializeOwned + Send + Sync + std::fmt::Debug + 'static;

    /// The items of a page, and where the next begins.
    fn items(page: Self::Page) -> (Vec<Self>, Option<String>);
}

/// Declares a page of a list: its items, under AWS's name.
macro_rules! page {
    ($item:ident, $page:ident, $items:literal) => {
        #[derive(Debug, Deserialize)]
        struct $page {
            #[serde(rename = $items, default)]
            items: Vec<$item>,
            #[serde(rename = "NextToken")]
            next: Option<String>,
        }

        impl Item for $item {
            type Page = $page;

            fn items(page: $page) -> (Vec<Self>, Option<String>) {
                (page.items, page.next)
            }
        }
    };
}

page!(Account, AccountsPage, "Accounts");
page!(Root, RootsPage, "Roots");
page!(OrganizationalUnit, UnitsPage, "OrganizationalUnits");
page!(TagOfAccount, TagsPage, "Tags");

/// An account. Its `Status` is not read: AWS retired it on September 9, 2026, for `State`
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    state: String,
}

impl Account {
    fn listed(self) -> Option<Listed> {
        Some(Listed {
            account: self.id.parse().ok()?,
            name: self.name,
            state: self.state,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Root {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationalUnit {
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagOfAccount {
    key: String,
    #[serde(default)]
    value: String,
}
