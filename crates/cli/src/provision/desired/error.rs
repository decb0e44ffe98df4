//! Why a fleet cannot be set up, and the limits behind it.

use crate::provision::policy::TemplateError;

/// A role's trust policy, not counting white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const TRUST_POLICY_CHARACTERS_MAX: usize = 2_048;

/// All inline policies of a role together, not counting white space; ours is one of them
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const INLINE_POLICY_CHARACTERS_MAX: usize = 10_240;

/// A destination policy
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestinationPolicy.html>).
pub const DESTINATION_POLICY_BYTES_MAX: usize = 5_120;

/// A fleet that cannot be set up as it is.
#[derive(Debug, thiserror::Error)]
pub enum DesiredError {
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
    #[error("no member is entered by a role, so there is none to print")]
    NoMemberByRole,
    #[error(
        "members are entered by roles that differ in name, external id or permissions boundary: {}",
        roles.join(", ")
    )]
    SeveralRoles { roles: Vec<String> },
    #[error("a policy template built into catchment is wrong")]
    Template(#[from] TemplateError),
}

impl DesiredError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DestinationPolicyTooLong { .. } => Some(
                "if all accounts belong to one AWS organization, let it subscribe: access = \"organization\" under [logging]; if not, make two fleets, each with its own destination, which can deliver to one stream",
            ),
            Self::NoMemberByRole => {
                Some("set assume_role under [defaults], for members without a profile of their own")
            }
            Self::SeveralRoles { .. } => {
                Some("print them one after the other, with --member for those that are alike")
            }
            Self::NoSuchMember { .. } | Self::Template(_) => None,
        }
    }
}
