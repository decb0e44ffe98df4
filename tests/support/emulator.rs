//! AWS on this machine: the emulator behind its rule-enforcing proxy, named profiles, and commands that use both.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{http, repository};

const NOT_SET_UP: &str = "python from .venv (make setup)";

/// A world of empty AWS accounts; ends with everything it started when dropped.
///
/// `tests/support/emulator` says what each option, fault, rule and halt means.
pub(crate) struct Emulator {
    process: Child,
    address: SocketAddr,
    home: tempfile::TempDir,
}

impl Emulator {
    /// The emulator with every rule on and nothing delivered.
    pub(crate) fn start() -> Self {
        Self::start_with(&json!({}))
    }

    /// The emulator with options of `tests/support/emulator/__main__.py`, such as `{"auth": true, "deliver": true}`.
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

    /// Where AWS is: the value of `AWS_ENDPOINT_URL`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder that commands run in, and their HOME; it goes with the emulator.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Adds a named profile with the rights of the account's root.
    pub(crate) fn profile(&self, name: &str, account: &str) {
        self.profile_with_key(name, account, "test");
    }

    /// Adds a named profile with an access key that IAM handed out.
    pub(crate) fn profile_with_key(&self, name: &str, key_id: &str, secret: &str) {
        let keys =
            format!("[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n\n");
        self.append("credentials", &keys);
        self.append("config", &format!("[profile {name}]\noutput = json\n\n"));
    }

    /// The `catchment` binary in an environment that holds nothing but the emulator.
    pub(crate) fn catchment(&self) -> Command {
        let Some(binary) = option_env!("CARGO_BIN_EXE_catchment") else {
            panic!("only an integration test of the crate `catchment` has its binary");
        };
        self.command(binary)
    }

    /// Any program in the same environment; the Region is nowhere set.
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

    /// What the AWS CLI prints; `Null` where it prints nothing. Takes a second: [`Emulator::call`] is quicker.
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

    /// One API call by hand, past rules, faults, halts and the list of calls; names as in the API reference.
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

    /// As [`Emulator::call`]; AWS's error as code and message.
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

    /// Faults from here on, such as `{"seed": 7, "rate": 0.2}`; `{}` ends them.
    pub(crate) fn faults(&self, settings: &Value) {
        self.control("faults", settings);
    }

    /// Changes rules, such as `{"filters_max": 5}`.
    pub(crate) fn rules(&self, settings: &Value) {
        self.control("rules", settings);
    }

    /// Holds the `number`-th write from here on for ever, before it is carried out.
    pub(crate) fn halt_at(&self, number: usize) {
        self.control("halt", &json!({ "at": number }));
    }

    /// Holds the `number`-th write from here on for ever, after it is carried out: its answer never comes.
    pub(crate) fn halt_after(&self, number: usize) {
        self.control("halt", &json!({ "at": number, "when": "after" }));
    }

    /// Holds nothing from here on; what is held stays so.
    pub(crate) fn halt_never(&self) {
        self.control("halt", &json!({}));
    }

    /// Waits until the chosen call is held; false if it has not come within `seconds`.
    pub(crate) fn wait_halted(&self, seconds: f64) -> bool {
        self.control("halted", &json!({ "seconds": seconds }))["halted"] == true
    }

    /// The calls that came, in order: see `tests/support/emulator/journal.py`.
    pub(crate) fn calls(&self) -> Vec<Value> {
        match self.control("calls", &json!({})) {
            Value::Array(calls) => calls,
            other => panic!("the list of calls: {other}"),
        }
    }

    /// Empties the list of calls.
    pub(crate) fn forget_calls(&self) {
        self.control("forget", &json!({}));
    }

    /// What was delivered: `{"messages": [{stream_arn, owner, log_group, log_stream, filters, events}],
    /// "control_messages": [stream_arn]}`.
    pub(crate) fn delivered(&self) -> Value {
        self.control("delivered", &json!({}))
    }

    /// Writes a file into [`Emulator::home`].
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.home().join(name), text).expect("a file in the home folder");
    }

    fn control(&self, verb: &str, order: &Value) -> Value {
        let path = format!("/_catchment/{verb}");
        let (status, answer) = http::post(self.address, &path, order.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("asking the emulator for {verb}: {error}"));
        assert_eq!(
            status,
            200,
            "{verb} {order}: {}",
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
