//! One resource of a plan or a status, before it is laid out.

use crate::provision::name::{AccountId, Region};
use crate::provision::resource::{Party, ResourceAddress};

/// A resource: its heading, and lines of detail below it.
pub(super) struct Entry {
    pub address: ResourceAddress,
    pub heading: String,
    /// Those that are indented say more about the one before them.
    pub lines: Vec<String>,
}

/// A resource, or several that are alike, as shown.
pub(super) struct Item {
    pub account: String,
    pub region: String,
    pub heading: String,
    pub lines: Vec<String>,
}

/// One resource as it is.
pub(super) fn item(entry: &Entry) -> Item {
    let Entry {
        address,
        heading,
        lines,
    } = entry;
    Item {
        account: account_heading(&address.party, &address.account),
        region: region_heading(address.region.as_ref()).to_owned(),
        heading: heading.clone(),
        lines: lines.clone(),
    }
}

fn account_heading(party: &Party, account: &AccountId) -> String {
    match party {
        Party::Logging => format!("logging account {account}"),
        Party::Member(name) if name.as_str() == account.as_str() => {
            format!("member account {account}")
        }
        Party::Member(name) => format!("member account {account} ({name})"),
    }
}

pub(super) fn region_heading(region: Option<&Region>) -> &str {
    region.map_or("all Regions", Region::as_str)
}
