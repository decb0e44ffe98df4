//! The fleet file: the logging account and its members, parsed into validated types, with every mistake reported at once.

mod accounts;
mod assume;
mod defaults;
mod entries;
mod error;
mod flags;
mod formats;
mod keys;
mod log_groups;
mod newcomer;
mod parse;
mod reader;
mod redact;
mod roles;
mod rules;
mod subscribe;
mod validate;

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::{FlowLogFormat, Source};

use crate::provision::name::{
    AccountId, DestinationName, FilterName, LogGroupName, LogGroupPattern, MemberName,
    OrganizationId, ProfileName, Region, RoleKey, RoleName, StreamName,
};
use crate::provision::resource::{
    AssumedRole, Distribution, Encryption, FilterPattern, StreamMode, Tags,
};

pub use error::{FleetError, Mistake};
pub use flags::{Flags, MemberByHand};
pub use newcomer::Newcomer;
pub use subscribe::Subscribe;
pub(crate) use validate::is_on_delivery_path;

/// A commented fleet file to start from: what `catchment init` writes.
pub const TEMPLATE: &str = include_str!("fleet/template.toml");

/// The logging account and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    pub logging: Logging,
    /// At least one.
    pub members: BTreeMap<MemberName, Member>,
    /// What an account has that becomes a member and says nothing itself.
    pub newcomer: Newcomer,
    /// Which log events the transformer drops or samples, as its settings file has it.
    pub rules: Vec<serde_json::Value>,
    /// Which fields the transformer masks or hashes, as its settings file has it.
    pub redact: Vec<serde_json::Value>,
    /// Tags for every resource that can have some, besides our own.
    pub tags: Tags,
}

/// The account that owns the `logs::Destination`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// If absent, the default credential chain.
    pub profile: Option<ProfileName>,
    pub account: AccountId,
    /// At least one. Each has its own `logs::Destination`, and its own stream unless all share one.
    pub regions: BTreeSet<Region>,
    pub destination: DestinationName,
    pub role: RoleName,
    /// The name of the subscription filters in the members; `catchment-<destination>` by default.
    pub filter: FilterName,
    /// The organization of all accounts, which the role then trusts instead of each account.
    pub organization: Option<OrganizationId>,
    /// Whom the destination policy lets subscribe.
    pub access: Access,
    /// The role in each member that its filters name if the whole organization may subscribe. `None` only if that is not so, and the
    /// `logs::Destination`'s name gives no name for a role.
    pub member_role: Option<RoleName>,
    /// Which roles others make; they are used, and never changed.
    pub ready_made: BTreeSet<RoleKey>,
    /// The permissions boundary of the roles that catchment makes.
    pub boundary: Option<Boundary>,
    /// Hours without a record in the stream before infra/alarms.yaml raises an alarm; 0 for never.
    pub silent_hours: u32,
    pub stream: Stream,
}

/// Whom the destination policy lets subscribe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// The accounts of the members, one by one.
    #[default]
    Accounts,
    /// Every account of the organization. Each filter then needs a role in its own account.
    Organization,
}

/// The ARN of a permissions boundary, with placeholders for the account and its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

/// The Kinesis data stream, one in each Region or one for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub name: StreamName,
    pub mode: StreamMode,
    /// 24 to 8,760.
    pub retention_hours: u32,
    pub encryption: Encryption,
    /// The Region of the only stream, to which the `logs::Destination` of every Region delivers. A `logs::Destination` may point to a
    /// stream in another Region
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateSubscriptionFilterFirehose-Account.html>).
    pub region: Option<Region>,
}

impl Logging {
    /// The Region of the stream that a Region's `logs::Destination` delivers to.
    pub fn stream_region<'a>(&'a self, region: &'a Region) -> &'a Region {
        self.stream.region.as_ref().unwrap_or(region)
    }

    /// The Regions that have a stream.
    pub fn stream_regions(&self) -> BTreeSet<&Region> {
        let regions = self.regions.iter();
        regions.map(|region| self.stream_region(region)).collect()
    }
}

/// An account whose log groups are subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// If absent, the default credential chain.
    pub profile: Option<ProfileName>,
    /// The role that the profile's credentials assume in the account.
    pub role: Option<AssumedRole>,
    pub account: AccountId,
    /// The Regions in which the log groups are subscribed.
    pub regions: BTreeSet<Region>,
    /// How it is subscribed, beside a filter on each of its log groups; `None` if the fleet file does not say.
    pub subscribe: Option<Subscribe>,
    /// At least one, unless an account-level policy subscribes all. For a log group that several match, see [`LogGroupPattern::of`].
    pub log_groups: BTreeMap<LogGroupPattern, LogGroup>,
    /// What no pattern and no account-level policy selects.
    pub exclude: BTreeSet<LogGroupPattern>,
}

impl Member {
    /// What a log group carries, and how it is subscribed; `None` if it is not.
    pub fn log_group(&self, name: &LogGroupName) -> Option<&LogGroup> {
        selected(&self.log_groups, &self.exclude, name)
    }

    /// Whether no pattern selects this log group.
    pub fn excludes(&self, name: &LogGroupName) -> bool {
        self.exclude.iter().any(|one| one.matches(name))
    }
}

/// The entry that selects a log group.
fn selected<'g>(
    log_groups: &'g BTreeMap<LogGroupPattern, LogGroup>,
    exclude: &BTreeSet<LogGroupPattern>,
    name: &LogGroupName,
) -> Option<&'g LogGroup> {
    let pattern = LogGroupPattern::of(log_groups.keys(), name)?;
    let is_excluded = pattern.prefix().is_some() && exclude.iter().any(|one| one.matches(name));
    log_groups.get(pattern).filter(|_| !is_excluded)
}

/// How a log group is subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    pub source: Source,
    pub distribution: Distribution,
    /// Which log events are delivered; by default all.
    pub pattern: FilterPattern,
    /// The format of a flow log, if it is not AWS's default.
    pub format: Option<FlowLogFormat>,
    /// Whether each event says which account and Region it comes from.
    pub emit_system_fields: bool,
    /// The Regions of the member that have it; `None` for all.
    pub regions: Option<BTreeSet<Region>>,
}

impl Fleet {
    /// Reads the text of a fleet file.
    ///
    /// # Errors
    /// Reports every mistake, with its line and key, the value, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, FleetError> {
        parse::fleet(text, true)
    }

    /// Reads the text of a fleet file that may have no members yet.
    ///
    /// # Errors
    /// Reports every other mistake.
    pub fn parse_without_members(text: &str) -> Result<Self, FleetError> {
        parse::fleet(text, false)
    }

    /// The key under which a member lists the log groups of a source.
    pub(crate) fn key_of(source: Source) -> &'static str {
        keys::source(source)
    }

    /// The name of a member that sets none.
    pub(crate) fn implied_name<'a>(
        profile: Option<&'a str>,
        account: Option<&'a str>,
    ) -> Option<&'a str> {
        profile.or(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_fleet_file() {
        Fleet::parse(TEMPLATE).unwrap();
    }

    #[test]
    fn every_key_in_the_templates_comments_is_valid() {
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
            // the template shows both modes of a stream
            .filter(|line| !line.starts_with("shards"))
            .collect();
        let text = all.join("\n");
        assert!(
            text.contains("\norganization")
                && text.contains("\n[distribution]")
                && text.contains("\n[[rules]]")
                && text.contains("\n[[redact]]")
                && text.contains("\n[tags]")
                && text.contains("\n[members.accounts]"),
            "{text}"
        );
        if let Err(error) = Fleet::parse(&text) {
            panic!("{error}\n{text}");
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_line_key_value_and_what_is_allowed() {
        let error = Fleet::parse(include_str!("fleet/mistakes.toml")).unwrap_err();
        insta::assert_snapshot!(error, @r#"
        43 mistakes
          line 3: logging.profile: `7` is not an AWS profile; expected a name from ~/.aws/config, without line breaks
          line 4: logging.account: `999988887777` is not an AWS account id; expected twelve digits, in quotes
          line 5: logging.regions: `oregon` is not an AWS Region; expected a name such as us-west-2
          line 5: logging.regions: `us-west-2` is listed twice
          line 6: logging.destination: `a:b` is not the name of a CloudWatch Logs destination; expected 1 to 512 characters, without : and *
          line 8: logging.rolle: unknown key; did you mean `role`?
          line 9: logging.organization: `mine` is not an AWS organization id; expected o- and 10 to 32 lower-case letters and digits
          line 10: logging.access: unknown access `organisation`; expected "accounts" or "organization"
          line 11: logging.member_role: `a b` is not an IAM role name; expected 1 to 64 letters, digits and + = , . @ _ -
          line 12: logging.ready_made: `filter` is not a role of the fleet file; expected role or member_role
          line 13: logging.permissions_boundary: `Boundary` is not the ARN of a managed policy, such as arn:{partition}:iam::{account}:policy/Boundary
          line 17: logging.stream.shards: `0` is not a whole number from 1 to 10000
          line 18: logging.stream.mode: unknown mode `ondemand`; expected "on-demand", or remove it and set `shards`
          line 19: logging.stream.retention_hours: `12` is not a whole number from 24 to 8760
          line 20: logging.stream.encryption: unknown encryption `AES256`; expected "none", "aws/kinesis" or the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID
          line 21: logging.stream.region: `eu-central-1` is not in logging.regions; expected one of: us-west-2
          line 24: defaults.emit_system_fields: expected true or false, found a string
          line 27: distribution.cloudtrail: unknown distribution `random`; expected "ByLogStream" or "Random"
          line 30: tags.aws:x: this key is reserved
          line 31: tags.team: expected a string, found an integer
          line 33: members[1].vpc_flow_logs: no log groups; list some under one of: vpc_flow_logs, cloudtrail, guardduty, route53_resolver_query_logs, other
          line 35: members[1].account: `1111222233` is not an AWS account id; expected twelve digits, in quotes
          line 36: members[1].vpc_flow_log: unknown key; did you mean `vpc_flow_logs`?
          line 38: members[2].name: member `dev1` is already listed on line 33; give each member its own `name`
          line 41: members[2].regions: expected a list such as regions = ["…"], found a string
          line 42: members[2].cloudtrail: `one` is listed twice
          line 42: members[2].cloudtrail: log group `one` is listed twice
          line 43: members[2].vpc_flow_logs[2].format: `x` is not a field of flow logs up to version 11
          line 47: members[3].guardduty: the list is empty; add at least one entry, or remove the key
          line 48: members[3].other[1].patter: unknown key; did you mean `pattern`?
          line 48: members[3].other[2].name: missing; for example name = "…"
          line 48: members[3].other[3].name: `a b` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything
          line 49: members[3].wholly_unlike: unknown key; expected one of: name, account, accounts, regions, profile, assume_role, external_id, session_name, emit_system_fields, subscribe, account_pattern, exclude, vpc_flow_logs, cloudtrail, guardduty, route53_resolver_query_logs, other
          line 53: members[4].vpc_flow_logs: `a*b` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything
          line 54: members[4].cloudtrail: log group `/aws/vpc/*` is listed twice
          line 54: members[4].cloudtrail[1].regions: expected a list such as regions = ["…"], found a string
          line 55: members[4].exclude: `/aws/vcp/test-*` excludes nothing, because no pattern matches it
          line 55: members[4].exclude: `aws/*` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything
          line 57: members[5].name: a table of several accounts has none; each is named by its number or under [members.accounts], and entered by assume_role
          line 58: members[5].accounts: `4444` is not an AWS account id; expected twelve digits, in quotes
          line 60: members[5].cloudtrail: `a b` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything
          line 65: members[6].subscribe: unknown way to subscribe `all`; expected "log-groups" or "account"
          line 67: members[6].account_pattern: expected a filter pattern such as "ERROR", found an integer
        "#);
    }

    #[test]
    fn the_file_is_validated_as_a_whole() {
        let text = TEMPLATE.replace(
            "/aws/events/guardduty-demo\"]",
            "/aws/events/guardduty-demo\", \"/aws/kinesisfirehose/x\"]",
        );
        let more = "[[members]]\nprofile = \"dev1\"\naccount = \"111122223333\"\nregions = [\"us-west-2\", \"eu-west-1\"]\nother = [\"a\"]\n";
        let error = Fleet::parse(&format!("{text}{more}")).unwrap_err();
        insta::assert_snapshot!(error, @"
        4 mistakes
          line 85: members[2]: log group `/aws/kinesisfirehose/x` is on the delivery path: Firehose or the transformer writes to it, so subscribing it would create a loop
          line 135: members[3].account: account `111122223333` is already listed on line 54; add its log groups there, or set other regions here
          line 135: members[3].name: member `dev1` is already listed on line 54; give each member its own `name`
          line 138: members[3].regions: no logs::Destination in eu-west-1; expected one of: us-west-2. For eu-west-1, add it to logging.regions too
        ");
    }

    #[test]
    fn an_empty_file_and_invalid_toml_are_reported() {
        insta::assert_snapshot!(Fleet::parse("members = []").unwrap_err(), @"
        2 mistakes
          line 1: logging: missing; for example a table [logging] with account, regions, destination and role
          line 1: members: the list is empty; add at least one [[members]]
        ");
        insta::assert_snapshot!(Fleet::parse("").unwrap_err(), @"
        2 mistakes
          line 1: logging: missing; for example a table [logging] with account, regions, destination and role
          line 1: members: missing; for example a table [[members]] with account and log groups
        ");
        insta::assert_snapshot!(Fleet::parse("[logging]\naccount = \nrole = cwrole\n").unwrap_err(), @"
        2 mistakes
          line 2: invalid TOML: string values must be quoted, expected literal string
          line 3: invalid TOML: string values must be quoted, expected literal string
        ");
    }

    #[test]
    fn a_member_without_a_name_takes_its_profile_or_account() {
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
    fn omitted_keys_have_defaults() {
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

    #[test]
    fn regions_exist_and_are_of_one_partition() {
        let fleet = |regions| Fleet::parse(&TEMPLATE.replacen("[\"us-west-2\"]", regions, 1));
        let mistakes = |regions| fleet(regions).unwrap_err().to_string();
        insta::assert_snapshot!(mistakes("[\"us-wset-2\"]"), @"line 14: logging.regions: AWS has no Region `us-wset-2`; the nearest names are us-west-2, us-west-1, us-east-2");
        insta::assert_snapshot!(mistakes("[\"us-west-2\", \"cn-north-1\"]"), @"line 14: logging.regions: `cn-north-1` is in partition aws-cn, but `us-west-2` is in aws; make a fleet for each partition");
        fleet("[\"us-west-9\", \"nz-south-1\"]").unwrap();
        let key =
            "retention_hours = 168\nencryption = \"arn:aws-cn:kms:us-west-2:999988887777:key/k\"";
        let key = TEMPLATE.replace("retention_hours = 168", key);
        insta::assert_snapshot!(Fleet::parse(&key).unwrap_err(), @"line 46: logging.stream.encryption: `arn:aws-cn:kms:us-west-2:999988887777:key/k` is of partition aws-cn, but us-west-2 is in aws");
    }
}
