//! Loads a profile's credentials as the AWS CLI does, fetches them once, and asks AWS whose they are.
//!
//! A named profile comes before credentials in the environment; these come before the default profile, and before the one that
//! AWS_PROFILE names. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>

use std::sync::Arc;

use aws_config::SdkConfig;

use super::call::Fault;
use super::environment::variable;
use crate::provision::name::{AccountId, NameError, ProfileName};
use crate::provision::resource::AssumedRole;

mod assumed;
mod cause;
mod chain;
mod files;
mod mfa;
mod provider;
mod sts;

use chain::{Base, Chain};

pub(super) use assumed::Assumed;
pub(super) use cause::Cause;
pub(super) use files::{ProfileFiles, Selected};
pub use mfa::Ask;
pub(super) use mfa::Mfa;
pub(super) use provider::{Provider, Shared};

/// Why a login cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoginError {
    /// There are no credentials, or they have expired.
    #[error("{} gives no credentials", origin(.profile.as_ref()))]
    Credentials {
        profile: Option<ProfileName>,
        #[source]
        source: Cause,
    },
    /// The role that the fleet file names cannot be assumed.
    #[error(transparent)]
    Role(Cause),
    /// STS did not say whose they are.
    #[error("AWS did not say whose credentials {} gives", origin(.profile.as_ref()))]
    Identity {
        profile: Option<ProfileName>,
        #[source]
        source: Arc<Fault>,
    },
    /// STS named something other than an account.
    #[error("AWS named no account for the credentials of {}", origin(.profile.as_ref()))]
    NoAccount {
        profile: Option<ProfileName>,
        #[source]
        source: NameError,
    },
    /// Neither credentials nor an answer of STS came in time.
    #[error("{} gave no credentials within {seconds} seconds (--timeout)", origin(.profile.as_ref()))]
    Late {
        profile: Option<ProfileName>,
        seconds: u64,
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
            Self::Credentials { source, .. } | Self::Role(source) => source.hint().to_owned(),
            Self::Identity { source, .. } => source.explanation(IDENTITY).hint,
            Self::NoAccount { profile, .. } | Self::Late { profile, .. } => {
                let flag = profile
                    .as_ref()
                    .map(|profile| format!(" --profile {profile}"))
                    .unwrap_or_default();
                format!(
                    "see that `aws sts get-caller-identity{flag}` works, then run the same command again"
                )
            }
            Self::WrongAccount { wanted, .. } => format!(
                "name a profile of account {wanted} in the fleet file, or correct the account there"
            ),
        }
    }
}

const IDENTITY: &str = "sts:GetCallerIdentity";

/// The profile whose settings count if the fleet file names none.
const DEFAULT: &str = "default";

/// The settings of a profile; of the one that AWS_PROFILE names, or the default one, if none is named.
pub(super) async fn select(
    files: &ProfileFiles,
    profile: Option<&ProfileName>,
) -> Result<(String, Selected), Cause> {
    let name = match profile {
        Some(profile) => profile.as_str().to_owned(),
        None => variable("AWS_PROFILE").unwrap_or_else(|| DEFAULT.to_owned()),
    };
    let selected = files.select(&name).await?;
    Ok((name, selected))
}

/// Finds the credentials of a profile and fetches them for the first time.
pub(super) async fn provider(
    files: &ProfileFiles,
    profile: Option<&ProfileName>,
    (name, selected): (String, Selected),
    config: &SdkConfig,
    shared: Shared<'_>,
) -> Result<Provider, Cause> {
    let missing = |missing: &str, by: Option<&str>| {
        let define = format!("define the profile: `aws configure --profile {missing}`");
        let (subject, hint) = match (by, profile) {
            (Some(by), _) => (
                format!("its source_profile {missing}, named in profile {by},"),
                format!("correct source_profile of profile {by}, or {define}"),
            ),
            (None, Some(_)) => (
                "it".to_owned(),
                format!("correct the name in the fleet file, or {define}"),
            ),
            (None, None) => (
                format!("profile {missing}, which AWS_PROFILE names,"),
                format!("correct AWS_PROFILE, or {define}"),
            ),
        };
        files.missing(missing, &subject, hint)
    };
    let named = || chain::chain(&name, &selected.settings, missing);
    let is_set = |name| variable(name).is_some();
    let base = |base| Chain {
        base,
        roles: Vec::new(),
    };
    let chain = if profile.is_some() {
        named()?
    } else if is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY") {
        base(Base::Environment)
    } else {
        let chain = if files.has(&name) || is_set("AWS_PROFILE") {
            named()?
        } else {
            base(Base::Machine { profile: None })
        };
        match chain.base {
            Base::Machine { .. } if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") => {
                base(Base::WebIdentity)
            }
            _ => chain,
        }
    };
    Provider::new(chain, selected.files, config, shared).await
}

/// Assumes a role of the fleet file with the credentials of a profile.
pub(super) async fn assumed(
    source: &SdkConfig,
    profile: Option<&ProfileName>,
    role: &AssumedRole,
) -> Result<Assumed, Cause> {
    Assumed::new(source, origin(profile), role).await
}

/// Asks STS whose the credentials are.
pub(super) async fn whose(
    config: &SdkConfig,
    profile: Option<&ProfileName>,
) -> Result<AccountId, LoginError> {
    let identity = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| LoginError::Identity {
            profile: profile.cloned(),
            source: Arc::new(Fault::of(&error)),
        })?;
    let account = identity.account().unwrap_or_default();
    account.parse().map_err(|source| LoginError::NoAccount {
        profile: profile.cloned(),
        source,
    })
}

fn origin(profile: Option<&ProfileName>) -> String {
    profile.map_or_else(
        || "the default credential chain".to_owned(),
        |profile| format!("profile {profile}"),
    )
}
