//! Whom the destination policy lets subscribe, the role that the filters then need, and who makes the roles.

use std::collections::BTreeSet;

use super::assume::{ACCOUNT, PARTITION};
use super::reader::{At, Reader, Table};
use super::{Access, Boundary, keys};
use crate::provision::name::{AccountId, Arn, DestinationName, Region, RoleName};

const EXPECTED: &str = "\"accounts\" or \"organization\"";

/// Reads `access`.
pub(super) fn access<'a>(reader: &mut Reader<'a>, table: &Table<'a>) -> Access {
    let Some(text) = reader.text(table, keys::ACCESS, EXPECTED) else {
        return Access::default();
    };
    match text.value {
        "accounts" => Access::Accounts,
        "organization" => {
            if !table.has(keys::ORGANIZATION) {
                let what = "which organization is missing; add organization = \"o-…\"";
                reader.mistake(text.line, table.key(keys::ACCESS), what);
            }
            Access::Organization
        }
        other => {
            let what = format!("unknown access `{other}`; expected {EXPECTED}");
            reader.mistake(text.line, table.key(keys::ACCESS), what);
            Access::default()
        }
    }
}

/// Reads `member_role`. It differs from `delivery`, because the logging account can be a member too.
pub(super) fn of_members<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    access: Access,
    (destination, delivery): (Option<&DestinationName>, Option<&RoleName>),
) -> Option<RoleName> {
    let own = reader.name::<RoleName>(table, keys::MEMBER_ROLE);
    let line = own.as_ref().map_or(table.line, |own| own.line);
    let name = match own {
        Some(own) => Some(own.value),
        None if table.has(keys::MEMBER_ROLE) => return None,
        None => RoleName::for_destination(destination?),
    };
    let what = match &name {
        None if access == Access::Organization => {
            "missing; the name of the destination cannot be part of a role's".to_owned()
        }
        Some(name) if Some(name) == delivery => {
            format!("`{name}` is the role of the logging account; give the members' another name")
        }
        _ => return name,
    };
    reader.mistake(line, table.key(keys::MEMBER_ROLE), what);
    None
}

const BOUNDARY: &str =
    "the ARN of a managed policy, such as arn:{partition}:iam::{account}:policy/Boundary";

/// Reads `permissions_boundary`, which must make sense for every account.
pub(super) fn boundary<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
    regions: &BTreeSet<Region>,
) -> Option<Boundary> {
    let At { line, value } = reader.text(table, keys::BOUNDARY, BOUNDARY)?;
    let boundary = Boundary(value.to_owned());
    let region = regions.first()?;
    let what = match "111122223333"
        .parse()
        .ok()
        .and_then(|account| boundary.arn(&account, region))
    {
        None => format!("`{value}` is not {BOUNDARY}"),
        Some(arn) => match region.of_other_partition(&arn) {
            Some(what) => what,
            // without an account, the policy is one of AWS's own
            None if arn.account().is_some() && !value.contains(ACCOUNT) => format!(
                "`{value}` names a policy of one account; write {ACCOUNT} in the place of its number"
            ),
            None => return Some(boundary),
        },
    };
    reader.mistake(line, table.key(keys::BOUNDARY), what);
    None
}

impl Boundary {
    /// The ARN in one account, in the partition of `region`; `None` if it is not that of a managed policy.
    pub fn arn(&self, account: &AccountId, region: &Region) -> Option<Arn> {
        let text = self.0.replace(ACCOUNT, account.as_str());
        let arn: Arn = text.replace(PARTITION, region.partition()).parse().ok()?;
        let is_policy = arn.service() == "iam"
            && arn
                .resource()
                .strip_prefix("policy/")
                .is_some_and(|name| !name.is_empty() && !name.contains(['{', '}', '*', ' ']));
        is_policy.then_some(arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(more: &str) -> Result<Fleet, String> {
        let text = TEMPLATE.replacen("[logging]", &format!("[logging]\n{more}"), 1);
        Fleet::parse(&text).map_err(|error| error.to_string())
    }

    const ORGANIZATION: &str = "organization = \"o-a1b2c3d4e5\"";

    #[test]
    fn accounts_subscribe_unless_the_organization_is_to() {
        let logging = fleet("").unwrap().logging;
        assert_eq!(logging.access, Access::Accounts);
        let logging = fleet(&format!("access = \"organization\"\n{ORGANIZATION}"));
        let logging = logging.unwrap().logging;
        assert_eq!(logging.access, Access::Organization);
        assert_eq!(
            logging.member_role.unwrap().as_str(),
            "catchment-kinesisDest"
        );
        let logging = fleet("member_role = \"sender\"").unwrap().logging;
        assert_eq!(logging.member_role.unwrap().as_str(), "sender");
    }

    #[test]
    fn a_boundary_is_of_each_account_or_of_aws() {
        let arn = |text: &str| {
            let fleet = fleet(&format!("permissions_boundary = \"{text}\""))?;
            let region = fleet.logging.regions.first().unwrap();
            let boundary = fleet.logging.boundary.unwrap();
            let arn = boundary.arn(&fleet.logging.account, region);
            Ok::<_, String>(arn.unwrap().to_string())
        };
        assert_eq!(
            arn("arn:{partition}:iam::{account}:policy/path/B").unwrap(),
            "arn:aws:iam::999988887777:policy/path/B"
        );
        let of_aws = "arn:aws:iam::aws:policy/PowerUserAccess";
        assert_eq!(arn(of_aws).unwrap(), of_aws);
        let wrong = |text| arn(text).unwrap_err();
        insta::assert_snapshot!(wrong("arn:aws:iam::111122223333:policy/B"), @"line 12: logging.permissions_boundary: `arn:aws:iam::111122223333:policy/B` names a policy of one account; write {account} in the place of its number");
        insta::assert_snapshot!(wrong("arn:aws:iam::{account}:role/B"), @"line 12: logging.permissions_boundary: `arn:aws:iam::{account}:role/B` is not the ARN of a managed policy, such as arn:{partition}:iam::{account}:policy/Boundary");
        insta::assert_snapshot!(wrong("arn:aws-cn:iam::{account}:policy/B"), @"line 12: logging.permissions_boundary: `arn:aws-cn:iam::111122223333:policy/B` is of partition aws-cn, but us-west-2 is in aws");
    }

    #[test]
    fn mistakes_are_told() {
        let wrong = |more: &str| fleet(more).unwrap_err();
        insta::assert_snapshot!(wrong("access = \"organization\""), @r#"line 12: logging.access: which organization is missing; add organization = "o-…""#);
        insta::assert_snapshot!(wrong("access = \"organisation\""), @r#"line 12: logging.access: unknown access `organisation`; expected "accounts" or "organization""#);
        insta::assert_snapshot!(wrong("member_role = \"cwrole\""), @"line 12: logging.member_role: `cwrole` is the role of the logging account; give the members' another name");
        insta::assert_snapshot!(wrong("ready_made = [\"roles\", \"role\"]"), @"line 12: logging.ready_made: `roles` is not a role of the fleet file; expected role or member_role");
        let name = "destination = \"with space\"";
        let text = TEMPLATE.replace("destination = \"kinesisDest\"", name);
        Fleet::parse(&text).unwrap();
        let access = format!("[logging]\naccess = \"organization\"\n{ORGANIZATION}");
        let error = Fleet::parse(&text.replacen("[logging]", &access, 1)).unwrap_err();
        insta::assert_snapshot!(error, @"line 11: logging.member_role: missing; the name of the destination cannot be part of a role's");
    }
}
