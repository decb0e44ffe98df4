//! How to get into a member account: with a profile of its own, or by a role there that another profile's credentials assume.

use std::collections::BTreeSet;

use super::keys;
use super::reader::{At, Reader, Table};
use crate::provision::name::{AccountId, Arn, ExternalId, ProfileName, Region, SessionName};
use crate::provision::resource::AssumedRole;

const EXPECTED: &str = "the ARN of a role, such as arn:{partition}:iam::{account}:role/Catchment";
pub(super) const ACCOUNT: &str = "{account}";
pub(super) const PARTITION: &str = "{partition}";

/// What a member, or `[defaults]`, says.
#[derive(Default)]
pub(super) struct Entrance<'a> {
    profile: Option<ProfileName>,
    /// The ARN, with placeholders.
    role: Option<At<&'a str>>,
    external_id: Option<ExternalId>,
    session_name: Option<SessionName>,
}

impl<'a> Entrance<'a> {
    pub(super) fn read(reader: &mut Reader<'a>, table: &Table<'a>) -> Self {
        let profile = reader.name(table, "profile");
        let external_id = reader.name(table, keys::EXTERNAL_ID);
        let session_name = reader.name(table, keys::SESSION_NAME);
        Self {
            profile: profile.map(|at| at.value),
            role: reader.text(table, keys::ASSUME_ROLE, EXPECTED),
            external_id: external_id.map(|at| at.value),
            session_name: session_name.map(|at| at.value),
        }
    }

    /// Reads `[defaults]`, which must make sense for any member.
    pub(super) fn of_all(reader: &mut Reader<'a>, table: &Table<'a>) -> Self {
        let own = Self::read(reader, table);
        own.needs_role(
            reader,
            table,
            &["profile", keys::EXTERNAL_ID, keys::SESSION_NAME],
        );
        if let Some(At { line, value }) = own.role
            && !value.contains(ACCOUNT)
        {
            let what = format!(
                "`{value}` names a role of one account; write {ACCOUNT} in the place of its number"
            );
            reader.mistake(line, table.key(keys::ASSUME_ROLE), what);
        }
        own
    }

    pub(super) fn profile(&self) -> Option<&ProfileName> {
        self.profile.as_ref()
    }

    /// How to get into accounts that say nothing themselves; `None` if no role is assumed.
    pub(super) fn role(&self) -> Option<RoleOfAll> {
        Some(RoleOfAll {
            arn: self.role.as_ref()?.value.to_owned(),
            external_id: self.external_id.clone(),
            session_name: self.session_name.clone(),
        })
    }

    /// The profile and the role of a member. One with a profile of its own, and no role of its own, needs none.
    pub(super) fn of_member(
        self,
        reader: &mut Reader<'a>,
        table: &Table<'a>,
        of_all: &Self,
        account: Option<&AccountId>,
        regions: &BTreeSet<Region>,
    ) -> (Option<ProfileName>, Option<AssumedRole>) {
        let role = match (&self.role, &self.profile) {
            (Some(own), _) => own,
            (None, None) if of_all.role.is_some() => match &of_all.role {
                Some(role) => role,
                None => return (None, None),
            },
            (None, _) => {
                self.needs_role(reader, table, &[keys::EXTERNAL_ID, keys::SESSION_NAME]);
                return (self.profile, None);
            }
        };
        let profile = self.profile.clone().or_else(|| of_all.profile.clone());
        let (Some(account), Some(region)) = (account, regions.first()) else {
            return (profile, None);
        };
        let arn = match arn(role.value, account, region) {
            Ok(arn) => arn,
            Err(what) => {
                let line = if self.role.is_some() {
                    role.line
                } else {
                    table.line
                };
                reader.mistake(line, table.key(keys::ASSUME_ROLE), what);
                return (profile, None);
            }
        };
        let role = AssumedRole {
            arn,
            external_id: self.external_id.or_else(|| of_all.external_id.clone()),
            session_name: self.session_name.or_else(|| of_all.session_name.clone()),
        };
        (profile, Some(role))
    }

    /// Reports keys that say how a role is assumed, if none is.
    fn needs_role(&self, reader: &mut Reader<'a>, table: &Table<'a>, keys: &[&str]) {
        if self.role.is_some() || table.has(keys::ASSUME_ROLE) {
            return;
        }
        for key in keys.iter().filter(|key| table.has(key)) {
            let what = format!(
                "no role is assumed; add {} = \"…\", or remove `{key}`",
                keys::ASSUME_ROLE
            );
            reader.mistake(table.line, table.key(key), what);
        }
    }
}

/// The role that `[defaults]` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleOfAll {
    /// With placeholders.
    arn: String,
    external_id: Option<ExternalId>,
    session_name: Option<SessionName>,
}

impl RoleOfAll {
    /// The role in one account; `None` if that cannot be its ARN.
    pub(super) fn in_account(&self, account: &AccountId, region: &Region) -> Option<AssumedRole> {
        Some(AssumedRole {
            arn: arn(&self.arn, account, region).ok()?,
            external_id: self.external_id.clone(),
            session_name: self.session_name.clone(),
        })
    }
}

/// The role's ARN in one account, or what is wrong with it.
fn arn(pattern: &str, account: &AccountId, region: &Region) -> Result<Arn, String> {
    let text = pattern
        .replace(ACCOUNT, account.as_str())
        .replace(PARTITION, region.partition());
    let is_role = |arn: &Arn| {
        let name = arn.resource().strip_prefix("role/");
        arn.service() == "iam"
            && name.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}', '*', ' ']))
    };
    let arn = text.parse().ok().filter(is_role);
    let arn: Arn = arn.ok_or_else(|| format!("`{pattern}` is not {EXPECTED}"))?;
    if let Some(what) = region.of_other_partition(&arn) {
        return Err(what);
    }
    match arn.account() {
        Some(of) if of == *account => Ok(arn),
        _ => Err(format!("`{arn}` is not a role in account {account}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::provision::fleet::{Fleet, Member, TEMPLATE};

    const ROLE: &str = "assume_role = \"arn:{partition}:iam::{account}:role/Catchment\"";

    fn parsed(defaults: &str, member: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replace("profile = \"dev1\"", member);
        let text = format!("{text}\n[defaults]\n{defaults}\n");
        Fleet::parse(&text).map_err(|error| error.to_string())
    }

    fn member(defaults: &str, member: &str) -> (String, Member) {
        let members = parsed(defaults, member).unwrap().members;
        let mut members = members.into_iter();
        let is_first = |(_, one): &(_, Member)| one.account.as_str() == "111122223333";
        let (name, member) = members.find(is_first).unwrap();
        (name.to_string(), member)
    }

    #[test]
    fn a_member_without_a_profile_is_entered_by_the_role_of_all() {
        let all = format!("{ROLE}\nprofile = \"logging\"\nexternal_id = \"fleet-1\"");
        let (name, member) = member(&all, "");
        assert_eq!(name, "111122223333");
        assert_eq!(member.profile.unwrap().as_str(), "logging");
        let role = member.role.unwrap();
        assert_eq!(
            role.arn.as_str(),
            "arn:aws:iam::111122223333:role/Catchment"
        );
        assert_eq!(role.external_id.unwrap().as_str(), "fleet-1");
        assert_eq!(role.session_name, None);
    }

    #[test]
    fn a_member_may_say_otherwise() {
        let all = format!("{ROLE}\nprofile = \"logging\"\nexternal_id = \"fleet-1\"");
        let (_, own_profile) = member(&all, "profile = \"dev1\"");
        assert_eq!(own_profile.profile.unwrap().as_str(), "dev1");
        assert_eq!(own_profile.role, None);
        let own = "profile = \"other\"\nassume_role = \"arn:aws:iam::111122223333:role/x/Own\"\nsession_name = \"me\"";
        let (name, own) = member(&all, own);
        assert_eq!(
            (name.as_str(), own.profile.unwrap().as_str()),
            ("other", "other")
        );
        let role = own.role.unwrap();
        assert_eq!(role.arn.as_str(), "arn:aws:iam::111122223333:role/x/Own");
        assert_eq!(role.external_id.unwrap().as_str(), "fleet-1");
        assert_eq!(role.session_name.unwrap().as_str(), "me");
    }

    #[test]
    fn mistakes_are_told() {
        let wrong = |defaults: &str, member: &str| parsed(defaults, member).unwrap_err();
        insta::assert_snapshot!(wrong("assume_role = \"arn:aws:iam::111122223333:role/R\"", "profile = \"dev1\""), @"line 137: defaults.assume_role: `arn:aws:iam::111122223333:role/R` names a role of one account; write {account} in the place of its number");
        insta::assert_snapshot!(wrong("assume_role = \"Catchment-{account}\"\nexternal_id = \"x\"", ""), @"
        2 mistakes
          line 54: members[1].assume_role: `Catchment-{account}` is not the ARN of a role, such as arn:{partition}:iam::{account}:role/Catchment
          line 138: defaults.external_id: `x` is not an external id; expected 2 to 1224 letters, digits and + = , . @ : / _ -
        ");
        insta::assert_snapshot!(wrong("profile = \"logging\"", "session_name = \"me\""), @r#"
        2 mistakes
          line 54: members[1].session_name: no role is assumed; add assume_role = "…", or remove `session_name`
          line 136: defaults.profile: no role is assumed; add assume_role = "…", or remove `profile`
        "#);
        insta::assert_snapshot!(wrong(ROLE, "assume_role = \"arn:{partition}:iam::444455556666:role/R\""), @"line 55: members[1].assume_role: `arn:aws:iam::444455556666:role/R` is not a role in account 111122223333");
        insta::assert_snapshot!(wrong(&ROLE.replace("{partition}", "aws-cn"), ""), @"line 54: members[1].assume_role: `arn:aws-cn:iam::111122223333:role/Catchment` is of partition aws-cn, but us-west-2 is in aws");
    }
}
