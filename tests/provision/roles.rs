//! Roles: what a profile says of one, whose credentials assume it, and the codes of MFA devices.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::credentials::{KEYS, Login, ROLE, make_role};
use crate::fleet::{Fleet, Run};
use crate::support::answers::Answers;
use crate::support::emulator::Emulator;
use crate::support::repository;

#[test]
fn a_role_is_assumed_from_each_kind_of_source() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    make_role(&fleet);
    let base = format!("[profile base]\n{KEYS}999988887777\n");
    Login::with(
        &fleet,
        &format!("[profile dev1]\n{ROLE}source_profile = base\n{base}"),
    )
    .works();
    Login::with(
        &fleet,
        &format!("[profile dev1]\n{ROLE}source_profile = dev1\n{KEYS}999988887777\n"),
    )
    .works();
    Login::with(
        &fleet,
        &format!("[profile dev1]\n{ROLE}credential_source = Environment\n"),
    )
    .env("AWS_ACCESS_KEY_ID", "999988887777")
    .env("AWS_SECRET_ACCESS_KEY", "test")
    .works();
    Login::with(
        &fleet,
        &format!("[profile dev1]\n{ROLE}credential_source = Environment\n"),
    )
    .fails(&[
        "the environment holds no access key",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ]);
    let token = emulator.home().join("token");
    fs::write(&token, "a.b.c").unwrap();
    let config = format!(
        "[profile dev1]\n{ROLE}web_identity_token_file = {}\n",
        token.display()
    );
    Login::with(&fleet, &config).works();
    let config = format!("[profile dev1]\n{ROLE}web_identity_token_file = /nowhere\n");
    Login::with(&fleet, &config).fails(&["its web identity gives no credentials: "]);
}

#[test]
fn a_role_is_assumed_with_all_that_the_profile_says() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let sts = sts();
    let config = format!(
        "[profile dev1]\n{ROLE}source_profile = base\nexternal_id = xyz\nrole_session_name = me\nduration_seconds = 900\n[profile base]\n{KEYS}999988887777\n"
    );
    Login::with(&fleet, &config)
        .env("AWS_ENDPOINT_URL_STS", &sts.url(""))
        .works();
    let assumed: Vec<_> = sts
        .requests()
        .into_iter()
        .filter(|request| request.contains("Action=AssumeRole"))
        .collect();
    let [request] = assumed.as_slice() else {
        panic!("{assumed:?}");
    };
    for part in [
        "ExternalId=xyz",
        "RoleSessionName=me",
        "DurationSeconds=900",
        "role%2Foperator",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[test]
fn a_role_that_cannot_be_assumed_is_told_with_awss_own_words() {
    let emulator = Emulator::start_with(&json!({ "auth": true }));
    let fleet = Fleet::new(&emulator);
    fleet.call(
        "999988887777",
        "iam",
        "CreateUser",
        &json!({ "UserName": "me" }),
    );
    let key = fleet.call(
        "999988887777",
        "iam",
        "CreateAccessKey",
        &json!({ "UserName": "me" }),
    );
    let text = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();
    let config = format!(
        "[profile dev1]\n{ROLE}source_profile = base\n[profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        text("AccessKeyId"),
        text("SecretAccessKey")
    );
    Login::with(&fleet, &config).fails(&[
        "the role arn:aws:iam::111122223333:role/operator of profile dev1 cannot be assumed: AccessDenied: ",
        "allow sts:AssumeRole on it to the user or role whose credentials base gives",
    ]);
}

/// STS for those who want to see what it is asked. A role of an account gives that account's own key.
fn sts() -> Answers {
    let answer = |action: &str, inner: &str| {
        format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>")
    };
    let credentials = |action: &str, account: &str| {
        let given = format!(
            "<Credentials><AccessKeyId>{account}</AccessKeyId><SecretAccessKey>test</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
        );
        answer(action, &given)
    };
    let identity = |account: &str| {
        answer(
            "GetCallerIdentity",
            &format!("<Account>{account}</Account>"),
        )
    };
    Answers::serve(vec![
        ("Credential=111122223333", identity("111122223333")),
        ("Credential=444455556666", identity("444455556666")),
        (
            "Action=GetSessionToken",
            credentials("GetSessionToken", "999988887777"),
        ),
        (
            "444455556666%3Arole",
            credentials("AssumeRole", "444455556666"),
        ),
        (
            "111122223333%3Arole",
            credentials("AssumeRole", "111122223333"),
        ),
    ])
}

const MFA: &str = "mfa_serial = arn:aws:iam::999988887777:mfa/me\n";

#[test]
fn a_code_is_asked_for_once_a_device() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let sts = sts();
    let other = ROLE.replace("111122223333", "444455556666");
    let config = format!(
        "[profile dev1]\n{ROLE}source_profile = base\n{MFA}[profile dev2]\n{other}source_profile = base\n{MFA}[profile base]\n{KEYS}999988887777\n"
    );
    Login::with(&fleet, &config);
    let program = emulator.catchment();
    let mut child = emulator
        .command(repository().join(".venv/bin/python"))
        .args([
            "-c",
            "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
        ])
        .arg(program.get_program())
        .args(["plan", "--member", "dev1", "--member", "dev2"])
        .env("AWS_ENDPOINT_URL_STS", sts.url(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"123456\n")
        .unwrap();
    let run = Run::of(&child.wait_with_output().unwrap());
    let asked = run
        .stdout
        .matches("MFA code of arn:aws:iam::999988887777:mfa/me, for profile dev")
        .count();
    assert_eq!((run.code, asked), (Some(0), 1), "{run:#?}");
    let requests = sts.requests();
    let of = |action: &str| {
        requests
            .iter()
            .filter(|request| request.contains(action))
            .count()
    };
    assert_eq!(
        (of("Action=GetSessionToken"), of("Action=AssumeRole")),
        (1, 2),
        "{requests:#?}"
    );
    assert!(
        requests
            .iter()
            .any(|request| request.contains("TokenCode=123456"))
    );
}

#[test]
fn off_a_terminal_a_code_cannot_be_asked_for_and_the_run_says_so() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let config = format!(
        "[profile dev1]\n{ROLE}source_profile = base\n{MFA}[profile base]\n{KEYS}999988887777\n"
    );
    Login::with(&fleet, &config).fails(&[
        "profile dev1 asks for an MFA code (mfa_serial), and there is no terminal to ask on",
        "run catchment on a terminal",
    ]);
    assert!(emulator.calls().is_empty());
}
