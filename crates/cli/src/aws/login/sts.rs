//! Calls to STS: a client with given credentials, and the credentials that it returns.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

use super::cause::Cause;
use crate::aws::call::Fault;

/// Returns a client of STS with these credentials, which are not cached for other clients.
pub(super) fn client(config: &SdkConfig, credentials: Credentials) -> aws_sdk_sts::Client {
    let config = config
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .build();
    aws_sdk_sts::Client::new(&config)
}

/// A role to assume.
pub(super) struct Assume<'a> {
    pub(super) arn: &'a str,
    pub(super) external_id: Option<&'a str>,
    pub(super) session_name: Option<&'a str>,
    pub(super) duration_seconds: Option<i32>,
    /// What to say if that fails.
    pub(super) what: String,
    /// Whose credentials assume it.
    pub(super) source: &'a str,
}

/// Assumes a role.
pub(super) async fn assume(
    client: &aws_sdk_sts::Client,
    asked: Assume<'_>,
) -> Result<Credentials, Cause> {
    let Assume {
        arn,
        external_id,
        session_name,
        duration_seconds,
        what,
        source,
    } = asked;
    let answer = client
        .assume_role()
        .role_arn(arn)
        .role_session_name(session_name.unwrap_or(SESSION_NAME))
        .set_external_id(external_id.map(str::to_owned))
        .set_duration_seconds(duration_seconds)
        .send()
        .await
        .map_err(|error| {
            let fault = Fault::of(&error);
            let hint = match &fault {
                Fault::Refused { code, .. } if code == "AccessDenied" => format!(
                    "allow {ASSUME} on it to the user or role whose credentials {source} gives, and name that one in its trust policy; if that requires an external id, set external_id to the same"
                ),
                _ => fault.explanation(ASSUME).hint,
            };
            Cause::new(format!("{what}: {fault}"), hint)
        })?;
    credentials(answer.credentials)
}

const ASSUME: &str = "sts:AssumeRole";

/// What CloudTrail shows as the user, unless the profile or the fleet file names it.
const SESSION_NAME: &str = "catchment";

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
