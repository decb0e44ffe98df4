//! Whose credentials a profile gives: loaded, told plainly where they are not to be had, and checked against the file.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_sts::config::ProvideCredentials;

use super::{CallError, Caller, Login};
use crate::name::{AccountId, ProfileName, Region};

/// Why a login cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// No credentials, or expired ones.
    #[error("no credentials for account {} from {}", login.account, origin(login.profile.as_ref()))]
    Credentials {
        login: Login,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// STS did not say whose they are.
    #[error("cannot tell whose credentials {} gives", origin(login.profile.as_ref()))]
    Caller {
        login: Login,
        #[source]
        source: CallError,
    },
    /// They are another account's.
    #[error("{} belongs to account {found}, but the fleet file says {}", origin(login.profile.as_ref()), login.account)]
    WrongAccount { login: Login, found: AccountId },
}

impl LoginError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Credentials { login, source } => {
                credentials_hint(login.profile.as_ref(), source.as_ref())
            }
            Self::Caller { source, .. } => source.explanation().hint,
            Self::WrongAccount { login, .. } => format!(
                "name a profile of account {} in the fleet file, or correct the account there; nothing was changed",
                login.account
            ),
        }
    }
}

/// Loads the credentials and asks STS whose they are.
pub(super) async fn check(
    config: &SdkConfig,
    login: &Login,
    region: &Region,
) -> Result<(), LoginError> {
    let credentials = |source: Box<dyn Error + Send + Sync>| LoginError::Credentials {
        login: login.clone(),
        source,
    };
    match config.credentials_provider() {
        Some(provider) => provider
            .provide_credentials()
            .await
            .map_err(|error| credentials(error.into()))?,
        None => {
            return Err(credentials(
                "the SDK was built without a credential chain".into(),
            ));
        }
    };
    let sts = aws_sdk_sts::Client::new(config);
    let identity = Caller::new(login.account.clone(), region.clone())
        .call("sts:GetCallerIdentity", "the caller", || {
            sts.get_caller_identity().send()
        })
        .await
        .map_err(|source| LoginError::Caller {
            login: login.clone(),
            source,
        })?;
    let found = identity
        .account()
        .unwrap_or_default()
        .parse::<AccountId>()
        .map_err(|error| credentials(error.into()))?;
    if found == login.account {
        Ok(())
    } else {
        Err(LoginError::WrongAccount {
            login: login.clone(),
            found,
        })
    }
}

fn origin(profile: Option<&ProfileName>) -> String {
    profile.map_or_else(
        || "the default credential chain".to_owned(),
        |profile| format!("profile {profile}"),
    )
}

/// The SDK's errors tell what happened inside it; a person wants the command that mends it.
fn credentials_hint(profile: Option<&ProfileName>, error: &(dyn Error + 'static)) -> String {
    let told = std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ");
    let flag = profile
        .map(|profile| format!(" --profile {profile}"))
        .unwrap_or_default();
    if told.contains("SSO") || told.contains("sso") {
        format!("log in again: `aws sso login{flag}`")
    } else if told.contains("could not find profile") || told.contains("was not defined") {
        format!(
            "define it: `aws configure{flag}`, or `aws configure sso{flag}`; `aws configure list-profiles` shows those that exist"
        )
    } else {
        format!(
            "see that `aws sts get-caller-identity{flag}` works, then run the same command again"
        )
    }
}
