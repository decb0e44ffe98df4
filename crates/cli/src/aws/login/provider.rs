//! Credentials as a chain describes them, by the SDK's own providers and calls to STS; fetched once, and again as they expire.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};

use super::cause::Cause;
use super::chain::{Base, Chain, Kind, Role};
use super::mfa::Mfa;
use super::sts::{Assume, assume, client};
use crate::aws::cause::innermost;

/// What all logins of a run share.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Shared<'a> {
    /// It keeps the configuration files parsed for those providers that look into them: one copy for all.
    pub(in crate::aws) providers: &'a ProviderConfig,
    pub(in crate::aws) mfa: &'a Arc<Mfa>,
}

/// Where one login's credentials come from.
#[derive(Debug)]
pub(in crate::aws) struct Provider {
    base: SharedCredentialsProvider,
    /// What to say if the base gives no credentials, and what to do then.
    if_none: (String, String),
    is_machine: bool,
    roles: Vec<Role>,
    /// Calls STS; without credentials of its own.
    config: SdkConfig,
    mfa: Arc<Mfa>,
    /// What was fetched to see whether the login works: the first call uses it, rather than have it fetched again.
    fetched: Mutex<Option<Credentials>>,
}

impl Provider {
    /// Builds the provider that `chain` describes, and fetches the first credentials.
    pub(super) async fn new(
        chain: Chain,
        files: EnvConfigFiles,
        config: &SdkConfig,
        shared: Shared<'_>,
    ) -> Result<Self, Cause> {
        let provider = Self {
            if_none: if_none(&chain.base),
            is_machine: matches!(chain.base, Base::Machine { .. }),
            base: base(chain.base, files, config, shared.providers),
            roles: chain.roles,
            config: config.clone(),
            mfa: Arc::clone(shared.mfa),
            fetched: Mutex::default(),
        };
        let credentials = provider.fetch().await?;
        if let Ok(mut fetched) = provider.fetched.lock() {
            *fetched = Some(credentials);
        }
        Ok(provider)
    }

    async fn fetch(&self) -> Result<Credentials, Cause> {
        let first = self.base.provide_credentials().await;
        let mut credentials = first.map_err(|error| self.failed(&error))?;
        for role in &self.roles {
            if let Some(serial) = &role.mfa_serial {
                let session = self.mfa.session(role, serial, credentials, &self.config);
                credentials = Box::pin(session).await?;
            }
            credentials = Box::pin(self.assume(role, credentials)).await?;
        }
        Ok(credentials)
    }

    /// Why the base gives no credentials.
    fn failed(&self, error: &CredentialsError) -> Cause {
        let (what, hint) = &self.if_none;
        let innermost = innermost(error);
        let why = innermost
            .trim_start_matches("ProfileFile provider could not be built")
            .trim_start_matches("Error retrieving credentials")
            .trim_start_matches(" from external process")
            .trim_start_matches([':', ',', ' '])
            .replace("with code exit status:", "with status");
        match error {
            CredentialsError::InvalidConfiguration(_) => {
                Cause::new(why, "correct the profile in AWS's configuration files")
            }
            // neither a container nor an instance has more to say
            _ if self.is_machine => Cause::new(what.as_str(), hint.as_str()),
            _ => Cause::new(format!("{what}: {why}"), hint.as_str()),
        }
    }

    async fn assume(&self, role: &Role, source: Credentials) -> Result<Credentials, Cause> {
        let asked = Assume {
            arn: &role.arn,
            external_id: role.external_id.as_deref(),
            session_name: role.session_name.as_deref(),
            duration_seconds: role.duration_seconds,
            what: format!(
                "the role {} of profile {} cannot be assumed",
                role.arn, role.profile
            ),
            source: &role.source,
        };
        assume(&client(&self.config, source), asked).await
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let fetched = self
                .fetched
                .lock()
                .ok()
                .and_then(|mut fetched| fetched.take());
            match fetched {
                Some(credentials) => Ok(credentials),
                None => self.fetch().await.map_err(CredentialsError::provider_error),
            }
        })
    }
}

/// The SDK's provider of the first credentials.
fn base(
    base: Base,
    files: EnvConfigFiles,
    config: &SdkConfig,
    shared: &ProviderConfig,
) -> SharedCredentialsProvider {
    let mut provider = shared
        .clone()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    if let Some(http) = config.http_client() {
        provider = provider.with_http_client(http);
    }
    if let Some(retry) = config.retry_config() {
        provider = provider.with_retry_config(retry.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        provider = provider.with_timeout_config(timeouts.clone());
    }
    let container = || {
        EcsCredentialsProvider::builder()
            .configure(&provider)
            .build()
    };
    let instance = || {
        ImdsCredentialsProvider::builder()
            .configure(&provider)
            .build()
    };
    match base {
        Base::Keys(credentials) => SharedCredentialsProvider::new(credentials),
        Base::Environment => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
        Base::Container => SharedCredentialsProvider::new(container()),
        Base::Instance => SharedCredentialsProvider::new(instance()),
        Base::Profile { name, .. } => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder()
                .configure(&provider)
                .profile_files(files)
                .profile_name(name)
                .build(),
        ),
        Base::WebIdentity => SharedCredentialsProvider::new(
            WebIdentityTokenCredentialsProvider::builder()
                .configure(&provider)
                .build(),
        ),
        Base::Machine { .. } => SharedCredentialsProvider::new(
            CredentialsProviderChain::first_try("container", container())
                .or_else("instance", instance()),
        ),
    }
}

/// What to say if a base gives no credentials, and what to do then.
fn if_none(base: &Base) -> (String, String) {
    let flag = |name: &str| format!(" --profile {name}");
    let (what, hint) = match base {
        Base::Keys(_) => ("its access key cannot be used", String::new()),
        Base::Environment => (
            "the environment holds no access key",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
        ),
        Base::Container => (
            "the container has no credentials",
            "run catchment in a container with a task role, or name another credential_source"
                .to_owned(),
        ),
        Base::Instance => (
            "the instance has no credentials",
            "run catchment on an EC2 instance with a role, or name another credential_source"
                .to_owned(),
        ),
        Base::Profile {
            name,
            kind: Kind::Sso,
        } => (
            "its SSO session gives no credentials",
            format!("log in again: `aws sso login{}`", flag(name)),
        ),
        Base::Profile {
            kind: Kind::Process,
            ..
        } => (
            "its credential_process gives no credentials",
            "run the command of credential_process by hand: it must print credentials as JSON"
                .to_owned(),
        ),
        Base::Profile {
            name,
            kind: Kind::WebIdentity,
        } => (
            "its web identity gives no credentials",
            format!(
                "check web_identity_token_file and role_arn of profile {name}, and the role's trust policy"
            ),
        ),
        Base::WebIdentity => (
            "the web identity of the environment gives no credentials",
            "check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, and the role's trust policy"
                .to_owned(),
        ),
        Base::Machine {
            profile: Some(name),
        } => (
            "it has no credentials, and neither has this machine",
            format!(
                "add some: `aws configure{0}` or `aws configure sso{0}`",
                flag(name)
            ),
        ),
        Base::Machine { profile: None } => (
            "there are none in the environment, no default profile, and none on this machine",
            "name a profile in the fleet file, or set AWS_PROFILE".to_owned(),
        ),
    };
    (what.to_owned(), hint)
}
