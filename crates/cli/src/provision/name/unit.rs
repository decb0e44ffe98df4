//! What selects accounts of an organization: its units, and tags of the accounts.

use std::fmt;
use std::str::FromStr;

/// An organizational unit, as a flag names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// `ou-…`, or `r-…` for the root.
    Id(String),
    /// The names of the units from the root on.
    Path(Vec<String>),
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // the form of https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html
        let is_id = |rest: &str| {
            let allowed =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            rest.len() >= 4 && rest.bytes().all(allowed)
        };
        if text
            .strip_prefix("ou-")
            .is_some_and(|rest| is_id(rest) && rest.contains('-'))
            || text.strip_prefix("r-").is_some_and(is_id)
        {
            return Ok(Self::Id(text.to_owned()));
        }
        let names: Vec<String> = text.split('/').map(str::to_owned).collect();
        if names.iter().any(String::is_empty) {
            return Err("expected the names of units, as in Workloads/Production, or an id such as ou-a1b2-c3d4e5f6".to_owned());
        }
        Ok(Self::Path(names))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Path(names) => f.write_str(&names.join("/")),
        }
    }
}

/// A tag of an account, as a flag gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTag {
    pub key: String,
    pub value: String,
}

impl FromStr for AccountTag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("expected key=value, as in environment=production")?;
        Ok(Self {
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_a_path_of_names_or_an_id() {
        let path = |names: &[&str]| Ok(Unit::Path(names.iter().map(ToString::to_string).collect()));
        let id = |id: &str| Ok(Unit::Id(id.to_owned()));
        assert_eq!("Workloads/Prod EU".parse(), path(&["Workloads", "Prod EU"]));
        assert_eq!("ou-a1b2-c3d4e5f6".parse(), id("ou-a1b2-c3d4e5f6"));
        assert_eq!("r-a1b2".parse(), id("r-a1b2"));
        assert_eq!("ou-Team".parse(), path(&["ou-Team"]));
        assert!("Workloads/".parse::<Unit>().is_err());
        assert!("=x".parse::<AccountTag>().is_err() && "x".parse::<AccountTag>().is_err());
        let tag: AccountTag = "a=b=c".parse().unwrap();
        assert_eq!((tag.key.as_str(), tag.value.as_str()), ("a", "b=c"));
    }
}
