//! Calls to STS: a client with given credentials, and the credentials that it returns.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

use super::cause::Cause;

/// Returns a client of STS with these credentials, which are not cached for other clients.
pub(super) fn client(config: &SdkConfig, credentials: Credentials) -> aws_sdk_sts::Client {
    let config = config
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .build();
    aws_sdk_sts::Client::new(&config)
}

/// Converts the credentials of STS's response.
pub(super) fn credentials(
    given: Option<aws_sdk_sts::types::Credentials>,
) -> Result<Credentials, Cause> {
    let given = given.ok_or_else(|| {
        Cause::new(
            "STS answered without credentials",
            "run the same command again",
        )
    })?;
    let expires = SystemTime::try_from(*given.expiration()).ok();
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        expires,
        "sts",
    ))
}
