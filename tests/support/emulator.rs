//! Starts and drives the emulator, and runs commands against it with named profiles.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{http, repository};

const NOT_SET_UP: &str = "python from .venv (make setup)";

/// A running emulator, with empty AWS accounts. Dropping it ends everything that it started.
///
/// `tests/support/emulator` documents the options, faults, rules and the breakpoint.
pub(crate) struct Emulator {
    process: Child,
    address: SocketAddr,
    home: tempfile::TempDir,
}

impl Emulator {
    /// Starts the emulator with all rules on and delivery off.
    pub(crate) fn start() -> Self {
        Self::start_with(&json!({}))
    }

    /// Starts the emulator with options of `tests/support/emulator/__main__.py`, such as `{"auth": true, "deliver": true}`.
    pub(crate) fn start_with(options: &Value) -> Self {
        let mut process = Command::new(repository().join(".venv/bin/python"))
            .args(["-m", "emulator", &options.to_string()])
            .current_dir(repository().join("tests/support"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect(NOT_SET_UP);
        let mut line = String::new();
        let output = process.stdout.take().expect("a piped output");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the emulator's first line");
        let ready: Value = serde_json::from_str(&line).expect("the emulator's first line as JSON");
        let endpoint = ready["endpoint"].as_str().expect("the emulator's endpoint");
        let address = endpoint
            .trim_start_matches("http://")
            .parse()
            .expect("an address");
        let home = tempfile::tempdir().expect("a home folder");
        Self {
            process,
            address,
            home,
        }
    }

    /// The value for `AWS_ENDPOINT_URL`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The working directory and HOME of the commands; removed with the emulator.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Adds a named profile with root access to the account.
    pub(crate) fn profile(&self, name: &str, account: &str) {
        self.profile_with_key(name, account, "test");
    }

    /// Adds a named profile with an access key of an IAM user.
    pub(crate) fn profile_with_key(&self, name: &str, key_id: &str, secret: &str) {
        let keys =
            format!("[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n\n");
        self.append("credentials", &keys);
        self.append("config", &format!("[profile {name}]\noutput = json\n\n"));
    }

    /// The `catchment` binary, in an environment that contains only the emulator.
    pub(crate) fn catchment(&self) -> Command {
        let Some(binary) = option_env!("CARGO_BIN_EXE_catchment") else {
            panic!("only integration tests of the crate `catchment` have its binary");
        };
        self.command(binary)
    }

    /// Any program in the same environment, in which no Region is set.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.home())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("AWS_CONFIG_FILE", self.home().join("config"))
            .env(
                "AWS_SHARED_CREDENTIALS_FILE",
                self.home().join("credentials"),
            )
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        command
    }

    /// Runs the AWS CLI; `Null` if it prints nothing. This takes a second: [`Emulator::call`] is quicker.
    pub(crate) fn aws(&self, profile: &str, arguments: &[&str]) -> Value {
        let output = self
            .command(repository().join(".venv/bin/aws"))
            .args(["--profile", profile, "--output", "json"])
            .args(arguments)
            .output()
            .expect(NOT_SET_UP);
        assert!(
            output.status.success(),
            "aws {arguments:?} as {profile}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Makes one API call, past rules, faults, breakpoint and journal; names as in the API reference.
    /// Bytes are `{"$base64": "…"}`, both ways.
    pub(crate) fn call(
        &self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Value {
        self.try_call(account, region, service, operation, params)
            .unwrap_or_else(|(code, message)| {
                panic!("{service} {operation} {params}: {code}: {message}")
            })
    }

    /// Like [`Emulator::call`], but returns AWS's error as code and message.
    pub(crate) fn try_call(
        &self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Result<Value, (String, String)> {
        let mut answer = self.control(
            "aws",
            &json!({
                "account": account, "region": region, "service": service, "operation": operation, "params": params,
            }),
        );
        match answer.get("error") {
            None => Ok(answer["result"].take()),
            Some(error) => {
                let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
                Err((text("code"), text("message")))
            }
        }
    }

    /// Injects faults from now on, for example `{"seed": 7, "rate": 0.2}`; `{}` stops them.
    pub(crate) fn faults(&self, settings: &Value) {
        self.control("faults", settings);
    }

    /// Changes rules, for example `{"filters_max": 5}`.
    pub(crate) fn rules(&self, settings: &Value) {
        self.control("rules", settings);
    }

    /// Holds the `number`-th write from now on for ever, before it is carried out.
    pub(crate) fn break_before(&self, number: usize) {
        self.control("set_breakpoint", &json!({ "at": number }));
    }

    /// Holds the `number`-th write from now on for ever, after it is carried out, so that its response never arrives.
    pub(crate) fn break_after(&self, number: usize) {
        self.control("set_breakpoint", &json!({ "at": number, "when": "after" }));
    }

    /// Removes the breakpoint. A call that is held stays so.
    pub(crate) fn clear_breakpoint(&self) {
        self.control("set_breakpoint", &json!({}));
    }

    /// Waits until a call is held; false if none is within `seconds`.
    pub(crate) fn wait_for_breakpoint(&self, seconds: f64) -> bool {
        self.control("await_breakpoint", &json!({ "seconds": seconds }))["held"] == true
    }

    /// The received calls, in order: see `tests/support/emulator/journal.py`.
    pub(crate) fn calls(&self) -> Vec<Value> {
        match self.control("calls", &json!({})) {
            Value::Array(calls) => calls,
            other => panic!("the list of calls: {other}"),
        }
    }

    /// Empties the list of calls.
    pub(crate) fn clear_calls(&self) {
        self.control("clear_calls", &json!({}));
    }

    /// What was delivered: `{"messages": [{stream_arn, owner, log_group, log_stream, filters, events}],
    /// "control_messages": [stream_arn], "refused": [log_group]}`.
    pub(crate) fn delivered(&self) -> Value {
        self.control("delivered", &json!({}))
    }

    /// Adds to a metric of CloudWatch: see `count` in `tests/support/emulator/control.py`.
    pub(crate) fn count(&self, metric: &Value) {
        self.control("count", metric);
    }

    /// Sets the organization: see `tests/support/emulator/organization.py`.
    pub(crate) fn organization(&self, settings: &Value) {
        self.control("organization", settings);
    }

    /// Writes a file into [`Emulator::home`].
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.home().join(name), text).expect("a file in the home folder");
    }

    fn control(&self, route: &str, settings: &Value) -> Value {
        let path = format!("/_catchment/{route}");
        let (status, answer) = http::post(self.address, &path, settings.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("calling the emulator's route {route}: {error}"));
        assert_eq!(
            status,
            200,
            "{route} {settings}: {}",
            String::from_utf8_lossy(&answer)
        );
        serde_json::from_slice(&answer).expect("the emulator's answer as JSON")
    }

    fn append(&self, file: &str, text: &str) {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home().join(file))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .expect("a file in the home folder");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
