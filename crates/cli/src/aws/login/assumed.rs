//! The credentials of a role that the fleet file names, assumed with those of a profile: fetched once, and again as they expire.

use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_sts::config::{Credentials, ProvideCredentials};

use super::cause::Cause;
use super::sts::{Assume, assume};
use crate::provision::resource::AssumedRole;

/// A role, and a client of STS that has the profile's credentials, and keeps them for all roles.
#[derive(Debug)]
pub(in crate::aws) struct Assumed {
    client: aws_sdk_sts::Client,
    role: AssumedRole,
    /// Whose credentials assume it.
    source: String,
    /// What was fetched to see whether the login works: the first call uses it.
    fetched: Mutex<Option<Credentials>>,
}

impl Assumed {
    /// Assumes the role for the first time.
    pub(super) async fn new(
        source: &SdkConfig,
        name: String,
        role: &AssumedRole,
    ) -> Result<Self, Cause> {
        let assumed = Self {
            client: aws_sdk_sts::Client::new(source),
            role: role.clone(),
            source: name,
            fetched: Mutex::default(),
        };
        let credentials = assumed.fetch().await?;
        if let Ok(mut fetched) = assumed.fetched.lock() {
            *fetched = Some(credentials);
        }
        Ok(assumed)
    }

    async fn fetch(&self) -> Result<Credentials, Cause> {
        let AssumedRole {
            arn,
            external_id,
            session_name,
        } = &self.role;
        let asked = Assume {
            arn: arn.as_str(),
            external_id: external_id.as_ref().map(AsRef::as_ref),
            session_name: session_name.as_ref().map(AsRef::as_ref),
            duration_seconds: None,
            what: format!("the role {arn} cannot be assumed"),
            source: &self.source,
        };
        Box::pin(assume(&self.client, asked)).await
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let fetched = self.fetched.lock();
            let fetched = fetched.ok().and_then(|mut fetched| fetched.take());
            match fetched {
                Some(credentials) => Ok(credentials),
                None => self.fetch().await.map_err(CredentialsError::provider_error),
            }
        })
    }
}
