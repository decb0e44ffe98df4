//! Whom the destination policy lets subscribe, and the role that the filters then need.

use super::reader::{Reader, Table};
use super::{Access, keys};
use crate::provision::name::{DestinationName, RoleName};

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
    fn mistakes_are_told() {
        let wrong = |more: &str| fleet(more).unwrap_err();
        insta::assert_snapshot!(wrong("access = \"organization\""), @r#"line 12: logging.access: which organization is missing; add organization = "o-…""#);
        insta::assert_snapshot!(wrong("access = \"organisation\""), @r#"line 12: logging.access: unknown access `organisation`; expected "accounts" or "organization""#);
        insta::assert_snapshot!(wrong("member_role = \"cwrole\""), @"line 12: logging.member_role: `cwrole` is the role of the logging account; give the members' another name");
        let name = "destination = \"with space\"";
        let text = TEMPLATE.replace("destination = \"kinesisDest\"", name);
        Fleet::parse(&text).unwrap();
        let access = format!("[logging]\naccess = \"organization\"\n{ORGANIZATION}");
        let error = Fleet::parse(&text.replacen("[logging]", &access, 1)).unwrap_err();
        insta::assert_snapshot!(error, @"line 11: logging.member_role: missing; the name of the destination cannot be part of a role's");
    }
}
