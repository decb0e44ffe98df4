//! A member set up by hand: read from flags instead of a fleet file.

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;

use super::validate::is_on_delivery_path;
use super::{FleetError, LogGroup, Member, Mistake};
use crate::provision::name::{
    Arn, DestinationName, FilterName, LogGroupName, MemberName, Name, NameError, Region,
};
use crate::provision::resource::{Distribution, FilterPattern};

/// The flags as given, and the account of the caller's credentials.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags<'a> {
    pub profile: Option<&'a str>,
    pub account: &'a str,
    pub destination_arn: &'a str,
    pub vpc_flow_logs: &'a [String],
    pub cloudtrail: &'a [String],
    pub guardduty: &'a [String],
    pub route53_resolver_query_logs: &'a [String],
    pub other: &'a [String],
}

/// A member and the `logs::Destination` that its log groups are delivered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberByHand {
    /// The profile, or else the account.
    pub name: MemberName,
    pub member: Member,
    pub destination: Arn,
    pub filter: FilterName,
}

impl MemberByHand {
    /// The Region of `--destination-arn`, where the member's account is called.
    ///
    /// # Errors
    /// Fails if it is not the ARN of a `logs::Destination`.
    pub fn region(destination_arn: &str) -> Result<Region, FleetError> {
        let parts = destination_arn
            .parse::<Arn>()
            .map_err(|error| error.to_string())
            .and_then(|arn| destination_parts(&arn));
        parts.map(|(region, _)| region).map_err(|what| FleetError {
            mistakes: vec![mistake("--destination-arn", what)],
        })
    }

    /// Reads the flags. The Region is that of the `logs::Destination`, which serves no other.
    ///
    /// # Errors
    /// Reports every flag with an invalid value.
    pub fn from_flags(flags: Flags<'_>) -> Result<Self, FleetError> {
        let mut mistakes = Vec::new();
        let profile = flags
            .profile
            .map(|text| parsed(&mut mistakes, "--profile", text));
        let account = parsed(&mut mistakes, "account", flags.account);
        let destination: Option<Arn> =
            parsed(&mut mistakes, "--destination-arn", flags.destination_arn);
        let parts = destination.as_ref().map(destination_parts);
        let parts = parts.and_then(|parts| {
            let wrong = |what| mistakes.push(mistake("--destination-arn", what));
            parts.map_err(wrong).ok()
        });
        let mut log_groups = BTreeMap::new();
        let sources = [
            ("--vpc-flow-logs", Source::VpcFlowLogs, flags.vpc_flow_logs),
            ("--cloudtrail", Source::CloudTrail, flags.cloudtrail),
            ("--guardduty", Source::GuardDuty, flags.guardduty),
            (
                "--route53-resolver-query-logs",
                Source::Route53ResolverQueryLogs,
                flags.route53_resolver_query_logs,
            ),
            ("--other", Source::Other, flags.other),
        ];
        for (flag, source, groups) in sources {
            for text in groups {
                let Some(group) = parsed::<LogGroupName>(&mut mistakes, flag, text) else {
                    continue;
                };
                let is_own_account = destination.as_ref().and_then(Arn::account) == account;
                if is_own_account && is_on_delivery_path(&group) {
                    let what =
                        format!("log group `{group}` is on the delivery path, so it would loop");
                    mistakes.push(mistake(flag, what));
                }
                let log_group = LogGroup {
                    source,
                    distribution: Distribution::default_for(source),
                    pattern: FilterPattern::default(),
                    format: None,
                    emit_system_fields: false,
                    regions: None,
                };
                if log_groups.insert(group.into(), log_group).is_some() {
                    mistakes.push(mistake(flag, format!("log group `{text}` is listed twice")));
                }
            }
        }
        if sources.iter().all(|(_, _, groups)| groups.is_empty()) {
            mistakes.push(mistake(
                "--vpc-flow-logs",
                "no log groups; pass some with this flag, --cloudtrail, --guardduty, --route53-resolver-query-logs or --other"
                    .to_owned(),
            ));
        }
        let name = flags
            .profile
            .and_then(|text| text.parse().ok())
            .or_else(|| flags.account.parse().ok());
        match (account, destination, parts, name) {
            (Some(account), Some(destination), Some((region, filter)), Some(name))
                if mistakes.is_empty() =>
            {
                Ok(Self {
                    name,
                    member: Member {
                        profile: profile.flatten(),
                        role: None,
                        account,
                        regions: BTreeSet::from([region]),
                        subscribe: None,
                        log_groups,
                        exclude: BTreeSet::new(),
                    },
                    destination,
                    filter,
                })
            }
            _ => Err(FleetError { mistakes }),
        }
    }
}

/// The Region, and the name of the filters; or what is wrong with the ARN.
fn destination_parts(arn: &Arn) -> Result<(Region, FilterName), String> {
    let parts = || {
        let name: DestinationName = arn.resource().strip_prefix("destination:")?.parse().ok()?;
        arn.account()?;
        let region = arn.region().filter(|_| arn.service() == "logs")?;
        Some((region, FilterName::for_destination(&name)))
    };
    let Some((region, filter)) = parts() else {
        return Err(format!(
            "`{arn}` is not the ARN of a CloudWatch Logs destination; expected arn:aws:logs:REGION:ACCOUNT:destination:NAME"
        ));
    };
    match region.mistake().or_else(|| region.of_other_partition(arn)) {
        Some(what) => Err(what),
        None => Ok((region, filter)),
    }
}

fn parsed<T: Name>(mistakes: &mut Vec<Mistake>, flag: &str, text: &str) -> Option<T> {
    text.parse()
        .map_err(|error: NameError| mistakes.push(mistake(flag, error.to_string())))
        .ok()
}

fn mistake(flag: &str, what: String) -> Mistake {
    Mistake {
        line: None,
        key: flag.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_make_a_member() {
        let groups = ["flow".to_owned()];
        let by_hand = MemberByHand::from_flags(Flags {
            profile: Some("dev1"),
            account: "111122223333",
            destination_arn: "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
            vpc_flow_logs: &groups,
            ..Flags::default()
        })
        .unwrap();
        assert_eq!(by_hand.name.as_str(), "dev1");
        assert_eq!(by_hand.filter.as_str(), "catchment-kinesisDest");
        assert!(
            by_hand
                .member
                .regions
                .iter()
                .map(Region::as_str)
                .eq(["us-west-2"])
        );
        assert_eq!(by_hand.member.log_groups.len(), 1);
    }

    #[test]
    fn every_wrong_flag_is_reported_at_once() {
        let groups = ["a b".to_owned(), "twice".to_owned(), "twice".to_owned()];
        let error = MemberByHand::from_flags(Flags {
            account: "1",
            destination_arn: "arn:aws:kinesis:us-west-2:999988887777:stream/s",
            cloudtrail: &groups,
            ..Flags::default()
        })
        .unwrap_err();
        insta::assert_snapshot!(error, @"
        4 mistakes
          account: `1` is not an AWS account id; expected twelve digits, in quotes
          --destination-arn: `arn:aws:kinesis:us-west-2:999988887777:stream/s` is not the ARN of a CloudWatch Logs destination; expected arn:aws:logs:REGION:ACCOUNT:destination:NAME
          --cloudtrail: `a b` is not a log group name; expected 1 to 512 letters, digits and . _ / # -, not starting with aws/
          --cloudtrail: log group `twice` is listed twice
        ");
    }

    #[test]
    fn a_destination_is_in_a_region_of_its_own_partition() {
        let wrong = |arn| MemberByHand::region(arn).unwrap_err().to_string();
        insta::assert_snapshot!(wrong("arn:aws:logs:cn-north-1:999988887777:destination:d"), @"--destination-arn: `arn:aws:logs:cn-north-1:999988887777:destination:d` is of partition aws, but cn-north-1 is in aws-cn");
        insta::assert_snapshot!(wrong("arn:aws:logs:us-wset-2:999988887777:destination:d"), @"--destination-arn: AWS has no Region `us-wset-2`; the nearest names are us-west-2, us-west-1, us-east-2");
        insta::assert_snapshot!(wrong("arn:aws:logs"), @"--destination-arn: `arn:aws:logs` is not an ARN; expected arn:partition:service:region:account:resource");
        let region = MemberByHand::region("arn:aws-cn:logs:cn-north-1:999988887777:destination:d");
        assert_eq!(region.unwrap().as_str(), "cn-north-1");
    }

    #[test]
    fn a_log_group_on_the_delivery_path_is_refused() {
        let groups = ["/aws/kinesisfirehose/catchment".to_owned()];
        let error = MemberByHand::from_flags(Flags {
            account: "999988887777",
            destination_arn: "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
            other: &groups,
            ..Flags::default()
        })
        .unwrap_err();
        insta::assert_snapshot!(error, @"--other: log group `/aws/kinesisfirehose/catchment` is on the delivery path, so it would loop");
    }
}
