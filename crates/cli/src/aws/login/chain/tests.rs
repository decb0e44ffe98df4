//! Profiles as people write them, and the way to credentials that each one describes.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::*;

/// Where the credentials of a profile come from and the profiles whose roles are assumed, or what is wrong.
async fn way(name: &str, config: &str) -> String {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .build();
    let nothing = (Fs::from_slice(&[]), Env::from_slice(&[]));
    let profiles = aws_config::profile::load(&nothing.0, &nothing.1, &files, None)
        .await
        .unwrap();
    let missing = |name: &str, by: Option<&str>| Cause::new(format!("no {name}, by {by:?}"), "");
    match chain(name, &profiles, missing) {
        Err(cause) => cause.to_string(),
        Ok(Chain { base, roles }) => {
            let base = match base {
                Base::Keys(keys) => format!("key {}", keys.access_key_id()),
                Base::Profile { name, kind } => format!("{kind:?} of {name}"),
                Base::Machine { profile } => format!("machine, by {}", profile.unwrap_or_default()),
                other => format!("{other:?}"),
            };
            let roles = roles.iter().map(|role| format!(" > {}", role.profile));
            base + &roles.collect::<String>()
        }
    }
}

const KEYS: &str = "aws_access_key_id = A\naws_secret_access_key = s\n";
const SSO: &str = "sso_account_id = 1\nsso_role_name = r\n";
const LEGACY: &str = "sso_start_url = x\nsso_region = x\n";
const SESSION: &str = "[sso-session s]\nsso_start_url = x\nsso_region = x\n";

#[tokio::test]
async fn each_kind_of_profile_leads_where_the_aws_cli_would_go() {
    let rows = [
        (KEYS.to_owned(), "key A"),
        ("region = us-west-2\n".to_owned(), "machine, by p"),
        ("credential_process = x\n".to_owned(), "Process of p"),
        (format!("credential_process = x\n{KEYS}"), "key A"),
        (format!("{SSO}sso_session = s\n{SESSION}"), "Sso of p"),
        (format!("{SSO}{KEYS}{LEGACY}"), "Sso of p"),
        (
            "sso_account_id = 1\n".to_owned(),
            "profile p has no sso_role_name",
        ),
        (
            format!("{SSO}sso_session = s\n"),
            "profile p has sso_session = s, but there is no [sso-session s]",
        ),
        (
            format!("{SSO}sso_session = s\n[sso-session s]\nsso_region = x\n"),
            "profile p has sso_session = s, which has no sso_start_url",
        ),
        (
            format!("{SSO}sso_start_url = x\n"),
            "profile p has no sso_region",
        ),
        (
            "web_identity_token_file = t\n".to_owned(),
            "profile p has no role_arn",
        ),
        (
            "role_arn = r\nweb_identity_token_file = t\n".to_owned(),
            "WebIdentity of p",
        ),
        (
            "role_arn = r\ncredential_source = Environment\n".to_owned(),
            "Environment > p",
        ),
        (
            "role_arn = r\ncredential_source = ec2instancemetadata\n".to_owned(),
            "Instance > p",
        ),
        (
            "role_arn = r\ncredential_source = EcsContainer\n".to_owned(),
            "Container > p",
        ),
        (
            format!("role_arn = r\nsource_profile = p\n{KEYS}"),
            "key A > p",
        ),
        (
            "aws_access_key_id = A\n".to_owned(),
            "profile p has no aws_secret_access_key",
        ),
        (
            "role_arn = r\ncredential_source = Moon\n".to_owned(),
            "profile p has credential_source = Moon, which AWS does not know",
        ),
        (
            "role_arn = r\n".to_owned(),
            "profile p has role_arn, but neither source_profile nor credential_source",
        ),
        (
            "role_arn = r\nsource_profile = q\ncredential_source = Environment\n".to_owned(),
            "profile p has both source_profile and credential_source",
        ),
        (
            "role_arn = r\nsource_profile = q\n".to_owned(),
            "no q, by Some(\"p\")",
        ),
        (
            "role_arn = r\nsource_profile = q\nduration_seconds = 1h\n".to_owned(),
            "profile p has duration_seconds = 1h, which is no number of seconds",
        ),
        (
            "login_session = arn:aws:iam::111122223333:user/me\n".to_owned(),
            "profile p logs in with `aws login` (login_session), which catchment does not support",
        ),
    ];
    for (settings, expected) in rows {
        assert_eq!(
            way("p", &format!("[profile p]\n{settings}")).await,
            expected
        );
    }
    assert_eq!(way("p", "[profile q]\n").await, "no p, by None");
}

#[tokio::test]
async fn roles_are_assumed_from_the_source_outwards() {
    let config = "[profile a]\nrole_arn = ra\nsource_profile = b\n[profile b]\nrole_arn = rb\nsource_profile = c\n[profile c]\n";
    assert_eq!(way("a", &format!("{config}{KEYS}")).await, "key A > b > a");
    assert_eq!(
        way("a", &format!("{config}{SSO}{LEGACY}")).await,
        "Sso of c > b > a"
    );
    let circle = format!("{config}role_arn = rc\nsource_profile = a\n");
    assert_eq!(
        way("a", &circle).await,
        "its source_profile leads in a circle: a → b → c → a"
    );
    let stops = format!(
        "[profile a]\nrole_arn = ra\nsource_profile = b\n[profile b]\nrole_arn = rb\nsource_profile = a\n{KEYS}"
    );
    assert_eq!(
        way("a", &stops).await,
        "key A > a",
        "a source's access key comes first"
    );
}
