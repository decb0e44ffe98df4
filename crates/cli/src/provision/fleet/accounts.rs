//! The accounts of a `[[members]]` table that is for several: a list, or the table `[members.accounts]`, which names them.

use super::keys;
use super::reader::{At, Reader, Table};
use crate::provision::name::{AccountId, MemberName, NameError};

/// Reads the accounts, each with its name if it has one.
pub(super) fn accounts<'a>(
    reader: &mut Reader<'a>,
    table: &Table<'a>,
) -> Vec<(Option<MemberName>, At<AccountId>)> {
    if !table.has_table(keys::ACCOUNTS) {
        let listed = reader.names(table, keys::ACCOUNTS).into_iter();
        return listed.map(|account| (None, account)).collect();
    }
    let Some(named) = reader.table(table, keys::ACCOUNTS, &[]) else {
        return Vec::new();
    };
    let texts = reader.texts(&named);
    if texts.is_empty() {
        let what =
            "the table is empty; add at least one account, as in payments = \"111122223333\"";
        reader.mistake(named.line, table.key(keys::ACCOUNTS), what);
    }
    let mut accounts = Vec::new();
    for (key, At { line, value }) in texts {
        let mut told = |error: NameError| {
            reader.mistake(line, named.key(key), error.to_string());
        };
        let name: Option<MemberName> = key.parse().map_err(&mut told).ok();
        let account = value.parse().map_err(told).ok();
        if let (Some(name), Some(value)) = (name, account) {
            accounts.push((Some(name), At { line, value }));
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn fleet(accounts: &str) -> Result<Fleet, String> {
        let more = "[defaults]\nassume_role = \"arn:{partition}:iam::{account}:role/Catchment\"\n[[members]]\ncloudtrail = [\"trail\"]\n";
        Fleet::parse(&format!("{TEMPLATE}\n{more}[members.accounts]\n{accounts}"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_accounts_of_a_table_may_have_names() {
        let fleet = fleet("payments = \"222233334444\"\n\"web.prod\" = \"333344445555\"").unwrap();
        let members = fleet.members.iter();
        let named: Vec<_> = members
            .filter(|(_, member)| member.role.is_some())
            .map(|(name, member)| (name.as_str(), member.account.as_str()))
            .collect();
        assert_eq!(
            named,
            [("payments", "222233334444"), ("web.prod", "333344445555")]
        );
    }

    #[test]
    fn mistakes_are_told_with_their_lines() {
        let wrong = |accounts: &str| fleet(accounts).unwrap_err();
        insta::assert_snapshot!(wrong("\"a b\" = \"222233334444\"\nweb = \"3333\"\nx = 7\ndev1 = \"444455556666\""), @"
        4 mistakes
          line 141: members[3].accounts.a b: `a b` is not a member name; expected 1 to 64 letters, digits and . _ -
          line 142: members[3].accounts.web: `3333` is not an AWS account id; expected twelve digits, in quotes
          line 143: members[3].accounts.x: expected a string, found an integer
          line 144: members[3].name: member `dev1` is already listed on line 54; give each member its own `name`
        ");
        insta::assert_snapshot!(wrong(""), @r#"line 140: members[3].accounts: the table is empty; add at least one account, as in payments = "111122223333""#);
    }
}
