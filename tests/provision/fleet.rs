//! The fleet of the tests: one logging account, two members, three log groups; and runs of the binary on it.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::emulator::Emulator;

pub(crate) const REGION: &str = "us-west-2";

/// Three accounts in an emulator, which several fleets can share.
pub(crate) struct Fleet<'a> {
    pub(crate) emulator: &'a Emulator,
    pub(crate) logging: String,
    pub(crate) dev1: String,
    pub(crate) dev2: String,
    /// Distinguishes its profiles and its file from those of other fleets.
    suffix: String,
}

/// The result of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl<'a> Fleet<'a> {
    /// The fleet of the examples: profiles `logging`, `dev1` and `dev2`, file `catchment.toml`.
    pub(crate) fn new(emulator: &'a Emulator) -> Self {
        Self::with(
            emulator,
            ["999988887777", "111122223333", "444455556666"],
            "",
        )
    }

    /// One of several fleets in the same emulator.
    pub(crate) fn numbered(emulator: &'a Emulator, number: usize) -> Self {
        let account = |role: usize| format!("{:012}", 100_000_000_000 + number * 10 + role);
        Self::with(
            emulator,
            [&account(1), &account(2), &account(3)],
            &format!("-{number}"),
        )
    }

    fn with(emulator: &'a Emulator, [logging, dev1, dev2]: [&str; 3], suffix: &str) -> Self {
        let fleet = Self {
            emulator,
            logging: logging.to_owned(),
            dev1: dev1.to_owned(),
            dev2: dev2.to_owned(),
            suffix: suffix.to_owned(),
        };
        for (name, account) in [("logging", logging), ("dev1", dev1), ("dev2", dev2)] {
            emulator.profile(&fleet.profile(name), account);
        }
        for (account, group) in [
            (dev1, "cwl_vpc_fl_member_account_1"),
            (dev1, "CloudTrail/member_account_1"),
            (dev2, "CloudTrail/member_account_2"),
        ] {
            fleet.create_log_group(account, group);
        }
        fleet.write("");
        fleet
    }

    /// The name of one of its profiles.
    pub(crate) fn profile(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    /// Writes the fleet file with additional lines in `[logging.stream]`.
    pub(crate) fn write(&self, stream: &str) {
        self.write_stream("shards = 4", stream);
    }

    /// Writes the fleet file with this capacity and additional lines in `[logging.stream]`.
    pub(crate) fn write_stream(&self, shape: &str, stream: &str) {
        self.write_file(&self.text(shape, stream));
    }

    /// The text that [`Fleet::write_stream`] writes.
    pub(crate) fn text(&self, shape: &str, stream: &str) -> String {
        let Self {
            logging,
            dev1,
            dev2,
            ..
        } = self;
        let [a, b, c] = ["logging", "dev1", "dev2"].map(|name| self.profile(name));
        format!(
            r#"[logging]
profile = "{a}"
account = "{logging}"
regions = ["us-west-2"]
destination = "kinesisDest"
role = "cwrole"

[logging.stream]
name = "Demo_Kinesis_Stream"
{shape}
{stream}

[[members]]
name = "dev1"
profile = "{b}"
account = "{dev1}"
vpc_flow_logs = ["cwl_vpc_fl_member_account_1"]
cloudtrail = ["CloudTrail/member_account_1"]

[[members]]
name = "dev2"
profile = "{c}"
account = "{dev2}"
cloudtrail = ["CloudTrail/member_account_2"]
"#
        )
    }

    /// Writes this text as the fleet file.
    pub(crate) fn write_file(&self, text: &str) {
        self.emulator.write(&self.file(), text);
    }

    fn file(&self) -> String {
        format!("catchment{}.toml", self.suffix)
    }

    /// The program with a command line, plus `--fleet` if needed.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.emulator.catchment();
        command.args(line.split_whitespace()).stdin(Stdio::null());
        if !self.suffix.is_empty() {
            command.args(["--fleet", &self.file()]);
        }
        command
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        Run::of(&self.command(line).output().unwrap())
    }

    /// Runs and checks the exit code.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.code, Some(code), "catchment {line}: {run:?}");
        run
    }

    /// The result of a run with `--output json`.
    #[track_caller]
    pub(crate) fn json(&self, code: i32, line: &str) -> Value {
        let run = self.expect(code, &format!("{line} --output json"));
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }

    /// An API call as an account, past all rules.
    pub(crate) fn call(
        &self,
        account: &str,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Value {
        self.emulator
            .call(account, REGION, service, operation, params)
    }

    pub(crate) fn create_log_group(&self, account: &str, name: &str) {
        let params = json!({ "logGroupName": name });
        self.call(account, "logs", "CreateLogGroup", &params);
    }

    /// The subscription filters of a log group, without their creation times.
    pub(crate) fn filters(&self, account: &str, group: &str) -> Vec<Value> {
        let params = json!({ "logGroupName": group });
        let answer = self.call(account, "logs", "DescribeSubscriptionFilters", &params);
        let mut filters = answer["subscriptionFilters"].as_array().unwrap().clone();
        for filter in &mut filters {
            filter.as_object_mut().unwrap().remove("creationTime");
        }
        filters
    }

    /// How many filters the trails of dev1 and dev2 have.
    pub(crate) fn trail_filters(&self) -> [usize; 2] {
        let [dev1, dev2] = ["CloudTrail/member_account_1", "CloudTrail/member_account_2"];
        [
            self.filters(&self.dev1, dev1).len(),
            self.filters(&self.dev2, dev2).len(),
        ]
    }

    pub(crate) fn put_filter(&self, account: &str, group: &str, name: &str) {
        let params = json!({
            "logGroupName": group, "filterName": name, "filterPattern": "",
            "destinationArn": format!("arn:aws:lambda:us-west-2:{account}:function:{name}"),
        });
        self.call(account, "logs", "PutSubscriptionFilter", &params);
    }

    pub(crate) fn destinations(&self) -> Vec<Value> {
        let answer = self.call(&self.logging, "logs", "DescribeDestinations", &json!({}));
        answer["destinations"].as_array().unwrap().clone()
    }

    pub(crate) fn destination_arn(&self) -> String {
        format!(
            "arn:aws:logs:us-west-2:{}:destination:kinesisDest",
            self.logging
        )
    }

    /// The writes that the emulator received for this fleet's accounts.
    pub(crate) fn writes(&self) -> Vec<Value> {
        let ours = [&self.logging, &self.dev1, &self.dev2];
        self.emulator
            .calls()
            .into_iter()
            .filter(|call| call["write"] == true && ours.iter().any(|one| call["account"] == **one))
            .collect()
    }
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Checks that standard output or standard error contains `text`.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "{text:?} is missing in {self:#?}"
        );
    }
}
