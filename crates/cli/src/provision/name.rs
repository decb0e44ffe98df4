//! Names: newtypes that are validated when they are parsed, and the ARNs built from them.

mod arn;
mod form;
mod pattern;
mod region;
mod unit;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use form::{is_region, is_text, is_word};
pub use unit::{AccountTag, Unit};

/// A text that is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {what}; expected {allowed}")]
pub struct NameError {
    pub what: &'static str,
    pub value: String,
    pub allowed: &'static str,
}

impl NameError {
    /// An error for a text that is not a valid `T`.
    pub(crate) fn new<T: Name>(value: impl Into<String>) -> Self {
        Self {
            what: T::WHAT,
            value: value.into(),
            allowed: T::ALLOWED,
        }
    }
}

/// What all names have in common: how a message describes them.
pub(crate) trait Name: FromStr<Err = NameError> {
    /// For example `an AWS account id`.
    const WHAT: &str;
    /// For example `twelve digits, in quotes`.
    const ALLOWED: &str;
}

/// Declares a name: its [`Name::WHAT`], its [`Name::ALLOWED`], and the check that a text must pass.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Name for $name {
            const WHAT: &str = $what;
            const ALLOWED: &str = $allowed;
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError::new::<Self>(text))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}

name! {
    /// An AWS account id: twelve digits, leading zeros kept.
    AccountId, "an AWS account id", "twelve digits, in quotes",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
name! {
    /// An AWS Region. Checked for its form only, so that a new Region needs no new release.
    Region, "an AWS Region", "a name such as us-west-2",
    is_region
}
name! {
    /// A named profile of the AWS configuration files.
    ProfileName, "an AWS profile", "a name from ~/.aws/config, without line breaks",
    |text| is_text(text, 1, 256)
}
name! {
    /// The name of a member account in the fleet file and on the command line.
    MemberName, "a member name", "1 to 64 letters, digits and . _ -",
    |text| is_word(text, 64, "._-")
}
name! {
    /// A Kinesis data stream (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>).
    StreamName, "a Kinesis stream name", "1 to 128 letters, digits and _ . -",
    |text| is_word(text, 128, "_.-")
}
name! {
    /// A Firehose stream (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html>).
    FirehoseName, "a Firehose stream name", "1 to 64 letters, digits and _ . -",
    |text| is_word(text, 64, "_.-")
}
name! {
    /// An IAM role, without its path (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
    RoleName, "an IAM role name", "1 to 64 letters, digits and + = , . @ _ -",
    |text| is_word(text, 64, "+=,.@_-")
}
name! {
    /// A role that the fleet file names, by its key there.
    RoleKey, "a role of the fleet file", "role or member_role",
    |text| text == RoleKey::DELIVERY || text == RoleKey::MEMBER
}
name! {
    /// An inline policy of a role (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>).
    PolicyName, "an inline policy name", "1 to 128 letters, digits and + = , . @ _ -",
    |text| is_word(text, 128, "+=,.@_-")
}
name! {
    /// A `logs::Destination` (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestination.html>).
    DestinationName, "the name of a CloudWatch Logs destination", "1 to 512 characters, without : and *",
    |text| is_text(text, 1, 512) && !text.contains([':', '*'])
}
name! {
    /// A subscription filter
    /// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>).
    FilterName, "a subscription filter name", "1 to 512 characters, without : and *",
    |text| is_text(text, 1, 512) && !text.contains([':', '*'])
}
name! {
    /// A log group (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>).
    LogGroupName, "a log group name", "1 to 512 letters, digits and . _ / # -, not starting with aws/",
    |text| is_word(text, 512, "._/#-") && !text.to_ascii_lowercase().starts_with("aws/")
}
name! {
    /// A log group, or all whose names begin like this, followed by `*`.
    LogGroupPattern, "a log group name",
    "1 to 512 letters, digits and . _ / # -, not starting with aws/; at the end, * stands for anything",
    |text| match text.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => prefix.parse::<LogGroupName>().is_ok(),
        None => text.parse::<LogGroupName>().is_ok(),
    }
}
name! {
    /// An AWS organization, `o-…`.
    OrganizationId, "an AWS organization id", "o- and 10 to 32 lower-case letters and digits",
    |text| text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}
name! {
    /// What a role's trust policy asks of whoever assumes it
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
    ExternalId, "an external id", "2 to 1224 letters, digits and + = , . @ : / _ -",
    |text| text.len() > 1 && is_word(text, 1224, "+=,.@:/_-")
}
name! {
    /// What CloudTrail shows as the user of an assumed role (the same page).
    SessionName, "a session name", "2 to 64 letters, digits and + = , . @ _ -",
    |text| text.len() > 1 && is_word(text, 64, "+=,.@_-")
}
name! {
    /// An Amazon Resource Name.
    Arn, "an ARN", "arn:partition:service:region:account:resource",
    |text| text.starts_with("arn:") && text.splitn(6, ':').filter(|part| !part.is_empty()).count() >= 4
        && text.splitn(6, ':').nth(5).is_some_and(|resource| !resource.is_empty())
        && is_text(text, 1, 2048)
}

impl PolicyName {
    /// Our inline policy in the delivery role.
    pub(crate) fn delivery() -> Self {
        Self("catchment-delivery".to_owned())
    }

    /// Our inline policy in the role of a member's filters.
    pub(crate) fn filters() -> Self {
        Self("catchment-filters".to_owned())
    }
}

impl RoleKey {
    const DELIVERY: &str = "role";
    const MEMBER: &str = "member_role";

    /// Whether it is the role of members' filters, not that of the logging account.
    pub(crate) fn is_of_members(&self) -> bool {
        self.as_str() == Self::MEMBER
    }
}

impl RoleName {
    /// The default name of the role of a member's filters. It contains the `logs::Destination`'s name, so that the roles of two
    /// fleets do not clash in a member. `None` if that would not be the name of a role.
    pub(crate) fn for_destination(destination: &DestinationName) -> Option<Self> {
        format!("catchment-{destination}").parse().ok()
    }
}

impl FilterName {
    /// The default name of subscription filters. It contains the `logs::Destination`'s name, so that the filters of two fleets do
    /// not clash on a log group.
    pub(crate) fn for_destination(destination: &DestinationName) -> Self {
        let name = format!("catchment-{destination}");
        Self(name.chars().take(FILTER_NAME_CHARACTERS_MAX).collect())
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>
const FILTER_NAME_CHARACTERS_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: FromStr<Err = NameError>>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<T>().is_ok(), "rejected: {text}");
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "accepted: {text}");
        }
    }

    #[test]
    fn names_accept_what_aws_accepts() {
        check::<AccountId>(
            &["111122223333", "000000000001"],
            &["", "1111", "11112222333a", "1111-2222-3333"],
        );
        check::<Region>(
            &[
                "us-west-2",
                "us-gov-east-1",
                "cn-north-1",
                "ap-southeast-10",
                "us-iso-east-1",
            ],
            &[
                "",
                "us-west",
                "us_west_2",
                "US-WEST-2",
                "us-west-2a",
                "west-2-",
                "-us-2",
            ],
        );
        check::<LogGroupName>(
            &["CloudTrail/member_account_1", "/aws/lambda/x", "a#b.c"],
            &["", "aws/x", "AWS/x", "a b", "a*"],
        );
        check::<LogGroupPattern>(
            &["CloudTrail/member_account_1", "/aws/vpc/*", "*"],
            &["", "aws/x*", "a*b", "a**", "*a", "a b*"],
        );
        check::<RoleName>(&["cwrole", "a+b=c,d.e@f_g-h"], &["", "a/b", "role name"]);
        check::<DestinationName>(&["kinesisDest", "with space"], &["", "a:b", "a*"]);
        check::<OrganizationId>(&["o-a1b2c3d4e5"], &["o-", "r-a1b2c3d4e5", "o-A1B2C3D4E5"]);
        check::<Arn>(
            &[
                "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
                "arn:aws:iam::999988887777:role/cwrole",
            ],
            &[
                "",
                "arn:aws",
                "arn:aws:logs:us-west-2:999988887777:",
                "urn:aws:logs:us-west-2:999988887777:x",
            ],
        );
    }

    #[test]
    fn an_error_says_what_is_allowed() {
        let error = "12".parse::<AccountId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`12` is not an AWS account id; expected twelve digits, in quotes"
        );
    }

    #[test]
    fn arns_are_built_from_parts_and_split_again() {
        let region: Region = "cn-north-1".parse().unwrap();
        let account: AccountId = "999988887777".parse().unwrap();
        let arn = Arn::destination(&region, &account, &"kinesisDest".parse().unwrap());
        assert_eq!(
            arn.as_str(),
            "arn:aws-cn:logs:cn-north-1:999988887777:destination:kinesisDest"
        );
        assert_eq!(arn.service(), "logs");
        assert_eq!(arn.region(), Some(region));
        assert_eq!(arn.account(), Some(account.clone()));
        assert_eq!(arn.resource(), "destination:kinesisDest");
        assert_eq!(arn.resource_name(), "kinesisDest");
        assert_eq!(
            arn.in_every_region().as_str(),
            "arn:aws-cn:logs:*:999988887777:destination:kinesisDest"
        );
        let gov = Arn::role(
            &"us-gov-west-1".parse().unwrap(),
            &account,
            &"cwrole".parse().unwrap(),
        );
        assert_eq!(gov.as_str(), "arn:aws-us-gov:iam::999988887777:role/cwrole");
        assert_eq!(gov.region(), None);
    }
}
