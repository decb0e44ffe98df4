//! How a run logs in: profiles of every kind, as people write them, and what is said of those that give nothing.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::fleet::{Fleet, Run};
use crate::support::answers::Answers;
use crate::support::emulator::Emulator;

pub(crate) const KEYS: &str = "aws_secret_access_key = test\naws_access_key_id = ";

/// Plans for the member dev1 alone, whose profile has these lines, beside others.
pub(crate) struct Login<'a> {
    fleet: &'a Fleet<'a>,
    command: Command,
}

impl<'a> Login<'a> {
    pub(crate) fn with(fleet: &'a Fleet<'a>, config: &str) -> Self {
        fleet.emulator.write("credentials", "");
        fleet.emulator.write("config", config);
        let command = fleet.command("plan --member dev1");
        Self { fleet, command }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn run(&mut self) -> Run {
        Run::of(&self.command.output().unwrap())
    }

    /// Insists that dev1 was read, so that the right account's credentials were there.
    #[track_caller]
    pub(crate) fn works(&mut self) {
        let run = self.run();
        assert_eq!(run.code, Some(0), "{run:?}");
        run.says("2 to create");
    }

    /// Insists that it fails and says all of this, in no more than a sentence and a hint, never in Rust's debug form.
    #[track_caller]
    pub(crate) fn fails(&mut self, texts: &[&str]) {
        let run = self.run();
        assert_eq!(run.code, Some(1), "{run:?}");
        for text in texts {
            run.says(text);
        }
        for debug in [
            "Error {",
            "Error(",
            "Some(",
            "DispatchFailure",
            "Response {",
            "dispatch failure",
        ] {
            let told = run.stdout.contains(debug) || run.stderr.contains(debug);
            assert!(!told, "{debug} in {run:#?}");
        }
    }

    fn home(&self) -> String {
        self.fleet.emulator.home().display().to_string()
    }
}

/// A role of dev1's account that anybody may assume.
pub(crate) const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/operator\n";

pub(crate) fn make_role(fleet: &Fleet<'_>) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" }] });
    let role = json!({ "RoleName": "operator", "AssumeRolePolicyDocument": trust.to_string() });
    let _ = fleet
        .emulator
        .try_call("111122223333", "us-east-1", "iam", "CreateRole", &role);
}

#[test]
fn a_named_profile_comes_before_credentials_in_the_environment() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    Login::with(&fleet, &format!("[profile dev1]\n{KEYS}111122223333\n"))
        .env("AWS_ACCESS_KEY_ID", "555566667777")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_PROFILE", "other")
        .works();
}

#[test]
fn without_a_named_profile_the_environment_comes_before_the_default_one() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let config = format!("[default]\n{KEYS}444455556666\n[profile mine]\n{KEYS}111122223333\n");
    let login = || {
        let login = Login::with(&fleet, &config);
        login.fleet.write_file(
            &login
                .fleet
                .text("shards = 4", "")
                .replace("profile = \"dev1\"\n", ""),
        );
        login
    };
    login().fails(&["the default credential chain belongs to account 444455556666"]);
    login()
        .env("AWS_ACCESS_KEY_ID", "111122223333")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .works();
    login().env("AWS_PROFILE", "mine").works();
    login()
        .env("AWS_PROFILE", "mime")
        .fails(&["the nearest name there is mine"]);
}

#[test]
fn a_profile_that_does_not_exist_is_told_with_the_files_and_the_nearest_names() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let mut login = Login::with(
        &fleet,
        "[profile dev2]\n[profile dev3]\n[profile production]\n",
    );
    let home = login.home();
    login.fails(&[
        &format!("it is defined neither in {home}/config nor in {home}/credentials; the nearest names there are dev2, dev3"),
        "correct the name in the fleet file, or define the profile: `aws configure --profile dev1`",
    ]);
    let mut login = Login::with(
        &fleet,
        "[profile dev1]\nrole_arn = r\nsource_profile = bse\n[profile base]\n",
    );
    login.fails(&[
        "its source_profile bse, named in profile dev1,",
        "the nearest name there is base",
    ]);
    let mut login = Login::with(&fleet, "").env("AWS_CONFIG_FILE", "/nowhere/config");
    login.fails(&["neither in /nowhere/config (no such file) nor in"]);
}

#[test]
fn a_configuration_file_that_cannot_be_read_is_told_with_the_line() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let mut login = Login::with(&fleet, "[profile dev1\n");
    let home = login.home();
    login.fails(&[&format!(
        "line 1 of {home}/config begins a section whose name no `]` ends"
    )]);
    Login::with(&fleet, "[profile dev1]\nwhat is this\n")
        .fails(&["its settings cannot be read: Expected an '=' sign"]);
}

#[test]
fn credentials_are_fetched_once_a_profile() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let home = emulator.home().join("fetched");
    let process = format!(
        "credential_process = sh -c \"echo once >> {}; echo '{{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"111122223333\\\", \\\"SecretAccessKey\\\": \\\"test\\\"}}'\"",
        home.display()
    );
    Login::with(&fleet, &format!("[profile dev1]\n{process}\n")).works();
    assert_eq!(fs::read_to_string(home).unwrap(), "once\n");

    Login::with(
        &fleet,
        "[profile dev1]\ncredential_process = echo oh no >&2; false\n",
    )
    .fails(&[
        "its credential_process gives no credentials: external process exited with status 1. Stderr: oh no",
        "run the command of credential_process by hand",
    ]);
}

#[test]
fn both_forms_of_sso_work_and_an_expired_session_is_told_with_the_command_that_renews_it() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let credentials = json!({ "roleCredentials": { "accessKeyId": "111122223333", "secretAccessKey": "test", "sessionToken": "t", "expiration": 4_102_444_800_000_u64 } });
    let sso = Answers::serve(vec![(
        "GET /federation/credentials",
        credentials.to_string(),
    )]);
    let account = "sso_account_id = 111122223333\nsso_role_name = operator\n";
    let start = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-west-2\n";
    let forms = [
        format!("[profile dev1]\nsso_session = corp\n{account}[sso-session corp]\n{start}"),
        format!("[profile dev1]\n{account}{start}"),
    ];
    let cache = emulator.home().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    for config in &forms {
        let login = || Login::with(&fleet, config).env("AWS_ENDPOINT_URL_SSO", &sso.url(""));
        login().fails(&[
            "its SSO session gives no credentials: ",
            "log in again: `aws sso login --profile dev1`",
        ]);
        // SHA-1 of `corp` and of the URL, as the AWS CLI names its files
        let token = json!({ "startUrl": "https://x.awsapps.com/start", "region": "us-west-2", "accessToken": "t", "expiresAt": "2100-01-01T00:00:00Z" });
        for name in [
            "ee0bfd2552fbd840c02cc48b6e823320543c450f",
            "3947de8b16688092197fa616c34e01335f21d256",
        ] {
            fs::write(cache.join(format!("{name}.json")), token.to_string()).unwrap();
        }
        login().works();
        fs::remove_dir_all(&cache).unwrap();
        fs::create_dir_all(&cache).unwrap();
    }
}

#[test]
fn the_credentials_of_a_container_and_of_an_instance_serve() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let keys = json!({ "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "111122223333", "SecretAccessKey": "test", "Token": "t", "Expiration": "2100-01-01T00:00:00Z", "LastUpdated": "2020-01-01T00:00:00Z" });
    let machine = Answers::serve(vec![
        ("PUT /latest/api/token", "token".to_owned()),
        ("security-credentials/operator", keys.to_string()),
        ("security-credentials-extended/operator", keys.to_string()),
        ("security-credentials-extended/", "operator".to_owned()),
        ("security-credentials/", "operator".to_owned()),
        ("GET /container", keys.to_string()),
    ]);
    make_role(&fleet);
    let sourced = |source: &str| format!("[profile dev1]\n{ROLE}credential_source = {source}\n");
    Login::with(&fleet, &sourced("EcsContainer"))
        .env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &machine.url("/container"),
        )
        .works();
    for config in [
        sourced("Ec2InstanceMetadata"),
        "[profile dev1]\nregion = us-west-2\n".to_owned(),
    ] {
        Login::with(&fleet, &config)
            .env("AWS_EC2_METADATA_DISABLED", "false")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &machine.url(""))
            .works();
    }
    Login::with(&fleet, &sourced("EcsContainer")).fails(&["the container has no credentials"]);
    Login::with(&fleet, "[profile dev1]\nregion = us-west-2\n").fails(&[
        "it has no credentials, and neither has this machine",
        "`aws configure sso --profile dev1`",
    ]);
}

#[test]
fn what_is_not_supported_is_said_in_a_sentence() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let config = "[profile dev1]\nlogin_session = arn:aws:iam::111122223333:user/me\n";
    Login::with(&fleet, config).fails(&[
        "profile dev1 logs in with `aws login` (login_session), which catchment does not support",
        "credential_process = aws configure export-credentials --profile dev1",
    ]);
}
