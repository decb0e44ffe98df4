//! The fleet, worked out into things.

use std::collections::{BTreeMap, BTreeSet};

use super::role::{self, TRUST_POLICY_CHARACTERS_MAX};
use super::{Desired, Destination, Logging, LoggingRegion, Member, Stream};
use crate::provision::fleet::{self, Fleet, MemberByHand};
use crate::provision::name::{AccountId, Arn, FilterName, MemberName, Region};
use crate::provision::policy::{Template, TemplateError, TemplateValue};
use crate::provision::resource::{FilterPattern, OWNER_TAG, SubscriptionFilter, Tags};

/// A destination policy
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestinationPolicy.html>).
pub const DESTINATION_POLICY_BYTES_MAX: usize = 5_120;

/// The part of the fleet that a run is for. Nothing named: all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub logging: bool,
    pub members: BTreeSet<MemberName>,
}

/// A fleet that cannot be set up as it is.
#[derive(Debug, thiserror::Error)]
pub enum DesiredError {
    #[error(
        "the trust policy of role {role} is {characters} characters long for {accounts} accounts; IAM takes {TRUST_POLICY_CHARACTERS_MAX}"
    )]
    TrustTooLong {
        role: String,
        characters: usize,
        accounts: usize,
    },
    #[error(
        "the policy of logs::Destination {destination} is {bytes} bytes long for {accounts} members; AWS takes {DESTINATION_POLICY_BYTES_MAX}"
    )]
    DestinationPolicyTooLong {
        destination: String,
        bytes: usize,
        accounts: usize,
    },
    #[error("no member is called `{name}`; there are {}", known.join(", "))]
    NoSuchMember { name: String, known: Vec<String> },
    #[error("a policy template of catchment's own is wrong")]
    Template(#[from] TemplateError),
}

impl DesiredError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TrustTooLong { .. } => Some(
                "where all accounts are of one AWS organization, name it: organization = \"o-…\" under [logging]; else make two fleets, each with a role and a destination of its own",
            ),
            Self::DestinationPolicyTooLong { .. } => Some(
                "make two fleets, each with a destination of its own; both can deliver to one stream",
            ),
            Self::NoSuchMember { .. } | Self::Template(_) => None,
        }
    }
}

impl Desired {
    /// All that the fleet file asks for.
    ///
    /// # Errors
    /// Where a policy would be longer than AWS takes.
    pub fn of_fleet(fleet: &Fleet) -> Result<Self, DesiredError> {
        let owner = format!("{}/{}", fleet.logging.account, fleet.logging.destination);
        let tags = owned(&fleet.tags, &owner);
        let fleet::Logging {
            account,
            destination,
            filter,
            ..
        } = &fleet.logging;
        let destination_in = |region: &Region| Arn::destination(region, account, destination);
        let members = fleet
            .members
            .iter()
            .map(|(name, one)| (name.clone(), member(one, filter, destination_in)))
            .collect();
        Ok(Self {
            logging: Some(logging(fleet, &tags)?),
            members,
            others: BTreeSet::new(),
            owner,
        })
    }

    /// One member without a fleet file.
    pub fn of_member(by_hand: &MemberByHand) -> Self {
        let MemberByHand {
            name,
            member: one,
            destination,
            filter,
        } = by_hand;
        let account = destination.account().map(String::from).unwrap_or_default();
        Self {
            owner: format!("{account}/{}", destination.resource_name()),
            logging: None,
            members: BTreeMap::from([(name.clone(), member(one, filter, |_| destination.clone()))]),
            others: BTreeSet::new(),
        }
    }

    /// The part of it that a run is for.
    ///
    /// # Errors
    /// Where a member is asked for that the fleet does not have.
    pub fn only(mut self, scope: &Scope) -> Result<Self, DesiredError> {
        let Scope { logging, members } = scope;
        if let Some(name) = members.iter().find(|name| !self.members.contains_key(name)) {
            let known = self.members.into_keys().map(String::from).collect();
            return Err(DesiredError::NoSuchMember {
                name: name.to_string(),
                known,
            });
        }
        if *logging || !members.is_empty() {
            self.logging = self.logging.filter(|_| *logging);
            let others = self
                .members
                .extract_if(.., |name, _| !members.contains(name));
            self.others.extend(others.map(|(name, _)| name));
        }
        Ok(self)
    }
}

fn logging(fleet: &Fleet, tags: &Tags) -> Result<Logging, DesiredError> {
    let fleet::Logging {
        profile,
        account,
        regions,
        destination: name,
        role: role_name,
        filter: _,
        organization: _,
        silent_hours: _,
        stream,
    } = &fleet.logging;
    let fleet::Stream {
        name: stream_name,
        mode,
        retention_hours,
        encryption,
    } = stream;
    let role = role::role(fleet, tags)?;
    let accounts: BTreeSet<&AccountId> = fleet
        .members
        .values()
        .map(|member| &member.account)
        .collect();
    let mut by_region = BTreeMap::new();
    for region in regions {
        let arn = Arn::destination(region, account, name);
        let policy = Template::Destination.render([
            ("members", accounts.iter().collect()),
            ("destination", TemplateValue::One(arn.to_string())),
        ])?;
        let bytes = policy.to_json().len();
        if bytes > DESTINATION_POLICY_BYTES_MAX {
            let (destination, accounts) = (name.to_string(), accounts.len());
            return Err(DesiredError::DestinationPolicyTooLong {
                destination,
                bytes,
                accounts,
            });
        }
        let stream = Stream {
            name: stream_name.clone(),
            mode: *mode,
            retention_hours: *retention_hours,
            encryption: encryption.clone(),
            tags: tags.clone(),
        };
        let destination = Destination {
            name: name.clone(),
            arn,
            target: Arn::stream(region, account, stream_name),
            role: Arn::role(region, account, role_name),
            policy,
            tags: tags.clone(),
        };
        by_region.insert(
            region.clone(),
            LoggingRegion {
                stream,
                destination,
            },
        );
    }
    Ok(Logging {
        account: account.clone(),
        profile: profile.clone(),
        role,
        regions: by_region,
    })
}

fn member(
    member: &fleet::Member,
    name: &FilterName,
    destination: impl Fn(&Region) -> Arn,
) -> Member {
    let fleet::Member {
        profile,
        account,
        regions,
        log_groups,
    } = member;
    let filters_of = |region: &Region| {
        let filter = |distribution| SubscriptionFilter {
            name: name.clone(),
            pattern: FilterPattern::default(),
            destination: destination(region),
            distribution,
            role: None,
        };
        log_groups
            .iter()
            .map(|(group, facts)| (group.clone(), filter(facts.distribution)))
            .collect()
    };
    let regions = regions
        .iter()
        .map(|region| (region.clone(), filters_of(region)))
        .collect();
    Member {
        account: account.clone(),
        profile: profile.clone(),
        regions,
    }
}

fn owned(tags: &Tags, owner: &str) -> Tags {
    let mut tags = tags.clone();
    tags.insert(OWNER_TAG.to_owned(), owner.to_owned());
    tags
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const SEED: &str = fleet::TEMPLATE;

    /// A fleet of so many accounts, with one more line under `[logging]`.
    pub(crate) fn fleet(accounts: usize, more: &str) -> Fleet {
        let head = SEED
            .split("[[members]]")
            .next()
            .unwrap()
            .replace("\n# The AWS organization", &format!("\n{more}\n#"));
        let member =
            |n: usize| format!("[[members]]\naccount = \"{n:012}\"\ncloudtrail = [\"t\"]\n");
        Fleet::parse(&format!(
            "{head}{}",
            (1..=accounts).map(member).collect::<String>()
        ))
        .unwrap()
    }

    #[test]
    fn the_seed_fleet_is_what_awss_guide_sets_up() {
        let desired = Desired::of_fleet(&Fleet::parse(SEED).unwrap()).unwrap();
        let logging = desired.logging.unwrap();
        insta::assert_snapshot!(logging.role.trust.to_pretty_json(), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "CatchmentDelivery",
              "Effect": "Allow",
              "Principal": {
                "Service": "logs.amazonaws.com"
              },
              "Action": "sts:AssumeRole",
              "Condition": {
                "StringLike": {
                  "aws:SourceArn": [
                    "arn:aws:logs:us-west-2:111122223333:*",
                    "arn:aws:logs:us-west-2:999988887777:*"
                  ]
                }
              }
            }
          ]
        }
        "#);
        insta::assert_snapshot!(logging.role.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"]}]}"#);
        let (region, place) = logging.regions.first_key_value().unwrap();
        assert_eq!(region.as_str(), "us-west-2");
        assert_eq!(
            place.destination.target.as_str(),
            "arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"
        );
        insta::assert_snapshot!(place.destination.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentSubscribe","Effect":"Allow","Principal":{"AWS":["111122223333","999988887777"]},"Action":"logs:PutSubscriptionFilter","Resource":"arn:aws:logs:us-west-2:999988887777:destination:kinesisDest"}]}"#);
        let dev1 = &desired.members["dev1".parse::<MemberName>().as_ref().unwrap()].regions[region];
        let shown: Vec<_> = dev1
            .iter()
            .map(
                |(
                    group,
                    SubscriptionFilter {
                        name,
                        pattern,
                        destination,
                        distribution,
                        role,
                    },
                )| {
                    format!(
                        "{group}: {name} {:?} {destination} {distribution} {role:?}",
                        pattern.as_str()
                    )
                },
            )
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        CloudTrail/member_account_1: catchment-kinesisDest "" arn:aws:logs:us-west-2:999988887777:destination:kinesisDest Random None
        cwl_vpc_fl_member_account_1: catchment-kinesisDest "" arn:aws:logs:us-west-2:999988887777:destination:kinesisDest ByLogStream None
        "#);
    }

    #[test]
    fn a_fleet_too_large_for_the_destination_policy_says_so() {
        let error = Desired::of_fleet(&fleet(400, "organization = \"o-a1b2c3d4e5\"")).unwrap_err();
        insta::assert_snapshot!(error, @"the policy of logs::Destination kinesisDest is 6217 bytes long for 400 members; AWS takes 5120");
    }

    #[test]
    fn a_scope_keeps_its_part_alone() {
        let all = Desired::of_fleet(&Fleet::parse(SEED).unwrap()).unwrap();
        let dev1: MemberName = "dev1".parse().unwrap();
        let only = |logging, members: &[&MemberName]| {
            all.clone().only(&Scope {
                logging,
                members: members.iter().map(|name| (*name).clone()).collect(),
            })
        };
        assert_eq!(only(false, &[]).unwrap(), all);
        let logging_alone = only(true, &[]).unwrap();
        assert!(logging_alone.logging.is_some() && logging_alone.members.is_empty());
        let member_alone = only(false, &[&dev1]).unwrap();
        assert!(member_alone.logging.is_none() && member_alone.members.keys().eq([&dev1]));
        let error = only(false, &[&"dev9".parse().unwrap()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no member is called `dev9`; there are dev1, logging"
        );
    }
}
