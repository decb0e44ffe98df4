//! A fleet of any number of members, each with the same log groups, for what only shows in many accounts.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::json;

use crate::fleet::{REGION, Run};
use crate::support::emulator::Emulator;

/// A fleet file `catchment.toml` with members `m0`, `m1`, …, whose profiles have the same names, and a logging account.
pub(crate) struct Many<'a> {
    emulator: &'a Emulator,
    members: usize,
    groups: &'static [&'static str],
}

pub(crate) const LOGGING: &str = "999988887777";

/// The account of a member.
pub(crate) fn account(member: usize) -> String {
    format!("{}", 200_000_000_000 + member)
}

impl<'a> Many<'a> {
    /// Writes the file and the profiles, and creates the log groups.
    pub(crate) fn new(
        emulator: &'a Emulator,
        members: usize,
        groups: &'static [&'static str],
    ) -> Self {
        let many = Self::without_log_groups(emulator, members, groups);
        for member in 0..members {
            for group in groups {
                let params = json!({ "logGroupName": group });
                emulator.call(&account(member), REGION, "logs", "CreateLogGroup", &params);
            }
        }
        many
    }

    /// Writes the file and the profiles only.
    pub(crate) fn without_log_groups(
        emulator: &'a Emulator,
        members: usize,
        groups: &'static [&'static str],
    ) -> Self {
        let mut file = format!(
            "[logging]\nprofile = \"logging\"\naccount = \"{LOGGING}\"\nregions = [\"{REGION}\"]\ndestination = \"kinesisDest\"\nrole = \"cwrole\"\norganization = \"o-abcdefghij\"\n[logging.stream]\nname = \"all\"\nshards = 1\n"
        );
        let mut credentials =
            format!("[logging]\naws_access_key_id = {LOGGING}\naws_secret_access_key = test\n");
        for member in 0..members {
            let account = account(member);
            let _ = write!(
                file,
                "[[members]]\nname = \"m{member}\"\nprofile = \"m{member}\"\naccount = \"{account}\"\nother = {groups:?}\n"
            );
            let _ = write!(
                credentials,
                "[m{member}]\naws_access_key_id = {account}\naws_secret_access_key = test\n"
            );
        }
        emulator.write("catchment.toml", &file);
        emulator.write("credentials", &credentials);
        Self {
            emulator,
            members,
            groups,
        }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.emulator.catchment();
        command.args(line.split_whitespace());
        command
    }

    /// Runs and checks the exit code.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, line: &str) -> Run {
        let run = Run::of(&self.command(line).output().unwrap());
        assert_eq!(run.code, Some(code), "catchment {line}: {run:#?}");
        run
    }

    /// How many of the members' log groups have a subscription filter.
    pub(crate) fn subscribed(&self) -> usize {
        let members = 0..self.members;
        let groups =
            members.flat_map(|member| self.groups.iter().map(move |group| (member, group)));
        groups
            .filter(|(member, group)| {
                let params = json!({ "logGroupName": group });
                let operation = "DescribeSubscriptionFilters";
                let answer =
                    self.emulator
                        .call(&account(*member), REGION, "logs", operation, &params);
                answer["subscriptionFilters"] != json!([])
            })
            .count()
    }

    /// How many calls of an operation the emulator received, from how many accounts.
    pub(crate) fn calls(&self, operation: &str) -> (usize, usize) {
        let calls = self.emulator.calls();
        let of: Vec<_> = calls
            .iter()
            .filter(|call| call["operation"] == operation)
            .map(|call| call["account"].to_string())
            .collect();
        let accounts: std::collections::BTreeSet<_> = of.iter().collect();
        (of.len(), accounts.len())
    }
}
