//! How a profile leads to credentials: where they come from at first, and the roles that are assumed with them.
//!
//! The rules are those of the AWS CLI and boto3.
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
//! <https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html>

use aws_config::profile::{Profile, ProfileSet};
use aws_sdk_sts::config::Credentials;

use super::cause::Cause;

/// How to get credentials.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) base: Base,
    /// In the order in which they are assumed.
    pub(super) roles: Vec<Role>,
}

/// Where the first credentials come from.
#[derive(Debug)]
pub(super) enum Base {
    /// An access key in the file.
    Keys(Credentials),
    /// `credential_source = Environment`
    Environment,
    /// `credential_source = EcsContainer`
    Container,
    /// `credential_source = Ec2InstanceMetadata`
    Instance,
    /// What the SDK's own provider makes of a profile.
    Profile { name: String, kind: Kind },
    /// The profile has no credentials: the container's or the instance's, as in the AWS CLI.
    Machine { profile: Option<String> },
    /// The environment's web identity, as in a pod of EKS.
    WebIdentity,
}

/// Where a profile gets its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sso,
    Process,
    WebIdentity,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    /// The profile that names it.
    pub(super) profile: String,
    /// Whose credentials assume it.
    pub(super) source: String,
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) duration_seconds: Option<i32>,
    pub(super) mfa_serial: Option<String>,
}

/// Follows a profile through its sources. `missing` words the error for a source that is not defined.
pub(super) fn chain(
    name: &str,
    profiles: &ProfileSet,
    missing: impl Fn(&str, Option<&str>) -> Cause,
) -> Result<Chain, Cause> {
    let mut roles: Vec<Role> = Vec::new();
    let mut name = name.to_owned();
    let base = loop {
        let by = roles.last().map(|role| role.profile.clone());
        let Some(profile) = profiles.get_profile(&name) else {
            return Err(missing(&name, by.as_deref()));
        };
        // of a source profile, an access key comes before a role
        if by.is_some() && profile.get("aws_access_key_id").is_some() {
            break Base::Keys(keys(profile)?);
        }
        let Some(role) = role(profile)? else {
            break base(profile, profiles)?;
        };
        let own = name == role.source;
        name.clone_from(&role.source);
        roles.push(role);
        if let Some(source) = profile.get("credential_source") {
            break named_source(profile, source)?;
        }
        if own {
            break Base::Keys(keys(profile)?);
        }
        if roles.iter().any(|role| role.profile == name) {
            let mut names: Vec<_> = roles.iter().map(|role| role.profile.as_str()).collect();
            names.push(&name);
            return Err(Cause::new(
                format!(
                    "its source_profile leads in a circle: {}",
                    names.join(" → ")
                ),
                "have one of them name a profile with credentials of its own",
            ));
        }
    };
    roles.reverse();
    Ok(Chain { base, roles })
}

/// The role that a profile names. One with a web identity is no role to assume but a way to the first credentials.
fn role(profile: &Profile) -> Result<Option<Role>, Cause> {
    let text = |key: &str| profile.get(key).map(ToOwned::to_owned);
    let Some(arn) = text("role_arn") else {
        return Ok(None);
    };
    if profile.get("web_identity_token_file").is_some() {
        return Ok(None);
    }
    let source = match (text("source_profile"), text("credential_source")) {
        (Some(source), None) | (None, Some(source)) => source,
        (Some(_), Some(_)) => {
            return Err(wrong(
                profile,
                "has both source_profile and credential_source",
                "keep one of the two",
            ));
        }
        (None, None) => {
            return Err(wrong(
                profile,
                "has role_arn, but neither source_profile nor credential_source",
                "say with whose credentials the role is assumed: source_profile = NAME",
            ));
        }
    };
    let duration_seconds = match profile.get("duration_seconds") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            wrong(
                profile,
                &format!("has duration_seconds = {text}, which is no number of seconds"),
                "write a number from 900 to 43200, or leave the setting out",
            )
        })?),
    };
    Ok(Some(Role {
        profile: profile.name().to_owned(),
        source,
        arn,
        external_id: text("external_id"),
        session_name: text("role_session_name"),
        duration_seconds,
        mfa_serial: text("mfa_serial"),
    }))
}

fn named_source(profile: &Profile, source: &str) -> Result<Base, Cause> {
    match source.to_ascii_lowercase().as_str() {
        "environment" => Ok(Base::Environment),
        "ecscontainer" => Ok(Base::Container),
        "ec2instancemetadata" => Ok(Base::Instance),
        _ => Err(wrong(
            profile,
            &format!("has credential_source = {source}, which AWS does not know"),
            "use Environment, Ec2InstanceMetadata or EcsContainer",
        )),
    }
}

/// Where a profile without a role gets its credentials. Of several ways the AWS CLI takes the first one of this order.
fn base(profile: &Profile, profiles: &ProfileSet) -> Result<Base, Cause> {
    let has = |key: &str| profile.get(key).is_some();
    let own = |kind| Base::Profile {
        name: profile.name().to_owned(),
        kind,
    };
    if has("web_identity_token_file") {
        require(profile, "role_arn")?;
        Ok(own(Kind::WebIdentity))
    } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
        sso(profile, profiles)?;
        Ok(own(Kind::Sso))
    } else if has("aws_access_key_id") || has("aws_secret_access_key") {
        Ok(Base::Keys(keys(profile)?))
    } else if has("login_session") {
        let name = profile.name();
        Err(wrong(
            profile,
            "logs in with `aws login` (login_session), which catchment does not support",
            &format!(
                "let the AWS CLI supply the credentials: in another profile, credential_process = aws configure export-credentials --profile {name}"
            ),
        ))
    } else if has("credential_process") {
        Ok(own(Kind::Process))
    } else {
        Ok(Base::Machine {
            profile: Some(profile.name().to_owned()),
        })
    }
}

/// The settings of IAM Identity Center, in a section of their own or in the profile itself, as older ones have them.
fn sso(profile: &Profile, profiles: &ProfileSet) -> Result<(), Cause> {
    require(profile, "sso_account_id")?;
    require(profile, "sso_role_name")?;
    let Some(name) = profile.get("sso_session") else {
        require(profile, "sso_start_url")?;
        require(profile, "sso_region")?;
        return Ok(());
    };
    let session = profiles.sso_session(name);
    let has = |key| session.is_some_and(|session| session.get(key).is_some());
    let what = match (session, has("sso_start_url"), has("sso_region")) {
        (None, _, _) => format!("has sso_session = {name}, but there is no [sso-session {name}]"),
        (_, false, _) => format!("has sso_session = {name}, which has no sso_start_url"),
        (_, _, false) => format!("has sso_session = {name}, which has no sso_region"),
        (Some(_), true, true) => return Ok(()),
    };
    let again = format!(
        "set it up again: `aws configure sso --profile {}`",
        profile.name()
    );
    Err(wrong(profile, &what, &again))
}

fn keys(profile: &Profile) -> Result<Credentials, Cause> {
    Ok(Credentials::new(
        require(profile, "aws_access_key_id")?,
        require(profile, "aws_secret_access_key")?,
        profile.get("aws_session_token").map(ToOwned::to_owned),
        None,
        "profile",
    ))
}

fn require<'a>(profile: &'a Profile, key: &str) -> Result<&'a str, Cause> {
    let hint = || format!("add it to profile {}", profile.name());
    let missing = || wrong(profile, &format!("has no {key}"), &hint());
    profile.get(key).ok_or_else(missing)
}

fn wrong(profile: &Profile, what: &str, hint: &str) -> Cause {
    Cause::new(format!("profile {} {what}", profile.name()), hint)
}

#[cfg(test)]
mod tests;
