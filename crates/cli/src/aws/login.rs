//! Loads a profile's credentials and asks AWS whose they are.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_sts::config::ProvideCredentials;

use super::call::Fault;
use super::chain;
use crate::provision::name::{AccountId, NameError, ProfileName};

/// Why a login cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There are no credentials, or they have expired.
    #[error("{} gives no credentials", origin(.profile.as_ref()))]
    Credentials {
        profile: Option<ProfileName>,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// STS did not say whose they are.
    #[error("AWS did not say whose credentials {} gives", origin(.profile.as_ref()))]
    Identity {
        profile: Option<ProfileName>,
        #[source]
        source: Fault,
    },
    /// STS named something other than an account.
    #[error("AWS named no account for the credentials of {}", origin(.profile.as_ref()))]
    NoAccount {
        profile: Option<ProfileName>,
        #[source]
        source: NameError,
    },
    /// They belong to another account.
    #[error("{} belongs to account {found}, but the fleet file says {wanted}", origin(.profile.as_ref()))]
    WrongAccount {
        profile: Option<ProfileName>,
        wanted: AccountId,
        found: AccountId,
    },
}

impl LoginError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Credentials { profile, source } => {
                credentials_hint(profile.as_ref(), &chain(source.as_ref()))
            }
            Self::Identity { source, .. } => source.explanation(IDENTITY).hint,
            Self::NoAccount { profile, .. } => credentials_hint(profile.as_ref(), ""),
            Self::WrongAccount { wanted, .. } => format!(
                "name a profile of account {wanted} in the fleet file, or correct the account there; nothing was changed"
            ),
        }
    }
}

const IDENTITY: &str = "sts:GetCallerIdentity";

/// Loads the credentials and asks STS whose they are.
pub(super) async fn whose(
    config: &SdkConfig,
    profile: Option<&ProfileName>,
) -> Result<AccountId, LoginError> {
    let profile = || profile.cloned();
    let none = |source| LoginError::Credentials {
        profile: profile(),
        source,
    };
    let Some(provider) = config.credentials_provider() else {
        return Err(none("there is no credential chain".into()));
    };
    provider
        .provide_credentials()
        .await
        .map_err(|error| none(error.into()))?;
    let identity = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| LoginError::Identity {
            profile: profile(),
            source: Fault::of(error),
        })?;
    let account = identity.account().unwrap_or_default();
    account.parse().map_err(|source| LoginError::NoAccount {
        profile: profile(),
        source,
    })
}

fn origin(profile: Option<&ProfileName>) -> String {
    profile.map_or_else(
        || "the default credential chain".to_owned(),
        |profile| format!("profile {profile}"),
    )
}

/// The SDK's errors say what happened inside it; a person wants the command that fixes it.
fn credentials_hint(profile: Option<&ProfileName>, errors: &str) -> String {
    let flag = profile
        .map(|profile| format!(" --profile {profile}"))
        .unwrap_or_default();
    if errors.contains("SSO") || errors.contains("sso") {
        format!("log in again: `aws sso login{flag}`")
    } else if errors.contains("was not defined") || errors.contains("not find") {
        format!(
            "define it: `aws configure{flag}` or `aws configure sso{flag}`; `aws configure list-profiles` lists those that exist"
        )
    } else {
        format!(
            "make sure that `aws sts get-caller-identity{flag}` works, then run the same command again"
        )
    }
}
