//! The fleet file: the logging account and its members, read into types that hold no nonsense, every mistake told at once.

mod defaults;
mod flags;
mod parse;
mod reader;
mod validate;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::provision::name::{
    AccountId, DestinationName, FilterName, LogGroupName, MemberName, OrganizationId, ProfileName,
    Region, RoleName, StreamName,
};
use crate::provision::resource::{Distribution, Encryption, Source, StreamMode, Tags};

pub use flags::{Flags, MemberByHand};

/// A commented fleet file to start from: what `catchment init` writes.
pub const TEMPLATE: &str = include_str!("fleet/template.toml");

/// The logging account and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    pub logging: Logging,
    /// At least one.
    pub members: BTreeMap<MemberName, Member>,
    /// Tags on everything that can bear them, beside our own.
    pub tags: Tags,
}

/// The account that owns the `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// None: the default credential chain.
    pub profile: Option<ProfileName>,
    pub account: AccountId,
    /// At least one. Each has a stream and a `logs::Destination` of its own.
    pub regions: BTreeSet<Region>,
    pub destination: DestinationName,
    pub role: RoleName,
    /// The name of the subscription filters in the members; `catchment-<destination>` where the file names none.
    pub filter: FilterName,
    /// All accounts belong to it, so the role can trust them by it.
    pub organization: Option<OrganizationId>,
    /// Hours without a record in the stream before infra/alarms.yaml raises an alarm; 0 for never.
    pub silent_hours: u32,
    pub stream: Stream,
}

/// The Kinesis data stream, one in each Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub name: StreamName,
    pub mode: StreamMode,
    /// 24 to 8,760.
    pub retention_hours: u32,
    pub encryption: Encryption,
}

/// An account whose log groups are subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// None: the default credential chain.
    pub profile: Option<ProfileName>,
    pub account: AccountId,
    /// The log groups are subscribed in each of these.
    pub regions: BTreeSet<Region>,
    /// At least one.
    pub log_groups: BTreeMap<LogGroupName, LogGroup>,
}

/// What is to be known of a log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogGroup {
    pub source: Source,
    pub distribution: Distribution,
}

/// Everything that is wrong with a fleet file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetError {
    pub mistakes: Vec<Mistake>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Counted from 1; none for a flag.
    pub line: Option<usize>,
    /// Where in the file, for example `members[2].account`; or the flag.
    pub key: String,
    /// What is wrong, with the value, and what is allowed.
    pub what: String,
}

impl Fleet {
    /// Reads the text of a fleet file.
    ///
    /// # Errors
    /// Every mistake in it, with line, key, value and what is allowed.
    pub fn parse(text: &str) -> Result<Self, FleetError> {
        parse::fleet(text)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, what } = self;
        if let Some(line) = line {
            write!(f, "line {line}: ")?;
        }
        if key.is_empty() {
            f.write_str(what)
        } else {
            write!(f, "{key}: {what}")
        }
    }
}

impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [one] => write!(f, "{one}"),
            many => {
                write!(f, "{} mistakes", many.len())?;
                many.iter()
                    .try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}

impl std::error::Error for FleetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_fleet_file() {
        Fleet::parse(TEMPLATE).unwrap();
    }

    #[test]
    fn every_key_that_the_template_shows_as_a_comment_is_one() {
        let is_key = |line: &&str| {
            line.split_once(" = ")
                .is_some_and(|(key, _)| !key.trim_start_matches("# ").contains(' '))
        };
        let all: Vec<&str> = TEMPLATE
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| is_key(rest) || rest.starts_with('['))
                    .unwrap_or(line)
            })
            // a stream has shards or scales by itself: the template shows both
            .filter(|line| !line.starts_with("shards"))
            .collect();
        let text = all.join("\n");
        assert!(
            text.contains("\norganization")
                && text.contains("\n[distribution]")
                && text.contains("\n[tags]"),
            "{text}"
        );
        if let Err(error) = Fleet::parse(&text) {
            panic!("{error}\n{text}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_once_with_line_key_value_and_what_is_allowed() {
        let error = Fleet::parse(include_str!("fleet/mistakes.toml")).unwrap_err();
        insta::assert_snapshot!(error, @r#"
        23 mistakes
          line 3: logging.profile: `7` is not an AWS profile: a name as in ~/.aws/config, without line breaks
          line 4: logging.account: `999988887777` is not an AWS account id: twelve digits, in quotes
          line 5: logging.regions: `oregon` is not an AWS Region: for example us-west-2
          line 5: logging.regions: `us-west-2` is named twice
          line 6: logging.destination: `a:b` is not the name of a CloudWatch Logs destination: 1 to 512 characters, without : and *
          line 8: logging.rolle: no such key; did you mean `role`?
          line 9: logging.organization: `mine` is not an AWS organization id: o- and 10 to 32 small letters and digits
          line 13: logging.stream.shards: `0` is not a whole number from 1 to 10000
          line 14: logging.stream.mode: `ondemand` is not a mode: "on-demand", or shards = a number instead
          line 15: logging.stream.retention_hours: `12` is not a whole number from 24 to 8760
          line 16: logging.stream.encryption: `AES256` is not an encryption: "none", "aws/kinesis", or the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID
          line 19: distribution.cloudtrail: `random` is not a distribution: ByLogStream or Random; did you mean `Random`?
          line 22: tags.aws:x: a reserved key
          line 23: tags.team: an integer where a text belongs: in quotes
          line 25: members[1].vpc_flow_logs: no log group: name some under vpc_flow_logs, cloudtrail, guardduty, other
          line 27: members[1].account: `1111222233` is not an AWS account id: twelve digits, in quotes
          line 28: members[1].vpc_flow_log: no such key; did you mean `vpc_flow_logs`?
          line 30: members[2].name: a member is called `dev1` already, on line 25: give each a `name` of its own
          line 33: members[2].regions: a string where a list belongs: regions = ["…"]
          line 34: members[2].cloudtrail: `one` is named twice
          line 34: members[2].cloudtrail: log group one is named twice
          line 39: members[3].guardduty: an empty list; name at least one, or leave the key out
          line 40: members[3].wholly_unlike: no such key; there are name, profile, account, regions, vpc_flow_logs, cloudtrail, guardduty, other
        "#);
    }

    #[test]
    fn what_only_the_whole_file_tells_is_told_too() {
        let text = TEMPLATE.replace(
            "/aws/events/guardduty-demo\"]",
            "/aws/events/guardduty-demo\", \"/aws/kinesisfirehose/x\"]",
        );
        let more = "[[members]]\nprofile = \"dev1\"\naccount = \"111122223333\"\nregions = [\"us-west-2\", \"eu-west-1\"]\nother = [\"a\"]\n";
        let error = Fleet::parse(&format!("{text}{more}")).unwrap_err();
        insta::assert_snapshot!(error, @"
        4 mistakes
          line 54: members[2]: /aws/kinesisfirehose/x is on the delivery path (Firehose and its transformer write there): it would feed itself
          line 66: members[3].account: `111122223333` is a member already, on line 36: put its log groups there, or name other regions here
          line 66: members[3].name: a member is called `dev1` already, on line 36: give each a `name` of its own
          line 69: members[3].regions: no logs::Destination in eu-west-1, and one serves its own Region only: one of us-west-2, or add it to logging.regions
        ");
    }

    #[test]
    fn an_empty_file_and_one_that_is_not_toml_are_told() {
        insta::assert_snapshot!(Fleet::parse("members = []").unwrap_err(), @"
        2 mistakes
          line 1: logging: not there; for example a table [logging] with account, regions, destination and role
          line 1: members: an empty list; name at least one: [[members]]
        ");
        insta::assert_snapshot!(Fleet::parse("").unwrap_err(), @"
        2 mistakes
          line 1: logging: not there; for example a table [logging] with account, regions, destination and role
          line 1: members: not there; for example a table [[members]] with account and log groups
        ");
        insta::assert_snapshot!(Fleet::parse("[logging]\naccount = \nrole = cwrole\n").unwrap_err(), @"
        2 mistakes
          line 2: not TOML: string values must be quoted, expected literal string
          line 3: not TOML: string values must be quoted, expected literal string
        ");
    }

    #[test]
    fn a_member_without_a_name_is_called_after_its_profile_or_account() {
        let text = TEMPLATE.replace("profile = \"dev1\"\n", "");
        let fleet = Fleet::parse(&text).unwrap();
        assert!(
            fleet
                .members
                .keys()
                .map(MemberName::as_str)
                .eq(["111122223333", "logging"])
        );
    }

    #[test]
    fn what_the_file_leaves_out_has_a_default() {
        let text = TEMPLATE.replace("retention_hours = 168", "");
        let fleet = Fleet::parse(&text).unwrap();
        assert_eq!(fleet.logging.stream.retention_hours, 168);
        assert_eq!(fleet.logging.stream.encryption, Encryption::None);
        assert_eq!(fleet.logging.filter.as_str(), "catchment-kinesisDest");
        let groups = &fleet.members["dev1".parse::<MemberName>().as_ref().unwrap()].log_groups;
        let distributions: Vec<_> = groups.values().map(|group| group.distribution).collect();
        assert_eq!(
            distributions,
            [Distribution::Random, Distribution::ByLogStream]
        );
    }
}
